import { archiveEndText, archiveHeaderText, archiveRecordText, archiveSealedText } from '../protocol/archive-lines.js';
import type { SealedHead } from '../protocol/head.js';
import type { Domain, KeyId, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { ZERO_HASH } from '../protocol/record.js';
import { loadRoomState } from '../protocol/room-state.js';
import type { LogRow, RoomRow, StateRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import { internStatement } from './intern-statement.js';
import { wireRecord } from './live-room.js';
import { stateEntryOf } from './room-cache.js';

type ExportDeps = Pick<ServiceDeps, 'store' | 'clock' | 'domain'>;

/** Records of a room, low ≤ seq ≤ high. */
interface Stretch {
  readonly low: number;
  readonly high: number;
}

const PAGE = { max: 256, bytesMax: 1_048_576 };
const STATE_BUCKETS_PER_READ = 32;
const WHOLE: Stretch = { low: 0, high: Infinity };

/**
 * Writes a room's log, or a stretch of it, as an archive that can be verified without us: line by line, never more than a
 * page in memory. Ends at the newest sealed head of the stretch there was at the start.
 *
 * @returns lines without line feed; at the end the seq of the last record in it
 * @throws ProtocolError `unknown-room` · `unavailable` (the room is being joined, its state is not complete yet, or nothing
 * of the stretch is sealed)
 * @see PV-ARC-001 to PV-ARC-009
 */
export async function* exportRoom(deps: ExportDeps, room: RoomId, stretch = WHOLE): AsyncGenerator<string, number> {
  const { store, domain, clock } = deps;
  const found = await store.loadRoom(room);
  if (found === undefined) throw new ProtocolError('unknown-room');
  const { row } = found;
  const { hub } = row;
  const newest = stretch.high >= row.seq ? row.sealed : await store.nextHead(room, 0, stretch.high);
  if (newest === undefined || row.status === 'joining' || row.status === 'partial')
    throw new ProtocolError('unavailable');
  const { start, prev } = await startOf(store, row, stretch.low);
  if (newest.head.seq < start || newest.head.seq > stretch.high) throw new ProtocolError('unavailable');
  yield archiveHeaderText({
    ...{ room, hub, by: domain, at: clock.now(), first: start, prev },
    providers: providersOf(found.entries),
  });
  const unread = await store.lastHeaderOnly(room, newest.head.seq);
  if (start > 0 || unread !== undefined)
    yield* snapshotLines(deps, row, { from: Math.max(start - 1, unread ?? 0), newest });
  let records = 0;
  for await (const { line, isRecord } of recordLines(deps, row, { start, newest })) {
    if (isRecord) records += 1;
    yield line;
  }
  yield archiveEndText(records, newest);
  return newest.head.seq;
}

/** The first record, or the second where the hash before the first is not held: there the chain begins. */
async function startOf(
  store: ExportDeps['store'],
  { room, first: held }: RoomRow,
  low: number,
): Promise<{ start: number; prev: Buffer }> {
  const first = Math.max(held, low);
  if (first === 0) return { start: 0, prev: ZERO_HASH };
  const before = await store.recordHashAt(room, first - 1);
  if (before !== undefined) return { start: first, prev: before };
  const own = await store.recordHashAt(room, first);
  if (own === undefined) throw new ProtocolError('unavailable');
  return { start: first + 1, prev: own };
}

interface Part {
  /** from here on the state may be whole */
  readonly from: number;
  readonly newest: SealedHead;
}

/** The state at the oldest sealed head from which the fold goes on to the end. */
async function* snapshotLines({ store }: ExportDeps, { room }: RoomRow, part: Part): AsyncGenerator<string> {
  const sealed = await oldestWholeState(store, room, part);
  for (let from = 0; from < 256; from += STATE_BUCKETS_PER_READ) {
    const range = { bucketFrom: from, bucketTo: from + STATE_BUCKETS_PER_READ - 1 };
    for (const entry of await store.stateAt(room, sealed.head.seq, range)) yield entryText(entry);
  }
  yield archiveSealedText('snapshot', sealed);
}

/**
 * What we joined with is a state, and what was fetched of the time before is log without state, headers where nobody of
 * ours was there to read. Behind them lies the first head whose state we have whole: from there on every one is.
 */
async function oldestWholeState(store: ExportDeps['store'], room: RoomId, part: Part): Promise<SealedHead> {
  const nearest = await store.nextHead(room, part.from, part.from);
  // Mostly it is the first: only what was fetched of the time before is without state.
  if (nearest !== undefined && nearest.head.seq < part.newest.head.seq && (await isWhole(store, room, nearest)))
    return nearest;
  let oldest = part.newest;
  let [low, high] = [part.from, oldest.head.seq];
  while (low < high) {
    const middle = (low + high) >> 1;
    const sealed = (await store.nextHead(room, middle, middle)) ?? oldest;
    const isOlder = sealed.head.seq < oldest.head.seq;
    if (isOlder && !(await isWhole(store, room, sealed))) {
      low = sealed.head.seq + 1;
      continue;
    }
    oldest = isOlder ? sealed : oldest;
    high = middle;
  }
  return oldest;
}

async function isWhole(store: ExportDeps['store'], room: RoomId, { head }: SealedHead): Promise<boolean> {
  const entries = await store.stateAt(room, head.seq, { bucketFrom: 0, bucketTo: 255 });
  return loadRoomState(entries.map(stateEntryOf), room).hash().equals(head.state);
}

async function* recordLines(
  { store }: ExportDeps,
  { room }: RoomRow,
  { start, newest }: { start: number; newest: SealedHead },
): AsyncGenerator<{ line: string; isRecord: boolean }> {
  const end = newest.head.seq;
  for (let from = start; from <= end;) {
    const rows = (await store.readLog(room, from, PAGE)).filter(({ seq }) => seq <= end);
    const last = rows.at(-1);
    if (last === undefined) throw new ProtocolError('unavailable');
    const statements = await statementsOf(store, rows);
    let sealed = await store.nextHead(room, from, from);
    for (const row of rows) {
      const statementJws = statements.get(row.statement ?? '');
      const held = statementJws === undefined ? row : { ...row, statementJws };
      yield { line: archiveRecordText(wireRecord(held), row.hash), isRecord: true };
      if (sealed?.head.seq !== row.seq || row.seq === end) continue;
      yield { line: archiveSealedText('sealed', sealed), isRecord: false };
      sealed = await store.nextHead(room, row.seq + 1, row.seq + 1);
    }
    from = last.seq + 1;
  }
}

async function statementsOf(store: ExportDeps['store'], rows: readonly LogRow[]): Promise<ReadonlyMap<string, string>> {
  const hashes = rows.flatMap(({ statement }) => statement ?? []);
  const found = hashes.length === 0 ? [] : await store.findStatements(hashes);
  return new Map(found.map(({ hash, jws }) => [hash, jws]));
}

function entryText({ epoch, seq, at, jws, content, statement }: StateRow): string {
  return JSON.stringify({ entry: { epoch, seq, at, jws, content, ...(statement !== undefined && { statement }) } });
}

/** The statements in force, by the root that signed them: for people who look into the file. */
function providersOf(entries: readonly StateRow[]): { provider: Domain; root: KeyId }[] {
  const roots = new Map<Domain, { root: KeyId; version: number }>();
  for (const { statement: jws } of entries) {
    const statement = jws === undefined ? undefined : internStatement(jws);
    if (statement === undefined || (roots.get(statement.provider)?.version ?? 0) >= statement.version) continue;
    roots.set(statement.provider, { root: statement.kid, version: statement.version });
  }
  return [...roots].map(([provider, { root }]) => ({ provider, root }));
}

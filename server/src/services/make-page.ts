import { sealedToWire } from '../protocol/head.js';
import type { SealedHead } from '../protocol/head.js';
import type { Domain } from '../protocol/identifiers.js';
import { mayRead } from '../protocol/reading-range.js';
import type { LogRow, ReadingRange } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import { wireHeader, wireRecord } from './live-room.js';
import type { HeldRecord, LiveRoom } from './live-room.js';
import { PAGE_BYTES_MAX, PAGE_RECORDS_MAX } from './read-page.js';

type PageDeps = Pick<ServiceDeps, 'store'>;

/** Records that end at a sealed head. */
export interface Stretch {
  readonly records: readonly HeldRecord[];
  readonly sealed: SealedHead;
}

/**
 * Reads what follows a seq, up to the furthest sealed head that a page can hold: from memory where that has it, else from
 * the database. One way for live pushes and for catching up.
 *
 * @param after seq of the last record the reader has
 * @returns undefined when there is nothing newer
 * @see PV-PUSH-002, PV-LOG-003
 */
export async function readStretch(deps: PageDeps, live: LiveRoom, after: number): Promise<Stretch | undefined> {
  const { sealed } = live;
  if (sealed === undefined || after >= live.seq) return undefined;
  const tail = live.tailAfter(after, PAGE_RECORDS_MAX + 1);
  if (tail !== undefined && tail.length <= PAGE_RECORDS_MAX && tail.at(-1)?.seq === sealed.head.seq) {
    return { records: tail, sealed };
  }
  return await readStoredStretch(deps, live, after);
}

async function readStoredStretch(deps: PageDeps, live: LiveRoom, after: number): Promise<Stretch | undefined> {
  const { sealed: newest } = live;
  const from = after + 1;
  const limits = { max: PAGE_RECORDS_MAX, bytesMax: PAGE_BYTES_MAX };
  const rows = await deps.store.readLog(live.room, from, limits);
  const last = rows.at(-1);
  if (newest === undefined || last === undefined) return undefined;
  const end = newest.head.seq <= last.seq ? newest : await deps.store.nextHead(live.room, from, last.seq);
  if (end === undefined || end.head.seq > last.seq) return undefined;
  const records = rows.filter(({ seq }) => seq <= end.head.seq);
  return { records: await withStatements(deps, live, records), sealed: end };
}

/** Puts the key statements back beside the records that travel with one. */
export async function withStatements(
  { store }: PageDeps,
  live: LiveRoom,
  rows: readonly LogRow[],
): Promise<HeldRecord[]> {
  const hashes = rows.flatMap(({ statement }) =>
    statement === undefined || live.statements.has(statement) ? [] : [statement],
  );
  const stored = hashes.length === 0 ? [] : await store.findStatements(hashes);
  const found = new Map(stored.map(({ hash, jws }) => [hash, jws]));
  return rows.map((row) => {
    if (row.statement === undefined) return row;
    const jws = live.statements.get(row.statement)?.jws ?? found.get(row.statement);
    return jws === undefined ? row : { ...row, statementJws: jws };
  });
}

/**
 * Writes a page for one reader: what it may not read travels as headers only.
 *
 * @param seals the message's seals, added to
 * @param prev hash of the record before the page, where the reader may not have it
 * @see PV-REC-006, PV-READ-006
 */
export function pageText(
  live: LiveRoom,
  stretch: Stretch,
  reader: { domain: Domain; ranges: readonly ReadingRange[]; seals: string[]; prev?: Buffer | undefined },
): string {
  const { domain, ranges, seals, prev } = reader;
  const records = stretch.records.map((record) =>
    mayRead(ranges, { domain, seq: record.seq }) ? wireRecord(record) : wireHeader(record),
  );
  const before = prev === undefined ? '' : `"prev":"${prev.toString('base64url')}",`;
  const sealed = JSON.stringify(sealedToWire(stretch.sealed, seals));
  return `{"room":"${live.room}",${before}"records":[${records.join(',')}],"sealed":${sealed}}`;
}

/** A page without records: it says where the room stands and leaves it to the follower to come and get it. @see PV-PUSH-011 */
export function pokeText(live: LiveRoom, sealed: SealedHead, seals: string[]): string {
  return `{"room":"${live.room}","records":[],"sealed":${JSON.stringify(sealedToWire(sealed, seals))}}`;
}

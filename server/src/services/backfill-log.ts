import { decodeBase64url } from '../protocol/base64url.js';
import { checkContent } from '../protocol/content.js';
import { expiryOf, parseEvent, verifyEventSignature } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import { createIdOf, domainOf } from '../protocol/identifiers.js';
import type { RoomId } from '../protocol/identifiers.js';
import { recordHash, ZERO_HASH } from '../protocol/record.js';
import type { FullRecord, RecordHeader } from '../protocol/record.js';
import type { LogRow, RelationRow } from '../storage/room-rows.js';
import type { RoomPage } from '../protocol/room-page.js';
import type { PeerAnswer } from '../transport/peer-client.js';
import { discardedSender, isDiscarded } from './blocks-in-dm.js';
import type { ServiceDeps } from './deps.js';
import { effectKindOf, MAY_BE_OLDER, startsTopic, targetsOf } from './find-targets.js';
import { internStatement } from './intern-statement.js';
import type { Turn } from './keyed-loop.js';
import type { LiveRoom } from './live-room.js';
import { isSealedUnder, PAGE_RECORDS_MAX, readPage, readSeals } from './read-page.js';

type BackfillDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'rooms' | 'peers' | 'log' | 'bells' | 'accountIdOf' | 'clock'
>;

const PAGES_PER_TURN_MAX = 64;

/**
 * Fetches the part of a room's log that our people may see and that lies before our copy begins. Each page is chained to
 * the one before and sealed, so nothing in it can have been left out or changed; verdicts on it are the hub's, since the state
 * back then is not known.
 *
 * @see PV-LOG-009, PV-LOG-010
 */
export async function backfillLog(deps: BackfillDeps, room: RoomId): Promise<Turn> {
  const live = await deps.rooms.get(room);
  if (live === undefined || live.hub === deps.domain || live.status === 'quarantined') return { kind: 'done' };
  const ranges = await deps.store.readingRanges(room, deps.domain);
  const wanted = Math.min(...ranges.map(({ from }) => from));
  let from = wanted;
  for (let pages = 0; from < live.first && pages < PAGES_PER_TURN_MAX; pages += 1) {
    const body = JSON.stringify({ room, from, max: PAGE_RECORDS_MAX });
    const answer = await deps.peers.call(live.hub, 'log', body);
    if (answer.kind !== 'ok') return { kind: 'retry' };
    const end = await takePage(deps, live, answer.body);
    if (end === undefined) {
      deps.log.warn('bad-log-answer', { room, hub: live.hub, from });
      return { kind: 'retry' };
    }
    from = end + 1;
  }
  deps.rooms.drop(room);
  deps.bells.ringRoom(room);
  return { kind: 'done' };
}

type PeerBody = Extract<PeerAnswer<'log'>, { kind: 'ok' }>['body'];

/** @returns the last seq of the page; undefined when it does not hold */
async function takePage(deps: BackfillDeps, live: LiveRoom, body: PeerBody): Promise<number | undefined> {
  const page = readPage(body.page, readSeals(body.seals));
  const name = live.state.statementInForce(live.hub);
  const statement = name && live.statements.get(name.hash);
  const last = page?.records.at(-1);
  if (page === undefined || statement === undefined || last === undefined) return undefined;
  if (!isSealedUnder(page.sealed, statement, { retired: true }) || page.sealed.head.seq !== last.seq) return undefined;
  const prev = body.page.prev === undefined ? ZERO_HASH : decodeBase64url(body.page.prev);
  const chained =
    prev === undefined ? undefined : chainRows(live, page, { before: Buffer.from(prev), now: deps.clock.now() });
  if (chained === undefined) return undefined;
  // A page may reach into what we hold; those records come, judged, by the ordinary way.
  const discarded = await discardedSender(deps, live);
  const rows = chained
    .filter(({ row }) => row.seq < live.first)
    .map((one) =>
      one.event && isDiscarded(one.event, discarded) ? { ...one, row: { ...one.row, content: null } } : one,
    );
  const relations = rows.flatMap(({ row, event }) => relationsOf(row, event, rows));
  const statements = page.records.flatMap((record) => statementRowOf(record));
  await deps.store.backfill({
    room: live.room,
    rows: rows.map(({ row }) => row),
    relations,
    ...(last.seq < live.first ? { sealed: page.sealed } : {}),
    statements,
  });
  return last.seq;
}

export interface ChainedRow {
  readonly row: LogRow;
  readonly event: ParsedEvent | undefined;
}

/** Links the records of a page to what comes before it. @returns undefined where its head is not theirs */
export function chainRows(
  live: LiveRoom,
  page: RoomPage,
  { before, now }: { before: Buffer; now: number },
): ChainedRow[] | undefined {
  const rows: ChainedRow[] = [];
  let prev = before;
  for (const record of page.records) {
    const event = 'jws' in record ? parseEvent(record.jws) : undefined;
    if (event?.ok === false) return undefined;
    const header = 'jws' in record ? headerOf(record, event?.value) : record;
    if (header === undefined) return undefined;
    prev = recordHash(live.room, header, prev);
    rows.push({ row: rowOf(live, { record, header, event: event?.value, hash: prev, now }), event: event?.value });
  }
  return prev.equals(page.sealed.head.hash) ? rows : undefined;
}

function headerOf({ epoch, seq, at }: FullRecord, event: ParsedEvent | undefined): RecordHeader | undefined {
  return event && { epoch, seq, at, event: event.id, jwsHash: event.jwsHash };
}

function rowOf(
  live: LiveRoom,
  {
    record,
    header,
    event,
    hash,
    now,
  }: {
    record: FullRecord | RecordHeader;
    header: RecordHeader;
    event: ParsedEvent | undefined;
    hash: Buffer;
    now: number;
  },
): LogRow {
  const { epoch, seq, at, event: eventId, jwsHash } = header;
  const base = { epoch, seq, at, eventId, jwsHash, hash };
  if (event === undefined || !('jws' in record))
    return { ...base, jws: null, content: null, type: '', sender: '', void: null };
  const { type, sender } = event.fields;
  const expiresAt = expiryOf(event, at);
  const isKept = record.content !== null && now < (expiresAt ?? Infinity) && checkContent(event, record.content).ok;
  const content = isKept ? record.content : null;
  const row = {
    ...base,
    jws: record.jws,
    content,
    type,
    sender,
    void: isGenuine(live, event, record) ? null : 'bad-event',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  const statement = record.statement === undefined ? undefined : internStatement(record.statement);
  return statement === undefined ? row : { ...row, statement: statement.hash };
}

/** Signed under the present statement of its sender's provider, which lists the keys it used before. */
function isGenuine(live: LiveRoom, event: ParsedEvent, record: FullRecord): boolean {
  const name = live.state.statementInForce(domainOf(event.fields.sender));
  const statement = (name && live.statements.get(name.hash)) ?? internStatement(record.statement ?? '');
  return statement !== undefined && verifyEventSignature(event, statement);
}

/** Edits and reactions of the author's own making; a delete had effect when its target's content is gone. */
function relationsOf(row: LogRow, event: ParsedEvent | undefined, rows: readonly ChainedRow[]): RelationRow[] {
  if (event === undefined || row.void !== null) return [];
  const relation = { eventId: event.id, seq: row.seq, sender: event.fields.sender };
  const kind = effectKindOf(event);
  if (kind === undefined)
    return isTopic(event, row.content) ? [{ ...relation, kind: 'topic', target: createIdOf(event.room) }] : [];
  return targetsOf(event).flatMap((target) => {
    const found = rows.find((other) => other.row.eventId === target)?.row;
    const isOwn = found?.sender === event.fields.sender;
    const isChange = kind === 'edit' || kind === 'delete';
    const isEffective = isChange ? isOwn || (kind === 'delete' && found?.content === null) : true;
    return isEffective && (found !== undefined || MAY_BE_OLDER.has(kind)) ? [{ ...relation, kind, target }] : [];
  });
}

function isTopic(event: ParsedEvent, content: string | null): boolean {
  const checked = content === null ? undefined : checkContent(event, content);
  return checked?.ok === true && startsTopic(event, checked.value);
}

function statementRowOf(
  record: FullRecord | RecordHeader,
): { hash: string; domain: LiveRoom['hub']; version: number; jws: string }[] {
  if (!('jws' in record) || record.statement === undefined) return [];
  const statement = internStatement(record.statement);
  if (statement === undefined) return [];
  const { hash, provider: domain, version, jws } = statement;
  return [{ hash, domain, version, jws }];
}

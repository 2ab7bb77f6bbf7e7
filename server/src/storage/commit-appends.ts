import type { RoomId } from '../protocol/identifiers.js';
import { issueAccountNotes } from './account-notes.js';
import type { Database, Writer } from './database.js';
import type { AppendBatch, RoomAppend } from './room-rows.js';
import { issueMembers, issueReadingRanges } from './room-people.js';
import { issueNewRooms, issueStatements } from './room-writes.js';
import { insertInto, issue, issueRows, textArray } from './sql-values.js';
import type { ManyRows, SqlValue } from './sql-values.js';

/** Leaves the transaction without a trace of it. */
class HeadsMoved extends Error {
  readonly rooms: RoomId[];

  constructor(rooms: RoomId[]) {
    super('heads moved');
    this.rooms = rooms;
  }
}

// Locked in order of room ids, so that two processes never wait for each other. A row that moved meanwhile is not
// among the held ones any more; the caller sees it missing from the answer.
const moveHeads: ManyRows = {
  before: `WITH v (room_id, expect, seq, at, epoch, hash, state_hash, committed, seal, seal_index, seal_size, seal_path,
    keep, title, status) AS (VALUES`,
  casts: [
    ...['::text', '::bigint', '::bigint', '::bigint', '::integer', '::bytea', '::bytea', '::bigint', '::text'],
    ...['::integer', '::integer', '::bytea', '::boolean', '::text', '::text'],
  ],
  after: `), held AS MATERIALIZED (
    SELECT r.room_id, r.hub FROM rooms r JOIN v ON r.room_id = v.room_id AND r.seq = v.expect ORDER BY r.room_id FOR UPDATE OF r
  ), kept AS (
    INSERT INTO room_heads (room_id, seq, at, epoch, hub, hash, state_hash, committed, seal, seal_index, seal_size, seal_path)
    SELECT v.room_id, v.seq, v.at, v.epoch, held.hub, v.hash, v.state_hash, v.committed, v.seal, v.seal_index, v.seal_size, v.seal_path
    FROM v JOIN held ON held.room_id = v.room_id WHERE v.keep
    ON CONFLICT DO NOTHING
  )
  UPDATE rooms r SET seq = v.seq, at = v.at, epoch = v.epoch, hash = v.hash, state_hash = v.state_hash, committed = v.committed,
    seal = v.seal, seal_index = v.seal_index, seal_size = v.seal_size, seal_path = v.seal_path,
    title = coalesce(v.title, r.title), status = coalesce(v.status, r.status),
    code = CASE WHEN v.status IS NULL THEN r.code END
  FROM v JOIN held ON held.room_id = v.room_id WHERE r.room_id = v.room_id
  RETURNING r.room_id AS room`,
};

const addLog = insertInto('log', [
  ...['room_id', 'seq', 'epoch', 'at', 'event_id', 'type', 'sender', 'void', 'statement', 'jws_hash', 'hash', 'jws', 'content'],
]);
// A repeated request key fails the transaction: the caller looks up what was answered the first time.
const addSent = insertInto('sent', ['account_id', 'request_key', 'room_id', 'event_id', 'at']);
const addState = insertInto('room_state', ['room_id', 'bucket', 'type', 'key', 'seq', 'event_id'], 'ON CONFLICT DO NOTHING');
const addRelations = insertInto(
  'relations',
  ['room_id', 'target', 'kind', 'seq', 'event_id', 'sender'],
  'ON CONFLICT DO NOTHING',
);
// The targets themselves and every edit of them.
const eraseContent = `UPDATE log SET content = NULL WHERE room_id = $1 AND content IS NOT NULL AND seq IN (
    SELECT l.seq FROM log l WHERE l.room_id = $1 AND l.event_id = ANY ($2::text[])
    UNION ALL SELECT r.seq FROM relations r WHERE r.room_id = $1 AND r.target = ANY ($2::text[]) AND r.kind = 'edit')`;
const resolvePending = 'DELETE FROM pending WHERE hub = $1 AND event_id = ANY ($2::text[])';

/** @see RoomLogStore.commitAppends */
export async function commitAppends(db: Database, batch: AppendBatch): Promise<{ conflicts: RoomId[] }> {
  const appends = batch.appends.toSorted((one, other) => (one.room < other.room ? -1 : 1));
  try {
    await db.transaction(async (tx) => {
      const moved = issueHeads(tx, appends);
      const written = [...issueRecords(tx, appends), ...issueRest(tx, appends), ...issueBeside(tx, batch)];
      // All of it travels at once. The heads are looked at first: when they moved, the rest fails for that reason only.
      const [heads, ...rest] = await Promise.allSettled([Promise.all(moved), ...written]);
      if (heads.status === 'fulfilled') {
        const reached = new Set(heads.value.flat().map((row) => row.room));
        const missed = appends.filter((append) => !reached.has(append.room)).map((append) => append.room);
        if (missed.length > 0) throw new HeadsMoved(missed);
      }
      for (const outcome of [heads, ...rest]) if (outcome.status === 'rejected') throw outcome.reason;
    });
  } catch (error) {
    if (error instanceof HeadsMoved) return { conflicts: error.rooms };
    throw error;
  }
  return { conflicts: [] };
}

function issueHeads(tx: Writer, appends: readonly RoomAppend[]): Promise<{ room: RoomId }[]>[] {
  const fresh = appends.flatMap(({ room, create }) => (create === undefined ? [] : [{ room, creation: create }]));
  const created = issueNewRooms(tx, fresh);
  const moved = issueRows<{ room: RoomId }>(tx, moveHeads, appends.map(headValues));
  // Failing to create is failing to move.
  return [...moved, ...created.map((done) => done.then(() => []))];
}

function headValues({ room, expectSeq, sealed, keepHead, title, status, create }: RoomAppend): SqlValue[] {
  const { head, seal, index, size, path } = sealed;
  return [
    ...[room, expectSeq, head.seq, head.at, head.epoch, head.hash, head.state, head.committed],
    ...[seal, index, size, Buffer.concat(path), keepHead, title ?? null, status ?? (create === undefined ? null : 'live')],
  ];
}

function issueRecords(tx: Writer, appends: readonly RoomAppend[]): Promise<unknown>[] {
  const rows = appends.flatMap(({ room, rows: records }) =>
    records.map((row): SqlValue[] => [
      ...[room, row.seq, row.epoch, row.at, row.eventId, row.type, row.sender, row.void, row.statement ?? null],
      ...[row.jwsHash, row.hash, row.jws, row.content],
    ]),
  );
  return issueRows(tx, addLog, rows);
}

function issueRest(tx: Writer, appends: readonly RoomAppend[]): Promise<unknown>[] {
  const entries = appends.flatMap(({ room, entries: changes }) =>
    changes.map(({ bucket, type, key, seq, eventId }) => [room, bucket, type, key, seq, eventId]),
  );
  const relations = appends.flatMap(({ room, relations: added }) =>
    added.map(({ target, kind, seq, eventId, sender }) => [room, target, kind, seq, eventId, sender]),
  );
  return [
    ...issueRows(tx, addState, entries),
    ...issueRows(tx, addRelations, relations),
    ...appends.flatMap((append) => issueReadingRanges(tx, append.room, append.providers)),
    ...appends.flatMap((append) => issueMembers(tx, append.room, append.members)),
    ...issueErasures(tx, appends),
    ...issueResolved(tx, appends),
  ];
}

function issueErasures(tx: Writer, appends: readonly RoomAppend[]): Promise<unknown>[] {
  return appends
    .filter((append) => append.erase.length > 0)
    .map((append) => issue(tx, eraseContent, [append.room, textArray(append.erase)]));
}

function issueResolved(tx: Writer, appends: readonly RoomAppend[]): Promise<unknown>[] {
  const byHub = new Map<string, string[]>();
  for (const { sealed, resolved = [] } of appends) {
    if (resolved.length === 0) continue;
    byHub.set(sealed.head.hub, [...(byHub.get(sealed.head.hub) ?? []), ...resolved]);
  }
  return [...byHub].map(([hub, ids]) => issue(tx, resolvePending, [hub, textArray(ids)]));
}

function issueBeside(tx: Writer, { sent = [], statements = [], notes = [] }: AppendBatch): Promise<unknown>[] {
  const keys = sent.map((row) => [row.accountId, row.requestKey, row.room, row.eventId, row.at]);
  return [...issueRows(tx, addSent, keys), ...issueStatements(tx, statements), ...issueAccountNotes(tx, notes)];
}

import type { SealedHead } from '../protocol/head.js';
import type { EventId, RoomId } from '../protocol/identifiers.js';
import { addExpiring } from './append-records.js';
import type { Database } from './database.js';
import { logColumns, sealedColumns, sealedHeadFrom, logRowFrom } from './read-rows.js';
import type { SelectedHead, SelectedLogRow } from './read-rows.js';
import type { FoundEvent, LogRow } from './room-rows.js';
import { issue, issueRows, textArray } from './sql-values.js';
import { requireAtMost } from './require-at-most.js';
import type { ContentOfHole } from './store-types.js';

// What is over the byte limit is cut by the database, so that large contents never travel in vain.
const selectLog = `SELECT seq, epoch, at, "eventId", jws, "jwsHash", hash, content, type, sender, void, statement FROM (
    SELECT ${logColumns},
      sum(coalesce(octet_length(l.jws), 0) + coalesce(octet_length(l.content), 0)) OVER (ORDER BY l.seq) AS running
    FROM log l
    WHERE l.room_id = $1 AND l.seq >= $2 AND l.seq < $2 + $3
      AND $2 >= (SELECT r.first_seq FROM rooms r WHERE r.room_id = $1)
    ORDER BY l.seq LIMIT $3
  ) page WHERE running <= $4 OR seq = $2 ORDER BY seq`;
const selectHash = `SELECT hash FROM log WHERE room_id = $1 AND seq = $2
  UNION ALL SELECT hash FROM rooms WHERE room_id = $1 AND seq = $2
  UNION ALL SELECT hash FROM room_heads WHERE room_id = $1 AND seq = $2 LIMIT 1`;
// A nested loop by construction: a guess about the sizes of the lists can never turn it into a scan of the log.
const selectEvents = `SELECT l.* FROM unnest($1::text[], $2::text[]) q (room, event_id)
  JOIN LATERAL (
    SELECT l.room_id AS room, ${logColumns} FROM log l WHERE l.room_id = q.room AND l.event_id = q.event_id LIMIT 1
  ) l ON true`;
const selectLastHeader = 'SELECT max(seq) AS seq FROM log WHERE room_id = $1 AND seq <= $2 AND jws IS NULL';
const selectMarked = `SELECT q.id FROM unnest($2::text[]) q (id)
  WHERE EXISTS (SELECT FROM relations r WHERE r.room_id = $1 AND r.target = q.id AND r.kind = $3)`;
// Whoever deletes has the room's row: nothing is filled in behind a delete's back.
const lockRoom = 'SELECT FROM rooms WHERE room_id = $1 FOR UPDATE';
const fillOne = `UPDATE log SET content = $3 WHERE room_id = $1 AND seq = $2 AND content IS NULL AND jws IS NOT NULL
  AND NOT EXISTS (SELECT FROM relations r WHERE r.room_id = $1 AND r.target = ANY ($4::text[]) AND r.kind = 'delete')
  RETURNING seq`;
// The newest head of a room is one of its heads whether it is kept or not.
const heads = `(SELECT ${sealedColumns('h')} FROM room_heads h WHERE h.room_id = $1
  UNION ALL SELECT ${sealedColumns('r')} FROM rooms r WHERE r.room_id = $1 AND r.seal IS NOT NULL) heads`;
const selectLastHead = `SELECT * FROM ${heads} WHERE seq >= $2 AND seq <= $3 ORDER BY seq DESC LIMIT 1`;
const selectFirstHead = `SELECT * FROM ${heads} WHERE seq >= $2 ORDER BY seq LIMIT 1`;

/** @see RoomLogStore.readLog */
export async function readLog(
  db: Database,
  room: RoomId,
  part: { from: number; max: number; bytesMax: number },
): Promise<LogRow[]> {
  const max = Math.min(part.max, 256);
  const rows = await issue<SelectedLogRow>(db.sql, selectLog, [room, part.from, max, part.bytesMax]);
  return rows.map(logRowFrom);
}

export async function recordHashAt(db: Database, room: RoomId, seq: number): Promise<Buffer | undefined> {
  const [row] = await issue<{ hash: Buffer }>(db.sql, selectHash, [room, seq]);
  return row?.hash;
}

/** @see RoomLogStore.findEvents */
export async function findEvents(db: Database, pairs: readonly (readonly [RoomId, EventId])[]): Promise<FoundEvent[]> {
  requireAtMost(1024, pairs);
  if (pairs.length === 0) return [];
  const rooms = textArray(pairs.map(([room]) => room));
  const ids = textArray(pairs.map(([, id]) => id));
  const rows = await issue<SelectedLogRow & { room: RoomId }>(db.sql, selectEvents, [rooms, ids]);
  return rows.map((row) => ({ ...logRowFrom(row), room: row.room }));
}

export async function markedAmong(
  db: Database,
  room: RoomId,
  { targets, kind }: { targets: readonly EventId[]; kind: 'delete' | 'close' },
): Promise<EventId[]> {
  requireAtMost(1024, targets);
  if (targets.length === 0) return [];
  const rows = await issue<{ id: EventId }>(db.sql, selectMarked, [room, textArray(targets), kind]);
  return rows.map((row) => row.id);
}

/** @see RoomLogStore.fillContent */
export async function fillContent(db: Database, room: RoomId, hole: ContentOfHole): Promise<boolean> {
  const { seq, about, content, expiresAt } = hole;
  requireAtMost(17, about);
  return await db.transaction(async (tx) => {
    await issue(tx, lockRoom, [room]);
    const [filled] = await issue(tx, fillOne, [room, seq, content, textArray(about)]);
    // Its time may have run out, and the row gone, since somebody looked.
    if (expiresAt !== undefined) await Promise.all(issueRows(tx, addExpiring, [[room, seq, expiresAt]]));
    return filled !== undefined;
  });
}

/** @see RoomLogStore.nextHead */
export async function nextHead(
  db: Database,
  room: RoomId,
  range: { from: number; to: number },
): Promise<SealedHead | undefined> {
  const [last] = await issue<SelectedHead>(db.sql, selectLastHead, [room, range.from, range.to]);
  if (last !== undefined) return sealedHeadFrom(last);
  const [first] = await issue<SelectedHead>(db.sql, selectFirstHead, [room, range.from]);
  return first && sealedHeadFrom(first);
}

/** @see RoomLogStore.lastHeaderOnly */
export async function lastHeaderOnly(db: Database, room: RoomId, to: number): Promise<number | undefined> {
  const [row] = await issue<{ seq: number | null }>(db.coldSql, selectLastHeader, [room, to]);
  return row?.seq ?? undefined;
}

export async function headAt(db: Database, room: RoomId, seq: number): Promise<SealedHead | undefined> {
  const [row] = await issue<SelectedHead>(db.sql, selectLastHead, [room, seq, seq]);
  return row && sealedHeadFrom(row);
}

import type { RoomId } from '../protocol/identifiers.js';
import { issueAccountNotes } from './account-notes.js';
import type { Database, Writer } from './database.js';
import { requireAtMost } from './require-at-most.js';
import { issueMembers, issueReadingRanges } from './room-people.js';
import type { SnapshotEnd, SnapshotEntry, SnapshotStart, StatementRow } from './room-rows.js';
import { issueNewRooms, issueStateEntries, issueStatements } from './room-writes.js';
import { insertInto, issue, issueRows } from './sql-values.js';

const entriesMax = 20_000;

// What the log already holds without a gap stays as it is; a snapshot behind our own head changes nothing.
const installHead = `WITH moved AS (
    UPDATE rooms SET first_seq = CASE WHEN seq = $2 AND first_seq <= $2 THEN first_seq ELSE $2 + 1 END,
      seq = $2, at = $3, epoch = $4, hash = $5, state_hash = $6, committed = $7,
      seal = $8, seal_index = $9, seal_size = $10, seal_path = $11, status = $12, code = NULL, title = coalesce($13, title),
      covered = $14, buckets = $15
    WHERE room_id = $1 AND seq <= $2 RETURNING *
  ), kept AS (
    INSERT INTO room_heads (room_id, seq, at, epoch, hub, hash, state_hash, committed, seal, seal_index, seal_size, seal_path)
    SELECT room_id, seq, at, epoch, hub, hash, state_hash, committed, seal, seal_index, seal_size, seal_path FROM moved
    ON CONFLICT DO NOTHING
  ) SELECT room_id FROM moved`;
const addEvents = insertInto(
  'snapshot_events',
  {
    room_id: 'text',
    seq: 'bigint',
    at: 'bigint',
    epoch: 'integer',
    event_id: 'text',
    sender: 'text',
    statement: 'text',
    jws: 'text',
    content: 'text',
  },
  'ON CONFLICT DO NOTHING',
);
const cover = "UPDATE rooms SET covered = $2 WHERE room_id = $1 AND status = 'partial'";
const leavePartial = `UPDATE rooms SET status = 'live', covered = NULL, buckets = NULL
  WHERE room_id = $1 AND status = 'partial'`;

/** @see RoomStateStore.startFromSnapshot */
export async function startFromSnapshot(
  db: Database,
  snapshot: SnapshotStart,
  statements: readonly StatementRow[],
): Promise<boolean> {
  const { room, creation, entries, providers, members, notes = [] } = snapshot;
  requireAtMost(entriesMax, entries);
  return db.transaction(async (tx) => {
    await Promise.all(issueNewRooms(tx, [{ room, creation }]));
    const moved = await issue(tx, installHead, headValues(snapshot));
    if (moved.length === 0) return false;
    await Promise.all([
      ...issueEntries(tx, room, entries),
      ...issueStatements(tx, statements),
      ...issueReadingRanges(tx, room, providers),
      ...issueMembers(tx, room, members),
      ...issueAccountNotes(tx, notes),
    ]);
    return true;
  });
}

/** @see RoomStateStore.extendSnapshot */
export async function extendSnapshot(
  db: Database,
  room: RoomId,
  { entries, covered }: { entries: readonly SnapshotEntry[]; covered: number },
): Promise<void> {
  requireAtMost(entriesMax, entries);
  await db.transaction(async (tx) => {
    await Promise.all([...issueEntries(tx, room, entries), issue(tx, cover, [room, covered])]);
  });
}

/** @see RoomStateStore.completeSnapshot */
export async function completeSnapshot(db: Database, room: RoomId, end: SnapshotEnd): Promise<void> {
  const { providers, members, notes } = end;
  await db.transaction(async (tx) => {
    await Promise.all([
      ...issueReadingRanges(tx, room, providers),
      ...issueMembers(tx, room, members),
      ...issueAccountNotes(tx, notes),
      issue(tx, leavePartial, [room]),
    ]);
  });
}

function headValues({ room, sealed, gap, title }: SnapshotStart): (string | number | Buffer | null)[] {
  const { head, seal, index, size, path } = sealed;
  return [
    ...[room, head.seq, head.at, head.epoch, head.hash, head.state, head.committed],
    ...[seal, index, size, Buffer.concat(path), gap === undefined ? 'live' : 'partial', title],
    ...(gap === undefined ? [null, null] : [gap.covered, Buffer.concat(gap.buckets)]),
  ];
}

function issueEntries(tx: Writer, room: RoomId, entries: readonly SnapshotEntry[]): Promise<unknown>[] {
  const events = entries.map(({ seq, at, epoch, eventId, sender, statement, jws, content }) => {
    return [room, seq, at, epoch, eventId, sender, statement?.hash ?? null, jws, content];
  });
  const statements = entries.flatMap(({ statement }) => (statement === undefined ? [] : [statement]));
  return [
    ...issueRows(tx, addEvents, events),
    ...issueStateEntries(tx, [{ room, entries }]),
    ...issueStatements(tx, statements),
  ];
}

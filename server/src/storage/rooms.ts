import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { roomColumns, roomRowFrom } from './read-rows.js';
import type { SelectedRoom } from './read-rows.js';
import type { RoomCreation, RoomRow, RoomStatus, StateRow } from './room-rows.js';
import { readState } from './room-state.js';
import { issueNewRooms } from './room-writes.js';
import { issue } from './sql-values.js';
import type { Page } from './store-types.js';

const selectRoom = `SELECT ${roomColumns} FROM rooms r WHERE r.room_id = $1`;
const selectPage = `SELECT ${roomColumns} FROM rooms r
  WHERE r.room_id > $1 AND ($2::text IS NULL OR r.status = $2) AND ($3::text IS NULL OR r.hub = $3)
    AND ($4::text IS NULL OR r.hub <> $4)
  ORDER BY r.room_id LIMIT $5`;
const updateStatus = 'UPDATE rooms SET status = $2, code = $3 WHERE room_id = $1';
// A room all of our people had left is held already; one with a fault in its chain stays where it is.
const beginAgain = "UPDATE rooms SET status = 'joining', code = NULL WHERE room_id = $1 AND status <> 'quarantined'";

/** @see RoomStateStore.loadRoom */
export async function loadRoom(db: Database, room: RoomId): Promise<{ row: RoomRow; entries: StateRow[] } | undefined> {
  const [found] = await issue<SelectedRoom>(db.sql, selectRoom, [room]);
  if (found === undefined) return undefined;
  const row = roomRowFrom(found);
  // As of the row's seq: records that were appended in between do not show.
  return { row, entries: await readState(db, { room, seq: row.seq, bucketFrom: 0, bucketTo: 255 }) };
}

export async function listRooms(
  db: Database,
  where: { status?: RoomStatus; hub?: Domain; notHub?: Domain } & Page<RoomId>,
): Promise<RoomRow[]> {
  const { status = null, hub = null, notHub = null, after = '', limit } = where;
  const rows = await issue<SelectedRoom>(db.sql, selectPage, [after, status, hub, notHub, limit]);
  return rows.map(roomRowFrom);
}

/** @see RoomStateStore.startJoin */
export async function startJoin(db: Database, room: RoomId, creation: RoomCreation): Promise<void> {
  await db.transaction((tx) =>
    Promise.all([...issueNewRooms(tx, [{ room, creation }]), issue(tx, beginAgain, [room])]),
  );
}

/** @see RoomStateStore.setRoomStatus */
export async function setRoomStatus(
  db: Database,
  room: RoomId,
  { status, code }: { status: RoomStatus; code: string | null },
): Promise<void> {
  await issue(db.sql, updateStatus, [room, status, code]);
}

import type { RoomId } from '../protocol/identifiers.js';
import { stateBucket } from '../protocol/state-hash.js';
import type { Database } from './database.js';
import { stateColumns, stateJoins, withoutNullStatement } from './read-rows.js';
import type { SelectedStateRow } from './read-rows.js';
import { requireAtMost } from './require-at-most.js';
import type { StateRow } from './room-rows.js';
import { issue, textArray } from './sql-values.js';

export interface StatePart {
  readonly room: RoomId;
  readonly seq: number;
  readonly bucketFrom: number;
  readonly bucketTo: number;
  readonly paged?: boolean;
}

// The newest version of each entry that is not newer than the seq.
const selectState = `SELECT ${stateColumns} FROM (
    SELECT DISTINCT ON (bucket, type, key) room_id, bucket, type, key, seq, event_id FROM room_state
    WHERE room_id = $1 AND seq <= $2 AND bucket BETWEEN $3 AND $4
      AND ($5::boolean IS NULL OR (type IN ('member', 'access', 'room.link')) = $5)
    ORDER BY bucket, type, key, seq DESC LIMIT 20000
  ) s ${stateJoins} ORDER BY s.bucket, s.type, s.key`;
const selectEntry = `SELECT q.room, ${stateColumns} FROM unnest($1::text[]) q (room)
  JOIN LATERAL (
    SELECT * FROM room_state v WHERE v.room_id = q.room AND v.bucket = $2 AND v.type = $3 AND v.key = $4
    ORDER BY v.seq DESC LIMIT 1
  ) s ON true ${stateJoins}`;

/** State entries of a room as of a seq, in order of bucket, type and key; at most 20,000. */
export async function readState(db: Database, part: StatePart): Promise<StateRow[]> {
  const { room, seq, bucketFrom, bucketTo, paged = null } = part;
  const rows = await issue<SelectedStateRow>(db.sql, selectState, [room, seq, bucketFrom, bucketTo, paged]);
  return rows.map(withoutNullStatement);
}

/** @see RoomStateStore.entriesOf */
export async function readEntryOf(
  db: Database,
  rooms: readonly RoomId[],
  { type, key }: { type: string; key: string },
): Promise<(StateRow & { room: RoomId })[]> {
  requireAtMost(256, rooms);
  const values = [textArray(rooms), stateBucket(type, key), type, key];
  const rows = await issue<SelectedStateRow & { room: RoomId }>(db.sql, selectEntry, values);
  return rows.map(withoutNullStatement);
}

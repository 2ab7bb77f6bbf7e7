import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import type { ReadingRange } from './room-rows.js';
import { issue } from './sql-values.js';

const columns = 'domain, from_seq AS "from", to_seq AS "to"';
const selectOf = `SELECT ${columns} FROM room_providers WHERE room_id = $1 AND domain = $2 ORDER BY from_seq LIMIT 1024`;
const selectOpen = `SELECT ${columns} FROM room_providers WHERE room_id = $1 AND to_seq IS NULL
  ORDER BY domain, from_seq LIMIT 5000`;

/** @see RoomStateStore.readingRanges */
export function readingRanges(db: Database, room: RoomId, domain: Domain): Promise<ReadingRange[]> {
  return issue<ReadingRange>(db.sql, selectOf, [room, domain]);
}

/** @see RoomStateStore.providersOf */
export function providersOf(db: Database, room: RoomId): Promise<ReadingRange[]> {
  return issue<ReadingRange>(db.sql, selectOpen, [room]);
}

import type { Address, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { logColumns, logRowFrom } from './read-rows.js';
import type { SelectedLogRow } from './read-rows.js';
import type { LogRow } from './room-rows.js';
import { issue } from './sql-values.js';

export interface DeletablePart {
  readonly sender?: Address;
  /** seqs, both included */
  readonly from: number;
  readonly to: number;
  readonly max: number;
}

const EXAMINED_MAX = 20_000;

// The list of types is that of the index.
const selectActs = `SELECT ${logColumns} FROM log l WHERE l.room_id = $1 AND l.seq >= $2 AND l.seq < $3 AND l.void IS NULL
  AND l.type IN ('access', 'role', 'room.owner', 'room.info', 'room.settings', 'room.pins', 'room.deny', 'room.history',
    'message.delete')
  ORDER BY l.seq DESC LIMIT $4`;
const selectDeletable = `SELECT ${logColumns} FROM log l WHERE l.room_id = $1 AND l.seq >= $2 AND l.seq <= $3
  AND ($4::text IS NULL OR l.sender = $4) AND l.content IS NOT NULL AND l.jws IS NOT NULL AND l.void IS NULL
  AND l.type NOT IN ('message.edit', 'message.delete', 'member', 'access', 'provider', 'role') AND l.type NOT LIKE 'room.%'
  ORDER BY l.seq DESC LIMIT $5`;

/** @see RoomLogStore.listActs */
export async function listActs(
  db: Database,
  room: RoomId,
  part: { from: number; before: number; limit: number },
): Promise<LogRow[]> {
  const rows = await issue<SelectedLogRow>(db.sql, selectActs, [
    room,
    part.from,
    part.before,
    Math.min(part.limit, 200),
  ]);
  return rows.map(logRowFrom);
}

/** @see RoomLogStore.listDeletable */
export async function listDeletable(
  db: Database,
  room: RoomId,
  { sender, from, to, max }: DeletablePart,
): Promise<{ rows: LogRow[]; next?: number }> {
  const lowest = Math.max(from, to - EXAMINED_MAX + 1);
  const found = await issue<SelectedLogRow>(db.sql, selectDeletable, [room, lowest, to, sender ?? null, max]);
  const rows = found.map(logRowFrom);
  const last = rows.length === max ? rows.at(-1)?.seq : lowest;
  return last === undefined || last <= from ? { rows } : { rows, next: last - 1 };
}

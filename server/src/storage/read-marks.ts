import type { Address, RoomId } from '../protocol/identifiers.js';
import type { ReadMark } from './account-rows.js';
import type { Database } from './database.js';
import { requireAtMost } from './require-at-most.js';
import { inRounds, insertInto, issue, issueRows } from './sql-values.js';
import type { Page } from './store-types.js';

const save = insertInto(
  'read_marks',
  { room_id: 'text', address: 'text', seq: 'bigint', counter: 'bigint' },
  `ON CONFLICT (room_id, address) DO UPDATE SET seq = greatest(read_marks.seq, excluded.seq), counter = excluded.counter
   WHERE read_marks.counter < excluded.counter`,
);
const selectPage = `SELECT room_id AS room, address, seq, counter FROM read_marks
  WHERE room_id = $1 AND address > $2 ORDER BY address LIMIT $3`;

/** @see AccountRoomStore.saveReadMarks */
export async function saveReadMarks(db: Database, marks: readonly ReadMark[]): Promise<void> {
  requireAtMost(1024, marks);
  const keyOf = ({ room, address }: ReadMark) => `${room} ${address}`;
  // In one order everywhere, so that two savers never wait for each other.
  const ordered = marks.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  for (const round of inRounds(ordered, keyOf)) {
    const rows = round.map(({ room, address, seq, counter }) => [room, address, seq, counter]);
    await Promise.all(issueRows(db.sql, save, rows));
  }
}

export function listReadMarks(db: Database, room: RoomId, page: Page<Address>): Promise<ReadMark[]> {
  return issue<ReadMark>(db.sql, selectPage, [room, page.after ?? '', page.limit]);
}

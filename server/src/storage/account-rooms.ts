import type { Address, RoomId } from '../protocol/identifiers.js';
import type { AccountRoom, AccountRoomSummary, PreferenceRow } from './account-rows.js';
import type { Database } from './database.js';
import { roomColumns, roomRowFrom } from './read-rows.js';
import type { SelectedRoom } from './read-rows.js';
import { EVERYONE } from './room-rows.js';
import { issue } from './sql-values.js';
import type { Page } from './store-types.js';

const columns = `a.account_id AS "accountId", a.room_id AS room, a.membership, a.visible_from AS "visibleFrom",
  a.joined_seq AS "joinedSeq", a.left_seq AS "leftSeq", a.read_seq AS "readSeq"`;
const isBlocked = (sender: string) => `(r.kind = 'dm'
  AND EXISTS (SELECT FROM blocks b WHERE b.account_id = a.account_id AND b.address = ${sender}))`;
// Looks at no more than the next 4000 records, so that a room left unread for a year costs no more than a busy day.
const unread = `(SELECT count(*)::int FROM (
    SELECT FROM (
      SELECT l.type, l.sender, l.void, l.content FROM log l
      WHERE l.room_id = a.room_id AND l.seq > a.read_seq AND l.seq >= a.visible_from
        AND l.seq <= coalesce(a.left_seq, r.seq)
      ORDER BY l.seq LIMIT 4000
    ) n WHERE n.type = 'message' AND n.void IS NULL AND n.content IS NOT NULL AND n.sender <> $2
      AND NOT ${isBlocked('n.sender')}
    LIMIT 1000
  ) counted) AS unread`;
const mentions = `(SELECT count(*)::int FROM (
    SELECT FROM mentions m JOIN log l ON l.room_id = m.room_id AND l.seq = m.seq
    WHERE m.room_id = a.room_id AND m.account_id IN (${EVERYONE}, a.account_id) AND m.seq > a.read_seq
      AND m.seq >= a.visible_from AND m.seq <= coalesce(a.left_seq, r.seq) AND l.content IS NOT NULL AND l.sender <> $2
      AND NOT ${isBlocked('l.sender')}
    LIMIT 1000
  ) counted) AS mentions`;
const summary = `SELECT ${columns}, ${unread}, ${mentions}, p.muted_until AS "mutedUntil", p.pinned, p.draft, ${roomColumns}
  FROM account_rooms a JOIN rooms r ON r.room_id = a.room_id
  LEFT JOIN room_preferences p ON p.account_id = a.account_id AND p.room_id = a.room_id`;
const selectPage = `${summary} WHERE a.account_id = $1 AND a.room_id > $3 ORDER BY a.room_id LIMIT $4`;
const selectOne = `${summary} WHERE a.account_id = $1 AND a.room_id = $3`;
const selectAccounts = `SELECT ${columns} FROM room_accounts i
  JOIN account_rooms a ON a.account_id = i.account_id AND a.room_id = i.room_id
  WHERE i.room_id = $1 AND i.account_id > $2 ORDER BY i.account_id LIMIT $3`;
const updateRead = `WITH moved AS (
    UPDATE account_rooms SET read_seq = $3 WHERE account_id = $1 AND room_id = $2 AND read_seq < $3 RETURNING read_seq
  ), seen AS (
    DELETE FROM mentions WHERE room_id = $2 AND account_id = $1 AND seq <= $3 AND EXISTS (SELECT FROM moved)
  ) SELECT read_seq FROM moved`;

const selectSharedAccount = `SELECT FROM account_rooms a
  JOIN account_rooms b ON b.room_id = a.room_id AND b.account_id = $2 AND b.membership = 'joined'
  WHERE a.account_id = $1 AND a.membership = 'joined' LIMIT 1`;
const selectDms = `SELECT a.room_id AS room FROM account_rooms a JOIN rooms r ON r.room_id = a.room_id
  WHERE a.account_id = $1 AND a.membership = 'joined' AND r.kind = 'dm' AND (r.peer = $2 OR r.creator = $2)
  ORDER BY a.room_id LIMIT 16`;

type Selected = SelectedRoom & Omit<AccountRoomSummary, 'row' | 'preferences'> & PreferenceRow;

/** @see AccountRoomStore.listAccountRooms */
export async function listAccountRooms(
  db: Database,
  account: { accountId: number; own: Address },
  page: Page<RoomId>,
): Promise<AccountRoomSummary[]> {
  const values = [account.accountId, account.own, page.after ?? '', page.limit];
  const rows = await issue<Selected>(db.sql, selectPage, values);
  return rows.map(summaryFrom);
}

export async function findAccountRoom(
  db: Database,
  account: { accountId: number; own: Address },
  room: RoomId,
): Promise<AccountRoomSummary | undefined> {
  const [row] = await issue<Selected>(db.sql, selectOne, [account.accountId, account.own, room]);
  return row && summaryFrom(row);
}

export async function sharesRoomWithAccount(db: Database, accountId: number, other: number): Promise<boolean> {
  const shared = await issue(db.sql, selectSharedAccount, [accountId, other]);
  return shared.length > 0;
}

/** @see AccountRoomStore.listDms */
export async function listDms(db: Database, accountId: number, other: Address): Promise<RoomId[]> {
  const rows = await issue<{ room: RoomId }>(db.sql, selectDms, [accountId, other]);
  return rows.map(({ room }) => room);
}

/** @see AccountRoomStore.listRoomAccounts */
export function listRoomAccounts(db: Database, room: RoomId, page: Page<number>): Promise<AccountRoom[]> {
  return issue<AccountRoom>(db.sql, selectAccounts, [room, page.after ?? 0, page.limit]);
}

/** @see AccountRoomStore.setReadSeq */
export async function setReadSeq(
  db: Database,
  accountId: number,
  { room, seq }: { room: RoomId; seq: number },
): Promise<boolean> {
  const moved = await issue(db.sql, updateRead, [accountId, room, seq]);
  return moved.length > 0;
}

function summaryFrom(selected: Selected): AccountRoomSummary {
  const { accountId, room, membership, visibleFrom, joinedSeq, leftSeq, readSeq } = selected;
  const { unread: unreadCount, mentions: mentionCount } = selected;
  const { mutedUntil, pinned, draft } = selected;
  const row = roomRowFrom(selected);
  const preferences = { mutedUntil, pinned, draft };
  const counts = { unread: unreadCount, mentions: mentionCount };
  return { accountId, room, membership, visibleFrom, joinedSeq, leftSeq, readSeq, ...counts, row, preferences };
}

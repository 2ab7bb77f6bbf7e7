import type { Address, RoomId } from '../protocol/identifiers.js';
import type { Closing, OwnEvent } from './account-rows.js';
import type { Database } from './database.js';
import { issue } from './sql-values.js';

const close = `UPDATE accounts SET closed_at = coalesce(closed_at, $2), password = '', name = '' WHERE account_id = $1`;
const addClosing = `INSERT INTO closings (account_id, at, address, content) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`;
const selectClosings = `SELECT account_id AS "accountId", at, address, content FROM closings ORDER BY account_id LIMIT $1`;
const selectOwn = `SELECT l.seq, l.event_id AS id FROM log l
  WHERE l.room_id = $1 AND l.seq > $2 AND l.sender = $3 AND l.content IS NOT NULL AND l.void IS NULL
    AND l.type NOT IN ('message.edit', 'message.delete', 'message.poll-close', 'member', 'access', 'role', 'provider')
    AND l.type NOT LIKE 'room.%'
  ORDER BY l.seq LIMIT $4`;
// Whatever table is keyed by account is about the account, those of later migrations too. The name stays, it is never given
// away again, and so do reports until they expire.
const selectTables = `SELECT table_name AS name FROM information_schema.columns
  WHERE table_schema = current_schema() AND column_name = 'account_id'
    AND table_name NOT IN ('account_names', 'account_rooms', 'room_accounts', 'reports', 'report_copies') ORDER BY table_name`;
const rooms = 'room_id IN (SELECT room_id FROM account_rooms WHERE account_id = $1)';

/** @see AccountStore.closeAccount */
export async function closeAccount(db: Database, { accountId, at, address, content }: Closing): Promise<void> {
  await db.transaction((tx) =>
    Promise.all([
      issue(tx, close, [accountId, at]),
      ...['sessions', 'profiles', 'room_preferences', 'links', 'requests'].map((table) =>
        issue(tx, `DELETE FROM ${table} WHERE account_id = $1`, [accountId]),
      ),
      issue(tx, addClosing, [accountId, at, address, content]),
    ]),
  );
}

export function listClosings(db: Database, limit: number): Promise<Closing[]> {
  return issue<Closing>(db.coldSql, selectClosings, [limit]);
}

/** @see AccountStore.eraseAccount */
export async function eraseAccount(db: Database, { accountId, address }: Closing): Promise<void> {
  const tables = await issue<{ name: string }>(db.coldSql, selectTables, []);
  await db.transaction((tx) =>
    Promise.all([
      issue(tx, `DELETE FROM read_marks WHERE address = $2 AND ${rooms}`, [accountId, address]),
      issue(tx, `DELETE FROM room_accounts WHERE account_id = $1 AND ${rooms}`, [accountId]),
      ...['account_rooms', ...tables.map(({ name }) => name)].map((table) =>
        issue(tx, `DELETE FROM ${table} WHERE account_id = $1`, [accountId]),
      ),
    ]),
  );
}

/** @see AccountStore.listOwnEvents */
export function listOwnEvents(
  db: Database,
  room: RoomId,
  { sender, after, limit }: { sender: Address; after: number; limit: number },
): Promise<OwnEvent[]> {
  return issue<OwnEvent>(db.coldSql, selectOwn, [room, after, sender, limit]);
}

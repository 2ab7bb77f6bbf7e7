import type { AccountLogPage, AccountLogRow } from './account-rows.js';
import type { Database, Writer } from './database.js';
import type { AccountNote } from './room-rows.js';
import { issue } from './sql-values.js';
import type { Page } from './store-types.js';

// The account's row is locked until the commit: entries become visible in the order of their numbers. What is said again
// is kept once: of a room that is read all day there is one note.
const addNote = `WITH next AS (UPDATE accounts SET log_n = log_n + 1 WHERE account_id = $1 RETURNING account_id, log_n),
    said AS (DELETE FROM account_log WHERE account_id = $1 AND md5(body) = md5($3) AND body = $3 AND kind = $2)
  INSERT INTO account_log (account_id, n, at, kind, body) SELECT account_id, log_n, floor(extract(epoch FROM clock_timestamp()) * 1000), $2, $3 FROM next`;

/** Adds to the accounts' logs, account by account in order of their ids. */
export function issueAccountNotes(tx: Writer, notes: readonly AccountNote[]): Promise<unknown>[] {
  return notes
    .toSorted((one, other) => one.accountId - other.accountId)
    .map(({ accountId, kind, body }) => issue(tx, addNote, [accountId, kind, body]));
}

export async function addNotes(db: Database, notes: readonly AccountNote[]): Promise<void> {
  await db.transaction((tx) => Promise.all(issueAccountNotes(tx, notes)));
}

export async function readAccountLog(db: Database, accountId: number, page: Page<number>): Promise<AccountLogPage> {
  const { after = 0, limit } = page;
  const rows = await issue<AccountLogRow>(
    db.sql,
    'SELECT n, kind, body, at FROM account_log WHERE account_id = $1 AND n > $2 ORDER BY n LIMIT $3',
    [accountId, after, limit],
  );
  const [account] = await issue<{ newest: number; gone: number }>(
    db.sql,
    'SELECT log_n AS newest, log_gone AS gone FROM accounts WHERE account_id = $1',
    [accountId],
  );
  return { rows, newest: account?.newest ?? 0, complete: after >= (account?.gone ?? 0) };
}

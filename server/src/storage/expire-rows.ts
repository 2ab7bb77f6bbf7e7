import type { Database } from './database.js';
import type { ExpiryCounts } from './peer-rows.js';
import { issue } from './sql-values.js';

const day = 24 * 60 * 60 * 1000;
const rowsPerBatch = 1000;
const batchesMax = 20;

/** So many rows of a table go in one call; where a count is that high, there may be more. */
export const EXPIRED_AT_ONCE_MAX = rowsPerBatch * batchesMax;

type Expiry = { readonly table: string; readonly keptMs: number } & (
  { readonly where: string } | { readonly text: string }
);

// Accounts are locked before their notes, one after the other by id, as whoever adds notes does. What is gone is noted:
// a client that was away longer has to be told everything.
const expireNotes = `WITH old AS (
    SELECT account_id, n FROM account_log WHERE at < $1 LIMIT ${rowsPerBatch}
  ), locked AS (
    SELECT account_id FROM accounts WHERE account_id IN (SELECT account_id FROM old) ORDER BY account_id FOR UPDATE
  ), gone AS (
    DELETE FROM account_log l USING locked k, old o
    WHERE o.account_id = k.account_id AND l.account_id = o.account_id AND l.n = o.n RETURNING l.account_id, l.n
  ), noted AS (
    UPDATE accounts a SET log_gone = greatest(a.log_gone, g.n)
    FROM (SELECT account_id, max(n) AS n FROM gone GROUP BY account_id) g WHERE a.account_id = g.account_id
  ) SELECT count(*)::int AS gone FROM gone`;

// Providers we have nothing to do with any more; the operator's words about one are kept.
const isStranger = `NOT blocked AND limit_factor = 1
  AND NOT EXISTS (SELECT FROM room_providers r WHERE r.domain = providers.domain)
  AND NOT EXISTS (SELECT FROM pending p WHERE p.hub = providers.domain)
  AND NOT EXISTS (SELECT FROM outbox_mail m WHERE m.domain = providers.domain)`;

const expiries: readonly Expiry[] = [
  { table: 'account_log', text: expireNotes, keptMs: 30 * day },
  { table: 'mentions', where: 'at < $1', keptMs: 90 * day },
  { table: 'sent', where: 'at < $1', keptMs: 7 * day },
  { table: 'pending', where: "state = 'refused' AND at < $1", keptMs: 7 * day },
  { table: 'requests', where: 'until < $1', keptMs: 0 },
  { table: 'outbox_mail', where: 'until < $1', keptMs: 0 },
  { table: 'search_index', where: 'until < $1', keptMs: 0 },
  { table: 'links', where: 'until < $1', keptMs: 0 },
  { table: 'mail_seen', where: 'until < $1', keptMs: 0 },
  { table: 'reports', where: 'at < $1', keptMs: 180 * day },
  { table: 'report_copies', where: 'at < $1', keptMs: 180 * day },
  { table: 'reports_received', where: "state <> 'received' AND told AND at < $1", keptMs: 30 * day },
  { table: 'reports_received', where: 'at < $1', keptMs: 180 * day },
  { table: 'codes', where: 'until < $1', keptMs: 0 },
  { table: 'sessions', where: 'used_at < $1', keptMs: 90 * day },
  { table: 'providers', where: `fetched_at < $1 AND ${isStranger}`, keptMs: 90 * day },
];

/** The tables without expiry, each with the reason: what it grows with is the log, or has a limit of its own. */
export const tablesWithoutExpiry: Readonly<Record<string, string>> = {
  expiring: 'rows go when their contents do, by a loop of its own',
  log: 'the log',
  relations: 'folded from the log',
  room_heads: 'heads of the log, at most one a record',
  room_providers: 'folded from the log: a range for each time a provider took part',
  room_state: 'folded from the log: the versions of its entries',
  snapshot_events: 'the part of a log that came as a snapshot, at most 20,000 entries a room',
  statements: 'needed for ever to verify the log; each came with a record of it',
  rooms: 'a row a room',
  account_rooms: 'a row for each account and room of the log',
  room_preferences: 'a row for each account and room of the log',
  search_cursors: 'a row a room',
  search_key: 'one row',
  closings: 'a row an account, for 30 days at most',
  room_accounts: 'a row for each account and room of the log',
  read_marks: 'a row for each person and room of the log',
  peer_cursors: 'a row for each provider and room of the log',
  proofs: 'at most 16 a room',
  account_names: 'a row an account: addresses are never given away again',
  accounts: 'a row an account',
  aliases: 'at most 20 an account',
  blocks: 'at most 10,000 an account',
  profiles: 'at most one an account',
  schema_migrations: 'a row a migration',
};

/** @see Upkeep.expire */
export async function expireRows(db: Database, now: number): Promise<ExpiryCounts> {
  const counts: Record<string, number> = {};
  for (const expiry of expiries) {
    const { table, keptMs } = expiry;
    const text = 'text' in expiry ? expiry.text : removeText(table, expiry.where);
    counts[table] = (counts[table] ?? 0) + (await removeInBatches(db, text, now - keptMs));
  }
  return counts;
}

function removeText(table: string, where: string): string {
  return `WITH gone AS (
      DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${where} LIMIT ${rowsPerBatch}))
      RETURNING 1
    ) SELECT count(*)::int AS gone FROM gone`;
}

async function removeInBatches(db: Database, text: string, before: number): Promise<number> {
  let removed = 0;
  for (let batch = 0; batch < batchesMax; batch++) {
    const [row] = await issue<{ gone: number }>(db.coldSql, text, [before]);
    const gone = row?.gone ?? 0;
    removed += gone;
    if (gone < rowsPerBatch) break;
  }
  return removed;
}

import type { Database } from './database.js';
import type { ExpiryCounts } from './peer-rows.js';
import { issue } from './sql-values.js';

const day = 24 * 60 * 60 * 1000;
const rowsPerBatch = 1000;
const batchesMax = 20;

/**
 * What has had its time, by table. The log, what is folded from it and key statements stay for ever; blocks, proofs,
 * read marks and cursors are bounded by the accounts and rooms they belong to.
 */
const expiries: readonly { readonly table: string; readonly where: string; readonly keptMs: number }[] = [
  { table: 'account_log', where: 'at < $1', keptMs: 30 * day },
  { table: 'sent', where: 'at < $1', keptMs: 7 * day },
  { table: 'pending', where: "state = 'refused' AND at < $1", keptMs: 7 * day },
  { table: 'requests', where: 'until < $1', keptMs: 0 },
  { table: 'outbox_mail', where: 'until < $1', keptMs: 0 },
  { table: 'mail_seen', where: 'until < $1', keptMs: 0 },
  { table: 'codes', where: 'until < $1', keptMs: 0 },
  { table: 'sessions', where: 'used_at < $1', keptMs: 90 * day },
];

/** @see Upkeep.expire */
export async function expireRows(db: Database, now: number): Promise<ExpiryCounts> {
  const counts: Record<string, number> = {};
  for (const { table, where, keptMs } of expiries) {
    const text = `WITH gone AS (
        DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${where} LIMIT ${rowsPerBatch}))
        RETURNING 1
      ) SELECT count(*)::int AS gone FROM gone`;
    counts[table] = await removeInBatches(db, text, now - keptMs);
  }
  return counts;
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

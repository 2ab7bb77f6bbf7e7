import type { Database } from './database.js';
import type { Durability, TableSize } from './peer-rows.js';
import { issue } from './sql-values.js';

const selectSizes = `SELECT c.relname AS "table", pg_total_relation_size(c.oid) AS bytes, greatest(c.reltuples, 0)::bigint AS rows
  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname LIMIT 100`;
const selectSettings = `SELECT current_setting('fsync') = 'on' AS fsync, current_setting('synchronous_commit') AS "synchronousCommit",
  current_setting('full_page_writes') = 'on' AS "fullPageWrites", current_setting('server_version') AS version`;

/** Bytes and estimated rows of every table. */
export function readTableSizes(db: Database): Promise<TableSize[]> {
  return issue<TableSize>(db.coldSql, selectSizes, []);
}

/** Whether what is committed survives a power cut, as the database is set up now. */
export async function readDurability(db: Database): Promise<Durability> {
  const [settings] = await issue<Durability>(db.coldSql, selectSettings, []);
  if (settings === undefined) throw new Error('SELECT without FROM returned nothing');
  return settings;
}

export function isDurable({ fsync, synchronousCommit, fullPageWrites }: Durability): boolean {
  return fsync && fullPageWrites && synchronousCommit !== 'off';
}

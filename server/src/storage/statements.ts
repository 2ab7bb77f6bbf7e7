import type { Database } from './database.js';
import { requireAtMost } from './require-at-most.js';
import type { StatementRow } from './room-rows.js';
import { issue, textArray } from './sql-values.js';

const select = 'SELECT hash, domain, version, jws FROM statements WHERE hash = ANY ($1::text[])';

export async function findStatement(db: Database, hash: string): Promise<StatementRow | undefined> {
  const [row] = await findStatements(db, [hash]);
  return row;
}

export async function findStatements(db: Database, hashes: readonly string[]): Promise<StatementRow[]> {
  requireAtMost(1024, hashes);
  return issue<StatementRow>(db.sql, select, [textArray(hashes)]);
}

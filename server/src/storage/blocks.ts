import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Address } from '../protocol/identifiers.js';
import type { BlockRow } from './account-rows.js';
import type { Database } from './database.js';
import { perDatabase } from './per-database.js';
import { blocks } from './schema.js';
import { issue } from './sql-values.js';
import type { Page } from './store-types.js';

const blocksMax = 10_000;
const given = sql.placeholder;
const isThis = and(eq(blocks.account_id, given('accountId')), eq(blocks.address, given('address')));

const queriesOf = perDatabase(({ cold }) => ({
  remove: cold.delete(blocks).where(isThis).prepare('remove_block'),
  list: cold
    .select({ address: sql<Address>`${blocks.address}`, at: blocks.at })
    .from(blocks)
    .where(and(eq(blocks.account_id, given('accountId')), gt(blocks.address, given('after'))))
    .orderBy(asc(blocks.address))
    .limit(given('limit'))
    .prepare('list_blocks'),
  find: cold.select({ at: blocks.at }).from(blocks).where(isThis).prepare('find_block'),
}));

const add = `INSERT INTO blocks (account_id, address, at)
  SELECT $1, $2, $3 WHERE (SELECT count(*) FROM blocks WHERE account_id = $1) < $4
  ON CONFLICT (account_id, address) DO UPDATE SET at = blocks.at RETURNING at`;

/** @see AccountStore.addBlock */
export async function addBlock(
  db: Database,
  accountId: number,
  { address, at }: { address: Address; at: number },
): Promise<boolean> {
  const added = await issue(db.sql, add, [accountId, address, at, blocksMax]);
  return added.length > 0 || (await isBlocked(db, accountId, address));
}

export async function removeBlock(db: Database, accountId: number, address: Address): Promise<void> {
  await queriesOf(db).remove.execute({ accountId, address });
}

export function listBlocks(db: Database, accountId: number, { after, limit }: Page<Address>): Promise<BlockRow[]> {
  return queriesOf(db).list.execute({ accountId, after: after ?? '', limit });
}

export async function isBlocked(db: Database, accountId: number, address: Address): Promise<boolean> {
  const found = await queriesOf(db).find.execute({ accountId, address });
  return found.length > 0;
}

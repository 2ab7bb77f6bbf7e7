import { eq, sql } from 'drizzle-orm';
import type { Database } from './database.js';
import { perDatabase } from './per-database.js';
import { meta } from './schema.js';

const given = sql.placeholder;

const queriesOf = perDatabase(({ cold }) => ({
  get: cold
    .select({ value: meta.value })
    .from(meta)
    .where(eq(meta.key, given('key')))
    .prepare('get_meta'),
  set: cold
    .insert(meta)
    .values({ key: given('key'), value: given('value') })
    .onConflictDoUpdate({ target: meta.key, set: { value: sql`excluded.value` } })
    .prepare('set_meta'),
}));

export async function getMeta(db: Database, key: string): Promise<string | undefined> {
  const [row] = await queriesOf(db).get.execute({ key });
  return row?.value;
}

export async function setMeta(db: Database, key: string, value: string): Promise<void> {
  await queriesOf(db).set.execute({ key, value });
}

import { asc, eq, gt, and, sql } from 'drizzle-orm';
import type { Address } from '../protocol/identifiers.js';
import type { ProfileRow, WardRow } from './account-rows.js';
import type { Database } from './database.js';
import { perDatabase } from './per-database.js';
import { accounts, profiles } from './schema.js';
import { issue } from './sql-values.js';
import type { Page } from './store-types.js';

const given = sql.placeholder;
const save = `INSERT INTO profiles (account_id, bio, status, handle, shown) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (account_id) DO UPDATE SET bio = $2, status = $3, handle = $4, shown = $5`;

const queriesOf = perDatabase(({ cold }) => ({
  find: cold
    .select({
      bio: profiles.bio,
      status: profiles.status,
      handle: sql<Address | null>`${profiles.handle}`,
      shown: profiles.shown,
    })
    .from(profiles)
    .where(eq(profiles.account_id, given('accountId')))
    .prepare('find_profile'),
  setLimited: cold
    .update(accounts)
    .set({ limited: sql`${given('limited')}` })
    .where(eq(accounts.account_id, given('accountId')))
    .prepare('set_limited'),
  setGuardian: cold
    .update(accounts)
    .set({ guardian: sql`${given('guardian')}` })
    .where(eq(accounts.account_id, given('accountId')))
    .prepare('set_guardian'),
  wards: cold
    .select({ localpart: accounts.localpart, accountId: accounts.account_id, limited: accounts.limited })
    .from(accounts)
    .where(
      and(
        eq(accounts.guardian, given('guardian')),
        gt(accounts.localpart, given('after')),
        sql`${accounts.closed_at} IS NULL`,
      ),
    )
    .orderBy(asc(accounts.localpart))
    .limit(given('limit'))
    .prepare('list_wards'),
}));

/** @see AccountStore.findProfile */
export async function findProfile(db: Database, accountId: number): Promise<ProfileRow | undefined> {
  const [profile] = await queriesOf(db).find.execute({ accountId });
  return profile;
}

export async function saveProfile(
  db: Database,
  accountId: number,
  { bio, status, handle, shown }: ProfileRow,
): Promise<void> {
  await issue(db.coldSql, save, [accountId, bio, status, handle, shown]);
}

export async function setLimited(db: Database, accountId: number, limited: boolean): Promise<void> {
  await queriesOf(db).setLimited.execute({ accountId, limited });
}

export async function setGuardian(db: Database, accountId: number, guardian: Address | null): Promise<void> {
  await queriesOf(db).setGuardian.execute({ accountId, guardian });
}

export function listWards(db: Database, guardian: Address, { after, limit }: Page<string>): Promise<WardRow[]> {
  return queriesOf(db).wards.execute({ guardian, after: after ?? '', limit });
}

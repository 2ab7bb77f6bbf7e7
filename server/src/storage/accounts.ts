import { eq, sql } from 'drizzle-orm';
import type { Address } from '../protocol/identifiers.js';
import type { AccountRow, CreatedAccount, NewAccount, SignUpCode } from './account-rows.js';
import type { Database, Writer } from './database.js';
import { perDatabase } from './per-database.js';
import { accounts, codes } from './schema.js';
import { issue } from './sql-values.js';

const row = {
  accountId: accounts.account_id,
  localpart: accounts.localpart,
  password: accounts.password,
  name: accounts.name,
  receipts: accounts.receipts,
  owner: accounts.owner,
  createdAt: accounts.created_at,
  closedAt: accounts.closed_at,
  limited: accounts.limited,
  guardian: sql<Address | null>`${accounts.guardian}`,
};
const given = sql.placeholder;

const queriesOf = perDatabase(({ cold }) => ({
  byLocalpart: cold
    .select(row)
    .from(accounts)
    .where(
      eq(
        accounts.account_id,
        sql`(SELECT account_id FROM account_names WHERE account_names.localpart = ${given('localpart')})`,
      ),
    )
    .prepare('account_by_localpart'),
  byId: cold
    .select(row)
    .from(accounts)
    .where(eq(accounts.account_id, given('accountId')))
    .prepare('account_by_id'),
  any: cold.select({ accountId: accounts.account_id }).from(accounts).limit(1).prepare('any_account'),
  setPassword: cold
    .update(accounts)
    .set({ password: sql`${given('password')}` })
    .where(eq(accounts.account_id, given('accountId')))
    .prepare('set_password'),
  setProfile: cold
    .update(accounts)
    .set({
      name: sql`coalesce(${given('name')}, ${accounts.name})`,
      receipts: sql`coalesce(${given('receipts')}, ${accounts.receipts})`,
    })
    .where(eq(accounts.account_id, given('accountId')))
    .prepare('set_profile'),
  addCode: cold
    .insert(codes)
    .values({ code_hash: given('hash'), owner: given('owner'), until: given('until') })
    .onConflictDoNothing()
    .prepare('add_code'),
}));

/** Takes everything back: the code is unused again, the name free. */
class NotCreated extends Error {}

/** @see AccountStore.createAccount */
export async function createAccount(db: Database, account: NewAccount): Promise<CreatedAccount> {
  let refusal: 'taken' | 'bad-code' = 'bad-code';
  try {
    return await db.transaction(async (tx) => {
      const code = await useCode(tx, account);
      if (code === undefined) throw new NotCreated();
      refusal = 'taken';
      const accountId = await takeName(tx, account.localpart);
      if (accountId === undefined) throw new NotCreated();
      const { at, localpart, name, password } = account;
      const values = [accountId, at, code.owner, localpart, name, password];
      await issue(
        tx,
        'INSERT INTO accounts (account_id, created_at, owner, localpart, name, password) VALUES ($1, $2, $3, $4, $5, $6)',
        values,
      );
      return { status: 'created', accountId, owner: code.owner };
    });
  } catch (error) {
    if (error instanceof Error && error.cause instanceof NotCreated) return { status: refusal };
    throw error;
  }
}

async function useCode(tx: Writer, { code, at }: NewAccount): Promise<{ owner: boolean } | undefined> {
  if (code === undefined) return { owner: false };
  const [used] = await issue<{ owner: boolean }>(
    tx,
    'DELETE FROM codes WHERE code_hash = $1 AND until > $2 RETURNING owner',
    [code, at],
  );
  return used;
}

async function takeName(tx: Writer, localpart: string): Promise<number | undefined> {
  const [taken] = await issue<{ accountId: number }>(
    tx,
    `INSERT INTO account_names (localpart, account_id) VALUES ($1, nextval('account_ids'))
     ON CONFLICT (localpart) DO NOTHING RETURNING account_id AS "accountId"`,
    [localpart],
  );
  return taken?.accountId;
}

export async function findAccount(db: Database, localpart: string): Promise<AccountRow | undefined> {
  const [account] = await queriesOf(db).byLocalpart.execute({ localpart });
  return account;
}

export async function findAccountById(db: Database, accountId: number): Promise<AccountRow | undefined> {
  const [account] = await queriesOf(db).byId.execute({ accountId });
  return account;
}

export async function hasAccounts(db: Database): Promise<boolean> {
  const found = await queriesOf(db).any.execute();
  return found.length > 0;
}

export async function setPassword(db: Database, accountId: number, password: string): Promise<void> {
  await queriesOf(db).setPassword.execute({ accountId, password });
}

export async function setProfile(
  db: Database,
  accountId: number,
  { name, receipts }: { name?: string; receipts?: boolean },
): Promise<void> {
  await queriesOf(db).setProfile.execute({ accountId, name: name ?? null, receipts: receipts ?? null });
}

export async function createCode(db: Database, code: SignUpCode): Promise<void> {
  await queriesOf(db).addCode.execute({ hash: code.hash, owner: code.owner, until: code.until });
}

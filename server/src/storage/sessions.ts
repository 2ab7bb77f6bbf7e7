import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { FoundSession, NewSession, SessionRow } from './account-rows.js';
import type { Database } from './database.js';
import { perDatabase } from './per-database.js';
import { accounts, sessions } from './schema.js';
import { issue, issueRows, unnest } from './sql-values.js';
import type { ManyRows } from './sql-values.js';
import { requireAtMost } from './require-at-most.js';

const sessionsMax = 64;
const given = sql.placeholder;
const row = {
  accountId: sessions.account_id,
  sessionId: sessions.session_id,
  device: sessions.device,
  createdAt: sessions.created_at,
  usedAt: sessions.used_at,
};
const isThis = and(eq(sessions.account_id, given('accountId')), eq(sessions.session_id, given('sessionId')));

const queriesOf = perDatabase(({ cold }) => ({
  find: cold
    .select({ ...row, tokenHash: sessions.token_hash, localpart: accounts.localpart, owner: accounts.owner })
    .from(sessions)
    .innerJoin(accounts, eq(accounts.account_id, sessions.account_id))
    .where(and(isThis, isNull(accounts.closed_at)))
    .prepare('find_session'),
  list: cold
    .select(row)
    .from(sessions)
    .where(eq(sessions.account_id, given('accountId')))
    .orderBy(desc(sessions.used_at), desc(sessions.session_id))
    .limit(sessionsMax)
    .prepare('list_sessions'),
  revoke: cold.delete(sessions).where(isThis).returning({ sessionId: sessions.session_id }).prepare('revoke_session'),
  revokeOthers: cold
    .delete(sessions)
    .where(
      and(
        eq(sessions.account_id, given('accountId')),
        sql`${sessions.session_id} IS DISTINCT FROM ${given('except')}::bigint`,
      ),
    )
    .prepare('revoke_sessions'),
}));

const endLeastUsed = `DELETE FROM sessions WHERE account_id = $1 AND session_id IN (
  SELECT session_id FROM sessions WHERE account_id = $1 ORDER BY used_at DESC, session_id DESC OFFSET $2)`;
const add = `INSERT INTO sessions (account_id, session_id, created_at, used_at, token_hash, device)
  VALUES ($1, nextval('session_ids'), $2, $2, $3, $4) RETURNING session_id AS "sessionId"`;
const touch: ManyRows = {
  text: `UPDATE sessions s SET used_at = v.at FROM ${unnest(['bigint', 'bigint', 'bigint'], 1)} v (account_id, session_id, at)
    WHERE s.account_id = v.account_id AND s.session_id = v.session_id AND s.used_at < v.at`,
  types: ['bigint', 'bigint', 'bigint'],
};

/** @see AccountStore.createSession */
export async function createSession(db: Database, session: NewSession): Promise<number> {
  const { accountId, tokenHash, device, at } = session;
  return db.transaction(async (tx) => {
    // Room for one more; ids grow, so of equal age the older goes.
    await issue(tx, endLeastUsed, [accountId, sessionsMax - 1]);
    const [added] = await issue<{ sessionId: number }>(tx, add, [accountId, at, tokenHash, device]);
    if (added === undefined) throw new Error('INSERT … RETURNING returned nothing');
    return added.sessionId;
  });
}

export async function findSession(
  db: Database,
  accountId: number,
  sessionId: number,
): Promise<FoundSession | undefined> {
  const [session] = await queriesOf(db).find.execute({ accountId, sessionId });
  return session;
}

export function listSessions(db: Database, accountId: number): Promise<SessionRow[]> {
  return queriesOf(db).list.execute({ accountId });
}

export async function revokeSession(db: Database, accountId: number, sessionId: number): Promise<boolean> {
  const revoked = await queriesOf(db).revoke.execute({ accountId, sessionId });
  return revoked.length > 0;
}

/** Ends all sessions of an account but one. */
export async function revokeSessions(db: Database, accountId: number, except?: number): Promise<void> {
  await queriesOf(db).revokeOthers.execute({ accountId, except: except ?? null });
}

export async function touchSessions(
  db: Database,
  uses: readonly { accountId: number; sessionId: number; at: number }[],
): Promise<void> {
  requireAtMost(1024, uses);
  const rows = uses.map(({ accountId, sessionId, at }) => [accountId, sessionId, at]);
  await Promise.all(issueRows(db.sql, touch, rows));
}

/** @see AccountStore.lastSeen */
export async function lastSeen(db: Database, accountId: number): Promise<number> {
  const text = 'SELECT coalesce(max(used_at), 0) AS at FROM sessions WHERE account_id = $1';
  const [row] = await issue<{ at: number }>(db.coldSql, text, [accountId]);
  return row?.at ?? 0;
}

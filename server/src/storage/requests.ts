import { and, asc, eq, gt, ne, sql } from 'drizzle-orm';
import type { Address, Domain, RoomId } from '../protocol/identifiers.js';
import type { AddedRequest, RequestRow, RequestState } from './account-rows.js';
import type { Database } from './database.js';
import { perDatabase } from './per-database.js';
import { requests } from './schema.js';
import { issue } from './sql-values.js';
import type { Page } from './store-types.js';

export interface RequestBounds {
  readonly max: number;
  readonly mail?: { readonly hash: Buffer; readonly until: number };
}

const given = sql.placeholder;
const row = {
  accountId: requests.account_id,
  id: requests.id,
  kind: sql<RequestRow['kind']>`${requests.kind}`,
  room: sql<RoomId>`${requests.room_id}`,
  hub: sql<Domain>`${requests.hub}`,
  by: sql<Address>`${requests.sender}`,
  body: requests.body,
  at: requests.at,
  until: requests.until,
  state: sql<RequestState>`${requests.state}`,
};
const isThis = and(eq(requests.account_id, given('accountId')), eq(requests.id, given('id')));

const queriesOf = perDatabase(({ cold }) => ({
  find: cold.select(row).from(requests).where(isThis).prepare('find_request'),
  list: cold
    .select(row)
    .from(requests)
    .where(
      and(
        eq(requests.account_id, given('accountId')),
        eq(requests.state, given('state')),
        gt(requests.id, given('after')),
      ),
    )
    .orderBy(asc(requests.id))
    .limit(given('limit'))
    .prepare('list_requests'),
  setState: cold
    .update(requests)
    .set({ state: sql`${given('state')}` })
    .where(and(isThis, ne(requests.state, given('state'))))
    .returning({ id: requests.id })
    .prepare('set_request_state'),
}));

const addMail = 'INSERT INTO mail_seen (hash, until) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING RETURNING until';
// Two requests at once count one after the other.
const lockAccount = 'SELECT account_id FROM accounts WHERE account_id = $1 FOR UPDATE';
const countWaiting = `SELECT count(*)::int AS waiting FROM (
  SELECT FROM requests WHERE account_id = $1 AND state = 'waiting' LIMIT $2) w`;
const add = `INSERT INTO requests (account_id, id, kind, room_id, hub, sender, body, at, until, state)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (account_id, id) DO NOTHING RETURNING id`;

/** @see AccountStore.addRequest */
export function addRequest(db: Database, request: RequestRow, { max, mail }: RequestBounds): Promise<AddedRequest> {
  const { accountId, id, kind, room, hub, by, body, at, until, state } = request;
  return db.transaction(async (tx) => {
    if (mail !== undefined && (await issue(tx, addMail, [mail.hash, mail.until])).length === 0) return 'present';
    await issue(tx, lockAccount, [accountId]);
    const [count] = await issue<{ waiting: number }>(tx, countWaiting, [accountId, max]);
    if (count !== undefined && count.waiting >= max) return 'full';
    const added = await issue(tx, add, [accountId, id, kind, room, hub, by, body, at, until, state]);
    return added.length > 0 ? 'added' : 'present';
  });
}

export async function findRequest(db: Database, accountId: number, id: string): Promise<RequestRow | undefined> {
  const [request] = await queriesOf(db).find.execute({ accountId, id });
  return request;
}

export function listRequests(
  db: Database,
  accountId: number,
  { state, after = '', limit }: { state: RequestState } & Page<string>,
): Promise<RequestRow[]> {
  return queriesOf(db).list.execute({ accountId, state, after, limit });
}

/** @see AccountStore.setRequestState */
export async function setRequestState(
  db: Database,
  accountId: number,
  { id, state }: { id: string; state: RequestState },
): Promise<boolean> {
  const changed = await queriesOf(db).setState.execute({ accountId, id, state });
  return changed.length > 0;
}

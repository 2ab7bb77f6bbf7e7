import type { Domain, EventId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { requireAtMost } from './require-at-most.js';
import type { NewPending, PendingRow, SentAnswer, SentRow } from './room-rows.js';
import { issue, issueRows, textArray, unnest } from './sql-values.js';
import type { ColumnType, ManyRows } from './sql-values.js';
import type { Page } from './store-types.js';

const columns = `n, at, account_id AS "accountId", hub, room_id AS room, event_id AS "eventId", request_key AS "requestKey",
  state, code, jws, content, statement`;
// What is there already keeps its place.
const addedTypes: ColumnType[] = ['text', 'text', 'text', 'bigint', 'text', 'text', 'text', 'text', 'bigint', 'bytea'];
const addedNames = 'hub, room_id, event_id, account_id, request_key, jws, content, statement, at';
const addRows: ManyRows = {
  text: `WITH given AS (
      SELECT * FROM ${unnest(addedTypes, 1)} v (${addedNames}, request_hash)
    ), added AS (
      INSERT INTO pending (${addedNames}) SELECT ${addedNames} FROM given
      ON CONFLICT (hub, event_id) DO UPDATE SET at = pending.at
      RETURNING n, at, account_id, request_key, room_id, event_id, hub
    ), remembered AS (
      INSERT INTO sent (account_id, request_key, room_id, event_id, at, request_hash)
      SELECT a.account_id, a.request_key, a.room_id, a.event_id, a.at, g.request_hash
      FROM added a JOIN given g ON g.hub = a.hub AND g.event_id = a.event_id
      WHERE a.account_id IS NOT NULL AND a.request_key IS NOT NULL
      ON CONFLICT (account_id, request_key) DO NOTHING
    ) SELECT n FROM added ORDER BY n`,
  types: addedTypes,
};
const selectOfHub = `SELECT ${columns} FROM pending WHERE hub = $1 AND n > $2 AND state = 'pending' ORDER BY n LIMIT $3`;
const selectHubs = `SELECT DISTINCT hub FROM pending WHERE state = 'pending' ORDER BY hub LIMIT $1`;
const selectOne = `SELECT ${columns} FROM pending WHERE hub = $1 AND event_id = $2`;
const refuse = `WITH refused AS (
    UPDATE pending SET state = 'refused', code = $3, content = '' WHERE hub = $1 AND event_id = $2 RETURNING account_id, request_key
  ) UPDATE sent s SET code = $3 FROM refused r WHERE s.account_id = r.account_id AND s.request_key = r.request_key`;
const replace = `WITH replaced AS (
    UPDATE pending SET event_id = $3, jws = $4, content = $5, statement = $6 WHERE hub = $1 AND event_id = $2
    RETURNING account_id, request_key
  ) UPDATE sent s SET event_id = $3 FROM replaced r WHERE s.account_id = r.account_id AND s.request_key = r.request_key`;
const resolve = 'DELETE FROM pending WHERE hub = $1 AND event_id = ANY ($2::text[])';
const selectSent = `SELECT s.room_id AS room, s.event_id AS "eventId", l.seq, l.at, coalesce(s.code, l.void) AS code,
    s.request_hash AS "requestHash"
  FROM sent s LEFT JOIN log l ON l.room_id = s.room_id AND l.event_id = s.event_id
  WHERE s.account_id = $1 AND s.request_key = $2`;
const addRefusal = `INSERT INTO sent (account_id, request_key, request_hash, room_id, event_id, at, code)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (account_id, request_key) DO NOTHING`;

/** @see PendingStore.addPending */
export async function addPending(db: Database, rows: readonly NewPending[]): Promise<number[]> {
  requireAtMost(512, rows);
  const values = rows.map(({ hub, room, eventId, accountId, requestKey, jws, content, statement, at, requestHash }) => {
    return [hub, room, eventId, accountId, requestKey, jws, content, statement, at, requestHash ?? null];
  });
  const added = await Promise.all(issueRows<{ n: number }>(db.sql, addRows, values));
  return added.flat().map((row) => row.n);
}

/** @see PendingStore.listPending */
export function listPending(db: Database, hub: Domain, { after = 0, limit }: Page<number>): Promise<PendingRow[]> {
  return issue<PendingRow>(db.sql, selectOfHub, [hub, after, limit]);
}

export async function pendingHubs(db: Database, limit: number): Promise<Domain[]> {
  const rows = await issue<{ hub: Domain }>(db.sql, selectHubs, [limit]);
  return rows.map((row) => row.hub);
}

export async function findPending(db: Database, hub: Domain, eventId: EventId): Promise<PendingRow | undefined> {
  const [row] = await issue<PendingRow>(db.sql, selectOne, [hub, eventId]);
  return row;
}

/** @see PendingStore.refusePending */
export async function refusePending(
  db: Database,
  hub: Domain,
  { eventId, code }: { eventId: EventId; code: string },
): Promise<void> {
  await issue(db.sql, refuse, [hub, eventId, code]);
}

/** @see PendingStore.resolvePending */
export async function resolvePending(db: Database, hub: Domain, ids: readonly EventId[]): Promise<void> {
  requireAtMost(512, ids);
  await issue(db.sql, resolve, [hub, textArray(ids)]);
}

/** @see PendingStore.replacePending */
export async function replacePending(db: Database, old: EventId, row: NewPending): Promise<void> {
  await issue(db.sql, replace, [row.hub, old, row.eventId, row.jws, row.content, row.statement]);
}

/** @see PendingStore.findSent */
export async function findSent(db: Database, accountId: number, requestKey: string): Promise<SentAnswer | undefined> {
  const [row] = await issue<{
    room: SentAnswer['room'];
    eventId: EventId;
    seq: number | null;
    at: number | null;
    code: string | null;
    requestHash: Buffer | null;
  }>(db.sql, selectSent, [accountId, requestKey]);
  if (row === undefined) return undefined;
  const { room, eventId, seq, at, code, requestHash } = row;
  const ordered = seq === null || at === null ? {} : { seq, at };
  return { requestHash, room, eventId, ...ordered, ...(code === null ? {} : { code }) };
}

/** @see PendingStore.addRefused */
export async function addRefused(db: Database, row: SentRow, code: string): Promise<void> {
  const { accountId, requestKey, requestHash, room, eventId, at } = row;
  await issue(db.sql, addRefusal, [accountId, requestKey, requestHash, room, eventId, at, code]);
}

import type { RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { issue } from './sql-values.js';

/** A link that one of our people made. */
export interface LinkRow {
  readonly accountId: number;
  readonly room: RoomId;
  readonly locator: string;
  readonly secret: string;
  readonly jws: string;
  readonly at: number;
  readonly until: number;
}

export interface LinkStore {
  /** False when the account has 100 in that room already. */
  addLink(link: LinkRow): Promise<boolean>;
  findLink(locator: string): Promise<LinkRow | undefined>;
  /** The oldest first, ended ones too. */
  listLinks(accountId: number, room: RoomId): Promise<LinkRow[]>;
  removeLink(locator: string): Promise<void>;
}

const MAX = 100;
const row = 'account_id AS "accountId", room_id AS room, locator, secret, jws, at, until';
const add = `INSERT INTO links (account_id, room_id, locator, secret, jws, at, until)
  SELECT $1, $2, $3, $4, $5, $6, $7
  WHERE (SELECT count(*) FROM links WHERE account_id = $1 AND room_id = $2) < ${MAX} RETURNING locator`;
const find = `SELECT ${row} FROM links WHERE locator = $1`;
const list = `SELECT ${row} FROM links WHERE account_id = $1 AND room_id = $2 ORDER BY at, locator LIMIT ${MAX}`;
const remove = 'DELETE FROM links WHERE locator = $1';
// Every join is a version of the person's entry, and its content holds the link as it was signed.
const countJoins = `SELECT count(*)::int AS joins FROM room_state s JOIN log l ON l.room_id = s.room_id AND l.seq = s.seq
  WHERE s.room_id = $1 AND s.type = 'member' AND position($2 in l.content) > 0`;

/** @see LinkStore.addLink */
export async function addLink(db: Database, link: LinkRow): Promise<boolean> {
  const { accountId, room, locator, secret, jws, at, until } = link;
  const added = await issue(db.coldSql, add, [accountId, room, locator, secret, jws, at, until]);
  return added.length > 0;
}

export async function findLink(db: Database, locator: string): Promise<LinkRow | undefined> {
  const [found] = await issue<LinkRow>(db.coldSql, find, [locator]);
  return found;
}

export async function listLinks(db: Database, accountId: number, room: RoomId): Promise<LinkRow[]> {
  return await issue<LinkRow>(db.coldSql, list, [accountId, room]);
}

export async function removeLink(db: Database, locator: string): Promise<void> {
  await issue(db.coldSql, remove, [locator]);
}

/** @see RoomStateStore.countJoins */
export async function countJoinsBy(db: Database, room: RoomId, invite: string): Promise<number> {
  const [counted] = await issue<{ joins: number }>(db.coldSql, countJoins, [room, invite]);
  return counted?.joins ?? 0;
}

import type { RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { issue } from './sql-values.js';

/** A name that one of our people gave to a room. */
export interface AliasRow {
  readonly accountId: number;
  /** what stands between `#` and `@` */
  readonly name: string;
  readonly room: RoomId;
  readonly at: number;
}

export interface AliasStore {
  /** False when the name is given already, or the account has 20. */
  addAlias(alias: AliasRow): Promise<boolean>;
  findAlias(name: string): Promise<AliasRow | undefined>;
  listAliases(accountId: number): Promise<AliasRow[]>;
  /** False when the account has no such name. */
  removeAlias(accountId: number, name: string): Promise<boolean>;
  /** Names of a room become somebody else's. */
  passAliases(room: RoomId, people: { from: number; to: number }): Promise<void>;
}

const MAX = 20;
const row = 'account_id AS "accountId", name, room_id AS room, at';
const add = `INSERT INTO aliases (account_id, at, name, room_id) SELECT $1, $2, $3, $4
  WHERE (SELECT count(*) FROM aliases WHERE account_id = $1) < ${MAX} ON CONFLICT (name) DO NOTHING RETURNING name`;
const find = `SELECT ${row} FROM aliases WHERE name = $1`;
const list = `SELECT ${row} FROM aliases WHERE account_id = $1 ORDER BY name LIMIT ${MAX}`;
const pass = 'UPDATE aliases SET account_id = $3 WHERE room_id = $1 AND account_id = $2';
const remove = 'DELETE FROM aliases WHERE account_id = $1 AND name = $2 RETURNING name';

/** @see AliasStore.addAlias */
export async function addAlias(db: Database, { accountId, at, name, room }: AliasRow): Promise<boolean> {
  return (await issue(db.coldSql, add, [accountId, at, name, room])).length > 0;
}

export async function findAlias(db: Database, name: string): Promise<AliasRow | undefined> {
  const [found] = await issue<AliasRow>(db.coldSql, find, [name]);
  return found;
}

export async function listAliases(db: Database, accountId: number): Promise<AliasRow[]> {
  return await issue<AliasRow>(db.coldSql, list, [accountId]);
}

/** @see AliasStore.passAliases */
export async function passAliases(
  db: Database,
  room: RoomId,
  { from, to }: { from: number; to: number },
): Promise<void> {
  await issue(db.coldSql, pass, [room, from, to]);
}

/** @see AliasStore.removeAlias */
export async function removeAlias(db: Database, accountId: number, name: string): Promise<boolean> {
  return (await issue(db.coldSql, remove, [accountId, name])).length > 0;
}

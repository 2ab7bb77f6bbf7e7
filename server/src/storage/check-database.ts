import type { Sql } from 'postgres';
import type { DatabaseAddress } from './database.js';
import { StartError } from './start-error.js';
import { StorageError } from './storage-error.js';

/** What has to be true of a database before a server can use it. */
export interface DatabaseFacts {
  /** As PostgreSQL numbers it: 150004 is 15.4. */
  readonly version: number;
  /** How many connections our role can have in it. */
  readonly connections: number;
}

const versionMin = 15;
/** Besides the store's own: the operator's bell, the migrations. */
const connectionsBeside = 2;

const selectFacts = `SELECT current_setting('server_version_num')::integer AS version, least(
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer,
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
    (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
  ) AS connections`;

/**
 * Sees that a database can serve us, before anything in it is touched.
 *
 * @param connections how many the store takes
 * @throws StartError `database-version` (older than PostgreSQL 15) · `database-connections` (too few are allowed) ·
 * `database-unreachable` · `database-refused` (log-in, or no such database)
 * @throws StorageError `connection`
 */
export async function checkDatabase(
  pool: Pick<Sql, 'unsafe'>,
  { address, connections }: { address: DatabaseAddress; connections: number },
): Promise<void> {
  const [facts] = await pool.unsafe<DatabaseFacts[]>(selectFacts).catch((cause: unknown) => {
    throw failureOf(cause, address);
  });
  const fault = facts && faultOf(facts, connections + connectionsBeside);
  if (fault !== undefined) throw fault;
}

/** What speaks against a database, by what it says of itself. */
export function faultOf({ version, connections }: DatabaseFacts, needed: number): StartError | undefined {
  const major = Math.floor(version / 10_000);
  if (major < versionMin)
    return new StartError('database-version', `the database is PostgreSQL ${major}; ${versionMin} or newer is needed`);
  if (connections < needed)
    return new StartError(
      'database-connections',
      `the database allows ${connections} connections, and ${needed} are needed: raise the limit of the role, of the database or max_connections`,
    );
  return undefined;
}

/** Why the first connection failed, in words; never with the password that stands in the URL. */
function failureOf(cause: unknown, address: DatabaseAddress): Error {
  const { code } = cause as { code?: unknown };
  const where = placeOf(address);
  switch (code) {
    case '28P01':
    case '28000':
      return new StartError(
        'database-refused',
        `the database at ${where} refuses the log-in: see user and password in DATABASE_URL`,
      );
    case '3D000':
      return new StartError(
        'database-refused',
        `there is no such database at ${where}: create it, or correct DATABASE_URL`,
      );
    case '53300':
      return new StartError(
        'database-connections',
        `the database at ${where} has no connection left for us: raise its limits, or end others`,
      );
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'CONNECT_TIMEOUT':
    case '57P03':
      return new StartError(
        'database-unreachable',
        `no database answers at ${where} (${code}): start it, or correct DATABASE_URL`,
      );
    default:
      return StorageError.from(cause);
  }
}

function placeOf(address: DatabaseAddress): string {
  if (!('url' in address)) return address.host;
  return URL.canParse(address.url) ? new URL(address.url).host : 'DATABASE_URL';
}

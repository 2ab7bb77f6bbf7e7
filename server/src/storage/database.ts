import { drizzle } from 'drizzle-orm/postgres-js';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { StorageError } from './storage-error.js';

/** Where the database is: a URL, or the folder of its socket with a user. */
export type DatabaseAddress =
  | { readonly url: string }
  | { readonly host: string; readonly port?: number; readonly user: string; readonly database: string };

type Custom = { bigint: number };

/** What reads need: a statement at a time, on whichever connection is free. */
export type Reader = postgres.ISql<Custom>;

/** A transaction: what it writes happens together or not at all. Statements may be issued without awaiting each. */
export type Writer = postgres.TransactionSql<Custom>;

export interface Database {
  /** Prepared by its text; for the hot path and for what drizzle cannot say. */
  readonly sql: Reader;
  /** The one connection of the writer's flushes, which come one at a time: its backend stays warm. */
  readonly flushes: Reader;
  /** For cold queries, on connections of its own, so that none of them holds up a commit. */
  readonly cold: PostgresJsDatabase;
  /** Statements of the cold side as text: for long maintenance. */
  readonly coldSql: Reader;
  /** @throws StorageError `connection`, `ambiguous` exactly when the commit was on its way */
  transaction<T>(run: (tx: Writer) => Promise<T>): Promise<T>;
  /**
   * Opens the connections of the hot side. What is asked while postgres.js still connects may wait until a connection has
   * nothing to do for a moment, which under load is never.
   */
  connect(): Promise<void>;
  /** Ends the connections; what is still running after `graceMs` fails. */
  end(graceMs: number): Promise<void>;
}

const connectTimeoutS = 2;
const retryDelayS = 0.1;
const statementTimeoutMs = 10_000;

// Hot statements find every row by its key. Planned once, and never by a guess about tables that were empty at the time.
const byKey = { plan_cache_mode: 'force_generic_plan', enable_hashjoin: 'off', enable_mergejoin: 'off' };

// Every int8 of the schema is below 2^53.
const bigint = { to: 20, from: [20], parse: Number, serialize: String };

/**
 * Opens small pools that connect by `connect` or on first use, and reconnect by themselves. While the database is away every
 * statement fails at once or within the connect timeout; none waits for its return.
 *
 * @param connections 4..64, over all pools
 */
export function openDatabase(address: DatabaseAddress, connections: number): Database {
  const flushes = openPool(address, 1, byKey);
  const hot = openPool(address, Math.ceil(connections / 2) - 1, byKey);
  const cold = openPool(address, Math.floor(connections / 2));
  return {
    sql: hot,
    flushes,
    cold: drizzle(cold),
    coldSql: cold,
    transaction: (run) => runTransaction(hot, run),
    connect: async () => {
      const all = [flushes, hot].flatMap((pool) => Array.from({ length: pool.options.max }, () => pool`SELECT 1`));
      await Promise.all(all);
    },
    end: async (graceMs) => {
      await Promise.all([flushes, hot, cold].map((pool) => pool.end({ timeout: graceMs / 1000 })));
    },
  };
}

/** One pool with our settings. @param max 1 for a connection of one's own */
export function openPool(
  address: DatabaseAddress,
  max: number,
  settings: Readonly<Record<string, string>> = {},
): postgres.Sql<Custom> {
  const options: postgres.Options<{ bigint: postgres.PostgresType<number> }> = {
    max,
    prepare: true,
    fetch_types: false,
    types: { bigint },
    connect_timeout: connectTimeoutS,
    backoff: () => retryDelayS,
    // Notices are for people at a terminal.
    onnotice: () => undefined,
    connection: {
      application_name: 'payvand',
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
      ...settings,
    },
  };
  if ('url' in address) return postgres(address.url, options);
  const { host, port = 5432, user, database } = address;
  return postgres({ ...options, host, port, user, database });
}

async function runTransaction<T>(pool: postgres.Sql<Custom>, run: (tx: Writer) => Promise<T>): Promise<T> {
  let committing = false;
  try {
    const result = await pool.begin(async (tx) => {
      const value = await run(tx).catch(waitWhereBroken);
      committing = true;
      // Wrapped, because postgres.js waits for a returned array's items.
      return { value };
    });
    return result.value;
  } catch (error) {
    throw StorageError.from(error, { ambiguous: committing });
  }
}

/**
 * A failure of the connection is told by its close. postgres.js would answer any other with a `rollback` on the connection
 * that is gone, which ends the process (`socket` is null) or waits for ever for an answer.
 */
async function waitWhereBroken(error: unknown): Promise<never> {
  if (StorageError.from(error).broken) await new Promise<never>(() => undefined);
  throw error;
}

import type { Log } from '../log.js';
import { bindStore } from './bind-store.js';
import { checkDatabase } from './check-database.js';
import { openDatabase, openPool } from './database.js';
import type { Database, DatabaseAddress } from './database.js';
import { isDurable } from './inspect-database.js';
import { runMigrations } from './run-migrations.js';
import { StorageError } from './storage-error.js';
import type { Store } from './store-types.js';

export interface StoreOptions {
  readonly database: DatabaseAddress;
  /** Over both pools, 4..64; 8 by default. */
  readonly connections?: number;
  readonly log: Pick<Log, 'warn' | 'error'>;
  /** How long any function may take before the connections are given up; 30 s by default. */
  readonly deadlineMs?: number;
}

const connectionsByDefault = 8;
const deadlineByDefaultMs = 30_000;
const pingMs = 2_000;
const closeMs = 5_000;

/**
 * Brings the schema up to date and opens the store. The connections come and go with the database by themselves.
 *
 * @throws StartError a migration could not be run · what `checkDatabase` throws
 * @throws StorageError `connection` (the database cannot be reached)
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { database, log } = options;
  await migrate(database, options.connections ?? connectionsByDefault);
  const guard = openGuard(options);
  const store: Store = {
    ...guard.store,
    ping: () => answersWithin(guard.store.durability(), pingMs),
    close: () => guard.close(),
  };
  const durability = await store.durability();
  if (!isDurable(durability)) log.warn('not-durable', { ...durability });
  return store;
}

async function migrate(database: DatabaseAddress, connections: number): Promise<void> {
  const pool = openPool(database, 1);
  try {
    // postgres.js never answers `reserve` on a connection that is not open yet when it fetches no types.
    await checkDatabase(pool, { address: database, connections });
    await runMigrations(pool);
  } catch (error) {
    throw error instanceof Error && error.name === 'StartError' ? error : StorageError.from(error);
  } finally {
    await pool.end({ timeout: 1 });
  }
}

type Bound = ReturnType<typeof bindStore>;

/** Gives every function a deadline and every failure its type. When a deadline passes or a connection breaks, all are replaced. */
function openGuard({ database, connections, deadlineMs, log }: StoreOptions): { store: Bound; close(): Promise<void> } {
  let db: Database = open();
  let bound = bindStore(db);
  let connecting: Promise<void> | undefined;
  let connected: Database | undefined;
  /** how to give up the calls that are under way on the present connections */
  const givenUp = new Set<(cause: StorageError) => void>();

  function open(): Database {
    return openDatabase(database, connections ?? connectionsByDefault);
  }

  function renew(used: Database): boolean {
    if (db !== used) return false;
    db = open();
    bound = bindStore(db);
    connecting = undefined;
    used.end(0).catch((cause: unknown) => log.warn('database-not-closed', { cause }));
    // What still waits there for a connection would try one after the other for as long as each takes to fail.
    for (const giveUp of givenUp) giveUp(new StorageError('connection', 'connections replaced', { ambiguous: true }));
    return true;
  }

  async function connect(used: Database): Promise<void> {
    const opened = (connecting ??= used.connect());
    try {
      await opened;
      connected = used;
    } catch (cause) {
      const error = StorageError.from(cause, { ambiguous: false });
      if (error.broken) renew(used);
      throw error;
    } finally {
      if (connecting === opened) connecting = undefined;
    }
  }

  async function call(name: keyof Bound, values: readonly unknown[]): Promise<unknown> {
    if (connected !== db) await connect(db);
    const used = db;
    const run = bound[name] as (...values: readonly unknown[]) => Promise<unknown>;
    let timer: NodeJS.Timeout | undefined;
    let giveUp: ((cause: StorageError) => void) | undefined;
    const late = new Promise<never>((_, reject) => {
      giveUp = reject;
      timer = setTimeout(() => {
        if (renew(used)) log.error('database-stuck', { deadlineMs: deadlineMs ?? deadlineByDefaultMs });
        reject(new StorageError('connection', 'no answer from the database', { ambiguous: true }));
      }, deadlineMs ?? deadlineByDefaultMs);
      givenUp.add(reject);
    });
    try {
      return await Promise.race([run(...values), late]);
    } catch (cause) {
      const error = StorageError.from(cause);
      // postgres.js may keep what was not sent, or wait for what will not come, on a connection that broke.
      if (error.broken && renew(used)) log.warn('database-connection-broken', { cause: error.message });
      throw error;
    } finally {
      clearTimeout(timer);
      if (giveUp !== undefined) givenUp.delete(giveUp);
    }
  }

  const names = Object.keys(bound) as (keyof Bound)[];
  const entries = names.map((name) => [name, (...values: readonly unknown[]) => call(name, values)]);
  return { store: Object.fromEntries(entries) as Bound, close: () => db.end(closeMs) };
}

async function answersWithin(answer: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)));
  const answered = answer.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}

import { findBinaries, locatePackage } from './find-binaries.js';
import { initCluster } from './init-cluster.js';
import { lockDirectory } from './lock-directory.js';
import { type DatabaseHome, openDatabaseHome } from './open-database-home.js';
import { openSocketDirectory } from './open-socket-directory.js';
import { Supervisor } from './supervisor.js';

export type EmbeddedPostgresOptions = {
  /** the server's own data directory; the database takes the folder `database` in it */
  readonly dataDir: string;
  /** hears what happens to the database and PostgreSQL's own messages, without statements or values */
  readonly log: (line: string) => void;
  /** gives up the start; a running database is ended by `stop` */
  readonly signal?: AbortSignal | undefined;
};

export type EmbeddedPostgres = {
  /** options for `postgres()`; the same as long as this object lives, also after the database was started again */
  readonly connection: {
    /** the folder of the socket */
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
  };
  /** where the files are; outside `dataDir` when root's database may not enter it */
  readonly directory: string;
  /** PostgreSQL's first process; undefined while it is down */
  readonly pid: () => number | undefined;
  /** ends the database and frees the data directory; close connections before, or they break */
  readonly stop: () => Promise<void>;
};

/**
 * Starts the PostgreSQL that comes with the server, on a unix socket only, and keeps it running until `stop`.
 *
 * A database left running by a killed server is taken over; one that is killed is started again. The role the server uses
 * owns its database and is no superuser. No password is needed, because only the database's account and root can enter
 * the socket's folder.
 *
 * @throws StartError `no-embedded-database` (nothing that runs on this machine: use DATABASE_URL) ·
 * `data-directory-in-use` (by another server; names its process) · `data-directory-foreign` (of another user) ·
 * `database-missing` (its folder is a link to nowhere) · `database-version` (made by another major version) ·
 * `database-start-failed` (in PostgreSQL's words)
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const packageDirectory = locatePackage();
  const home = await openDatabaseHome(options.dataDir);
  const lock = await lockDirectory(home.directory);
  try {
    const database = await start(packageDirectory, home, options);
    let stopping: Promise<void> | undefined;
    return { ...database, stop: () => (stopping ??= database.stop().finally(lock.release)) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function start(packageDirectory: string, home: DatabaseHome, { log, signal }: EmbeddedPostgresOptions) {
  const { account } = home;
  const binaries = await findBinaries(packageDirectory, home);
  const directory = await initCluster({ home, binaries, signal });
  const socket = await openSocketDirectory(home);
  const cluster = { binaries: binaries.directory, directory, socketDirectory: socket.path };
  const supervisor = new Supervisor({ cluster, account, log });
  log(`database files are in ${directory}`);
  await supervisor.start(signal);
  const abandon = () => supervisor.abandon();
  process.once('exit', abandon);
  return {
    connection: { host: socket.path, port: 5432, database: 'postgres', user: 'payvand' },
    directory,
    pid: () => supervisor.pid,
    stop: async () => {
      await supervisor.stop();
      process.off('exit', abandon);
      await socket.close();
    },
  };
}

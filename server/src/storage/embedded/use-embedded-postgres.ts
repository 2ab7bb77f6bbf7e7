import { StartError } from '../start-error.js';
import { openDatabaseHome } from './open-database-home.js';
import { findSocketDirectory } from './open-socket-directory.js';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './start-embedded-postgres.js';

/** The database of a data directory, as long as `stop` was not called. */
export type UsedPostgres = Pick<EmbeddedPostgres, 'connection' | 'stop'> & {
  /** whether a server runs that goes on using it */
  readonly isShared: boolean;
};

/**
 * Gives a command the database of a server, whether the server runs or not: beside a running one it connects to the same
 * socket, else it starts the database itself and `stop` ends it.
 *
 * @throws StartError as `startEmbeddedPostgres`; `data-directory-in-use` only when that server is just starting or ending
 */
export async function useEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<UsedPostgres> {
  try {
    return { ...(await startEmbeddedPostgres(options)), isShared: false };
  } catch (error) {
    if (!(error instanceof StartError) || error.code !== 'data-directory-in-use') throw error;
    const host = await findSocketDirectory(await openDatabaseHome(options.dataDir));
    if (host === undefined) throw error;
    const connection = { host, port: 5432, database: 'postgres', user: 'payvand' };
    return { connection, isShared: true, stop: () => Promise.resolve() };
  }
}

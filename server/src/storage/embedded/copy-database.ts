import { existsSync } from 'node:fs';
import { chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyFolder, syncFolder } from '../copy-folder.js';
import { StartError } from '../start-error.js';
import { lockDirectory } from './lock-directory.js';
import { openDatabaseHome } from './open-database-home.js';
import { rewriteCluster } from './rewrite-cluster.js';
import { startEmbeddedPostgres } from './start-embedded-postgres.js';

/**
 * Copies the embedded database of a server that does not run. It is started and ended once before, so that what is
 * copied was written out by an orderly end, also after a crash, and its files are written anew, so that what was erased is
 * not in the copy; nobody else can start it meanwhile.
 *
 * @param into made, with the folder `cluster` in it; on disk when this returns
 * @throws StartError `data-directory-in-use` (the server runs: end it first) and as `startEmbeddedPostgres`
 */
export async function copyDatabase(dataDir: string, into: string): Promise<void> {
  const database = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  await database.stop();
  const home = await openDatabaseHome(dataDir);
  const lock = await lockDirectory(home.directory);
  try {
    // Started and killed by another server between the two locks: as unlikely as it is wrong to copy.
    if (existsSync(join(database.directory, 'postmaster.pid')))
      throw new StartError('data-directory-in-use', `the database in ${home.directory} still runs`);
    await rewriteCluster(home, database.directory);
    await mkdir(into, { mode: 0o700 });
    await copyFolder(database.directory, join(into, 'cluster'));
    await syncFolder(into);
  } finally {
    await lock.release();
  }
}

/**
 * Puts a copy that `copyDatabase` made into a data directory that has no database yet, owned by the account that will
 * run it.
 *
 * @throws StartError `data-directory-in-use` · `database-start-failed` (there is a database already)
 */
export async function placeDatabase(copy: string, dataDir: string): Promise<void> {
  const home = await openDatabaseHome(dataDir);
  const lock = await lockDirectory(home.directory);
  const cluster = join(home.directory, 'cluster');
  try {
    if (existsSync(cluster)) throw new StartError('database-start-failed', `there is a database in ${dataDir} already`);
    const { account } = home;
    const giveAway = account && ((path: string) => chown(path, account.uid, account.gid));
    await copyFolder(join(copy, 'cluster'), cluster, giveAway);
    await syncFolder(home.directory);
  } catch (error) {
    if (!(error instanceof StartError)) await rm(cluster, { recursive: true, force: true });
    throw error;
  } finally {
    await lock.release();
  }
}

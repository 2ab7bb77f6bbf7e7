import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './account.js';
import { findBinaries, locatePackage } from './find-binaries.js';
import type { DatabaseHome } from './open-database-home.js';

const settings = ['wal_level=minimal', 'max_wal_senders=0', 'wal_recycle=off'];

/**
 * Writes the tables of a database that was ended in order anew and lets go of its log of changes, so that what was erased is in no
 * file of it any more.
 *
 * Takes as much room as the largest table; where there is less, tables stay as they are.
 *
 * @throws Error the database does not start
 * @see PV-SET-014
 */
export async function rewriteCluster(home: DatabaseHome, directory: string): Promise<void> {
  const binaries = await findBinaries(locatePackage(), home);
  const segments = await readdir(join(directory, 'pg_wal'));
  // Old bytes lie in each segment of the log, also in those made ready for later: one after the other is passed by.
  const passSegments = [...segments, ''].map(() => 'SELECT pg_switch_wal();\nCHECKPOINT;\n');
  await runCommand({
    file: join(binaries.directory, 'bin/postgres'),
    args: ['--single', '-D', directory, ...settings.flatMap((setting) => ['-c', setting]), 'postgres'],
    account: home.account,
    input: `VACUUM FULL ANALYZE;\n${passSegments.join('')}`,
  });
}

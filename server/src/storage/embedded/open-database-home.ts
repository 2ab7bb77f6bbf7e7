import { chmod, lstat, mkdir, mkdtemp, realpath, rmdir, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartError } from '../start-error.js';
import { type Account, databaseAccount } from './account.js';
import { hasCode } from './has-code.js';

/** The folder everything of the embedded database lies in, and the account that runs it. */
export type DatabaseHome = { readonly directory: string; readonly account: Account | undefined };

const rootHomes = '/var/lib/payvand';

/**
 * Opens the folder `database` of a data directory, creating both when they do not exist.
 *
 * As an ordinary user it is a plain folder. As root the database runs as another account (65534), which often cannot enter
 * the data directory (a root home is 0700); then `database` is a symbolic link to a fresh folder under /var/lib/payvand.
 * The link is the only record of that place, so a data directory can be moved. An operator may make such a link too.
 *
 * @throws StartError `database-missing` (the link leads nowhere: an unmounted disk, a lost container layer; never
 * silently replaced by an empty database) · `data-directory-foreign` (made by another user)
 */
export async function openDatabaseHome(dataDir: string): Promise<DatabaseHome> {
  const uid = process.getuid?.();
  const account = databaseAccount(uid);
  // Traversable, not listable, when another account has to pass through.
  const mode = account ? 0o711 : 0o700;
  await mkdir(dataDir, { recursive: true, mode });
  const entry = join(dataDir, 'database');
  if (!(await lstat(entry).catch(ifMissing))) await createHome({ entry, account, mode });
  const directory = await realpath(entry).catch((error: unknown) => {
    throw new StartError('database-missing', `${entry} points to a folder that cannot be opened`, { cause: error });
  });
  const owner = (await stat(directory)).uid;
  if (owner !== uid)
    throw new StartError(
      'data-directory-foreign',
      `${directory} belongs to user id ${owner}: start the server as that user, or give it the whole data directory`,
    );
  return { directory, account };
}

async function createHome({ entry, account, mode }: { entry: string; account: Account | undefined; mode: number }) {
  if (!account || (await canReach(account, dirname(entry)))) {
    await mkdir(entry, { mode }).catch(ifExists);
    return;
  }
  await mkdir(rootHomes, { recursive: true, mode: 0o711 });
  const home = await mkdtemp(join(rootHomes, 'database-'));
  try {
    await chmod(home, mode);
    await symlink(home, entry);
  } catch (error) {
    // Another start was faster: its link counts.
    await rmdir(home);
    ifExists(error);
  }
}

async function canReach(account: Account, directory: string): Promise<boolean> {
  for (let at = await realpath(directory); ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const traverse = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & traverse) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

function ifMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
}

function ifExists(error: unknown): undefined {
  if (!hasCode(error, 'EEXIST')) throw error;
}

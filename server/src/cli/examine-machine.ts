import { access, constants, stat, statfs } from 'node:fs/promises';
import type { Config } from '../config.js';
import { keyFilePath, openKeyFile, statementOf } from '../own-keys.js';
import type { Domain } from '../protocol/identifiers.js';
import { keyThumbprint } from '../protocol/key-thumbprint.js';
import { isDurable } from '../storage/inspect-database.js';
import type { Store } from '../storage/store-types.js';
import { describeFailure } from './describe-failure.js';
import type { Finding } from './finding.js';

const GIB = 2 ** 30;
const FREE_WARN_BYTES = 5 * GIB;
const FREE_FAIL_BYTES = GIB / 2;

/** Looks at the folder with the keys: whether it can be written to and has space left. */
export async function examineFolder({ dataDir }: Pick<Config, 'dataDir'>): Promise<Finding> {
  const check = 'disk';
  try {
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const says = `${dataDir} cannot be written to by this user`;
    return { check, state: 'fail', says, advice: 'run the server and this command as the user that owns it' };
  }
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const says = `${(free / GIB).toFixed(1)} GiB are free for ${dataDir}`;
  if (free >= FREE_WARN_BYTES) return { check, state: 'ok', says };
  const advice = 'make room, or move the data directory: nothing more can be accepted once the disk is full';
  return { check, state: free < FREE_FAIL_BYTES ? 'fail' : 'warn', says, advice };
}

/** Looks at the secret keys: whether they are whole, and nobody else's to read. */
export async function examineKeys(
  { dataDir }: Pick<Config, 'dataDir'>,
  { provider, now }: { provider: Domain; now: number },
): Promise<Finding> {
  const check = 'keys';
  const path = keyFilePath(dataDir);
  try {
    const [root] = statementOf(await openKeyFile(dataDir, { provider, now })).roots;
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0)
      return { check, state: 'fail', says: `${path} can be read by others`, advice: `chmod 600 ${path}` };
    return { check, state: 'ok', says: `root key ${root === undefined ? 'unknown' : keyThumbprint(root)}` };
  } catch (cause) {
    return { check, state: 'fail', says: describeFailure(cause).message };
  }
}

/** Looks at the database: whether what is committed there stays, and how much it is. */
export async function examineDatabase(store: Pick<Store, 'durability' | 'tableSizes'>): Promise<Finding> {
  const check = 'database';
  const durability = await store.durability();
  const bytes = (await store.tableSizes()).reduce((sum, table) => sum + table.bytes, 0);
  const says = `PostgreSQL ${durability.version}, ${(bytes / 2 ** 20).toFixed(0)} MiB`;
  if (isDurable(durability)) return { check, state: 'ok', says };
  const advice = 'set fsync, full_page_writes and synchronous_commit to on: other providers rely on what was accepted';
  return { check, state: 'fail', says: `${says}, and it may lose what it has committed`, advice };
}

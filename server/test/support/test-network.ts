import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createLocalNetwork } from '../../src/cli/local-network.js';
import type { LocalNetwork, NetworkOptions } from '../../src/cli/local-network.js';
import { findBinaries, locatePackage } from '../../src/storage/embedded/find-binaries.js';
import { initCluster } from '../../src/storage/embedded/init-cluster.js';
import { openDatabaseHome } from '../../src/storage/embedded/open-database-home.js';

export type { LocalNetwork as TestNetwork, LocalProvider as TestProvider } from '../../src/cli/local-network.js';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/payvand/', import.meta.url));
const maker = new URL('../../src/storage/embedded/init-cluster.ts', import.meta.url);
const copy = (from: string, to: string): Promise<unknown> => promisify(execFile)('cp', ['-Rp', from, to]);

/**
 * Makes providers as `createLocalNetwork` does, each with a copy of one empty database: making that anew is most of a first start.
 * How a server makes it is the subject of tests of its own.
 */
export async function createTestNetwork(options: NetworkOptions): Promise<LocalNetwork> {
  const [network, empty] = await Promise.all([createLocalNetwork(options), emptyCluster()]);
  await Promise.all(
    options.domains.map(async (domain) => {
      const { directory } = await openDatabaseHome(network.provider(domain).dataDir);
      await copy(empty, join(directory, 'cluster'));
    }),
  );
  return network;
}

/** The data files of an empty database, made once by the code there is and kept. */
async function emptyCluster(): Promise<string> {
  const made = createHash('sha256')
    .update(await readFile(maker))
    .update(locatePackage())
    .digest('hex')
    .slice(0, 16);
  const kept = join(cache, `cluster-${made}`);
  if (existsSync(kept)) return kept;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'making-'));
  const home = await openDatabaseHome(folder);
  const cluster = await initCluster({ home, binaries: await findBinaries(locatePackage(), home) });
  await copy(cluster, join(folder, 'cluster'));
  // Another test may have been faster.
  await rename(join(folder, 'cluster'), kept).catch(() => undefined);
  await rm(home.directory, { recursive: true });
  await rm(folder, { recursive: true, force: true });
  return kept;
}

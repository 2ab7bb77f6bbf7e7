import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { prepareNetwork } from '../../src/network/network-folder.js';
import { freePort } from './free-port.js';

export const program = fileURLToPath(new URL('../../../server/bin/payvand.js', import.meta.url));

/** A place for the reference server, and what it is started with there. */
export interface Place {
  readonly url: string;
  /** host:port where it really is */
  readonly at: string;
  /** folder of the network in which it finds the suite */
  readonly network: string;
  readonly settings: Readonly<Record<string, string>>;
  clear(): Promise<void>;
}

export interface Reference extends Place {
  stop(): Promise<void>;
}

export async function prepareReference(domain = 'reference.test'): Promise<Place> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'payvand-conformance-')));
  await chmod(folder, 0o711);
  const network = join(folder, 'network');
  const [port, adminPort, suitePort] = [await freePort(), await freePort(), await freePort()];
  await prepareNetwork(network, { address: '127.0.0.1', port: suitePort, target: domain });
  const settings = {
    ...{ PAYVAND_DOMAIN: domain, PAYVAND_LISTEN: `127.0.0.1:${port}`, PAYVAND_ADMIN_LISTEN: `127.0.0.1:${adminPort}` },
    ...{ PAYVAND_DATA_DIR: join(folder, 'data'), PAYVAND_PEERS_FILE: join(network, 'peers.json') },
    ...{ PAYVAND_TLS_CERT: join(network, 'target.pem'), PAYVAND_TLS_KEY: join(network, 'target-key.pem') },
    ...{ PAYVAND_SIGN_UP: 'open', PAYVAND_STRANGER_FETCHES_PER_MINUTE: '1000', PAYVAND_LOG_LEVEL: 'warn' },
  };
  return {
    ...{ url: `https://${domain}`, at: `127.0.0.1:${port}`, network, settings },
    async clear() {
      const home = await realpath(join(folder, 'data', 'database')).catch(() => undefined);
      if (home !== undefined && dirname(home) === '/var/lib/payvand') await rm(home, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The reference server in a process of its own, as an operator would start it for a run of the suite. */
export async function startReference(domain?: string): Promise<Reference> {
  const place = await prepareReference(domain);
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [program, 'serve', '--json'], {
    env: { ...inherited, ...place.settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`the reference server ended with ${child.exitCode}`);
  return {
    ...place,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await place.clear();
    },
  };
}

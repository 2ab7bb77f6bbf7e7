import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { prepareNetwork } from '../../src/network/network-folder.js';
import { freePort } from './free-port.js';
import { program } from './reference-server.js';

const toy = fileURLToPath(new URL('../../../spec/examples/controls.py', import.meta.url));
const SECRET = 'a secret of the controls';
const [REFERENCE, TOY] = ['reference.test', 'toy.test'] as const;

export const hasPython = spawnSync('python3', ['--version']).status === 0;

/** The reference server and the toy, which find each other and the suite. */
export interface InteropNetwork {
  /** folder for the suite */
  readonly network: string;
  /** a place for what a test writes */
  readonly folder: string;
  /** words for the commands, the reference server first */
  readonly targets: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Starts both, as their operators would for a test of interoperability. */
export async function startInteropNetwork({ isProxied = false } = {}): Promise<InteropNetwork> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'payvand-interop-')));
  await chmod(folder, 0o711);
  const network = join(folder, 'network');
  const port = { suite: await freePort(), reference: await freePort(), toy: await freePort() };
  const control = { reference: await freePort(), toy: await freePort() };
  const targets = [
    { domain: REFERENCE, address: '127.0.0.1', port: port.reference },
    { domain: TOY, address: '127.0.0.1', port: port.toy },
  ];
  await prepareNetwork(network, { address: '127.0.0.1', port: port.suite, targets, isProxied });
  await writeFile(join(folder, 'secret'), SECRET);
  const certificate = (domain: string): [string, string] => [
    join(network, `${domain}.pem`),
    join(network, `${domain}-key.pem`),
  ];
  const peers = join(network, 'peers.json');
  const [cert, key] = certificate(REFERENCE);
  const reference = await start(process.execPath, [program, 'serve', '--json'], {
    ...{ PAYVAND_DOMAIN: REFERENCE, PAYVAND_LISTEN: `127.0.0.1:${port.reference}`, PAYVAND_SIGN_UP: 'open' },
    ...{ PAYVAND_ADMIN_LISTEN: `127.0.0.1:${await freePort()}`, PAYVAND_DATA_DIR: join(folder, 'data') },
    ...{ PAYVAND_PEERS_FILE: peers, PAYVAND_TLS_CERT: cert, PAYVAND_TLS_KEY: key, PAYVAND_LOG_LEVEL: 'warn' },
    ...{ PAYVAND_CONTROL_LISTEN: `127.0.0.1:${control.reference}`, PAYVAND_CONTROL_SECRET: SECRET },
    PAYVAND_STRANGER_FETCHES_PER_MINUTE: '1000',
  });
  const [toyCert, toyKey] = certificate(TOY);
  const python = await start('python3', [
    ...[
      toy,
      '--domain',
      TOY,
      '--people',
      'sara',
      '--listen',
      `127.0.0.1:${port.toy}`,
      '--cert',
      toyCert,
      '--key',
      toyKey,
    ],
    ...['--peers', peers, '--data', join(folder, 'toy'), '--control', `127.0.0.1:${control.toy}`],
    ...['--secret-file', join(folder, 'secret')],
  ]);
  return {
    ...{ folder, network, env: { PAYVAND_CONTROL_SECRET: SECRET } },
    targets: [
      `https://${REFERENCE},at=127.0.0.1:${port.reference},control=http://127.0.0.1:${control.reference}`,
      `https://${TOY},at=127.0.0.1:${port.toy},control=http://127.0.0.1:${control.toy}`,
    ],
    async stop() {
      await Promise.all([end(reference), end(python)]);
      const home = await realpath(join(folder, 'data', 'database')).catch(() => undefined);
      if (home !== undefined && dirname(home) === '/var/lib/payvand') await rm(home, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Comes back with its first line. */
async function start(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<ChildProcess> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(command, args, { env: { ...inherited, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestCa, issueCertificate, writeCertificate } from '../certificates.js';
import type { Certificate } from '../certificates.js';
import { isAnswering, loopbackAgent } from './api-client.js';
import type { HttpAgent } from './api-client.js';

const program = fileURLToPath(new URL('../../bin/payvand.js', import.meta.url));
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 30_000;

export interface LocalNetwork {
  readonly ca: Certificate;
  /** HTTPS client that finds every provider of this network by its name */
  readonly agent: HttpAgent;
  readonly folder: string;
  provider(domain: string): LocalProvider;
  /** Ends every process and removes every file. */
  stop(): Promise<void>;
}

export interface NetworkOptions {
  readonly domains: readonly string[];
  /** settings for all of them, PAYVAND_… */
  readonly env?: Readonly<Record<string, string>>;
  /** settings of one of them, by domain */
  readonly envOf?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Makes providers on loopback that know each other by name; none is started yet. */
export async function createLocalNetwork({ domains, env = {}, envOf = {} }: NetworkOptions): Promise<LocalNetwork> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'payvand-')));
  const ca = await createTestCa(Date.now());
  await writeFile(join(folder, 'ca.pem'), ca.cert);
  const ports = await freePorts(domains.length * 2);
  const places = domains.map((domain, index) => ({
    domain,
    port: ports[index * 2] ?? 0,
    adminPort: ports[index * 2 + 1] ?? 0,
  }));
  const peers = Object.fromEntries(
    places.map(({ domain, port }) => [domain, { address: '127.0.0.1', port, ca: 'ca.pem' }]),
  );
  await writeFile(join(folder, 'peers.json'), JSON.stringify(peers));
  const agent = loopbackAgent(ca.cert);
  const providers = new Map<string, LocalProvider>();
  for (const place of places) {
    const own = { ...env, ...envOf[place.domain] };
    providers.set(place.domain, await createProvider({ ...place, folder, ca, agent, env: own }));
  }
  return {
    ...{ ca, agent, folder },
    provider(domain) {
      const provider = providers.get(domain);
      if (provider === undefined) throw new Error(`${domain} is not in this network`);
      return provider;
    },
    async stop() {
      await Promise.all([...providers.values()].map((provider) => provider.stop()));
      await agent.close();
      for (const { dataDir } of providers.values()) await removeDatabase(dataDir);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Place {
  readonly domain: string;
  readonly port: number;
  readonly adminPort: number;
  readonly folder: string;
  readonly ca: Certificate;
  readonly agent: HttpAgent;
  readonly env: Readonly<Record<string, string>>;
}

async function createProvider(place: Place): Promise<LocalProvider> {
  const { domain, folder, ca } = place;
  await mkdir(join(folder, domain, 'tls'), { recursive: true });
  const files = { cert: join(folder, domain, 'tls', 'cert.pem'), key: join(folder, domain, 'tls', 'key.pem') };
  await writeCertificate(await issueCertificate(ca, { names: [domain], ips: ['127.0.0.1'] }, Date.now()), files);
  return new LocalProvider(place, files);
}

/** A provider in a process of its own, with its own database, keys and certificate. */
export class LocalProvider {
  readonly domain: string;
  readonly port: number;
  readonly adminPort: number;
  readonly dataDir: string;
  readonly url: string;
  readonly #agent: HttpAgent;
  readonly #logFile: string;
  readonly #settings: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  constructor({ domain, port, adminPort, folder, agent, env }: Place, tls: { cert: string; key: string }) {
    this.domain = domain;
    this.port = port;
    this.adminPort = adminPort;
    this.dataDir = join(folder, domain);
    this.url = `https://${domain}:${port}`;
    this.#agent = agent;
    this.#logFile = join(folder, `${domain}.log`);
    this.#settings = {
      ...{
        PAYVAND_DOMAIN: domain,
        PAYVAND_LISTEN: `127.0.0.1:${port}`,
        PAYVAND_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
      },
      ...{ PAYVAND_DATA_DIR: this.dataDir, PAYVAND_PEERS_FILE: join(folder, 'peers.json'), PAYVAND_SIGN_UP: 'open' },
      ...{ PAYVAND_TLS_CERT: tls.cert, PAYVAND_TLS_KEY: tls.key, ...env },
    };
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    // Without the hooks that a test runner puts into every node process.
    const { NODE_OPTIONS, ...inherited } = process.env;
    const env = { ...inherited, ...this.#settings };
    const child = spawn(process.execPath, [program, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(this.#logFile, { flags: 'a' });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#child = child;
    await untilReady(
      child,
      () => isAnswering(this.#agent, this.url),
      () => this.log(),
    );
  }

  /** In order, as an operator would; also a database that a killed server left behind. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    const pid = await this.databasePid();
    if (pid !== undefined) await endProcess(pid, 'SIGINT');
  }

  /** kill -9 of the server; its database lives on, as after a crash. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** kill -9 of PostgreSQL's first process. */
  async killDatabase(): Promise<void> {
    const pid = await this.databasePid();
    if (pid !== undefined) await endProcess(pid, 'SIGKILL');
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** PostgreSQL's first process, while it runs. */
  async databasePid(): Promise<number | undefined> {
    const cluster = join(this.dataDir, 'database', 'cluster');
    const pid = await readFile(join(cluster, 'postmaster.pid'), 'utf8').then(firstNumber, () => undefined);
    return pid !== undefined && (await worksIn(pid, cluster)) ? pid : undefined;
  }

  /** How to reach the provider's database, for those who look at what is stored. */
  async databaseAddress(): Promise<{ host: string; port: number; database: string; user: string }> {
    const lines = (await readFile(join(this.dataDir, 'database', 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
    return { host: lines[4] ?? '', port: Number(lines[3]), database: 'postgres', user: 'payvand' };
  }

  /** Everything the process has written so far. */
  async log(): Promise<string> {
    return await readFile(this.#logFile, 'utf8');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const running = this.#child;
    this.#child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    const late = setTimeout(() => running.kill('SIGKILL'), STOP_MS_MAX);
    await exited;
    clearTimeout(late);
  }
}

async function untilReady(
  child: ChildProcess,
  isReady: () => Promise<boolean>,
  log: () => Promise<string>,
): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server ended:\n${(await log()).slice(-4000)}`);
    if (await isReady()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the server is not ready:\n${(await log()).slice(-4000)}`);
}

function firstNumber(text: string): number | undefined {
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) && isRunning(pid) ? pid : undefined;
}

/** A killed PostgreSQL leaves its number behind, which a stranger may have got since: only Linux tells them apart. */
async function worksIn(pid: number, folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const [place, wanted] = await Promise.all(
    [readlink(`/proc/${pid}/cwd`), realpath(folder)].map((path) => path.catch(() => undefined)),
  );
  return place !== undefined && place === wanted;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function endProcess(pid: number, signal: NodeJS.Signals): Promise<void> {
  if (isRunning(pid)) process.kill(pid, signal);
  for (let waits = 0; isRunning(pid) && waits < 600; waits += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Root's databases lie outside the data directory. */
async function removeDatabase(dataDir: string): Promise<void> {
  const home = await realpath(join(dataDir, 'database')).catch(() => undefined);
  if (home !== undefined && dirname(home) === '/var/lib/payvand') await rm(home, { recursive: true, force: true });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

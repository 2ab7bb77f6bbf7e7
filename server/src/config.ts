import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { contradictions } from './config-contradictions.js';
import type { LogLevel } from './log.js';
import { parseDomain } from './protocol/identifiers.js';
import type { Domain } from './protocol/identifiers.js';

/** Where to listen; without a host on all addresses, with port 0 on any free one. */
export interface ListenAddress {
  readonly host?: string;
  readonly port: number;
}

/** Where a peer of a test network really is. Such a name is exempt from the public-address guard. */
export interface PeerAddress {
  readonly address: string;
  readonly port: number;
  /** PEM text of the authority its certificate comes from */
  readonly ca?: string;
}

export type PeerMap = ReadonlyMap<string, PeerAddress>;

export interface Setting<Value> {
  readonly env: string;
  readonly type: string;
  readonly unit?: string;
  readonly sentence: string;
  readonly fallback: Value;
  /** @throws Fault */
  readonly parse: (text: string) => Value;
}

/** Why the settings do not make sense, one sentence each; the operator's business, never a stranger's. */
export class ConfigError extends Error {
  readonly code = 'bad-config';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

class Fault extends Error {}

/** Every setting there is: the name here, or its kebab-case form as a flag, or the variable. */
export const settings = {
  domain: {
    env: 'PAYVAND_DOMAIN',
    type: 'domain name',
    sentence: 'name of this provider, the part after @; without one a name for the local network is used',
    fallback: undefined as Domain | undefined,
    parse: readDomain,
  },
  endpoint: {
    env: 'PAYVAND_ENDPOINT',
    type: 'domain name',
    sentence: 'host that answers for the provider, at or under the domain; the domain itself by default',
    fallback: undefined as Domain | undefined,
    parse: readDomain,
  },
  listen: {
    env: 'PAYVAND_LISTEN',
    type: 'host:port',
    sentence: 'where people and providers connect',
    fallback: { port: 8443 },
    parse: readListen,
  },
  adminListen: {
    env: 'PAYVAND_ADMIN_LISTEN',
    type: 'host:port',
    sentence: 'where metrics and readiness are served, in plain HTTP; keep it private',
    fallback: { host: '127.0.0.1', port: 9464 },
    parse: readListen,
  },
  controlListen: {
    env: 'PAYVAND_CONTROL_LISTEN',
    type: 'host:port',
    sentence: 'where a conformance suite controls a server under test; loopback only, never in production',
    fallback: undefined as ListenAddress | undefined,
    parse: readListen,
  },
  controlSecret: {
    ...path('PAYVAND_CONTROL_SECRET', 'what the suite shows there, at least 16 characters'),
    type: 'text',
  },
  tlsCert: path('PAYVAND_TLS_CERT', 'certificate chain in PEM, read again when the file changes'),
  tlsKey: path('PAYVAND_TLS_KEY', 'private key in PEM, read again when the file changes'),
  proxyFrom: {
    env: 'PAYVAND_PROXY_FROM',
    type: 'addresses, comma between',
    sentence: 'addresses of the reverse proxy; when set, plain HTTP is served and to these addresses only',
    fallback: [] as readonly string[],
    parse: readAddresses,
  },
  dataDir: {
    env: 'PAYVAND_DATA_DIR',
    type: 'folder',
    sentence: 'keys, certificates and the embedded database',
    fallback: '.payvand',
    parse: readText,
  },
  databaseUrl: {
    env: 'DATABASE_URL',
    type: 'URL',
    sentence: 'PostgreSQL 15 or newer to use instead of the embedded one',
    fallback: undefined as string | undefined,
    parse: readDatabaseUrl,
  },
  signUp: {
    env: 'PAYVAND_SIGN_UP',
    type: 'closed, invite or open',
    sentence: 'who may make an account',
    fallback: 'closed',
    parse: (text: string): 'closed' | 'invite' | 'open' => readChoice(text, ['closed', 'invite', 'open']),
  },
  peers: {
    env: 'PAYVAND_PEERS_FILE',
    type: 'file',
    sentence:
      'JSON: where names of a test network really are, {"eitaa.test":{"address":"127.0.0.1","port":8443,"ca":"ca.pem"}}',
    fallback: new Map() as PeerMap,
    parse: readPeersFile,
  },
  logLevel: {
    env: 'PAYVAND_LOG_LEVEL',
    type: 'debug, info, warn, error or silent',
    sentence: 'least important line that is logged',
    fallback: 'info',
    parse: (text: string): LogLevel | 'silent' => readChoice(text, ['debug', 'info', 'warn', 'error', 'silent']),
  },
  connectionsMax: count('PAYVAND_CONNECTIONS_MAX', [10_000, 'connections', 'open connections in all']),
  streamsMax: count('PAYVAND_STREAMS_MAX', [8_000, 'streams', 'live streams of clients among them']),
  requestsMax: count('PAYVAND_REQUESTS_MAX', [
    256,
    'requests',
    'requests of peers under way at once; more are told to wait',
  ]),
  peerWritesPerS: count('PAYVAND_PEER_WRITES_PER_S', [500, 'requests/s', 'submit, push and join of one peer']),
  peerReadsPerS: count('PAYVAND_PEER_READS_PER_S', [
    100,
    'requests/s',
    'log, heads, snapshot and directory of one peer',
  ]),
  peerReadBytesPerS: count('PAYVAND_PEER_READ_BYTES_PER_S', [16_777_216, 'bytes/s', 'answers to those']),
  peerMailboxPerS: count('PAYVAND_PEER_MAILBOX_PER_S', [20, 'requests/s', 'mailbox of one peer']),
  peerSignalsPerS: count('PAYVAND_PEER_SIGNALS_PER_S', [50, 'requests/s', 'signals of one peer']),
  strangerFetchesPerMinute: count('PAYVAND_STRANGER_FETCHES_PER_MINUTE', [
    60,
    'fetches/min',
    'provider documents fetched because an unknown provider called',
  ]),
  drainS: count('PAYVAND_DRAIN_S', [10, 's', 'time that requests under way get at shutdown']),
} as const satisfies Record<string, Setting<unknown>>;

type SettingName = keyof typeof settings;

export type Config = {
  readonly [Name in SettingName]: (typeof settings)[Name]['fallback'] | ReturnType<(typeof settings)[Name]['parse']>;
};

/**
 * Reads the settings: a flag wins over a variable, a variable over the default.
 *
 * @param flags by the setting's name; undefined counts as absent
 * @throws ConfigError `bad-config`: every unknown name and bad value at once
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | undefined>> = {},
): Config {
  const problems = [...unknownNames(env, flags)];
  const pairs = Object.entries<Setting<unknown>>(settings).map(([name, setting]) => {
    const given = flags[name] ?? env[setting.env];
    if (given === undefined || given === '') return [name, setting.fallback];
    try {
      return [name, setting.parse(given)];
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      problems.push(`${flags[name] === undefined ? setting.env : flagName(name)}: ${cause.message}`);
      return [name, setting.fallback];
    }
  });
  const config = Object.fromEntries(pairs) as Config;
  problems.push(...contradictions(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** The flag of a setting, `--data-dir` for `dataDir`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function unknownNames(env: object, flags: object): string[] {
  const variables = new Set<string>(Object.values(settings).map((setting) => setting.env));
  return [
    ...Object.keys(env)
      .filter((name) => name.startsWith('PAYVAND_') && !variables.has(name))
      .map((name) => `${name}: there is no such setting`),
    ...Object.keys(flags)
      .filter((name) => !Object.hasOwn(settings, name))
      .map((name) => `${flagName(name)}: there is no such setting`),
  ];
}

function path(env: string, sentence: string) {
  return { env, type: 'file', sentence, fallback: undefined as string | undefined, parse: readText };
}

function count(env: string, [fallback, unit, sentence]: readonly [number, string, string]) {
  return { env, type: 'whole number', unit, sentence, fallback, parse: readCount };
}

function readText(text: string): string {
  return text;
}

function readCount(text: string): number {
  const value = Number(text);
  if (!/^\d{1,12}$/.test(text) || value < 1) throw new Fault('must be a whole number of at least 1');
  return value;
}

function readChoice<Choice extends string>(text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((each) => each === text);
  if (choice === undefined) throw new Fault(`must be one of ${choices.join(', ')}`);
  return choice;
}

function readDomain(text: string): Domain {
  const domain = parseDomain(text);
  if (domain === undefined) throw new Fault('must be a lower-case domain name of two labels or more, without port');
  return domain;
}

function readListen(text: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new Fault('must be host:port, [address]:port or port');
  const host = match[1] ?? match[2] ?? '';
  return host === '' ? { port } : { host, port };
}

function readAddresses(text: string): string[] {
  const addresses = text.split(',').map((part) => part.trim());
  const bad = addresses.find((address) => isIP(address) === 0);
  if (bad !== undefined) throw new Fault('must be IP addresses with commas between');
  return addresses;
}

/** The value is not repeated in the message: it may hold a password. */
function readDatabaseUrl(text: string): string {
  if (!/^postgres(ql)?:\/\//.test(text)) throw new Fault('must start with postgres:// or postgresql://');
  return text;
}

function readPeersFile(file: string): PeerMap {
  const peers = parseFile(file);
  if (typeof peers !== 'object' || peers === null || Array.isArray(peers)) throw new Fault(`${file} must be an object`);
  return new Map(Object.entries(peers).map(([name, peer]) => [name, readPeer(file, [name, peer])]));
}

function readPeer(file: string, [name, peer]: [string, unknown]): PeerAddress {
  if (parseDomain(name) === undefined) throw new Fault(`${file}: ${name} is not a domain name`);
  const { address, port, ca } = (peer ?? {}) as Partial<Record<string, unknown>>;
  if (typeof address !== 'string' || isIP(address) === 0)
    throw new Fault(`${file}: ${name}: address must be an IP address`);
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Fault(`${file}: ${name}: port must be 1 to 65535`);
  if (ca === undefined) return { address, port };
  if (typeof ca !== 'string') throw new Fault(`${file}: ${name}: ca must be the name of a PEM file`);
  return { address, port, ca: readFile(resolve(dirname(file), ca)) };
}

function parseFile(file: string): unknown {
  const text = readFile(file);
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault(`${file} is not JSON`);
  }
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault(`${file} cannot be read (${String((cause as NodeJS.ErrnoException).code)})`);
  }
}

import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Config } from './config.js';
import { createAdminApp } from './http/create-admin-app.js';
import { createClientApp } from './http/client/create-client-app.js';
import { openClientStreams } from './http/client/open-client-streams.js';
import { createHttpApp } from './http/create-http-app.js';
import { createHttpMetrics } from './http/http-metrics.js';
import { HttpServer } from './http/http-server.js';
import { StreamGate } from './http/stream-gate.js';

import { createLog } from './log.js';
import type { Log } from './log.js';
import { makeServices } from './make-services.js';
import type { Services } from './make-services.js';
import { createMetrics } from './metrics.js';
import type { Metrics } from './metrics.js';
import { openControl } from './open-control.js';
import { OwnIdentity } from './own-identity.js';
import type { Domain } from './protocol/identifiers.js';
import { makeAuthenticator } from './services/accounts/authenticator.js';
import { makeAccountDeps } from './services/accounts/make-account-deps.js';
import { makeProfileReader } from './services/accounts/profiles.js';
import { createExportAccount } from './services/export-account.js';
import { startOperatorBell } from './start-operator-bell.js';
import { PeerBudgets } from './services/peer-budgets.js';
import { startEmbeddedPostgres } from './storage/embedded/start-embedded-postgres.js';
import { openStore } from './storage/open-store.js';
import type { DatabaseAddress } from './storage/database.js';
import type { Store } from './storage/store-types.js';
import { Discovery } from './transport/discovery.js';
import { createHttpClient } from './transport/http-client.js';
import { createPeerClient } from './transport/peer-client.js';

/** A server that listens. */
export interface RunningServer {
  readonly domain: Domain;
  readonly address: AddressInfo;
  readonly adminAddress: AddressInfo;
  readonly store: Store;
  readonly accounts: ReturnType<typeof makeAccountDeps>;
  /** Ends in order: no new requests, those under way are answered, loops stop, the database last. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly config: Config & { readonly domain: Domain };
  /** where JSON log lines go */
  readonly write: (line: string) => void;
  readonly signal?: AbortSignal;
}

const BAD_SIGNATURE_COST = 100;
const STREAM_FRAME_BYTES_MAX = 128 * 1024;

interface Stoppable {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
}

/**
 * Starts a provider: opens its database, loads its keys, binds services and listens.
 *
 * @throws ConfigError · StartError (the database) · KeyFileError · Error of node:net (the address is taken)
 */
export async function startServer({ config, write, signal }: ServerOptions): Promise<RunningServer> {
  const log = createLog({ level: config.logLevel, write, now: () => Date.now() }).child({
    domain: config.domain,
  });
  const started: Stoppable[] = [];
  try {
    return await start({ config, log, started, ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    await stopAll(started, log);
    throw cause;
  }
}

interface Start {
  readonly config: ServerOptions['config'];
  readonly log: Log;
  readonly started: Stoppable[];
  readonly signal?: AbortSignal;
}

async function start({ config, log, started, signal }: Start): Promise<RunningServer> {
  const { domain } = config;
  const endpoint = config.endpoint ?? domain;
  const clock = { now: () => Date.now() };
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const { store, database } = await openDatabase({ config, log, started, ...(signal === undefined ? {} : { signal }) });
  const identity = new OwnIdentity({ dataDir: config.dataDir, domain, endpoint, clock, log });
  await identity.start();
  started.push({ name: 'identity', stop: () => identity.stop() });
  const random = { bytes: (count: number) => randomBytes(count) };
  const http = createHttpClient({ peers: config.peers });
  started.push({ name: 'http client', stop: () => http.close() });
  const { strangerFetchesPerMinute } = config;
  const discovery = new Discovery({ http, store, clock, random, log, strangerFetchesPerMinute });
  await discovery.start();
  started.push({ name: 'discovery', stop: () => discovery.stop() });
  const peers = createPeerClient({ http, discovery, domain, requestKey: () => identity.request, clock });
  const budgets = new PeerBudgets({ clock, perS: budgetsOf(config) });
  const penalize = (peer: Domain): void => budgets.charge(peer, 'write', BAD_SIGNATURE_COST);
  const services = makeServices({ domain, store, log, keys: identity, peers, discovery, penalize });
  const accounts = makeAccountDeps(services.deps, { signUpMode: config.signUp });
  const metrics = createMetrics();
  measure(metrics, services, store);
  const bell = await startOperatorBell({ database, services, discovery, log });
  started.push({ name: 'operator bell', stop: () => bell.stop() });
  const listening = await listen({
    config,
    log,
    started,
    services,
    accounts,
    identity,
    discovery,
    budgets,
    metrics,
    endpoint,
  });
  const control = { log, services, accounts, discovery, identity, requestsUnderWay: listening.underWay };
  started.push(...(await openControl(config, control)));
  await services.start();
  started.push({ name: 'services', stop: () => services.stop() });
  log.info('ready', {
    port: listening.address.port,
    database: config.databaseUrl === undefined ? 'embedded' : 'given',
  });
  // Listeners go first, whatever was started last.
  const order = [...listening.stops, ...started.filter((one) => !listening.stops.includes(one)).toReversed()];
  return {
    domain,
    address: listening.address,
    adminAddress: listening.adminAddress,
    store,
    accounts,
    stop: () => stopAll(order.toReversed(), log),
  };
}

async function openDatabase({
  config,
  log,
  started,
  signal,
}: Start): Promise<{ store: Store; database: DatabaseAddress }> {
  const database = await databaseAddress({ config, log, started, ...(signal === undefined ? {} : { signal }) });
  const store = await openStore({ database, log });
  started.push({ name: 'store', stop: () => store.close() });
  return { store, database };
}

async function databaseAddress({ config, log, started, signal }: Start): Promise<DatabaseAddress> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl };
  const postgres = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: (line) => log.info('database', { line }),
    ...(signal === undefined ? {} : { signal }),
  });
  started.push({ name: 'database', stop: () => postgres.stop() });
  return postgres.connection;
}

function budgetsOf(config: Config): ConstructorParameters<typeof PeerBudgets>[0]['perS'] {
  return {
    write: config.peerWritesPerS,
    read: config.peerReadsPerS,
    readBytes: config.peerReadBytesPerS,
    mailbox: config.peerMailboxPerS,
    signals: config.peerSignalsPerS,
  };
}

interface Listen extends Start {
  readonly services: Services;
  readonly accounts: RunningServer['accounts'];
  readonly identity: OwnIdentity;
  readonly discovery: Discovery;
  readonly budgets: PeerBudgets;
  readonly metrics: Metrics;
  readonly endpoint: string;
}

async function listen(
  parts: Listen,
): Promise<{ address: AddressInfo; adminAddress: AddressInfo; stops: readonly Stoppable[]; underWay: () => number }> {
  const { config, log, started, services, accounts, identity, discovery, budgets, metrics, endpoint } = parts;
  const { deps, rooms, federation } = services;
  const authenticator = makeAuthenticator(accounts);
  const exportAccount = createExportAccount(deps);
  const clientDeps = { accounts, authenticator, profiles: makeProfileReader(deps), rooms, exportAccount, log };
  const streams = openClientStreams({ ...deps, roomServices: rooms, authenticator });
  const gate = new StreamGate({
    ...{ path: '/client/v1/stream', streamsMax: config.streamsMax, frameBytesMax: STREAM_FRAME_BYTES_MAX },
    open: (socket, request) => streams.open(socket, request),
  });
  const app = createHttpApp({
    federation: {
      ...{ services: federation, budgets, callers: discovery },
      heardFrom: (peer) => services.heardFrom(peer),
      requestsMax: config.requestsMax,
      domain: config.domain,
      authority: endpoint,
      clock: deps.clock,
    },
    providerDocument: () => identity.document,
    client: createClientApp(clientDeps),
    log,
  });
  const httpMetrics = createHttpMetrics(metrics);
  const server = new HttpServer({
    ...{
      app,
      listen: config.listen,
      connectionsMax: config.connectionsMax,
      proxyFrom: config.proxyFrom,
      streams: gate,
    },
    ...{ metrics: httpMetrics, requestIdPrefix: randomBytes(4).toString('hex'), log, tls: tlsOf(config) },
  });
  let isDraining = false;
  const admin = new HttpServer({
    app: createAdminApp({ metrics, unreadyReasons: () => unreadyReasons(deps.store, isDraining), log }),
    ...{ listen: config.adminListen, connectionsMax: 100, metrics: { follow: ignore, connection: ignore } },
    ...{ requestIdPrefix: 'admin', log },
  });
  const stops = [
    {
      name: 'listener',
      stop: () => {
        isDraining = true;
        return server.stop(config.drainS * 1000);
      },
    },
    { name: 'streams', stop: () => streams.stop() },
    { name: 'admin listener', stop: () => admin.stop(1000) },
  ];
  started.push(...stops);
  const address = await server.start();
  const adminAddress = await admin.start();
  return { address, adminAddress, stops, underWay: () => server.underWay };
}

function ignore(): void {
  // The admin listener is not counted.
}

function tlsOf(config: Config): { cert: string; key: string } | undefined {
  if (config.proxyFrom.length > 0) return undefined;
  const cert = config.tlsCert ?? join(config.dataDir, 'tls', 'cert.pem');
  const key = config.tlsKey ?? join(config.dataDir, 'tls', 'key.pem');
  return { cert, key };
}

async function unreadyReasons(store: Store, isDraining: boolean): Promise<readonly string[]> {
  if (isDraining) return ['the server is being stopped'];
  return (await store.ping()) ? [] : ['the database does not answer'];
}

/** What is dear to keep is measured when somebody asks. */
function measure(metrics: Metrics, services: Services, store: Store): void {
  const queue = metrics.gauge('payvand_writer_queue_jobs', 'Jobs that wait for the next flush');
  const cached = metrics.gauge('payvand_cached_rooms', 'Rooms in memory');
  const lag = metrics.gauge('payvand_peer_lag_rooms', 'Rooms with records a peer has not acknowledged');
  const unindexed = metrics.gauge('payvand_search_behind_rooms', 'Rooms with records that search does not find yet');
  const bytes = metrics.gauge('payvand_table_bytes', 'Size of a table with its indexes');
  const rss = metrics.gauge('process_resident_memory_bytes', 'Resident memory of the server process');
  metrics.beforeRender(async () => {
    const measured = services.measure();
    queue.set(measured.queued);
    cached.set(measured.cachedRooms);
    unindexed.set(measured.unindexed);
    rss.set(process.memoryUsage.rss());
    for (const [peer, rooms] of measured.lag) lag.set(rooms, { peer });
    for (const size of await store.tableSizes()) bytes.set(size.bytes, { table: size.table });
  });
}

/** Stops in the reverse order of the list; what fails to stop does not keep the rest from it. */
async function stopAll(started: readonly Stoppable[], log: Log): Promise<void> {
  for (const { name, stop } of started.toReversed()) {
    try {
      await stop();
    } catch (cause) {
      log.error('not-stopped', { part: name, cause });
    }
  }
}

import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RoomId } from './protocol/identifiers.js';
import { domainOf, localpartOf } from './protocol/identifiers.js';
import type { Address, Domain } from './protocol/identifiers.js';
import type { FederationServices } from './http/federation/federation-services.js';
import type { Log } from './log.js';
import { acceptJoin } from './services/accept-join.js';
import { acceptMail } from './services/accept-mail.js';
import { acceptPush } from './services/accept-push.js';
import { acceptSubmission } from './services/accept-submission.js';
import { mergeCrossed } from './services/answer-request.js';
import { backfillLog } from './services/backfill-log.js';
import { createBells } from './services/bells.js';
import { completeSnapshot } from './services/complete-snapshot.js';
import type { ServiceDeps } from './services/deps.js';
import { readDigest } from './services/digest-heads.js';
import { createExchangeSignals } from './services/exchange-signals.js';
import { createForwardPending } from './services/forward-pending.js';
import { createGossipHeads } from './services/gossip-heads.js';
import { attemptJoin } from './services/join-room.js';
import { createKeyedLoop } from './services/keyed-loop.js';
import { makeRoomServices } from './services/make-room-services.js';
import { readSnapshot } from './services/make-snapshot.js';
import { pullLog } from './services/pull-log.js';
import { createPushRecords } from './services/push-records.js';
import { readDirectory } from './services/read-directory.js';
import { readHeads, readLog } from './services/read-log.js';
import { createRoomCache } from './services/room-cache.js';
import type { RoomServices } from './services/room-services.js';
import { createSendMail } from './services/send-mail.js';
import { createRoomWriter } from './services/write-rooms.js';
import type { Discovery } from './transport/discovery.js';
import type { PeerClient } from './transport/peer-client.js';
import type { Store } from './storage/store-types.js';

export interface ServicesOptions {
  readonly domain: Domain;
  readonly store: Store;
  readonly log: Log;
  readonly keys: ServiceDeps['keys'];
  readonly peers: PeerClient;
  readonly discovery: Discovery;
  /** a peer has sent a bad signature */
  readonly penalize: (peer: Domain) => void;
}

export interface Services {
  readonly deps: ServiceDeps;
  readonly rooms: RoomServices;
  readonly federation: FederationServices;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** what operators watch */
  measure(): Measures;
}

export interface Measures {
  readonly queued: number;
  readonly cachedRooms: number;
  readonly lag: ReadonlyMap<Domain, number>;
}

const ROOMS_MAX = 20_000;
const JOIN_WAIT_MS = 5000;
const EXPIRE_EVERY_MS = 600_000;

/** Puts the services together and gives the loops a beginning and an end. */
export function makeServices({ domain, store, log, keys, peers, discovery, penalize }: ServicesOptions): Services {
  const clock = { now: () => Date.now() };
  const random = { bytes: (count: number) => randomBytes(count) };
  const bells = createBells();
  const rooms = createRoomCache(store, ROOMS_MAX);
  const writer = createRoomWriter({ domain, store, clock, random, keys, bells, rooms, log });
  const accountIdOf = makeAccountFinder(store, domain);
  const deps: ServiceDeps = { domain, store, clock, random, log, keys, peers, directory: discovery, bells, rooms, writer, accountIdOf };

  const pulls = createKeyedLoop(deps, {
    ...{ name: 'pull', concurrency: 16 },
    run: (room) => pullLog({ ...deps, completeSnapshot: (id) => completeSnapshot(deps, id) }, room as RoomId),
  });
  const pull = (room: RoomId): void => pulls.ring(room);
  const backfills = createKeyedLoop(deps, { name: 'backfill', concurrency: 4, run: (room) => backfillLog(deps, room as RoomId) });
  const pending = createForwardPending({ ...deps, pull });
  const pushes = createPushRecords(deps);
  const gossip = createGossipHeads({ ...deps, pull });
  const signals = createExchangeSignals(deps);
  const mail = createSendMail({ ...deps, deliver: (jws) => deliver(jws) });
  const joins = createKeyedLoop(deps, { name: 'join', concurrency: 16, run: (room) => attemptJoin(joinDeps, room as RoomId).catch(final) });
  const joinDeps = {
    ...deps,
    forward: pending.forward,
    backfill: (room: RoomId) => backfills.ring(room),
    attempt: (room: RoomId) => attempt(room),
  };
  const roomDeps = { ...joinDeps, mail, signals };

  /** Tries at once and, when the hub does not answer, goes on in the background. */
  async function attempt(room: RoomId): Promise<void> {
    const turn = await Promise.race([attemptJoin(joinDeps, room), delay(JOIN_WAIT_MS, { kind: 'retry' as const }, { ref: false })]);
    if (turn.kind === 'retry') joins.ring(room);
  }

  async function deliver(jws: string): Promise<void> {
    await acceptMail(mailDeps, domain, [jws]);
  }

  const mailDeps = { ...deps, mergeCrossed: (...invite: Merge) => mergeCrossed(joinDeps, ...invite) };
  const submitDeps = { ...deps, penalize };
  const readDeps = { ...deps, sawRequest: pushes.sawRequest };
  const federation: FederationServices = {
    submit: (peer, body) => acceptSubmission(submitDeps, peer, body),
    push: async (peer, body) => toAnswer(await acceptPush({ ...deps, pull }, peer, body)),
    log: (peer, body) => readLog(readDeps, peer, body),
    heads: async (peer, body) => ('rooms' in body ? await readHeads(readDeps, peer, body.rooms) : toAnswer(await readDigest(deps, peer, body.digest))),
    join: (peer, body) => acceptJoin(submitDeps, peer, body),
    snapshot: (peer, body) => readSnapshot(deps, peer, body),
    mailbox: (peer, body) => acceptMail(mailDeps, peer, body.items),
    signals: async (peer, body) => {
      await signals.accept(peer, body.items);
      return {};
    },
    directory: async (peer, body) => toAnswer(await readDirectory(deps, peer, body)),
  };

  let expiry: NodeJS.Timeout | undefined;
  return {
    deps,
    rooms: makeRoomServices(roomDeps),
    federation,
    async start() {
      await pushes.start();
      await pending.start();
      await mail.start();
      gossip.start();
      for (const row of await store.listRooms({ status: 'joining', limit: 1000 })) joins.ring(row.room);
      for (const row of await store.listRooms({ status: 'partial', limit: 1000 })) pull(row.room);
      expiry = setInterval(() => void expire(store, log), EXPIRE_EVERY_MS).unref();
    },
    async stop() {
      clearInterval(expiry);
      gossip.stop();
      signals.stop();
      await Promise.all([pushes.stop(), pending.stop(), mail.stop(), pulls.stop(), backfills.stop(), joins.stop()]);
      await writer.drain();
    },
    measure: () => ({ queued: writer.queued, cachedRooms: rooms.size, lag: pushes.lag() }),
  };

  function final(cause: unknown): { kind: 'done' } {
    log.warn('join-refused', { cause });
    return { kind: 'done' };
  }
}

type Merge = Parameters<typeof mergeCrossed> extends [unknown, ...infer Rest] ? Rest : never;

function toAnswer(answer: object): string {
  return JSON.stringify(answer);
}

async function expire(store: Store, log: Log): Promise<void> {
  try {
    const counts = await store.expire(Date.now());
    log.debug('expired', counts);
  } catch (cause) {
    log.warn('expiry-failed', { cause });
  }
}

const ACCOUNTS_MAX = 50_000;

/** Finds accounts by address and remembers those that exist: addresses are never given to someone else. */
function makeAccountFinder(store: Store, domain: Domain): (address: Address) => Promise<number | undefined> {
  const known = new Map<Address, number>();
  return async (address) => {
    if (domainOf(address) !== domain) return undefined;
    const remembered = known.get(address);
    if (remembered !== undefined) return remembered;
    const account = await store.findAccount(localpartOf(address));
    if (account === undefined || account.closedAt !== null) return undefined;
    if (known.size >= ACCOUNTS_MAX) known.clear();
    known.set(address, account.accountId);
    return account.accountId;
  };
}


import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { RoomId } from './protocol/identifiers.js';
import type { Domain } from './protocol/identifiers.js';
import type { FederationServices } from './http/federation/federation-services.js';
import type { Log } from './log.js';
import { ProtocolError } from './protocol/protocol-error.js';
import { acceptJoin } from './services/accept-join.js';
import { acceptMail } from './services/accept-mail.js';
import { acceptPush } from './services/accept-push.js';
import { acceptReport } from './services/accept-report.js';
import { acceptSubmission } from './services/accept-submission.js';
import { mergeCrossed } from './services/answer-request.js';
import { makeAccountFinder } from './services/account-finder.js';
import { createCloseAccounts } from './services/accounts/close-accounts.js';
import { backfillLog } from './services/backfill-log.js';
import { createBells } from './services/bells.js';
import { completeSnapshot } from './services/complete-snapshot.js';
import type { Cancel, LoopState, ServiceDeps, Timers } from './services/deps.js';
import { readDigest } from './services/digest-heads.js';
import { createExchangeSignals } from './services/exchange-signals.js';
import type { ExchangeSignals } from './services/exchange-signals.js';
import { createContentExpiry } from './services/expire-contents.js';
import { ForwardPending } from './services/forward-pending.js';
import { createFillHoles } from './services/fill-holes.js';
import { createGossipHeads } from './services/gossip-heads.js';
import { createInOrder } from './services/in-order.js';
import { createInTurn } from './services/in-turn.js';
import { attemptJoin } from './services/join-room.js';
import type { JoinDeps } from './services/join-room.js';
import { KeyedLoop } from './services/keyed-loop.js';
import type { Turn } from './services/keyed-loop.js';
import { makeRoomServices } from './services/make-room-services.js';
import { readSnapshot } from './services/make-snapshot.js';
import { createPassOn } from './services/links/pass-on.js';
import { pullLog } from './services/pull-log.js';
import { Presence } from './services/presence.js';
import { PushRecords } from './services/push-records.js';
import { readDirectory } from './services/read-directory.js';
import { readHeads, readLog } from './services/read-log.js';
import { createRejudgeRooms } from './services/rejudge-rooms.js';
import { rememberBlocks } from './services/remember-blocks.js';
import { createRoomCache } from './services/room-cache.js';
import type { RoomServices } from './services/room-services.js';
import { IndexMessages } from './services/search/index-messages.js';
import { createSendMail } from './services/send-mail.js';
import type { SendMail } from './services/send-mail.js';
import { sendReports } from './services/send-reports.js';
import { Unjudged } from './services/unjudged.js';
import { createRoomWriter } from './services/write-rooms.js';
import type { Discovery } from './transport/discovery.js';
import type { PeerClient } from './transport/peer-client.js';
import { EXPIRED_AT_ONCE_MAX } from './storage/expire-rows.js';
import type { ExpiryCounts } from './storage/peer-rows.js';
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
  /** A peer has shown that it is alive: what waits to be sent there need not wait much longer. */
  heardFrom(peer: Domain): void;
  /** An operator's command has done something that concerns a peer. */
  peerChanged(peer: Domain): void;
  /** The operator wants quarantined rooms of a hub judged anew. */
  rejudge(hub: Domain): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** what operators watch */
  measure(): Measures;
}

export interface Measures {
  readonly queued: number;
  readonly cachedRooms: number;
  readonly lag: ReadonlyMap<Domain, number>;
  readonly unindexed: number;
}

const ROOMS_MAX = 20_000;
const JOIN_WAIT_MS = 5000;
const ROOMS_AT_START = 1000;
const PEERS_AT_START = 1000;
const EXPIRE_EVERY_MS = 600_000;

type Loops = ReturnType<typeof makeLoops>;

/** Puts the services together and gives the loops a beginning and an end. */
export function makeServices(options: ServicesOptions): Services {
  const deps = makeDeps(options);
  const loops = makeLoops(deps);
  const { store, log } = deps;
  let cancelExpiry: Cancel | undefined;
  return {
    deps,
    rooms: makeRoomServices({
      ...{ ...loops.joinDeps, mail: loops.mail, signals: loops.signals, holes: loops.holes },
      ringReports: (peer) => loops.reports.ring(peer),
      presence: loops.presence,
    }),
    federation: bindFederation(deps, loops, options.penalize),
    heardFrom(peer) {
      for (const loop of [loops.pushes, loops.pending, loops.mail, loops.reports]) loop.hurry(peer);
    },
    peerChanged: (peer) => loops.reports.ring(peer),
    rejudge: (hub) => loops.rejudges.ofHub(hub),
    async start() {
      // Before anything is served: what ran out while nobody was here, or before a backup was brought back.
      await loops.expiry.start();
      await loops.pushes.start();
      await loops.pending.start();
      await loops.mail.start();
      for (const domain of await store.reportDomains(PEERS_AT_START)) loops.reports.ring(domain);
      loops.gossip.start();
      loops.index.start();
      for (const { room } of await store.listRooms({ status: 'joining', limit: ROOMS_AT_START }))
        loops.joins.ring(room);
      for (const { room } of await store.listRooms({ status: 'partial', limit: ROOMS_AT_START }))
        loops.pulls.ring(room);
      await loops.rejudges.start();
      await loops.closings.start();
      cancelExpiry = deps.timers.every(EXPIRE_EVERY_MS, () => void expire(store, log));
    },
    async stop() {
      cancelExpiry?.();
      await loops.expiry.stop();
      loops.gossip.stop();
      loops.presence.stop();
      loops.signals.stop();
      const { pushes, pending, mail, reports, pulls, backfills, joins, rejudges, holes, index, closings } = loops;
      const stoppable = [pushes, pending, mail, reports, pulls, backfills, joins, rejudges, holes, index, closings];
      await Promise.all(stoppable.map((loop) => loop.stop()));
      await deps.writer.drain();
    },
    measure: () => ({
      queued: deps.writer.queued,
      cachedRooms: deps.rooms.size,
      lag: loops.pushes.lag(),
      unindexed: loops.index.waiting,
    }),
  };
}

function makeDeps({ domain, log, keys, peers, discovery, ...options }: ServicesOptions): ServiceDeps {
  const store = rememberBlocks(options.store);
  const clock = { now: () => Date.now() };
  const random = { bytes: (count: number) => randomBytes(count) };
  const bells = createBells();
  const rooms = createRoomCache(store, ROOMS_MAX);
  const writer = createRoomWriter({ domain, store, clock, random, timers, keys, bells, rooms, log });
  const unjudged = new Unjudged();
  const loops = new Set<LoopState>();
  const base = { domain, store, clock, random, timers, log, keys, peers, bells, rooms, unjudged, writer, loops };
  return { ...base, ...makeAccountFinder(store, domain), directory: discovery };
}

/** The loops, and what joining needs of them. */
function makeLoops(deps: ServiceDeps) {
  const holes = createFillHoles(deps);
  const pulls = new KeyedLoop<RoomId>(deps, {
    ...{ name: 'pull', concurrency: 16 },
    run: (room) => pullLog({ ...deps, holes, completeSnapshot: (id) => completeSnapshot(deps, id) }, room),
  });
  const pull = (room: RoomId): void => pulls.ring(room);
  const backfills = new KeyedLoop<RoomId>(deps, {
    name: 'backfill',
    concurrency: 4,
    run: (room) => backfillLog(deps, room),
  });
  const pending = new ForwardPending({ ...deps, pull });
  const joinDeps: JoinDeps & ServiceDeps = {
    ...deps,
    forward: (live, signed, draft) => pending.forward(live, signed, draft),
    ...{ pull, backfill: (room: RoomId) => backfills.ring(room) },
    inTurn: createInTurn(),
    inOrder: createInOrder(),
    attempt: async (room) => {
      // Tried at once and, when the hub does not answer, in the background.
      const late = delay(JOIN_WAIT_MS, { kind: 'retry' as const }, { ref: false });
      const turn = await Promise.race([attemptJoin(joinDeps, room), late]);
      if (turn.kind === 'retry') joins.ring(room);
    },
  };
  const joins = new KeyedLoop<RoomId>(deps, {
    name: 'join',
    concurrency: 16,
    run: (room) => attemptInBackground(joinDeps, room),
  });
  const mailDeps: MailDeps = {
    ...deps,
    mergeCrossed: (who, theirs) => mergeCrossed({ ...joinDeps, mail }, who, theirs),
    passOn: createPassOn(deps, (peer, item) => mail.pass(peer, item)),
  };
  const mail: SendMail = createSendMail({
    ...deps,
    deliver: (jws) => acceptMail(mailDeps, deps.domain, [jws]),
  });
  const reports = new KeyedLoop<Domain>(deps, {
    ...{ name: 'report', concurrency: 4 },
    run: (peer) => sendReports(deps, peer),
  });
  const pushes = new PushRecords(deps);
  const rejudges = createRejudgeRooms({ ...deps, pull, holes });
  const gossip = createGossipHeads({ ...deps, pull });
  const presence = new Presence({ ...deps, sendTo: (peer, signal) => signals.sendTo(peer, signal) });
  const signals: ExchangeSignals = createExchangeSignals({
    ...deps,
    hearContact: (live, signal) => presence.hear(live, signal),
  });
  const index = new IndexMessages(deps);
  const expiry = createContentExpiry(deps);
  const closings = createCloseAccounts(joinDeps);
  return {
    ...{ expiry, pulls, pull, backfills, pending, joins, joinDeps, mail, mailDeps, reports, pushes, gossip, signals },
    ...{ rejudges, holes, index, presence, closings },
  };
}

async function attemptInBackground(deps: JoinDeps, room: RoomId): Promise<Turn> {
  try {
    return await attemptJoin(deps, room);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    deps.log.warn('join-refused', { room, code: cause.code });
    return { kind: 'done' };
  }
}

function bindFederation(deps: ServiceDeps, loops: Loops, penalize: (peer: Domain) => void): FederationServices {
  const submitDeps = { ...deps, penalize };
  const { pull, mailDeps, signals, pushes, holes } = loops;
  const readDeps = { ...deps, sawRequest: (...request: SawRequest) => pushes.sawRequest(...request) };
  return {
    submit: (peer, body) => acceptSubmission(submitDeps, peer, body),
    push: async (peer, body) => toAnswer(await acceptPush({ ...deps, pull, holes }, peer, body)),
    log: (peer, body) => readLog(readDeps, peer, body),
    heads: async (peer, body) => {
      if ('rooms' in body) return await readHeads(readDeps, peer, body.rooms);
      return toAnswer(await readDigest(deps, peer, body.digest));
    },
    join: (peer, body) => acceptJoin(submitDeps, peer, body),
    snapshot: (peer, body) => readSnapshot(deps, peer, body),
    mailbox: (peer, body) => acceptMail(mailDeps, peer, body.items),
    report: (peer, body) => acceptReport({ ...deps, penalize }, peer, body),
    signals: async (peer, body) => {
      await signals.accept(peer, body.items);
      return {};
    },
    directory: async (peer, body) => toAnswer(await readDirectory(deps, peer, body)),
  };
}

type SawRequest = Parameters<PushRecords['sawRequest']>;
type MailDeps = Parameters<typeof acceptMail>[0];

/** No timer of a service keeps the process alive. */
const timers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
  soon(run) {
    setImmediate(run);
  },
};

function toAnswer(answer: object): string {
  return JSON.stringify(answer);
}

async function expire(store: Store, log: Log): Promise<void> {
  try {
    let counts: ExpiryCounts;
    do {
      counts = await store.expire(Date.now());
      log.debug('expired', counts);
    } while (Object.values(counts).some((count) => count >= EXPIRED_AT_ONCE_MAX));
  } catch (cause) {
    log.warn('expiry-failed', { cause });
  }
}

import { parseDomain, parseRoomId } from '../protocol/identifiers.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { ReadingRange } from '../storage/room-rows.js';
import type { PeerAnswer } from '../transport/peer-client.js';
import type { Cancel, ServiceDeps } from './deps.js';
import { KeyedLoop } from './keyed-loop.js';
import type { Turn } from './keyed-loop.js';
import type { LiveRoom } from './live-room.js';
import { pageText, pokeText, readStretch } from './make-page.js';

type PushDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'rooms' | 'peers' | 'bells' | 'log' | 'random' | 'timers' | 'clock'
>;

/** A room that a peer has not acknowledged to the end. */
interface Due {
  /** last seq the peer is known to have */
  cursor: number;
  /** last record of the peer's membership, when that has ended */
  to: number | null;
  /** not sent before: the peer asked to wait, or was told to come and get it */
  notBefore: number;
}

interface Lane {
  readonly peer: Domain;
  readonly due: Map<RoomId, Due>;
  /** rooms that are done, newest last */
  readonly acked: Map<RoomId, number>;
  readonly unsaved: Map<RoomId, number>;
}

const LANES = 2;
const LANE_TURNS_MAX = 64;
const ROOMS_PER_PUSH_MAX = 256;
const RECORDS_PER_PUSH_MAX = 256;
const BYTES_PER_PUSH_MAX = 1024 * 1024;
const LAG_POKE = 512;
const ACKED_MAX = 50_000;
const POKE_AGAIN_MS = 30_000;
const TICK_MS = 2000;
const SAVE_MS = 10_000;
/** rooms and peers read, and cursors written, by one statement */
const PAGE = 1000;

/**
 * Sends the records of rooms we are the hub of to the providers that take part. A bell names the room; the log itself is
 * the queue, and a peer is a cursor per room. A few requests per peer are under way at once, never two with the same room;
 * a peer that fails is backed off from, alone.
 *
 * @see PV-PUSH-001, PV-PUSH-011, PV-BUD-006
 */
export class PushRecords {
  readonly #deps: PushDeps;
  readonly #lanes = new Map<string, Lane>();
  readonly #loop: KeyedLoop<string>;
  readonly #cancels: Cancel[] = [];

  constructor(deps: PushDeps) {
    this.#deps = deps;
    const run = (key: string): Promise<Turn> => pushLane(deps, this.#laneOf(key));
    this.#loop = new KeyedLoop(deps, { name: 'push', concurrency: LANE_TURNS_MAX, run });
  }

  /** Looks up which peers have not acknowledged everything, and begins. */
  async start(): Promise<void> {
    this.#cancels.push(
      this.#deps.bells.onAnyRoom((room) => this.#ring(room)),
      this.#deps.timers.every(TICK_MS, () => this.#tick()),
      this.#deps.timers.every(SAVE_MS, () => void saveCursors(this.#deps, this.#lanes)),
    );
    for (const peer of await allPeers(this.#deps)) if (peer !== this.#deps.domain) await this.#findDue(peer);
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    await this.#loop.stop();
    await saveCursors(this.#deps, this.#lanes);
  }

  /** The peer is back. */
  hurry(peer: Domain): void {
    for (let lane = 0; lane < LANES; lane += 1) this.#loop.hurry(`${peer}#${lane}`);
  }

  /** The peer asks for a room's log from here on, so it has what comes before. */
  sawRequest(peer: Domain, room: RoomId, from: number): void {
    const due = this.#lanes.get(laneKey(peer, room))?.due.get(room);
    if (due === undefined || from - 1 <= due.cursor) return;
    due.cursor = from - 1;
    const live = this.#deps.rooms.peek(room);
    if (live !== undefined && (due.to ?? live.seq) - due.cursor <= RECORDS_PER_PUSH_MAX) due.notBefore = 0;
  }

  /** Rooms with records the peer has not acknowledged, as far as this process knows. */
  lag(): ReadonlyMap<Domain, number> {
    const lag = new Map<Domain, number>();
    for (const { peer, due } of this.#lanes.values()) lag.set(peer, (lag.get(peer) ?? 0) + due.size);
    return lag;
  }

  #laneOf(key: string): Lane {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const peer = parseDomain(key.slice(0, key.lastIndexOf('#')));
    if (peer === undefined) throw new Error(`no lane ${key}`);
    const lane: Lane = { peer, due: new Map(), acked: new Map(), unsaved: new Map() };
    this.#lanes.set(key, lane);
    return lane;
  }

  #ring(room: RoomId): void {
    const live = this.#deps.rooms.peek(room);
    if (live === undefined || live.hub !== this.#deps.domain) return;
    for (const { domain } of live.ranges) this.#mark(live, domain, null);
    for (const [domain, to] of live.leaving) this.#mark(live, domain, to);
  }

  #mark(live: LiveRoom, peer: Domain, to: number | null): void {
    if (peer === this.#deps.domain) return;
    const key = laneKey(peer, live.room);
    const lane = this.#laneOf(key);
    const due = lane.due.get(live.room);
    const cursor = lane.acked.get(live.room) ?? live.flushedFrom;
    if (due === undefined) lane.due.set(live.room, { cursor, to, notBefore: 0 });
    else due.to = to;
    this.#loop.ring(key);
  }

  /** Looks again at rooms that had to wait. */
  #tick(): void {
    for (const [key, { due }] of this.#lanes) if (due.size > 0) this.#loop.ring(key);
  }

  async #findDue(peer: Domain): Promise<void> {
    let after: RoomId | undefined;
    for (;;) {
      const where = { hub: this.#deps.domain, limit: PAGE, ...(after === undefined ? {} : { after }) };
      const page = await this.#deps.store.listPeerRooms(peer, where);
      for (const { room, seq, cursor, to } of page) {
        if (cursor >= (to ?? seq)) continue;
        const key = laneKey(peer, room);
        this.#laneOf(key).due.set(room, { cursor, to, notBefore: 0 });
        this.#loop.ring(key);
      }
      after = page.at(-1)?.room;
      if (page.length < PAGE) return;
    }
  }
}

function laneKey(peer: Domain, room: RoomId): string {
  return `${peer}#${room.charCodeAt(20) % LANES}`;
}

async function allPeers({ store }: PushDeps): Promise<Domain[]> {
  const peers: Domain[] = [];
  for (;;) {
    const after = peers.at(-1);
    const page = await store.listPeers({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    peers.push(...page);
    if (page.length < PAGE) return peers;
  }
}

/** One request of one lane: as much as fits of what is due. */
async function pushLane(deps: PushDeps, lane: Lane): Promise<Turn> {
  const { body, rooms } = await gather(deps, lane);
  if (rooms.length === 0) return { kind: 'done' };
  const answer = await deps.peers.call(lane.peer, 'push', body);
  if (answer.kind === 'problem') return { kind: 'retry', afterMs: answer.retryAfterMs };
  if (answer.kind !== 'ok') return { kind: 'retry' };
  takeAnswers(deps, lane, answer.body);
  const now = deps.clock.now();
  return { kind: [...lane.due.values()].some(({ notBefore }) => notBefore <= now) ? 'more' : 'done' };
}

async function gather(deps: PushDeps, lane: Lane): Promise<{ body: string; rooms: RoomId[] }> {
  const seals: string[] = [];
  const pages: string[] = [];
  const rooms: RoomId[] = [];
  const now = deps.clock.now();
  let records = 0;
  let bytes = 0;
  for (const [room, due] of lane.due) {
    if (rooms.length >= ROOMS_PER_PUSH_MAX || records >= RECORDS_PER_PUSH_MAX || bytes >= BYTES_PER_PUSH_MAX) break;
    if (due.notBefore > now) continue;
    const live = await deps.rooms.get(room);
    const page = live === undefined ? undefined : await pageFor(deps, live, { lane, due, seals });
    if (page === undefined) {
      lane.due.delete(room);
      continue;
    }
    pages.push(page.text);
    rooms.push(room);
    records += page.records;
    bytes += page.text.length;
  }
  return { body: `{"rooms":[${pages.join(',')}],"seals":${JSON.stringify(seals)}}`, rooms };
}

async function pageFor(
  deps: PushDeps,
  live: LiveRoom,
  { lane, due, seals }: { lane: Lane; due: Due; seals: string[] },
): Promise<{ text: string; records: number } | undefined> {
  const end = due.to ?? live.seq;
  if (live.sealed === undefined || due.cursor >= end) return undefined;
  if (end - due.cursor > LAG_POKE) {
    due.notBefore = deps.clock.now() + POKE_AGAIN_MS;
    return { text: pokeText(live, live.sealed, seals), records: 1 };
  }
  const stretch = await readStretch(deps, live, due.cursor);
  if (stretch === undefined) return undefined;
  const reader = { domain: lane.peer, ranges: rangesOf(live, lane.peer, due), seals };
  return { text: pageText(live, stretch, reader), records: stretch.records.length };
}

/** What is pushed to a provider begins after what it has, so only the end of its membership matters here. */
function rangesOf(live: LiveRoom, domain: Domain, due: Due): ReadingRange[] {
  const open = live.ranges.filter((range) => range.domain === domain);
  return due.to === null ? open : [...open, { domain, from: 0, to: due.to }];
}

type PushAnswer = Extract<PeerAnswer<'push'>, { kind: 'ok' }>['body'];

function takeAnswers(deps: PushDeps, lane: Lane, body: PushAnswer): void {
  for (const answer of body.rooms) {
    const room = parseRoomId(answer.room);
    const due = room && lane.due.get(room);
    if (room === undefined || due === undefined) continue;
    if (answer.status === 'acked') acknowledge(deps, lane, { room, due, seq: answer.seq });
    else if (answer.status === 'gap') due.cursor = answer.have;
    else if (answer.status === 'retry') due.notBefore = deps.clock.now() + answer.after * 1000;
    else {
      deps.log.warn('push-refused', { peer: lane.peer, room, status: answer.status });
      lane.due.delete(room);
    }
  }
}

function acknowledge(deps: PushDeps, lane: Lane, { room, due, seq }: { room: RoomId; due: Due; seq: number }): void {
  due.cursor = Math.max(due.cursor, seq);
  due.notBefore = 0;
  lane.unsaved.set(room, due.cursor);
  const live = deps.rooms.peek(room);
  if (live !== undefined && due.cursor < (due.to ?? live.seq)) return;
  lane.due.delete(room);
  if (due.to !== null) live?.leaving.delete(lane.peer);
  lane.acked.delete(room);
  lane.acked.set(room, due.cursor);
  for (const oldest of lane.acked.keys()) {
    if (lane.acked.size <= ACKED_MAX) break;
    lane.acked.delete(oldest);
  }
}

/** Cursors are a hint, so they are written now and then; after a crash some records are sent twice and acknowledged. */
async function saveCursors(deps: PushDeps, lanes: ReadonlyMap<string, Lane>): Promise<void> {
  const cursors = [...lanes.values()].flatMap(({ peer: domain, unsaved }) => {
    const rows = Array.from(unsaved, ([room, seq]) => ({ domain, room, seq }));
    unsaved.clear();
    return rows;
  });
  for (let from = 0; from < cursors.length; from += PAGE) {
    const saved = deps.store.saveCursors(cursors.slice(from, from + PAGE));
    await saved.catch((cause: unknown) => deps.log.warn('cursors-not-saved', { cause }));
  }
}

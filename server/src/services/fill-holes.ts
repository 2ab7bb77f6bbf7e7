import { BoundedMap } from '../bounded-map.js';
import { checkContent } from '../protocol/content.js';
import { expiryOf, parseEvent } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import type { Domain, EventId, RoomId } from '../protocol/identifiers.js';
import type { LogRow } from '../storage/room-rows.js';
import type { ContentOfHole } from '../storage/store-types.js';
import type { ServiceDeps } from './deps.js';
import { findTargets } from './find-targets.js';
import { KeyedLoop } from './keyed-loop.js';
import type { Turn } from './keyed-loop.js';
import type { LiveRoom } from './live-room.js';
import { tellMembers } from './tell-members.js';

type FillDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'rooms' | 'peers' | 'log' | 'bells' | 'clock' | 'random' | 'timers'
>;

/** Contents that should be there and are not. */
export interface FillHoles {
  /** Events of a room may lack their content. Costs nothing when there are none. */
  note(room: RoomId, seqs: readonly number[]): void;
  stop(): Promise<void>;
}

interface RoomHoles {
  readonly seqs: Set<number>;
  /** turns that have brought nothing, in a row */
  failures: number;
  /** given up until then */
  restUntil: number;
}

type Hole = Omit<ContentOfHole, 'content'> & { readonly event: ParsedEvent };

const ROOMS_MAX = 1024;
const SEQS_MAX = 256;
const ASKED_MAX = 3;
const PAGES_MAX = 8;
const FAILURES_MAX = 8;
const REST_MS = 3_600_000;

/**
 * Asks those who take part in a room for contents that its log should have and ours lacks. A content is the one its event names
 * by hash, so it does not matter who has it. Noticed when a page comes in and when somebody reads; given up for an hour when nobody
 * has it.
 *
 * @see PV-LOG-011, PV-LOG-012
 */
export function createFillHoles(deps: FillDeps): FillHoles {
  const rooms = new BoundedMap<RoomId, RoomHoles>(ROOMS_MAX);
  const loop = new KeyedLoop<RoomId>(deps, {
    ...{ name: 'holes', concurrency: 4 },
    run: async (room) => {
      const holes = rooms.get(room);
      return holes === undefined ? { kind: 'done' } : await fill(deps, room, holes);
    },
  });
  return {
    note(room, seqs) {
      if (seqs.length === 0) return;
      const holes = rooms.get(room) ?? { seqs: new Set<number>(), failures: 0, restUntil: 0 };
      if (holes.restUntil > deps.clock.now()) return;
      for (const seq of seqs) if (holes.seqs.size < SEQS_MAX) holes.seqs.add(seq);
      rooms.set(room, holes);
      loop.ring(room);
    },
    stop: () => loop.stop(),
  };
}

async function fill(deps: FillDeps, room: RoomId, holes: RoomHoles): Promise<Turn> {
  const live = await deps.rooms.get(room);
  // In a dm there is nobody else to ask, and what somebody blocked has said there is to stay away.
  if (live?.status !== 'live' || live.hub === deps.domain || live.kind === 'dm') {
    holes.seqs.clear();
    return { kind: 'done' };
  }
  let filled = 0;
  for (const peer of sources(deps, live)) {
    for (let pages = 0; pages < PAGES_MAX && holes.seqs.size > 0; pages += 1) {
      const before = holes.seqs.size;
      filled += await askOne(deps, live, { peer, holes });
      if (holes.seqs.size === before) break;
    }
  }
  if (filled > 0) {
    deps.rooms.drop(room);
    deps.bells.ringRoom(room);
    await tellMembers(deps, room);
    deps.log.info('contents-filled', { room, filled });
  }
  return rest(deps, holes, filled > 0);
}

function rest({ clock }: FillDeps, holes: RoomHoles, isFilled: boolean): Turn {
  holes.failures = isFilled ? 0 : holes.failures + 1;
  if (holes.seqs.size === 0) return { kind: 'done' };
  if (holes.failures < FAILURES_MAX) return { kind: 'retry' };
  Object.assign(holes, { failures: 0, restUntil: clock.now() + REST_MS });
  holes.seqs.clear();
  return { kind: 'done' };
}

/** A few of the others, by lot, and then the hub, which has had its chance. */
function sources({ domain, random }: FillDeps, live: LiveRoom): Domain[] {
  const others = [...live.state.joinedDomains().keys()].filter((peer) => peer !== domain && peer !== live.hub);
  const start = random.bytes(2).readUInt16BE() % Math.max(1, others.length);
  return [...others.slice(start), ...others.slice(0, start)].slice(0, ASKED_MAX).concat(live.hub);
}

/** @returns how many contents one page of a participant has brought */
async function askOne(
  deps: FillDeps,
  { room }: LiveRoom,
  { peer, holes }: { peer: Domain; holes: RoomHoles },
): Promise<number> {
  const from = Math.min(...holes.seqs);
  if ((await findHole(deps, room, from)) === undefined) {
    holes.seqs.delete(from);
    return 0;
  }
  const answer = await deps.peers.call(peer, 'log', JSON.stringify({ room, from, max: 1 }));
  if (answer.kind !== 'ok') return 0;
  let filled = 0;
  for (const record of answer.body.page.records) {
    if (!('jws' in record) || typeof record.content !== 'string' || !holes.seqs.has(record.seq)) continue;
    const hole = await findHole(deps, room, record.seq);
    if (hole !== undefined && !checkContent(hole.event, record.content).ok) continue;
    holes.seqs.delete(record.seq);
    if (hole !== undefined && (await deps.store.fillContent(room, { ...hole, content: record.content }))) filled += 1;
  }
  return filled;
}

/** The event whose content is missing: neither there, nor deleted or expired, itself or what it edits. */
async function findHole({ store, clock }: FillDeps, room: RoomId, seq: number): Promise<Hole | undefined> {
  const [row] = await store.readLog(room, seq, { max: 1, bytesMax: 1 });
  const event = row && missingContent(row, clock.now());
  if (row === undefined || event === undefined) return undefined;
  const about = [event.id, ...editedBy(event)];
  if ((await store.markedAmong(room, about, 'delete')).length > 0) return undefined;
  const targets = await findTargets({ store }, [event]);
  const ends = [expiryOf(event, row.at), ...about.map((id) => targets.get(id)?.expiresAt)];
  const expiresAt = Math.min(...ends.map((end) => end ?? Infinity));
  if (expiresAt <= clock.now()) return undefined;
  return { seq, event, about, ...(expiresAt < Infinity && { expiresAt }) };
}

function editedBy({ fields }: ParsedEvent): EventId[] {
  return (fields.rel ?? []).filter(([kind]) => kind === 'edit').map(([, target]) => target);
}

/**
 * The event of a record that should have content and has none, as far as the record itself tells: a delete may be the reason.
 *
 * @see PV-EFF-008
 */
export function missingContent(row: LogRow, now: number): ParsedEvent | undefined {
  const event = row.content === null && row.void === null && row.jws !== null ? parseEvent(row.jws) : undefined;
  if (event?.ok !== true || event.value.fields.key !== undefined) return undefined;
  return (expiryOf(event.value, row.at) ?? Infinity) > now ? event.value : undefined;
}

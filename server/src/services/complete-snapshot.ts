import type { RoomId } from '../protocol/identifiers.js';
import { joinedAccounts } from './append-page.js';
import { noteOf } from './account-news.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import { membersHere, rangesOf } from './people-of-state.js';
import { faultOfBuckets, faultOfSignatures, readEntries } from './read-snapshot-answer.js';
import { stateEntryOf } from './room-cache.js';

const BUCKETS = 256;

type CompleteDeps = Pick<ServiceDeps, 'domain' | 'accountIdOf' | 'store' | 'rooms' | 'peers' | 'log' | 'bells'>;

/**
 * Fetches the people that did not fit into a join's answer, from where it ended; when all are in and the state hashes as
 * sealed, the room is live. What was checked is kept, and not fetched again after an interruption.
 *
 * @returns whether the room is live now
 * @see PV-SNAP-004, PV-SNAP-005, PV-SNAP-008
 */
export async function completeSnapshot(deps: CompleteDeps, room: RoomId): Promise<boolean> {
  const live = await deps.rooms.get(room);
  if (live?.status !== 'partial') return live?.status === 'live';
  const fault = await fetchPeople(deps, live);
  if (fault !== undefined) {
    if (fault !== 'unreachable') deps.log.error('bad-snapshot', { room, hub: live.hub, fault });
    deps.rooms.drop(room);
    return false;
  }
  // Whose entry did not fit into the join's answer is known from here on.
  const members = await membersHere(deps, live.state);
  const joined = new Set(members.map(({ accountId }) => accountId));
  // And who was taken for joined by the hub's word, and is not, has left.
  const gone = (await joinedAccounts(deps.store, room)).filter((accountId) => !joined.has(accountId));
  const { seq } = live;
  const left = gone.map((accountId) => ({ accountId, membership: 'left' as const, visibleFrom: 0, seq }));
  const changed = [...members, ...left];
  const notes = changed.map(({ accountId }) => noteOf(accountId, { kind: 'room', room }));
  await deps.store.completeSnapshot(room, { providers: rangesOf(live.state), members: changed, notes });
  deps.rooms.drop(room);
  for (const { accountId } of changed) deps.bells.ringAccount(accountId);
  deps.bells.ringRoom(room);
  return true;
}

/** @returns what kept the room from being complete */
async function fetchPeople(deps: CompleteDeps, live: LiveRoom): Promise<string | undefined> {
  const { room, hub, state, seq } = live;
  const { covered: first = 0, buckets = [] } = live.gap ?? {};
  for (let from = first; from < BUCKETS;) {
    const answer = await deps.peers.call(hub, 'snapshot', JSON.stringify({ room, seq, from }));
    if (answer.kind !== 'ok') return 'unreachable';
    const { covered, entries } = answer.body;
    if (covered <= from) return 'covered';
    const read = readEntries(room, entries);
    const fault = typeof read === 'string' ? read : faultOfSignatures(read, live);
    if (typeof read === 'string' || fault !== undefined) return fault;
    const rows = read.map(({ row }) => row);
    for (const { statement, ...row } of rows) state.apply(stateEntryOf(row));
    const wrong = faultOfBuckets(state, buckets, { from, to: covered });
    if (wrong !== undefined) return wrong;
    await deps.store.extendSnapshot(room, { entries: rows, covered });
    live.gap = { covered, buckets };
    from = covered;
  }
  return live.sealed !== undefined && state.hash().equals(live.sealed.head.state) ? undefined : 'state hash';
}

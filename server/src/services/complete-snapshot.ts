import type { RoomId } from '../protocol/identifiers.js';
import { loadRoomState } from '../protocol/room-state.js';
import type { SnapshotEntry } from '../storage/room-rows.js';
import { noteOf } from './account-news.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import { membersHere, rangesOf } from './people-of-state.js';
import { faultOfSignatures, readEntries } from './read-snapshot-answer.js';
import { stateEntryOf } from './room-cache.js';

const BUCKETS = 256;
const ENTRIES_MAX = 20_000;

/**
 * Fetches the people that did not fit into a join's answer; when all are in and the state hashes as sealed, the room is
 * live.
 *
 * @returns whether the room is live now
 * @see PV-SNAP-004 to PV-SNAP-006
 */
export async function completeSnapshot(
  deps: Pick<ServiceDeps, 'domain' | 'accountIdOf' | 'store' | 'rooms' | 'peers' | 'log' | 'bells'>,
  room: RoomId,
): Promise<boolean> {
  const live = await deps.rooms.get(room);
  if (live?.status !== 'partial') return live?.status === 'live';
  const people = await fetchPeople(deps, live);
  if (people === undefined) return false;
  const known = [...live.state.entries()];
  const state = loadRoomState([...known, ...people.map((row) => stateEntryOf(withoutStatement(row)))], room);
  if (live.sealed === undefined || !state.hash().equals(live.sealed.head.state)) {
    deps.log.error('bad-snapshot', { room, hub: live.hub, fault: 'state hash' });
    return false;
  }
  // Whose entry did not fit into the join's answer, whoever joined by it perhaps among them, is known from here on.
  const members = await membersHere(deps, state);
  const notes = members.map(({ accountId }) => noteOf(accountId, { kind: 'room', room }));
  await deps.store.completeSnapshot(room, { entries: people, providers: rangesOf(state), members, notes });
  deps.rooms.drop(room);
  for (const { accountId } of members) deps.bells.ringAccount(accountId);
  deps.bells.ringRoom(room);
  return true;
}

async function fetchPeople(
  { peers, log }: Pick<ServiceDeps, 'peers' | 'log'>,
  live: LiveRoom,
): Promise<SnapshotEntry[] | undefined> {
  const people: SnapshotEntry[] = [];
  let from = 0;
  while (from < BUCKETS && people.length <= ENTRIES_MAX) {
    const answer = await peers.call(live.hub, 'snapshot', JSON.stringify({ room: live.room, seq: live.seq, from }));
    if (answer.kind !== 'ok' || answer.body.covered <= from) return undefined;
    const read = readEntries(live.room, answer.body.entries);
    const fault = typeof read === 'string' ? read : faultOfSignatures(read, live);
    if (typeof read === 'string' || fault !== undefined) {
      log.error('bad-snapshot', { room: live.room, hub: live.hub, fault });
      return undefined;
    }
    people.push(...read.map(({ row }) => row));
    from = answer.body.covered;
  }
  return people;
}

function withoutStatement(row: SnapshotEntry): Omit<SnapshotEntry, 'statement'> {
  const { statement, ...rest } = row;
  return rest;
}

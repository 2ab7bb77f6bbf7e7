import type { Domain, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { sealedToWire } from '../protocol/head.js';
import { ZERO_HASH } from '../protocol/record.js';
import type { ReadingRange } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import { pageText, readStretch } from './make-page.js';

type ReadDeps = Pick<ServiceDeps, 'store' | 'rooms' | 'domain'> & {
  readonly sawRequest: (peer: Domain, room: RoomId, from: number) => void;
};

/**
 * Serves a page of a room's log to a participant, whether we are its hub or follow it. What the caller may not read comes
 * as record headers, so the chain can be verified all the same.
 *
 * @param body `from` may be at most one past the newest record; the page ends at a sealed head and so may hold fewer or, where no
 * head lies within `max`, more records than asked for
 * @returns JSON text
 * @throws ProtocolError `unknown-room`
 * @see PV-LOG-001 to PV-LOG-007
 */
export async function readLog(deps: ReadDeps, peer: Domain, body: { room: string; from: number }): Promise<string> {
  const { live, ranges } = await readableRoom(deps, peer, body.room as RoomId);
  const { sealed } = live;
  if (sealed === undefined || body.from < live.first || live.status === 'partial')
    throw new ProtocolError('unknown-room');
  const seals: string[] = [];
  deps.sawRequest(peer, live.room, body.from);
  const stretch = (await readStretch(deps, live, body.from - 1)) ?? { records: [], sealed };
  const prev = body.from === 0 ? ZERO_HASH : await hashBefore(deps, live, body.from - 1);
  const page = pageText(live, stretch, { domain: peer, ranges, seals, prev });
  return `{"page":${page},"seals":${JSON.stringify(seals)},"newest":${live.seq}}`;
}

/**
 * A room that a provider takes or took part in, with what it may read of it.
 *
 * @throws ProtocolError `unknown-room`, also when it may read nothing
 * @see PV-READ-006
 */
export async function readableRoom(
  { store, rooms }: Pick<ServiceDeps, 'store' | 'rooms'>,
  peer: Domain,
  room: RoomId,
): Promise<{ live: LiveRoom; ranges: readonly ReadingRange[] }> {
  const live = await rooms.get(room);
  const ranges = live === undefined ? [] : await store.readingRanges(room, peer);
  if (live === undefined || ranges.length === 0) throw new ProtocolError('unknown-room');
  return { live, ranges };
}

async function hashBefore({ store }: ReadDeps, live: LiveRoom, seq: number): Promise<Buffer | undefined> {
  return seq === live.seq ? live.hash : (live.recordAt(seq)?.hash ?? (await store.recordHashAt(live.room, seq)));
}

/**
 * The newest sealed heads of rooms that we and the caller share: what everybody compares to find out whether a hub shows
 * everybody the same.
 *
 * @returns JSON text
 * @see PV-HEADS-001, PV-HEADS-002
 */
export async function readHeads(deps: ReadDeps, peer: Domain, rooms: readonly string[]): Promise<string> {
  const seals: string[] = [];
  const heads: string[] = [];
  for (const room of rooms) {
    const live = await deps.rooms.get(room as RoomId);
    if (live?.sealed === undefined || !live.ranges.some(({ domain }) => domain === peer)) continue;
    heads.push(JSON.stringify(sealedToWire(live.sealed, seals)));
  }
  return `{"rooms":[${heads.join(',')}],"seals":${JSON.stringify(seals)}}`;
}

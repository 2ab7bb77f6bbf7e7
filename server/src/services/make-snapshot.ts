import { encodeBase64url } from '../protocol/base64url.js';
import { sealedToWire } from '../protocol/head.js';
import type { SealedHead } from '../protocol/head.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { loadRoomState } from '../protocol/room-state.js';
import type { StateRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import { readableRoom } from './read-log.js';
import { stateEntryOf } from './room-cache.js';

type SnapshotDeps = Pick<ServiceDeps, 'store' | 'rooms'>;

const BUCKETS = 256;
const BUCKETS_PER_READ = 16;
const JOIN_BYTES_MAX = 224 * 1024;
const PAGE_BYTES_MAX = 1024 * 1024;

/**
 * Writes a room's state at a stored head for a provider that joins: the shared entries, the bucket hashes, and people by
 * whole buckets as far as they fit.
 *
 * @param seals the message's seals, added to
 * @see PV-JOIN-004 to PV-JOIN-007
 */
export async function snapshotText(
  deps: SnapshotDeps,
  live: LiveRoom,
  { sealed, seals }: { sealed: SealedHead; seals: string[] },
): Promise<string> {
  const { room } = live;
  const { seq } = sealed.head;
  const shared = await deps.store.stateAt(room, seq, { bucketFrom: 0, bucketTo: BUCKETS - 1, paged: false });
  const texts = shared.map(entryText);
  const used = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const people = await peopleFrom(deps, room, { seq, from: 0, bytesMax: JOIN_BYTES_MAX - used });
  const buckets = (await bucketsAt(deps, live, seq)).map((hash) => `"${encodeBase64url(hash)}"`);
  const head = JSON.stringify(sealedToWire(sealed, seals));
  const entries = [...texts, ...people.texts].join(',');
  return `{"room":"${room}","sealed":${head},"entries":[${entries}],"covered":${people.covered},"buckets":[${buckets.join(',')}]}`;
}

/**
 * Serves the rest of a snapshot's people.
 *
 * @returns JSON text
 * @throws ProtocolError `unknown-room`, also when no head is stored at `seq`
 * @see PV-SNAP-001 to PV-SNAP-003
 */
export async function readSnapshot(
  deps: SnapshotDeps,
  peer: Domain,
  body: { room: string; seq: number; from: number },
): Promise<string> {
  const { live } = await readableRoom(deps, peer, body.room as RoomId);
  const sealed = await deps.store.headAt(live.room, body.seq);
  if (sealed === undefined || live.status === 'partial') throw new ProtocolError('unknown-room');
  const { texts, covered } = await peopleFrom(deps, live.room, {
    seq: body.seq,
    from: body.from,
    bytesMax: PAGE_BYTES_MAX,
  });
  return `{"entries":[${texts.join(',')}],"covered":${covered}}`;
}

/** People by whole buckets from one on; at least one bucket when that is all that fits in a page. */
async function peopleFrom(
  { store }: SnapshotDeps,
  room: RoomId,
  { seq, from, bytesMax }: { seq: number; from: number; bytesMax: number },
): Promise<{ texts: string[]; covered: number }> {
  const texts: string[] = [];
  let bytes = 0;
  for (let first = from; first < BUCKETS; first += BUCKETS_PER_READ) {
    const last = Math.min(first + BUCKETS_PER_READ, BUCKETS) - 1;
    const rows = await store.stateAt(room, seq, { bucketFrom: first, bucketTo: last, paged: true });
    for (let bucket = first; bucket <= last; bucket += 1) {
      const own = rows.filter((row) => row.bucket === bucket).map(entryText);
      bytes += own.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      if (bytes > bytesMax && (bucket > from || bytesMax < PAGE_BYTES_MAX)) return { texts, covered: bucket };
      texts.push(...own);
    }
  }
  return { texts, covered: BUCKETS };
}

async function bucketsAt({ store }: SnapshotDeps, live: LiveRoom, seq: number): Promise<readonly Buffer[]> {
  if (seq === live.seq) return live.state.bucketHashes();
  const rows = await store.stateAt(live.room, seq, { bucketFrom: 0, bucketTo: BUCKETS - 1 });
  return loadRoomState(rows.map(stateEntryOf), live.room).bucketHashes();
}

function entryText({ seq, at, epoch, jws, content, statement }: StateRow): string {
  const tail = statement === undefined ? '' : `,"statement":"${statement}"`;
  return `{"seq":${seq},"at":${at},"epoch":${epoch},"jws":"${jws}","content":${JSON.stringify(content)}${tail}}`;
}

import { createHash } from 'node:crypto';
import { idHash } from '../protocol/identifiers.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import { writeUInt64 } from '../protocol/record.js';
import type { DigestRow } from '../storage/peer-rows.js';
import type { ServiceDeps } from './deps.js';

const BUCKETS = 256;
const PAGE = 1000;

/**
 * Says in 256 hashes where all rooms stood that we are the hub of and the caller takes part in, so that it notices even
 * a lost last message by one question.
 *
 * @param digest `asOf` in ms; with `bucket`, the rooms of that bucket
 * @see PV-HEADS-004 to PV-HEADS-006
 */
export async function readDigest(
  deps: Pick<ServiceDeps, 'store' | 'domain'>,
  peer: Domain,
  digest: { asOf: number; bucket?: number | undefined },
): Promise<object> {
  const { asOf, bucket } = digest;
  if (bucket === undefined)
    return { digest: { asOf, buckets: await digestOf(deps, { peer, hub: deps.domain, asOf }) } };
  const rooms: [RoomId, number][] = [];
  for await (const row of digestRows(deps, { peer, hub: deps.domain, asOf })) {
    if (idHash(row.room)[0] === bucket) rooms.push([row.room, row.seq]);
  }
  return { rooms };
}

/** The bucket hashes as one side sees them: the hub asks for the peer, the follower for itself. */
export async function digestOf(
  deps: Pick<ServiceDeps, 'store'>,
  of: { peer: Domain; hub: Domain; asOf: number },
): Promise<string[]> {
  const hashes = Array.from({ length: BUCKETS }, () => createHash('sha256'));
  const place = Buffer.alloc(8);
  for await (const { room, seq, hash } of digestRows(deps, of)) {
    const id = idHash(room);
    writeUInt64(place, seq, 0);
    hashes[id[0] ?? 0]?.update(id).update(place).update(hash);
  }
  return hashes.map((hash) => hash.digest('base64url'));
}

/** All rows in byte order of room ids. */
export async function* digestRows(
  { store }: Pick<ServiceDeps, 'store'>,
  { peer, hub, asOf }: { peer: Domain; hub: Domain; asOf: number },
): AsyncGenerator<DigestRow> {
  const rows: DigestRow[] = [];
  let after: RoomId | undefined;
  for (;;) {
    const page = await store.listDigestRows(peer, {
      hub,
      asOf,
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    rows.push(...page);
    after = page.at(-1)?.room;
    if (page.length < PAGE) break;
  }
  // The database orders by the text of the id; the digest is in the order of the bytes it stands for.
  rows.sort((one, other) => Buffer.compare(idHash(one.room), idHash(other.room)));
  yield* rows;
}

import type { EventId } from './identifiers.js';
import { sha256 } from './hash.js';

/** One entry of a room's state as its hash sees it. */
export interface HashedEntry {
  readonly type: string;
  readonly key: string;
  readonly id: EventId;
}

export const STATE_BUCKETS = 256;

const STATE_TAG = Buffer.from('payvand-state\0');
const EMPTY_BUCKET = sha256('');

/**
 * Finds the bucket an entry belongs to.
 *
 * @returns 0 to 255
 * @see PV-STH-001
 */
export function stateBucket(type: string, key: string): number {
  return sha256(`${type}\0${key}`).readUInt8(0);
}

/**
 * Hashes the entries of one bucket, given in any order.
 *
 * @returns 32 bytes; of no entries the SHA-256 of nothing
 * @see PV-STH-002, PV-STH-003
 */
export function bucketHash(entries: readonly HashedEntry[]): Buffer {
  if (entries.length === 0) return EMPTY_BUCKET;
  const bytes = Buffer.allocUnsafe(entries.reduce((sum, { type, key }) => sum + 40 + type.length + key.length, 0));
  let end = 0;
  for (const entry of [...entries].sort(byTypeAndKey)) end = writeEntry(bytes, end, entry);
  return sha256(bytes);
}

/**
 * Hashes a room's state.
 *
 * @param buckets the 256 bucket hashes in order
 * @returns 32 bytes
 * @see PV-STH-004
 */
export function stateHashOf(buckets: readonly Buffer[]): Buffer {
  if (buckets.length !== STATE_BUCKETS) throw new RangeError(`a state has 256 buckets, not ${buckets.length}`);
  return sha256(Buffer.concat([STATE_TAG, ...buckets]));
}

/** Types and keys are ASCII, so the order of UTF-16 units is the order of bytes. */
function byTypeAndKey(a: HashedEntry, b: HashedEntry): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}

/** @returns where the next entry goes */
function writeEntry(into: Buffer, start: number, { type, key, id }: HashedEntry): number {
  let end = into.writeUInt32BE(type.length, start);
  end += into.write(type, end, 'latin1');
  end = into.writeUInt32BE(key.length, end);
  end += into.write(key, end, 'latin1');
  return end + into.write(id.slice(1), end, 'base64url');
}

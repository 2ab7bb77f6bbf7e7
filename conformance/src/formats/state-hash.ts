import { encode64 } from './base64url.js';
import { hashOf, sha256 } from './hash.js';
import { rawOf, u32 } from './record.js';

export interface StateEntry {
  readonly type: string;
  readonly key: string;
  readonly id: string;
}

/** SPEC PV-STH-001. */
export function bucketOf(type: string, key: string): number {
  return sha256(`${type}\0${key}`)[0] ?? 0;
}

/** SPEC PV-STH-002, PV-STH-003. */
export function bucketHash(entries: readonly StateEntry[]): Buffer {
  const ordered = [...entries].sort((a, b) => compare(a.type, b.type) || compare(a.key, b.key));
  const parts = ordered.flatMap(({ type, key, id }) => [
    ...[u32(type.length), Buffer.from(type)],
    ...[u32(key.length), Buffer.from(key), rawOf(id)],
  ]);
  return sha256(Buffer.concat(parts));
}

export function bucketHashes(entries: Iterable<StateEntry>): Buffer[] {
  const buckets = Array.from({ length: 256 }, (): StateEntry[] => []);
  for (const entry of entries) buckets[bucketOf(entry.type, entry.key)]?.push(entry);
  return buckets.map(bucketHash);
}

/** SPEC PV-STH-004. */
export function stateHash(entries: Iterable<StateEntry>): string {
  return hashOfBuckets(bucketHashes(entries).map(encode64));
}

/** @param buckets the 256 bucket hashes in base64url */
export function hashOfBuckets(buckets: readonly string[]): string {
  return hashOf(Buffer.concat([Buffer.from('payvand-state\0'), ...buckets.map(rawOf)]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

import { sha256 } from '../protocol/hash.js';

/** A request that its client may repeat, and what it asks for. */
export interface KeyedRequest {
  readonly accountId: number;
  readonly requestKey: string;
  readonly requestHash: Buffer;
}

const HASH_BYTES = 16;

/**
 * What a request asks for, in short: only its own client could make two that look the same, to its own harm.
 *
 * @see PV-CLI-022
 */
export function requestHash(parts: readonly unknown[]): Buffer {
  return sha256(JSON.stringify(parts)).subarray(0, HASH_BYTES);
}

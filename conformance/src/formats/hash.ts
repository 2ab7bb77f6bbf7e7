import { createHash } from 'node:crypto';
import { encode64 } from './base64url.js';

/** H of the specification. */
export function sha256(bytes: string | Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** SPEC PV-HASH-002. */
export function hashOf(bytes: string | Uint8Array): string {
  return encode64(sha256(bytes));
}

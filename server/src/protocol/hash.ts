import { hash } from 'node:crypto';

/**
 * SHA-256 of bytes, or of a string's UTF-8 bytes (a lone surrogate counts as U+FFFD: callers refuse those first).
 *
 * @returns 32 bytes
 * @see PV-HASH-001
 */
export function sha256(data: Uint8Array | string): Buffer {
  // One-shot into a string and back costs about half of what asking for a buffer does.
  return Buffer.from(hash('sha256', data, 'binary'), 'binary');
}

/**
 * SHA-256 in the text form ids and digests travel in.
 *
 * @returns 43 characters of base64url
 * @see PV-HASH-002
 */
export function sha256Base64url(data: Uint8Array | string): string {
  return hash('sha256', data, 'base64url');
}

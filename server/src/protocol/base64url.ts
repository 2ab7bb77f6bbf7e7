/**
 * Writes bytes as base64url without padding.
 *
 * @see PV-B64-001, RFC 4648 section 5
 */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/**
 * Reads strict base64url: only text that `encodeBase64url` could have written.
 *
 * @returns undefined for padding, foreign characters, white space, an impossible length or stray last bits
 * @see PV-B64-002
 */
export function decodeBase64url(text: string): Buffer | undefined {
  // Node's decoder skips what it does not know; only the comparison makes it strict.
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

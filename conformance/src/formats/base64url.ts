import { Fault } from './fault.js';

/** SPEC PV-B64-001. */
export function encode64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/**
 * SPEC PV-B64-002, PV-B64-003.
 *
 * @param size how many bytes it has to be
 * @throws Fault `base64`
 */
export function decode64(text: unknown, size?: number): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64url') : undefined;
  if (bytes === undefined || encode64(bytes) !== text || (size !== undefined && bytes.length !== size))
    throw new Fault('base64');
  return bytes;
}

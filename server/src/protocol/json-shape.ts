import { decodeBase64url } from './base64url.js';

/** Members of a strict JSON object; unknown ones are simply not looked at. */
export type JsonObject = Record<string, unknown>;

// 16 bytes are 128 bits, 22 characters are 132: the four bits left over in the last character must be zero.
const BYTES_16 = /^[A-Za-z0-9_-]{21}[AQgw]$/;
const CONTROL = /\p{Cc}/u;
const CONTROL_IN_LINES = /(?!\n)\p{Cc}/u;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is an integer from 0 to 2^53 - 1: a time in ms, a sequence number, a counter. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Whether a value is the canonical base64url of 16 bytes: a nonce or a salt. */
export function isBytes16(value: unknown): value is string {
  return typeof value === 'string' && BYTES_16.test(value);
}

/** Reads the canonical base64url of 32 bytes. */
export function bytes32(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value.length !== 43) return undefined;
  return decodeBase64url(value);
}

/** Whether a value is text of 1 to `lengthMax` Unicode code points without control characters (general category Cc). */
export function isLine(value: unknown, lengthMax: number): value is string {
  return hasLength(value, lengthMax) && !CONTROL.test(value);
}

/** The same, with line feeds. */
export function isLines(value: unknown, lengthMax: number): value is string {
  return hasLength(value, lengthMax) && !CONTROL_IN_LINES.test(value);
}

function hasLength(value: unknown, lengthMax: number): value is string {
  if (typeof value !== 'string' || value.length < 1 || value.length > 2 * lengthMax) return false;
  return value.length <= lengthMax || Array.from(value).length <= lengthMax;
}

import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { CONTENT_BYTES_MAX } from './event.js';
import type { ParsedEvent } from './event.js';
import { sha256Base64url } from './hash.js';
import { isBytes16, isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { checkStateContent } from './state-content.js';
import { parseStrictJson } from './strict-json.js';

/** A content string and what its event's payload says of it. */
export interface Content {
  readonly text: string;
  readonly hash: string;
  readonly size: number;
}

/**
 * Writes content of scheme `plain`.
 *
 * @param value members of the content, without `salt`
 * @param salt base64url of 16 fresh random bytes
 * @see PV-CNT-001 to PV-CNT-003
 */
export function makeContent(value: object, salt: string): Content {
  const text = JSON.stringify({ ...value, salt });
  return { text, hash: sha256Base64url(text), size: Buffer.byteLength(text) };
}

/**
 * Whether a text is the one an event names. All that is asked of content that rules do not read.
 *
 * @see PV-CNT-005
 */
export function isContentOf(event: ParsedEvent, text: string): boolean {
  return text.length <= CONTENT_BYTES_MAX && sha256Base64url(text) === event.fields.content;
}

/**
 * Checks a content string against its event: hash and size, then form. Of a registered state type also the shape.
 *
 * @returns the parsed content, undefined for `mls`; refused `content-mismatch` (this is another text) or `bad-event`
 * @see PV-CNT-001 to PV-CNT-007
 */
export function checkContent(event: ParsedEvent, text: string): Checked<JsonObject | undefined> {
  const { size, scheme } = event.fields;
  if (!isContentOf(event, text)) return refuse('content-mismatch', 'content: hash');
  if (Buffer.byteLength(text) !== size) return refuse('bad-event', 'payload: size');
  if (scheme === 'mls') return accept(undefined);
  const json = parseStrictJson(text, { bytesMax: CONTENT_BYTES_MAX });
  if (!json.ok) return refuse('bad-event', `content: ${json.code}`);
  if (!isJsonObject(json.value)) return refuse('bad-event', 'content: not an object');
  if (!isBytes16(json.value['salt'])) return refuse('bad-event', 'content: salt');
  return event.fields.key === undefined ? accept(json.value) : checkStateContent(event.fields, json.value);
}

/** Content of scheme `plain` as it was kept; undefined where it is gone or anything else. */
export function plainContent(text: string | null): JsonObject | undefined {
  const parsed = text === null ? undefined : parseStrictJson(text, { bytesMax: CONTENT_BYTES_MAX });
  return parsed?.ok === true && isJsonObject(parsed.value) ? parsed.value : undefined;
}

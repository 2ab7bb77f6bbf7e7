export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

export type StrictJsonFault =
  | 'json-bytes'
  | 'json-utf8'
  | 'json-syntax'
  | 'json-depth'
  | 'json-number'
  | 'json-surrogate'
  | 'json-nul'
  | 'json-duplicate-name';

export type StrictJson = { ok: true; value: JsonValue } | { ok: false; code: StrictJsonFault };

export interface StrictJsonLimits {
  /** most bytes of UTF-8 the text may have */
  bytesMax: number;
  /** most arrays and objects inside each other; a bare string or number has depth 0 */
  depthMax?: number;
}

const DEPTH_MAX = 8;

const QUOTE = 0x22;
const DOT = 0x2e;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

// ignoreBOM keeps a byte order mark in the text, where JSON.parse refuses it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads the one kind of JSON that every implementation understands alike. A member named `__proto__` is an
 * ordinary own member of the value.
 *
 * @param input the text, or its UTF-8 bytes
 * @returns the value, or the code of the first fault met
 * @see PV-JSON-001 to PV-JSON-009
 */
export function parseStrictJson(input: string | Uint8Array, limits: StrictJsonLimits): StrictJson {
  if (input.length > limits.bytesMax) return refuse('json-bytes');
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  if (bytes.length > limits.bytesMax) return refuse('json-bytes');
  const text = typeof input === 'string' ? input : decodeUtf8(bytes);
  if (text === undefined) return refuse('json-utf8');
  if (bytes !== input && LONE_SURROGATE.test(text)) return refuse('json-surrogate');

  const parsed = parseJson(text);
  if (parsed === undefined) return refuse('json-syntax');
  const members = countMembers(bytes, limits.depthMax ?? DEPTH_MAX);
  if (typeof members === 'string') return refuse(members);
  // Only an escape can still hide a lone surrogate or U+0000 in a string.
  const walk = { escapes: text.includes('\\u'), names: 0 };
  const fault = checkValue(parsed.value, walk);
  if (fault !== undefined) return refuse(fault);
  // A repeated name leaves the parsed value with fewer names than the text has members.
  return walk.names === members ? { ok: true, value: parsed.value } : refuse('json-duplicate-name');
}

function refuse(code: StrictJsonFault): StrictJson {
  return { ok: false, code };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): { value: JsonValue } | undefined {
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch {
    return undefined;
  }
}

/** Runs over text that is known to be JSON, so a dot outside a string can only be a fraction, an E an exponent. */
function countMembers(bytes: Uint8Array, depthMax: number): number | 'json-depth' | 'json-number' {
  let depth = 0;
  let members = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if (byte === COLON) members++;
    else if (byte === DOT || isExponent(bytes, i)) return 'json-number';
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > depthMax) return 'json-depth';
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return members;
}

function endOfString(bytes: Uint8Array, quoteAt: number): number {
  let i = quoteAt + 1;
  while (bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** An `e` after a digit; the one in `true` and `false` follows a letter. */
function isExponent(bytes: Uint8Array, i: number): boolean {
  return ((bytes[i] ?? 0) | 0x20) === 0x65 && (bytes[i - 1] ?? 0) <= 0x39;
}

/** Checks numbers and strings and counts the names; recursion ends at the depth limit checked before. */
function checkValue(value: JsonValue, walk: { escapes: boolean; names: number }): StrictJsonFault | undefined {
  if (typeof value === 'string') return walk.escapes ? checkString(value) : undefined;
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? undefined : 'json-number';
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return checkItems(value, walk);
  for (const name in value) {
    walk.names++;
    const fault = (walk.escapes ? checkString(name) : undefined) ?? checkValue(value[name] as JsonValue, walk);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkItems(items: JsonValue[], walk: { escapes: boolean; names: number }): StrictJsonFault | undefined {
  for (const item of items) {
    const fault = checkValue(item, walk);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkString(text: string): StrictJsonFault | undefined {
  if (text.includes('\0')) return 'json-nul';
  return LONE_SURROGATE.test(text) ? 'json-surrogate' : undefined;
}

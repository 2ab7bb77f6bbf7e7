import { Fault, need } from './fault.js';

export type Members = Readonly<Record<string, unknown>>;

export interface JsonLimits {
  readonly bytesMax: number;
  readonly depthMax?: number;
}

const plainString = /[^"\\\u0000-\u001f]*/y;
const numeral = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const space = /[ \t\n\r]*/y;
const hex4 = /^[0-9a-fA-F]{4}$/;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const words: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

/**
 * A parser of nothing but strict JSON.
 *
 * @throws Fault with one of the `json-…` codes
 * @see PV-JSON-001 to PV-JSON-009
 */
export function parseStrictJson(bytes: Uint8Array | string, { bytesMax, depthMax = 8 }: JsonLimits): unknown {
  const raw = Buffer.from(bytes);
  need(raw.length <= bytesMax, 'json-bytes');
  return new Reader(decodeUtf8(raw), depthMax).whole();
}

/** One object of strict JSON. @throws Fault */
export function parseMembers(bytes: Uint8Array | string, limits: JsonLimits): Members {
  const value = parseStrictJson(bytes, limits);
  need(isMembers(value), 'json-shape');
  return value;
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Fault('json-utf8');
  }
}

class Reader {
  readonly #text: string;
  readonly #depthMax: number;
  #at = 0;

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  whole(): unknown {
    this.#match(space);
    const value = this.#value(0);
    need(this.#at === this.#text.length, 'json-syntax');
    return value;
  }

  #value(depth: number): unknown {
    const value = this.#bare(depth);
    this.#match(space);
    return value;
  }

  #bare(depth: number): unknown {
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      need(depth < this.#depthMax, 'json-depth');
      this.#at += 1;
      this.#match(space);
      return first === '{' ? this.#object(depth + 1) : this.#array(depth + 1);
    }
    if (first === '"') return this.#string();
    const word = words.find(([text]) => this.#text.startsWith(text, this.#at));
    if (word === undefined) return this.#number();
    this.#at += word[0].length;
    return word[1];
  }

  #object(depth: number): Members {
    const members = new Map<string, unknown>();
    if (this.#takes('}')) return {};
    for (;;) {
      need(this.#text[this.#at] === '"', 'json-syntax');
      const name = this.#string();
      need(!members.has(name), 'json-duplicate-name');
      this.#match(space);
      need(this.#takes(':'), 'json-syntax');
      members.set(name, this.#value(depth));
      if (this.#takes('}')) return Object.fromEntries(members);
      need(this.#takes(','), 'json-syntax');
    }
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    if (this.#takes(']')) return items;
    for (;;) {
      items.push(this.#value(depth));
      if (this.#takes(']')) return items;
      need(this.#takes(','), 'json-syntax');
    }
  }

  #number(): number {
    const text = this.#match(numeral);
    need(text !== '', 'json-syntax');
    const value = Number(text);
    need(/^-?[0-9]+$/.test(text) && Number.isSafeInteger(value) && text !== '-0', 'json-number');
    return value;
  }

  #string(): string {
    this.#at += 1;
    let text = '';
    for (;;) {
      text += this.#match(plainString);
      const next = this.#text[this.#at];
      this.#at += 1;
      if (next === '"') break;
      need(next === '\\', 'json-syntax');
      text += this.#escape();
    }
    need(!/\p{Surrogate}/u.test(text), 'json-surrogate');
    need(!text.includes('\0'), 'json-nul');
    return text;
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? '';
    this.#at += 1;
    if (letter !== 'u') {
      const plain = escapes[letter];
      need(plain !== undefined, 'json-syntax');
      return plain;
    }
    const digits = this.#text.slice(this.#at, this.#at + 4);
    need(hex4.test(digits), 'json-syntax');
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #takes(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    this.#match(space);
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }
}

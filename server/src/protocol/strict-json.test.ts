import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseStrictJson } from './strict-json.js';
import type { JsonValue, StrictJsonFault } from './strict-json.js';

interface Vector {
  name: string;
  input: { text?: string; textHex?: string; bytesMax: number };
  expect: { ok: true; value: JsonValue } | { ok: false; code: StrictJsonFault };
}

const FUZZ_ROUNDS = 5_000;
const limits = { bytesMax: 65_536 };

const NUMBERS = [
  '0',
  '7',
  '-12',
  '9007199254740991',
  '-0',
  '1.0',
  '2.5',
  '1e3',
  '4E-2',
  '9007199254740992',
  '-99999999999999999',
];
const STRINGS = [
  '',
  'a',
  'e.1e5',
  'b:{[',
  '\\"',
  '\\\\',
  '\\u0041',
  '\\u0000',
  '\\ud800',
  '\\ud83d\\ude00',
  '\\\\u0000',
  'سلام',
  '😀',
];
const NAMES = ['a', 'b', '\\u0061', 'c', '__proto__', '', '1', 'd:', 'e', 'f', 'g', 'h\\"'];
const LITTER = ['"', '\\', '{', '}', '[', ']', ',', ':', '.', 'e', '-', '0', ' ', 'true', '\n'];

void t.test('every strict JSON vector, as bytes and as text', (t) => {
  const file = new URL('../../../spec/vectors/strict-json.json', import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
  for (const { name, input, expect } of vectors) {
    const { text, textHex, bytesMax } = input;
    const bytes = text === undefined ? Buffer.from(textHex ?? '', 'hex') : Buffer.from(text);
    t.same(parseStrictJson(bytes, { bytesMax }), expect, `${name}, bytes`);
    if (text !== undefined) t.same(parseStrictJson(text, { bytesMax }), expect, `${name}, text`);
  }
  t.end();
});

void t.test('half a surrogate pair written directly in a string of this process', (t) => {
  const halves = {
    high: '"\ud800"',
    low: '"\udc00"',
    reversed: '"\udc00\ud800"',
    name: '{"\ud800":1}',
    outside: '\ud800',
  };
  for (const [name, text] of Object.entries(halves)) {
    t.same(parseStrictJson(text, limits), { ok: false, code: 'json-surrogate' }, name);
  }
  t.end();
});

void t.test('a depth limit other than the usual one', (t) => {
  t.same(parseStrictJson('[[]]', { ...limits, depthMax: 2 }), { ok: true, value: [[]] });
  t.same(parseStrictJson('[[[]]]', { ...limits, depthMax: 2 }), { ok: false, code: 'json-depth' });
  t.same(parseStrictJson('1', { ...limits, depthMax: 0 }), { ok: true, value: 1 });
  t.end();
});

void t.test('half a million brackets are refused and nothing overflows', (t) => {
  const deep = '['.repeat(500_000) + ']'.repeat(500_000);
  t.same(parseStrictJson(deep, { bytesMax: 1_000_000 }), { ok: false, code: 'json-depth' });
  t.same(parseStrictJson('['.repeat(1_000_000), { bytesMax: 1_000_000 }), { ok: false, code: 'json-syntax' });
  t.end();
});

void t.test('a member named __proto__ changes no prototype', (t) => {
  const parsed = parseStrictJson('{"__proto__":{"room":"r"},"a":1}', limits);
  const value = parsed.ok ? (parsed.value as Record<string, unknown>) : {};
  t.equal(Object.getPrototypeOf(value), Object.prototype);
  t.equal(value['room'], undefined);
  t.same(Object.keys(value), ['__proto__', 'a']);
  t.end();
});

void t.test('agrees with a slow second implementation on random and damaged texts', (t) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  t.comment(`FUZZ_SEED=${seed}`);
  const random = seeded(seed);
  let accepted = 0;
  for (let round = 0; round < FUZZ_ROUNDS; round++) {
    const text = damage(writeValue(0, random), random);
    // Damage can cut a pair in half; as bytes that becomes a replacement character.
    const bytes = Buffer.from(text);
    for (const input of [text, bytes]) {
      const got = parseStrictJson(input, limits);
      const expected = judgeSlowly(String(input));
      if (got.ok ? expected.size > 0 : !expected.has(got.code))
        t.fail(`round ${round}: ${JSON.stringify({ text, got, expected: [...expected] })}`);
      if (!got.ok) continue;
      accepted++;
      if (JSON.stringify(got.value) !== JSON.stringify(JSON.parse(String(input))))
        t.fail(`round ${round}: another value`);
    }
  }
  t.ok(accepted > FUZZ_ROUNDS / 10 && accepted < 2 * FUZZ_ROUNDS, `${accepted} of ${2 * FUZZ_ROUNDS} accepted`);
  t.end();
});

type Random = (below: number) => number;

/** xorshift32: enough to be repeatable. */
function seeded(seed: number): Random {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function pick(from: readonly string[], random: Random): string {
  // The first few are harmless and come up more often, so that enough texts are accepted.
  const index = random(3) > 0 ? random(Math.min(4, from.length)) : random(from.length);
  return from[index] ?? '';
}

function writeValue(depth: number, random: Random): string {
  const kind = random(depth > 9 ? 4 : 8);
  if (kind === 0) return pick(['true', 'false', 'null'], random);
  if (kind === 1) return pick(NUMBERS, random);
  if (kind < 4) return `"${pick(STRINGS, random)}${pick(STRINGS, random)}"`;
  const count = random(5);
  const space = random(6) === 0 ? ' ' : '';
  const values = Array.from({ length: count }, () => writeValue(depth + 1, random));
  if (kind < 6) return `[${space}${values.join(`,${space}`)}]`;
  return `{${values.map((value) => `"${pick(NAMES, random)}${random(3)}"${space}:${value}`).join(`${space},`)}}`;
}

function damage(text: string, random: Random): string {
  if (random(4) > 0) return text;
  const at = random(text.length + 1);
  return text.slice(0, at) + pick(LITTER, random) + text.slice(at + random(2));
}

/** Every code that applies, by cutting the text into tokens. */
function judgeSlowly(text: string): Set<StrictJsonFault> {
  const faults = new Set<StrictJsonFault>();
  if (hasHalfPair(text)) faults.add('json-surrogate');
  try {
    JSON.parse(text);
  } catch {
    return faults.add('json-syntax');
  }
  const open: (Set<string> | undefined)[] = [];
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) ?? [];
  tokens.forEach((token, i) => {
    if (token === '{' || token === '[') open.push(token === '{' ? new Set() : undefined);
    if (open.length > 8) faults.add('json-depth');
    if (token === '}' || token === ']') open.pop();
    if (/^[-\d]/.test(token) && !isPlainInteger(token)) faults.add('json-number');
    if (token.startsWith('"')) judgeString(JSON.parse(token) as string, faults);
    if (tokens[i + 1] !== ':') return;
    const names = open.at(-1);
    const name = JSON.parse(token) as string;
    if (names?.has(name)) faults.add('json-duplicate-name');
    names?.add(name);
  });
  return faults;
}

function isPlainInteger(token: string): boolean {
  return /^(0|-?[1-9]\d*)$/.test(token) && BigInt(token) ** 2n < 2n ** 106n;
}

function judgeString(text: string, faults: Set<StrictJsonFault>): void {
  if (text.includes('\0')) faults.add('json-nul');
  if (hasHalfPair(text)) faults.add('json-surrogate');
}

function hasHalfPair(text: string): boolean {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

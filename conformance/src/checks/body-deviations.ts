import { problem } from '../run/expectations.js';
import type { Expectation } from '../run/expectations.js';

/** A body that is signed well and is not what it has to be. */
export interface BodyRow {
  readonly name: string;
  readonly covers: readonly string[];
  /** @param honest a body that would be answered with 200, beginning with `{` and of at least one member */
  readonly body: (honest: string) => string | Buffer;
  readonly expect: Expectation;
}

const badJson = problem('bad-json');
const deep = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
const member =
  (text: string) =>
  (honest: string): string =>
    honest.replace('{', `{"new":${text},`);

function row(name: string, body: BodyRow['body'], requirement: string): BodyRow {
  return { name, covers: ['PV-HTTP-010', requirement], body, expect: badJson };
}

function bytesIn(...bytes: readonly number[]): BodyRow['body'] {
  return (honest) => Buffer.concat([Buffer.from('{"new":"'), Buffer.from(bytes), Buffer.from(`",${honest.slice(1)}`)]);
}

/** SPEC PV-JSON-001 to PV-JSON-008, PV-HTTP-010. */
export const bodyRows: readonly BodyRow[] = [
  row('empty', () => '', 'PV-JSON-003'),
  row('half-an-object', (honest) => honest.slice(0, -1), 'PV-JSON-003'),
  row('something-after-the-end', (honest) => `${honest}x`, 'PV-JSON-003'),
  row('two-values', (honest) => `${honest}${honest}`, 'PV-JSON-003'),
  row('a-comment', (honest) => `${honest}//x`, 'PV-JSON-003'),
  row('a-trailing-comma', (honest) => honest.replace(/\}$/, ',}'), 'PV-JSON-003'),
  row('single-quotes', (honest) => honest.replace('{', "{'new':1,"), 'PV-JSON-003'),
  row('not-a-number', member('NaN'), 'PV-JSON-003'),
  row('a-raw-line-feed-in-a-string', member('"a\nb"'), 'PV-JSON-003'),
  row('a-byte-order-mark', (honest) => `\ufeff${honest}`, 'PV-JSON-003'),
  row('utf-16', (honest) => Buffer.from(`\ufeff${honest}`, 'utf16le'), 'PV-JSON-002'),
  row('a-byte-that-is-no-utf-8', bytesIn(0xff), 'PV-JSON-002'),
  row('an-overlong-form', bytesIn(0xc0, 0xaf), 'PV-JSON-002'),
  row('half-a-surrogate-pair-as-bytes', bytesIn(0xed, 0xa0, 0x80), 'PV-JSON-002'),
  row('one-level-too-deep', member(deep(16)), 'PV-JSON-004'),
  row('a-hundred-thousand-levels', member(deep(100_000)), 'PV-JSON-004'),
  row('a-hundred-thousand-open-brackets', member('['.repeat(100_000)), 'PV-JSON-004'),
  row('a-fraction', member('1.5'), 'PV-JSON-005'),
  row('a-whole-number-as-a-fraction', member('1.0'), 'PV-JSON-005'),
  row('an-exponent', member('1e3'), 'PV-JSON-005'),
  row('beyond-all-numbers', member('1e400'), 'PV-JSON-005'),
  row('minus-zero', member('-0'), 'PV-JSON-005'),
  row('beyond-the-safe-integers', member('9007199254740993'), 'PV-JSON-005'),
  row('a-leading-zero', member('01'), 'PV-JSON-003'),
  row('half-a-surrogate-pair', member('"\\ud800"'), 'PV-JSON-006'),
  row('the-other-half', member('"\\udc00x"'), 'PV-JSON-006'),
  row('nul', member('"\\u0000"'), 'PV-JSON-007'),
  row('a-name-twice', (honest) => honest.replace('{', '{"new":1,"new":1,'), 'PV-JSON-008'),
  row('a-name-twice-once-escaped', (honest) => honest.replace('{', '{"new":1,"\\u006eew":1,'), 'PV-JSON-008'),
  row('a-name-twice-far-inside', member('{"a":{"b":1,"b":1}}'), 'PV-JSON-008'),
];

/** What is strict JSON and looks odd is taken. SPEC PV-JSON-009, PV-HTTP-016. */
export const oddBodies: readonly (readonly [
  name: string,
  body: (honest: string) => string,
  covers: readonly string[],
])[] = [
  ['unknown-member', member('{"later":[1,"x",null,true]}'), ['PV-HTTP-016']],
  ['sixteen-levels', member(deep(15)), ['PV-HTTP-010']],
  ['largest-integer', member('9007199254740991'), ['PV-JSON-009']],
  ['smallest-integer', member('-9007199254740991'), ['PV-JSON-009']],
  ['white-space', (honest) => ` \r\n\t${honest}\n`, ['PV-JSON-009']],
  ['escaped-pair', member('"\\ud83d\\ude00"'), ['PV-JSON-009']],
  ['noncharacter', member('"\uffff"'), ['PV-JSON-009']],
  ['name-proto', (honest) => honest.replace('{', '{"__proto__":{"x":1},"constructor":1,"":2,'), ['PV-JSON-009']],
];

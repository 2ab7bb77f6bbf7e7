import { hex } from '../lib/vector-keys.mjs';

const BYTES_MAX = 4096;

const value = (name, requirement, text) => ({
  name,
  requirements: [requirement, 'PV-JSON-009'],
  input: { text, bytesMax: BYTES_MAX },
  expect: { ok: true, value: JSON.parse(text) },
});
const refuse = (code, requirement) => (name, text) => ({
  name,
  requirements: [requirement],
  input: { text, bytesMax: BYTES_MAX },
  expect: { ok: false, code },
});
/** Bytes that are no text, so they stand as hexadecimal digits. */
const bytes = (name, requirement, { from, code }) => ({
  name,
  requirements: [requirement],
  input: { textHex: hex(Buffer.concat(from.map((part) => Buffer.from(part)))), bytesMax: BYTES_MAX },
  expect: { ok: false, code },
});

const nested = (open, close, depth) => open.repeat(depth) + close.repeat(depth);

function syntaxVectors() {
  const syntax = refuse('json-syntax', 'PV-JSON-003');
  const ok = (name, text) => value(name, 'PV-JSON-003', text);
  return [
    ok('null', 'null'),
    ok('true', 'true'),
    ok('string-alone', '"پیوند"'),
    ok('empty-object', '{}'),
    ok('empty-array', '[]'),
    ok('white-space-everywhere', ' \t\r\n{ "a" : [ 1 , 2 ] , "b" : { } }\n'),
    ok('every-short-escape', '"\\"\\\\\\/\\b\\f\\n\\r\\t"'),
    ok('needless-escape', '{"\\u0061":"\\u0062"}'),
    ok('words-with-letter-e', '[true,false,null]'),
    ok('digits-and-dots-in-strings', '{"1.5":"2.5e3","-0":"1E9"}'),
    ok('delete-character', '"\u007f"'),
    ok('empty-name', '{"":1}'),
    ok('names-of-object-members', '{"__proto__":{"room":1},"constructor":2,"toString":3}'),
    ok('same-name-in-different-objects', '{"a":{"a":1},"b":[{"a":1},{"a":2}]}'),
    ok('names-that-only-normalise-alike', '{"\\u00e9":1,"e\\u0301":2}'),
    ok('names-that-differ-in-case', '{"a":1,"A":2}'),
    syntax('empty-text', ''),
    syntax('white-space-only', ' '),
    syntax('byte-order-mark', '\ufeff{}'),
    syntax('two-values', '{}{}'),
    syntax('text-after-value', '{} x'),
    syntax('nul-after-value', '{}\0'),
    syntax('comma-after-value', '{},'),
    syntax('trailing-comma-in-object', '{"a":1,}'),
    syntax('trailing-comma-in-array', '[1,]'),
    syntax('leading-comma', '[,1]'),
    syntax('unclosed-object', '{"a":1'),
    syntax('unclosed-string', '"a'),
    syntax('mismatched-brackets', '[}'),
    syntax('comment', '{/* */}'),
    syntax('single-quotes', "{'a':1}"),
    syntax('bare-name', '{a:1}'),
    syntax('number-as-name', '{1:1}'),
    syntax('nan', 'NaN'),
    syntax('infinity', '-Infinity'),
    syntax('upper-case-word', 'True'),
    syntax('plus-sign', '+1'),
    syntax('leading-zero', '01'),
    syntax('minus-alone', '-'),
    syntax('dot-first', '.5'),
    syntax('dot-last', '1.'),
    syntax('hexadecimal-number', '0x10'),
    syntax('raw-line-feed-in-string', '"a\nb"'),
    syntax('raw-tab-in-string', '"a\tb"'),
    syntax('raw-nul-in-string', '"a\0b"'),
    syntax('raw-unit-separator-in-string', '"\u001f"'),
    syntax('unknown-escape', '"\\x41"'),
    syntax('short-unicode-escape', '"\\u12"'),
    syntax('no-break-space-between-tokens', '{\u00a0}'),
    syntax('form-feed-between-tokens', '{\f}'),
  ];
}

function numberVectors() {
  const number = refuse('json-number', 'PV-JSON-005');
  const ok = (name, text) => value(name, 'PV-JSON-005', text);
  return [
    ok('zero', '0'),
    ok('minus-one', '-1'),
    ok('largest', '9007199254740991'),
    ok('smallest', '-9007199254740991'),
    number('largest-plus-one', '9007199254740992'),
    number('largest-plus-two', '9007199254740993'),
    number('smallest-minus-one', '-9007199254740992'),
    number('very-long-integer', `1${'0'.repeat(400)}`),
    number('minus-zero', '-0'),
    number('minus-zero-inside', '{"a":[-0]}'),
    number('fraction', '1.5'),
    number('whole-fraction', '1.0'),
    number('zero-fraction', '0.0'),
    number('fraction-inside', '{"a":{"b":1.5}}'),
    number('exponent', '1e3'),
    number('upper-case-exponent', '1E3'),
    number('exponent-with-plus', '1e+3'),
    number('exponent-with-minus', '1e-3'),
    number('zero-exponent', '0e0'),
    number('fraction-with-exponent', '1.0e1'),
    number('overflowing-exponent', '1e999'),
    number('fraction-after-string', '["1",1.5]'),
    number('exponent-after-escaped-quote', '["\\"",1e3]'),
    number('exponent-after-escaped-backslash', '["\\\\",1e3]'),
  ];
}

function stringVectors() {
  const surrogate = refuse('json-surrogate', 'PV-JSON-006');
  const nul = refuse('json-nul', 'PV-JSON-007');
  return [
    value('escaped-pair', 'PV-JSON-006', '"\\ud83d\\ude00"'),
    value('escaped-pair-upper-case', 'PV-JSON-006', '"\\uD83D\\uDE00"'),
    value('raw-pair', 'PV-JSON-006', '"😀"'),
    value('surrogate-look-alike', 'PV-JSON-006', '"\\\\ud800"'),
    value('noncharacters', 'PV-JSON-006', '"\\ufffe\\uffff\\ufdd0\\udbff\\udfff"'),
    value('private-use-and-last-plane', 'PV-JSON-006', '"\ue000\u{10fffd}"'),
    value('line-separator', 'PV-JSON-006', '"\u2028\u2029"'),
    surrogate('high-alone', '"\\ud800"'),
    surrogate('low-alone', '"\\udc00"'),
    surrogate('pair-reversed', '"\\ude00\\ud83d"'),
    surrogate('high-twice', '"\\ud83d\\ud83d"'),
    surrogate('high-then-letter', '"\\ud83dx"'),
    surrogate('high-then-escaped-letter', '"\\ud83d\\u0041"'),
    surrogate('half-in-name', '{"\\udfff":1}'),
    surrogate('half-deep-inside', '{"a":[{"b":"\\ud800"}]}'),
    value('nul-look-alike', 'PV-JSON-007', '"\\\\u0000"'),
    value('control-by-escape', 'PV-JSON-007', '"\\u0001\\u001f"'),
    nul('nul-in-string', '"a\\u0000b"'),
    nul('nul-alone', '"\\u0000"'),
    nul('nul-in-name', '{"a\\u0000":1}'),
    nul('nul-deep-inside', '[[{"a":"\\u0000"}]]'),
  ];
}

function nameVectors() {
  const repeated = refuse('json-duplicate-name', 'PV-JSON-008');
  return [
    repeated('same-name', '{"a":1,"a":2}'),
    repeated('same-name-same-value', '{"a":1,"a":1}'),
    repeated('same-name-apart', '{"a":1,"b":2,"a":3}'),
    repeated('same-name-by-escape', '{"a":1,"\\u0061":2}'),
    repeated('same-empty-name', '{"":1,"":2}'),
    repeated('same-name-nested', '{"x":{"a":1,"a":2}}'),
    repeated('same-name-in-array', '[{"a":1},{"a":1,"a":2}]'),
    repeated('same-name-around-object', '{"a":{"b":1},"a":{"c":1}}'),
    repeated('same-name-hiding-objects', '{"a":{"b":1,"c":2},"a":3}'),
    repeated('same-proto-name', '{"__proto__":1,"__proto__":2}'),
    repeated('same-number-name', '{"1":1,"1":2}'),
    repeated('same-name-of-two-code-units', '{"😀":1,"\\ud83d\\ude00":2}'),
    repeated('same-name-with-colons', '{"a:b":1,"a:b":2}'),
  ];
}

function limitVectors() {
  const deep = refuse('json-depth', 'PV-JSON-004');
  const exact = `"${'a'.repeat(62)}"`;
  const persian = `"${'پ'.repeat(31)}"`;
  const limited = (name, text, { bytesMax, expect }) => ({
    name,
    requirements: ['PV-JSON-001'],
    input: { text, bytesMax },
    expect,
  });
  const tooLong = { ok: false, code: 'json-bytes' };
  return [
    value('eight-arrays', 'PV-JSON-004', nested('[', ']', 8)),
    value('eight-objects', 'PV-JSON-004', `${'{"a":'.repeat(8)}1${'}'.repeat(8)}`),
    value('eight-deep-twice', 'PV-JSON-004', `[${[1, 2].map(() => nested('[', ']', 7)).join(',')}]`),
    value('brackets-in-strings', 'PV-JSON-004', '["[[[[[[[[[[","{{{{{{{{{{"]'),
    deep('nine-arrays', nested('[', ']', 9)),
    deep('nine-objects', `${'{"a":'.repeat(9)}1${'}'.repeat(9)}`),
    deep('nine-mixed', `${'[{"a":'.repeat(4)}[]${'}]'.repeat(4)}`),
    deep('two-thousand-arrays', nested('[', ']', 2000)),
    limited('bytes-at-limit', exact, { bytesMax: 64, expect: { ok: true, value: JSON.parse(exact) } }),
    limited('bytes-over-limit', exact, { bytesMax: 63, expect: tooLong }),
    limited('two-byte-letters-at-limit', persian, { bytesMax: 64, expect: { ok: true, value: JSON.parse(persian) } }),
    limited('two-byte-letters-over-limit', persian, { bytesMax: 63, expect: tooLong }),
    limited('white-space-counts', `${exact} `, { bytesMax: 64, expect: tooLong }),
  ];
}

function utf8Vectors() {
  const utf8 = (name, ...middle) => bytes(name, 'PV-JSON-002', { from: ['"', middle, '"'], code: 'json-utf8' });
  return [
    utf8('continuation-alone', 0x80),
    utf8('start-alone', 0xc3),
    utf8('cut-three-byte-sequence', 0xe2, 0x82),
    utf8('overlong-slash', 0xc0, 0xaf),
    utf8('overlong-nul', 0xc0, 0x80),
    utf8('surrogate-as-bytes', 0xed, 0xa0, 0x80),
    utf8('surrogate-pair-as-bytes', 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80),
    utf8('beyond-last-code-point', 0xf4, 0x90, 0x80, 0x80),
    utf8('five-byte-sequence', 0xf8, 0x88, 0x80, 0x80, 0x80),
    utf8('byte-ff', 0xff),
    bytes('utf-16', 'PV-JSON-002', {
      from: [Buffer.from([0xff, 0xfe]), Buffer.from('{}', 'utf16le')],
      code: 'json-utf8',
    }),
  ];
}

export function strictJsonVectors() {
  return [
    ...syntaxVectors(),
    ...numberVectors(),
    ...stringVectors(),
    ...nameVectors(),
    ...limitVectors(),
    ...utf8Vectors(),
  ];
}

import { anyNumber, anyOf, problem, refusedByTransport } from '../run/expectations.js';
import type { Expectation } from '../run/expectations.js';
import type { Deviation, Peer } from '../network/peer.js';
import { contentDigest, signatureField } from '../formats/request-signature.js';

/** One thing wrong about an otherwise honest request. */
export interface RequestRow {
  readonly name: string;
  readonly covers: readonly string[];
  /** @param target domain of the target */
  readonly how: (peer: Peer, target: string) => Deviation;
  readonly expect: (peer: Peer, target: string) => Expectation;
}

type Change = (value: string) => string;
const seconds = (): number => Math.floor(Date.now() / 1000);
const STRANGER = 'nobody.conformance.test';

const change =
  (name: string, by: Change): NonNullable<Deviation['fields']> =>
  (fields) => ({ ...fields, [name]: by(fields[name] ?? '') });
const without =
  (name: string): NonNullable<Deviation['fields']> =>
  (fields) =>
    Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));
const input = (by: Change): Deviation => ({ fields: change('signature-input', by) });

const bad = (part: string, reason: string, more: object = {}): Expectation =>
  problem('bad-signature', { part, reason, ...more });
const unknown = problem('unknown-peer', { part: 'from' });
const CHECKED = ['PV-RSG-009', 'PV-RSG-010'];

function row(
  name: string,
  [how, expect]: readonly [Deviation | RequestRow['how'], Expectation | RequestRow['expect']],
  covers: readonly string[] = [],
): RequestRow {
  return {
    ...{ name, covers: [...CHECKED, ...covers] },
    how: typeof how === 'function' ? how : () => how,
    expect: typeof expect === 'function' ? expect : () => expect,
  };
}

const missing = [
  ['signature-input', 'signature-input'],
  ['signature', 'signature'],
  ['content-digest', 'content-digest'],
  ['payvand-from', 'from'],
  ['payvand-to', 'to'],
] as const;

const malformedInput: readonly (readonly [name: string, by: Change])[] = [
  ['component-left-out', (text) => text.replace('"@query" ', '')],
  ['components-in-another-order', (text) => text.replace('"@path" "@query"', '"@query" "@path"')],
  ['component-added', (text) => text.replace('"payvand-to")', '"payvand-to" "host")')],
  ['component-twice', (text) => text.replace('"payvand-to")', '"payvand-to" "payvand-to")')],
  ['component-with-parameter', (text) => text.replace('"@path"', '"@path";req')],
  ['another-label', (text) => text.replace('payvand=', 'sig1=')],
  ['second-signature', (text) => `${text}, other=("@method");created=1`],
  ['alg-named', (text) => `${text};alg="ed25519"`],
  ['alg-hmac', (text) => text.replace(';tag', ';alg="hmac-sha256";tag')],
  ['nonce-parameter', (text) => text.replace(';keyid', ';nonce="x";keyid')],
  ['parameters-in-another-order', (text) => text.replace(/(;created=\d+)(;expires=\d+)/, '$2$1')],
  ['no-created', (text) => text.replace(/;created=\d+/, '')],
  ['no-expires', (text) => text.replace(/;expires=\d+/, '')],
  ['no-tag', (text) => text.replace(/;tag="payvand"/, '')],
  ['created-with-leading-zero', (text) => text.replace('created=', 'created=0')],
  ['created-negative', (text) => text.replace('created=', 'created=-')],
  ['created-a-fraction', (text) => text.replace(/created=(\d+)/, 'created=$1.0')],
  ['spaces-in-the-list', (text) => text.replace('"@method" ', '"@method"  ')],
  ['keyid-too-short', (text) => text.replace(/keyid="[^"]+"/, 'keyid="abc"')],
  ['keyid-padded', (text) => text.replace(/keyid="([^"]+)"/, 'keyid="$1="')],
];

/** SPEC PV-RSG-001 to PV-RSG-019. */
export const signatureRows: readonly RequestRow[] = [
  ...missing.map(([field, part]) =>
    row(`no-${field}`, [{ fields: without(field) }, bad(part, 'missing')], ['PV-RSG-001']),
  ),
  ...malformedInput.map(([name, by]) =>
    row(name, [input(by), bad('signature-input', 'malformed')], ['PV-RSG-004', 'PV-RSG-012']),
  ),
  row('another-tag', [input((text) => text.replace('tag="payvand"', 'tag="other"')), bad('tag', 'mismatch')]),
  row('signature-of-no-form', [{ fields: change('signature', () => 'payvand=:x:') }, bad('signature', 'malformed')]),
  row('signature-of-63-bytes', [
    { fields: change('signature', () => signatureField(Buffer.alloc(63, 1))) },
    bad('signature', 'malformed'),
  ]),
  row('signature-base64url', [
    { fields: change('signature', (text) => text.replace(/=*:$/, ':')) },
    bad('signature', 'malformed'),
  ]),
  row(
    'digest-of-another-algorithm',
    [
      { fields: change('content-digest', (text) => text.replace('sha-256', 'sha-512')) },
      bad('content-digest', 'malformed'),
    ],
    ['PV-RSG-003'],
  ),
  row(
    'second-digest',
    [{ fields: change('content-digest', (text) => `${text}, sha-512=:AAAA:`) }, bad('content-digest', 'malformed')],
    ['PV-RSG-003', 'PV-RSG-011'],
  ),
  row('from-in-capitals', [{ fields: change('payvand-from', (text) => text.toUpperCase()) }, bad('from', 'malformed')]),
  row('from-with-port', [{ fields: change('payvand-from', (text) => `${text}:443`) }, bad('from', 'malformed')]),
  row('from-an-address', [{ fields: change('payvand-from', () => '127.0.0.1') }, bad('from', 'malformed')]),
  row(
    'two-senders',
    [(peer) => ({ lines: [`payvand-from: ${peer.domain}`] }), bad('from', 'malformed')],
    ['PV-RSG-011'],
  ),
  row('two-signatures', [{ lines: ['signature: payvand=:AAAA:'] }, bad('signature', 'malformed')], ['PV-RSG-011']),
  row('two-inputs', [{ lines: ['signature-input: payvand=()'] }, bad('signature-input', 'malformed')], ['PV-RSG-011']),
  row(
    'for-another-provider',
    [
      (peer) => ({ signed: { to: peer.domain } }),
      (peer, target) => bad('to', 'mismatch', { expected: target, received: peer.domain }),
    ],
    ['PV-RSG-002'],
  ),
  row('life-of-61-seconds', [{ signed: { lifeSeconds: 61 } }, bad('expires', 'malformed')], ['PV-RSG-005']),
  row('life-of-an-hour', [{ signed: { lifeSeconds: 3600 } }, bad('expires', 'malformed')], ['PV-RSG-005']),
  row('expires-with-created', [{ signed: { lifeSeconds: 0 } }, bad('expires', 'malformed')], ['PV-RSG-005']),
  row('expires-before-created', [{ signed: { lifeSeconds: -1 } }, bad('expires', 'malformed')], ['PV-RSG-005']),
  ...clockRows(),
  row(
    'signature-flipped',
    [
      { fields: change('signature', (text) => text.replace(/=:./, (found) => `=:${found.endsWith('A') ? 'B' : 'A'}`)) },
      bad('signature', 'mismatch'),
    ],
    ['PV-RSG-015'],
  ),
  row(
    'signature-of-zeros',
    [{ fields: change('signature', () => signatureField(Buffer.alloc(64))) }, bad('signature', 'mismatch')],
    ['PV-RSG-015'],
  ),
  row(
    'another-verb-signed',
    [{ signed: { target: '/payvand/v1/vote' } }, bad('signature', 'mismatch')],
    ['PV-RSG-014'],
  ),
  row(
    'query-not-signed',
    [
      { target: '/payvand/v1/heads?x=1', signed: { target: '/payvand/v1/heads' } },
      anyOf(bad('signature', 'mismatch'), problem('not-supported')),
    ],
    ['PV-RSG-014'],
  ),
  row('another-method-signed', [{ signed: { method: 'PUT' } }, bad('signature', 'mismatch')], ['PV-RSG-007']),
  row('method-signed-in-lower-case', [{ signed: { method: 'post' } }, bad('signature', 'mismatch')], ['PV-RSG-007']),
  row(
    'authority-with-port-signed',
    [(_, target) => ({ signed: { authority: `${target}:443` } }), bad('signature', 'mismatch')],
    ['PV-RSG-013'],
  ),
  row(
    'another-host',
    [
      (peer) => ({ signed: { authority: peer.domain }, host: peer.domain }),
      (peer) => bad('authority', 'mismatch', { received: peer.domain }),
    ],
    ['PV-RSG-013'],
  ),
  row('another-body', [{ sent: '{"rooms":[]}' }, bad('content-digest', 'mismatch')], ['PV-RSG-003']),
  row(
    'digest-of-another-body',
    [
      { sent: '{"rooms":[]}', fields: change('content-digest', () => contentDigest('{"rooms":[]}')) },
      bad('signature', 'mismatch'),
    ],
    ['PV-RSG-003'],
  ),
  row('sender-changed-after-signing', [
    { fields: change('payvand-from', () => STRANGER) },
    anyOf(unknown, bad('signature', 'mismatch')),
  ]),
  row(
    'in-the-name-of-the-target',
    [(_, target) => ({ signed: { from: target } }), anyOf(unknown, bad('key', 'unknown'))],
    ['PV-RSG-016'],
  ),
  row('stranger', [{ signed: { from: STRANGER } }, unknown], ['PV-RSG-019', 'PV-DISC-010', 'PV-ERR-005']),
  row('key-for-events', [(peer) => ({ signed: { key: peer.keys.event } }), bad('key', 'unknown')], ['PV-RSG-006']),
  row('key-for-seals', [(peer) => ({ signed: { key: peer.keys.seal } }), bad('key', 'unknown')], ['PV-RSG-006']),
  row(
    'root-key',
    [(peer) => ({ signed: { key: peer.keys.root } }), anyOf(unknown, bad('key', 'unknown'))],
    ['PV-RSG-006'],
  ),
  row('retired-key', [(peer) => ({ signed: { key: peer.keys.retired } }), bad('key', 'unknown')], ['PV-RSG-006']),
  row(
    'unannounced-key',
    [(peer) => ({ signed: { key: peer.strayKey() } }), anyOf(unknown, bad('key', 'unknown'))],
    ['PV-DISC-013'],
  ),
];

function clockRows(): RequestRow[] {
  const clocks = { senderClock: anyNumber, receiverClock: anyNumber };
  const skew = (by: number) => (): Deviation => ({ signed: { nowSeconds: seconds() + by } });
  const covers = ['PV-RSG-017'];
  return [
    row('signed-an-hour-ahead', [skew(3600), bad('created', 'ahead', clocks)], covers),
    row('signed-35-seconds-ahead', [skew(35), bad('created', 'ahead', clocks)], covers),
    row('expired-an-hour-ago', [skew(-3600), bad('expires', 'expired', clocks)], covers),
    row('expired-35-seconds-ago', [skew(-95), bad('expires', 'expired', clocks)], covers),
  ];
}

/** A target of a request that is none, and what it is otherwise: PV-HTTP-006 to PV-HTTP-012. */
export const transportRows: readonly RequestRow[] = [
  transport('media-type-text', { contentType: 'text/plain' }, problem('unsupported-media-type'), 'PV-HTTP-011'),
  transport(
    'media-type-form',
    { contentType: 'application/x-www-form-urlencoded' },
    problem('unsupported-media-type'),
    'PV-HTTP-011',
  ),
  transport(
    'media-type-problem',
    { contentType: 'application/problem+json' },
    problem('unsupported-media-type'),
    'PV-HTTP-011',
  ),
  transport('gzip', { lines: ['content-encoding: gzip'] }, problem('unsupported-media-type'), 'PV-HTTP-011'),
  transport('unknown-coding', { lines: ['content-encoding: zz'] }, problem('unsupported-media-type'), 'PV-HTTP-011'),
  transport('one-byte-too-long', { contentLength: 4_194_305, sent: '{' }, problem('too-large'), 'PV-HTTP-007'),
  transport('a-hundred-times-too-long', { contentLength: 419_430_400, sent: '{' }, problem('too-large'), 'PV-HTTP-007'),
  transport('two-lengths', { lines: ['content-length: 3'] }, refusedByTransport, 'PV-HTTP-002'),
  transport('length-and-chunks', { lines: ['transfer-encoding: chunked'] }, refusedByTransport, 'PV-HTTP-002'),
  transport(
    'length-of-words',
    { contentLength: null, lines: ['content-length: ten'] },
    refusedByTransport,
    'PV-HTTP-002',
  ),
  transport('negative-length', { contentLength: -1 }, refusedByTransport, 'PV-HTTP-002'),
  transport(
    'chunk-of-no-size',
    {
      ...{ contentLength: null, lines: ['transfer-encoding: chunked'], sent: 'zz\r\n{}\r\n0\r\n\r\n' },
    },
    refusedByTransport,
    'PV-HTTP-002',
  ),
  transport('cut-short', { contentLength: 100_000, sending: { hangsUp: true } }, refusedByTransport, 'PV-HTTP-002'),
  transport(
    'header-of-17000-bytes',
    { lines: [`x-long: ${'x'.repeat(17_000)}`] },
    anyOf(problem('headers-too-large'), refusedByTransport),
    'PV-HTTP-006',
  ),
  transport(
    'a-thousand-headers',
    {
      lines: Array.from({ length: 1000 }, (_, place) => `x-${place}: ${'x'.repeat(16)}`),
    },
    anyOf(problem('headers-too-large'), refusedByTransport),
    'PV-HTTP-006',
  ),
  transport('folded-header', { lines: ['x-folded: a', ' b: c'] }, refusedByTransport, 'PV-HTTP-002'),
  transport('space-before-colon', { lines: ['x-space : a'] }, refusedByTransport, 'PV-HTTP-002'),
  transport('nul-in-header', { lines: ['x-nul: a\0b'] }, refusedByTransport, 'PV-HTTP-002'),
];

// eslint-disable-next-line max-params -- a row of a table
function transport(name: string, how: Deviation, expect: Expectation, requirement: string): RequestRow {
  return { name, covers: [requirement], how: () => how, expect: () => expect };
}

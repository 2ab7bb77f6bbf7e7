import { federationVerbs } from '@payvand/spec';
import { DOCUMENT_LIFE_MS_MAX, parseDocument } from '../formats/provider-document.js';
import { exchange } from '../network/exchange.js';
import type { Answer, Sending } from '../network/exchange.js';
import type { Target } from '../network/target.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { anyOf, describe, hungUp, isProblem, mustBe, problem, refusedByTransport } from '../run/expectations.js';
import { control, must } from '../run/verdict.js';

const document = '/.well-known/payvand';
const WAIT_MS = 40_000;
const DEADLINE_MS = 33_000;

interface Probe {
  readonly target: Target;
  /** throws Blocked unless the target tells one request from another; it is asked once */
  readonly tellsApart: () => Promise<void>;
}

/** The control of those who have nothing but the address: a verb and no verb are answered each in its way. */
function makeTellsApart(target: Target): Probe['tellsApart'] {
  let asked: Promise<void> | undefined;
  const compare = async (): Promise<void> => {
    mustBe(await post(target, '/payvand/v1/heads', typed, body), problem('bad-signature'));
    mustBe(await post(target, '/payvand/v1/no-such-verb', typed, body), problem('not-supported'));
  };
  return async () => await control('a verb and no verb', async () => await (asked ??= compare()));
}

/** A request to the endpoint that nobody signed. */
// eslint-disable-next-line max-params -- whom, where, with which lines, and how
async function post(
  target: Target,
  path: string,
  lines: readonly string[] = [],
  sending: Partial<Sending> = {},
): Promise<Answer> {
  const { place } = target;
  const head = [`POST ${path} HTTP/1.1`, `host: ${place.host}`, ...lines, 'connection: close'];
  const answer = await exchange(place, { head: `${head.join('\r\n')}\r\n\r\n`, ...sending });
  target.count(answer);
  return answer;
}

const typed = ['content-type: application/json', 'content-length: 2'];
const body = { rest: Buffer.from('{}') };

const discoveryChecks: Check<Probe>[] = [
  {
    ...titleOf(
      { area: 'discovery' },
      { name: 'document', covers: ['PV-DISC-001', 'PV-DISC-002', 'PV-DOC-001', 'PV-DOC-006', 'PV-DOC-012'] },
    ),
    async run({ target }) {
      const answer = await target.get(document);
      must(answer.status === 200, 'status 200, without redirect', describe(answer));
      const type = answer.headers.get('content-type') ?? '';
      must(type.split(';')[0] === 'application/jose', 'Content-Type: application/jose', type);
      parseDocument(answer.text, target.domain);
    },
  },
  {
    ...titleOf({ area: 'discovery' }, { name: 'life-of-the-document', covers: ['PV-DOC-005', 'PV-DISC-003'] }),
    async run({ target }) {
      const { issued, expires } = parseDocument((await target.get(document)).text, target.domain);
      must(
        expires - issued <= DOCUMENT_LIFE_MS_MAX && expires > Date.now(),
        'a document of at most 7 days that lives',
        { issued, expires },
      );
    },
  },
  {
    ...titleOf({ area: 'discovery' }, { name: 'one-text-for-a-version', covers: ['PV-DOC-004', 'PV-DOC-017'] }),
    async run({ target }) {
      const [first, second] = [await target.get(document), await target.get(document)];
      const [one, two] = [first, second].map(({ text }) => parseDocument(text, target.domain));
      must(
        one !== undefined && two !== undefined && two.version >= one.version,
        'versions that never go down',
        second.text,
      );
      must(two.version > one.version || first.text === second.text, 'the same text for the same version', second.text);
    },
  },
  {
    ...titleOf(
      { area: 'discovery' },
      { name: 'keys-for-every-use', covers: ['PV-KEY-005', 'PV-KEY-006', 'PV-SIG-008'] },
    ),
    async run({ target }) {
      const { keys } = parseDocument((await target.get(document)).text, target.domain).statement;
      for (const use of ['event', 'seal', 'request'])
        must(
          keys.some((key) => key.use === use && key.status === 'active'),
          `an active key for ${use}`,
          keys.map((key) => key.use).join(' '),
        );
    },
  },
  {
    ...titleOf({ area: 'discovery' }, { name: 'by-post', covers: ['PV-DISC-001'], isHostile: true }),
    async run({ target }) {
      const answer = await target.get(document, { method: 'POST', lines: ['content-length: 0'] });
      must(answer.status >= 400 && answer.status < 500, '4xx', describe(answer));
    },
  },
];

const tlsChecks: Check<Probe>[] = [
  {
    ...titleOf({ area: 'tls' }, { name: 'version-1.2-or-newer', covers: ['PV-HTTP-001'] }),
    async run({ target }) {
      const answer = await target.get(document, { sending: { tls: { minVersion: 'TLSv1.2' } } });
      must(answer.status === 200, 'an answer over TLS 1.2 or newer', describe(answer));
    },
  },
  {
    ...titleOf({ area: 'tls' }, { name: 'version-1.1', covers: ['PV-HTTP-001'], isHostile: true }),
    async run({ target }) {
      const tls = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
      const answer = await target.get(document, { sending: { tls } });
      must(answer.status === 0, 'no connection over TLS 1.1', describe(answer));
    },
  },
];

const verbs = Object.keys(federationVerbs);
const unsignedChecks: Check<Probe>[] = verbs.map((verb) => ({
  ...titleOf({ area: 'unsigned', isHostile: true }, { name: verb, covers: ['PV-RSG-001', 'PV-RSG-009', 'PV-RSG-010'] }),
  async run({ target, tellsApart }) {
    await tellsApart();
    const answer = await post(target, `/payvand/v1/${verb}`, typed, body);
    mustBe(answer, problem('bad-signature', { part: 'signature-input', reason: 'missing' }));
  },
}));

const strangePaths = [
  '/payvand/v1/nonsense',
  '/payvand/v2/submit',
  '/payvand/v1/Submit',
  '/payvand/v1/submit/',
  '/payvand/v1/',
  '/payvand/v1//submit',
  '/payvand/v1/%73ubmit',
];
const pathChecks: Check<Probe>[] = strangePaths.map((path, place) => ({
  ...titleOf(
    { area: 'unsigned-path', isHostile: true },
    { name: `strange-${place}`, title: `unsigned: ${path}`, covers: ['PV-HTTP-012', 'PV-ERR-001', 'PV-ERR-002'] },
  ),
  async run({ target, tellsApart }) {
    await tellsApart();
    mustBe(await post(target, path, typed, body), problem('not-supported'));
  },
}));

const edgeChecks: Check<Probe>[] = [
  {
    ...titleOf({ area: 'unsigned', isHostile: true }, { name: 'get-of-a-verb', covers: ['PV-HTTP-012'] }),
    async run({ target, tellsApart }) {
      await tellsApart();
      const answer = await target.get('/payvand/v1/submit');
      if (target.place.host !== target.domain) return;
      mustBe(answer, problem('method-not-allowed'));
      must((answer.headers.get('allow') ?? '').includes('POST'), 'Allow: POST', answer.headers.get('allow') ?? 'none');
    },
  },
  ...edge(
    'body-too-large',
    ['content-type: application/json', 'content-length: 4194305'],
    anyOf(problem('too-large'), problem('bad-signature')),
    'PV-HTTP-007',
  ),
  ...edge(
    'headers-too-large',
    [...typed, `x-long: ${'x'.repeat(20_000)}`],
    anyOf(problem('headers-too-large'), hungUp),
    'PV-HTTP-006',
  ),
  ...edge('two-lengths', [...typed, 'content-length: 3'], refusedByTransport, 'PV-HTTP-002'),
  ...edge('length-and-chunks', [...typed, 'transfer-encoding: chunked'], refusedByTransport, 'PV-HTTP-002'),
  ...edge('space-before-colon', [...typed, 'x : y'], refusedByTransport, 'PV-HTTP-002'),
  {
    ...titleOf({ area: 'unsigned', isHostile: true }, { name: 'no-http', covers: ['PV-HTTP-001'] }),
    async run({ target, tellsApart }) {
      await tellsApart();
      const answer = await exchange(target.place, { head: '\u0016\u0003\u0001 this is not HTTP\r\n\r\n' });
      target.count(answer);
      mustBe(answer, refusedByTransport);
      must((await target.get(document)).status === 200, 'the document as before', 'no answer');
    },
  },
  {
    ...titleOf(
      { area: 'unsigned', isHostile: true },
      { name: 'problems-say-nothing-of-the-inside', covers: ['PV-ERR-006', 'PV-ERR-001'] },
    ),
    async run({ target, tellsApart }) {
      await tellsApart();
      const answers = [
        await post(target, '/payvand/v1/submit', typed, body),
        await post(target, '/payvand/v1/x', typed, body),
      ];
      for (const answer of answers) {
        must(isProblem(answer), 'a problem of the registry', describe(answer));
        must(
          !/\bat \S+ \(|node_modules|\/src\/|Traceback|Exception|SELECT /.test(answer.text),
          'nothing of the inside',
          answer.text,
        );
      }
    },
  },
];

// eslint-disable-next-line max-params -- a row of a table
function edge(
  name: string,
  lines: readonly string[],
  expect: Parameters<typeof mustBe>[1],
  requirement: string,
): Check<Probe>[] {
  return [
    {
      ...titleOf({ area: 'unsigned', isHostile: true }, { name, covers: [requirement] }),
      async run({ target, tellsApart }) {
        await tellsApart();
        mustBe(await post(target, '/payvand/v1/submit', lines, body), expect);
        must((await target.get(document)).status === 200, 'the document as before', 'no answer');
      },
    },
  ];
}

/** Slow requests take as long as they take, so they all begin when the lane does. */
interface Patience extends Probe {
  readonly answers: Readonly<Record<string, Promise<Answer>>>;
}

const slow: readonly (readonly [name: string, lines: readonly string[], sending: Partial<Sending>])[] = [
  ['body-that-never-comes', ['content-type: application/json', 'content-length: 1000'], {}],
  [
    'body-a-byte-at-a-time',
    ['content-type: application/json', 'content-length: 1000'],
    { rest: Buffer.alloc(1000, 32), dripMs: 200 },
  ],
  [
    'chunks-a-byte-at-a-time',
    ['content-type: application/json', 'transfer-encoding: chunked'],
    { rest: Buffer.from('1\r\n{\r\n'.repeat(200)), dripMs: 100 },
  ],
];

const slowChecks: Check<Patience>[] = [
  ...slow.map(([name]) => name),
  'headers-that-never-end',
  'headers-a-byte-at-a-time',
].map((name) => ({
  ...titleOf({ area: 'slow', isHostile: true, profile: 'hardening' }, { name, covers: ['PV-HTTP-009'] }),
  async run({ target, answers, tellsApart }) {
    await tellsApart();
    const answer = await answers[name];
    if (answer === undefined) return;
    must(answer.end !== 'timeout' && answer.ms <= DEADLINE_MS, 'an end within 30 seconds', describe(answer));
    mustBe(answer, anyOf(problem('request-timeout'), problem('bad-signature'), hungUp, refusedByTransport));
    must((await target.get(document)).status === 200, 'the document as before', 'no answer');
  },
}));

function beginSlowRequests(target: Target): Readonly<Record<string, Promise<Answer>>> {
  const timeoutMs = WAIT_MS;
  const begun = slow.map(
    ([name, lines, sending]) => [name, post(target, '/payvand/v1/submit', lines, { timeoutMs, ...sending })] as const,
  );
  const start = `POST /payvand/v1/submit HTTP/1.1\r\nhost: ${target.place.host}\r\n`;
  const drip = { rest: Buffer.from(`x-slow: ${'x'.repeat(1000)}`), dripMs: 200 };
  return {
    ...Object.fromEntries(begun),
    'headers-that-never-end': exchange(target.place, { head: start, timeoutMs }),
    'headers-a-byte-at-a-time': exchange(target.place, { head: start, timeoutMs, ...drip }),
  };
}

/** What anybody can see who has nothing but the address. */
export const probeLanes: readonly Lane[] = [
  makeLane({
    name: 'probe',
    checks: [...discoveryChecks, ...tlsChecks, ...unsignedChecks, ...pathChecks, ...edgeChecks],
    open: async ({ target }) => await Promise.resolve({ target, tellsApart: makeTellsApart(target) }),
  }),
  makeLane({
    name: 'patience',
    checks: slowChecks,
    open: async ({ target }) =>
      await Promise.resolve({ target, tellsApart: makeTellsApart(target), answers: beginSlowRequests(target) }),
  }),
];

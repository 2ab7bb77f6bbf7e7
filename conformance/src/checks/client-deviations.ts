import { anyOf, problem } from '../run/expectations.js';
import type { Expectation } from '../run/expectations.js';
import type { ClientCall } from '../stage/client-users.js';

/** A request of a person's program of which one thing is wrong. */
export interface ClientRow {
  readonly name: string;
  readonly covers: readonly string[];
  /** @param room one that the person is in */
  readonly call: (room: string) => Partial<ClientCall> & Pick<ClientCall, 'path'>;
  readonly expect: Expectation;
}

const BYTES = 16_384;
const SENT_BYTES = 131_072;
const ABSENT = `r${'A'.repeat(43)}`;

const json = (members: object): string => JSON.stringify(members);
const group = (members: object): string => json({ title: 'x', requestKey: 'never-used', ...members });
const padded = (bytes: number): string => {
  const empty = group({ pad: '' });
  return empty.replace('"pad":""', `"pad":"${'x'.repeat(bytes - empty.length)}"`);
};
const nested = (levels: number): string =>
  group({ deep: JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as object });

// eslint-disable-next-line max-params -- a row of a table
function post(name: string, body: string, expect: Expectation, ...covers: readonly string[]): ClientRow {
  return { name, covers, expect, call: () => ({ method: 'POST', path: '/rooms', body }) };
}

function get(name: string, path: (room: string) => string, [expect, ...covers]: [Expectation, ...string[]]): ClientRow {
  return { name, covers, expect, call: (room) => ({ method: 'GET', path: path(room) }) };
}

const badJson = problem('bad-json');
const badShape = (part: string): Expectation => problem('bad-request', { part });
const missing = problem('bad-token');

const tokenRows: readonly ClientRow[] = [
  ...['', 'x', '1.1.AAAA', 'Bearer'].map((token, place): ClientRow => ({
    ...{ name: `token-of-no-session-${place}`, covers: ['PV-CLI-002', 'PV-CLI-007'], expect: missing },
    call: () => ({ method: 'GET', path: '/me', token }),
  })),
  {
    ...{ name: 'no-token', covers: ['PV-CLI-002', 'PV-CLI-007'], expect: missing },
    call: () => ({ method: 'GET', path: '/me', token: undefined }),
  },
  {
    ...{ name: 'token-before-the-body', covers: ['PV-CLI-003'], expect: missing },
    call: () => ({ method: 'POST', path: '/rooms', token: 'x', body: '{{{' }),
  },
];

const bodyRows: readonly ClientRow[] = [
  post('no-json', 'title=x', badJson, 'PV-CLI-004', 'PV-CLI-007'),
  post('json-cut-short', '{"title":"x"', badJson, 'PV-CLI-004'),
  post('name-twice', '{"title":"x","title":"y","requestKey":"k"}', badJson, 'PV-CLI-004'),
  post('lone-surrogate', '{"title":"\\ud800","requestKey":"k"}', badJson, 'PV-CLI-004'),
  post('fraction', group({ n: 1.5 }), badJson, 'PV-CLI-004'),
  post('ten-levels', nested(9), badJson, 'PV-CLI-004'),
  post('nothing', '', anyOf(badJson, problem('unsupported-media-type')), 'PV-CLI-004'),
  post('a-list', '[]', badShape('/'), 'PV-CLI-005'),
  post('more-than-16-kib', padded(BYTES + 1), problem('too-large'), 'PV-CLI-004'),
  {
    ...{ name: 'event-of-more-than-128-kib', covers: ['PV-CLI-004'], expect: problem('too-large') },
    call: (room) => ({
      ...{ method: 'POST', path: `/rooms/${room}/events` },
      body: json({ requestKey: 'k', type: 'message', content: { text: 'x', pad: 'x'.repeat(SENT_BYTES) } }),
    }),
  },
  {
    ...{ name: 'text-plain', covers: ['PV-CLI-004'], expect: problem('unsupported-media-type') },
    call: () => ({ method: 'POST', path: '/rooms', body: group({}), contentType: 'text/plain' }),
  },
];

const shapeRows: readonly ClientRow[] = [
  post('title-of-a-number', group({ title: 7 }), badShape('/title'), 'PV-CLI-005'),
  post('title-of-nothing', group({ title: '' }), badShape('/title'), 'PV-CLI-005'),
  post('title-of-129', group({ title: 'x'.repeat(129) }), badShape('/title'), 'PV-CLI-005'),
  post('title-that-turns', group({ title: 'a\u202eb' }), badShape('/title'), 'PV-CLI-005'),
  post('key-with-a-space', group({ requestKey: 'a b' }), badShape('/requestKey'), 'PV-CLI-005'),
  post('no-title', json({ requestKey: 'k' }), problem('bad-request'), 'PV-CLI-005'),
  get('limit-of-zero', (room) => `/rooms/${room}/events?limit=0`, [problem('bad-request'), 'PV-CLI-005']),
  get('limit-of-201', (room) => `/rooms/${room}/events?limit=201`, [
    problem('bad-request'),
    'PV-CLI-005',
    'PV-CLI-011',
  ]),
  get('limit-of-a-word', (room) => `/rooms/${room}/events?limit=all`, [problem('bad-request'), 'PV-CLI-005']),
  get('room-of-no-form', () => '/rooms/room', [problem('bad-request'), 'PV-CLI-005']),
];

const pathRows: readonly ClientRow[] = [
  get('path-that-is-not-there', () => '/nonsense', [problem('not-supported'), 'PV-CLI-009', 'PV-CLI-007']),
  get('path-below-one-that-is', (room) => `/rooms/${room}/nonsense`, [problem('not-supported'), 'PV-CLI-009']),
  {
    ...{ name: 'method-that-is-not-there', covers: ['PV-CLI-009'], expect: problem('method-not-allowed') },
    call: () => ({ method: 'PUT', path: '/rooms', body: '{}' }),
  },
  get('room-that-is-not-there', () => `/rooms/${ABSENT}`, [problem('unknown-room'), 'PV-CLI-010']),
];

const sentTypes = ['room.info', 'member', 'access', 'provider', 'x.one', 'message.unknown', 'Message', ''];
const typeRows: readonly ClientRow[] = sentTypes.map((type, place) => ({
  ...{ name: `type-that-is-not-sent-${place}`, covers: ['PV-CLI-020'], expect: problem('bad-request') },
  call: (room) => ({
    ...{ method: 'POST', path: `/rooms/${room}/events` },
    body: json({ requestKey: 'never-used', type, content: { text: 'x', title: 'x' } }),
  }),
}));

/** What content of a message has to be is in vectors; that it is refused, and where, is here. SPEC PV-MSG-003. */
const contents: readonly (readonly [name: string, content: object, part: string])[] = [
  ['no-text-at-all', {}, '/content'],
  ['text-of-nothing', { text: '' }, '/content/text'],
  ['text-of-a-number', { text: 7 }, '/content/text'],
  ['text-of-16385', { text: 'x'.repeat(16_385) }, '/content/text'],
  ['silent-that-is-not', { text: 'x', silent: false }, '/content/silent'],
  ['forwarded-by-oneself', { text: 'x', forwarded: {} }, '/content/forwarded'],
];
const contentRows: readonly ClientRow[] = contents.map(([name, content, part]) => ({
  ...{ name, covers: name === 'forwarded-by-oneself' ? ['PV-MSG-069', 'PV-MSG-003'] : ['PV-MSG-003', 'PV-CNT-020'] },
  expect: part.endsWith('text') ? badShape(part) : problem('bad-request'),
  call: (room) => ({
    ...{ method: 'POST', path: `/rooms/${room}/events` },
    body: json({ requestKey: 'never-used', type: 'message', content }),
  }),
}));

const account = (fields: object): string => json({ localpart: 'never-made', password: 'long enough', ...fields });
const signUp = (name: string, fields: object, [expect, ...covers]: [Expectation, ...string[]]): ClientRow => ({
  ...{ name, covers, expect },
  call: () => ({ method: 'POST', path: '/accounts', body: account(fields), token: undefined }),
});
const localparts = ['Maryam', 'مریم', '-a', 'a b', 'a'.repeat(65), '', 'a@b'];
const names = ['', ' ', '\u200b\u200b', 'a\u0007', 'a\u202eb', 'a\u2028b', 'a\u0085', 'x'.repeat(65)];

const accountRows: readonly ClientRow[] = [
  ...localparts.map((localpart, place) =>
    signUp(`localpart-of-no-form-${place}`, { localpart }, [badShape('/localpart'), 'PV-ACC-001']),
  ),
  ...['admin', 'postmaster'].map((localpart) =>
    signUp(`localpart-${localpart}`, { localpart }, [problem('taken'), 'PV-ACC-001']),
  ),
  ...names.map((name, place): ClientRow => ({
    ...{ name: `name-of-no-form-${place}`, covers: ['PV-ACC-003'], expect: badShape('/name') },
    call: () => ({ method: 'PATCH', path: '/me', body: json({ name }) }),
  })),
];

/** By area. */
export const clientTables: Readonly<Record<string, readonly ClientRow[]>> = {
  'client-token': tokenRows,
  'client-body': bodyRows,
  'client-shape': shapeRows,
  'client-path': pathRows,
  'client-type': typeRows,
  'client-content': contentRows,
  'client-account': accountRows,
};

import { readFileSync } from 'node:fs';
import { clientEndpoints, type ClientEndpoint } from '@payvand/spec';
import t from 'tap';
import { startClientServer, startDatabase, type Answer, type CallOptions } from './fixtures/client-server.js';

const database = await startDatabase(t);
const server = await startClientServer(t, database);
const { call } = server;
const alice = await server.signUp('alice', 'آلیس');
const bob = await server.signUp('bob');
const eve = await server.signUp('eve');
const nowhere = `r${'A'.repeat(43)}`;
const event = `e${'A'.repeat(43)}`;

/** A good value for every parameter of a path. */
const parameters: Record<string, string> = {
  ...{ room: nowhere, address: bob.address, id: 'x', name: 'helpers', event, domain: 'b.example' },
  ...{ by: bob.address, key: 'A'.repeat(43) },
};
const endpoints = Object.entries<ClientEndpoint>(clientEndpoints);
const targetOf = (path: string) => path.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');

/** A good body for every operation on a room. */
const bodies: Record<string, object> = {
  markRead: { seq: 1 },
  setTyping: { typing: true },
  changePreferences: { pinned: 1 },
  setTitle: { title: 'x' },
  setHistory: { visible: 'all' },
  setOwner: { address: eve.address },
  setRole: { rank: 1, rights: [] },
  sendEvent: { requestKey: 'k', type: 'message', content: { text: 'x' }, rel: [['reply', event]] },
  inviteMember: { address: eve.address },
  setMemberRole: { role: 'admin' },
  restrictMember: { rights: ['send'] },
  setInfo: { title: 'x' },
  setSettings: { slow: 5 },
  setMemberTitle: { title: 'x' },
  deleteEvents: { from: 1 },
  forwardEvent: { requestKey: 'k', from: nowhere, event },
  makeLink: {},
};

const openApi = JSON.parse(readFileSync(new URL('../../spec/openapi/client.json', import.meta.url), 'utf8'));

const strings = [
  nowhere,
  event,
  bob.address,
  'nobody@a.example',
  'message',
  'reaction',
  'x.org.example',
  'helpers',
  'k',
  'رمز عبور بلند',
  '😀',
  '',
  '\u202e',
];

const odd = [null, true, -1, 0, 2 ** 53 - 1, 'x', [], {}, '\u200c'];

t.test('every endpoint that needs a session refuses strangers before it reads anything', async (t) => {
  for (const [operation, { method, path, open }] of endpoints) {
    if (open) continue;
    const answer = await call(method, targetOf(path), { raw: 'not JSON' });
    t.match(answer.body, { status: 401, code: 'bad-token' }, operation);
    t.match(answer.headers, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  }
});

t.test('every body is strict JSON of its type and no longer than allowed', async (t) => {
  for (const [operation, { method, path, body, bodyBytesMax = 16_384 }] of endpoints) {
    if (!body) continue;
    const send = async (how: CallOptions) => (await call(method, targetOf(path), { token: alice.token, ...how })).body;
    const bad = ['', '{', '{"a":1,"a":1}', '{"a":1.5}', '"\\u0000"', `${'['.repeat(10)}${']'.repeat(10)}`, '{}x'];
    for (const raw of bad) t.match(await send({ raw }), { status: 400, code: 'bad-json' }, `${operation} ${raw}`);
    t.match(await send({ raw: '[]' }), { status: 400, code: 'bad-request', part: '/' }, operation);
    t.match(await send({ raw: '{}', headers: { 'content-type': 'text/plain' } }), { status: 415 }, operation);
    t.match(await send({ raw: `"${'x'.repeat(bodyBytesMax - 2)}"` }), { code: 'bad-request' }, operation);
    t.match(await send({ raw: `"${'x'.repeat(bodyBytesMax - 1)}"` }), { status: 413, code: 'too-large' }, operation);
  }
});

t.test('every parameter and member of the wrong shape is named', async (t) => {
  const { token } = alice;
  const part = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, path, { token, ...(body !== undefined && { body }) });
    return [answer.status, answer.body.code, answer.body.part];
  };
  const bad = (at: string) => [400, 'bad-request', at];
  t.same(await part('GET', '/rooms/room'), bad('/room'));
  t.same(await part('GET', '/rooms?limit=0'), bad('/limit'));
  t.same(await part('GET', '/rooms?limit=201'), bad('/limit'));
  t.same(await part('GET', '/rooms?limit=1e1'), bad('/limit'));
  t.same(await part('GET', '/rooms?limit=1&limit=2'), bad('/limit'));
  t.same(await part('GET', `/rooms?after=${nowhere}x`), bad('/after'));
  t.same(await part('GET', `/rooms/${nowhere}/events?before=1&after=1`), bad('/before'));
  t.same(await part('GET', `/rooms/${nowhere}/events?before=-1`), bad('/before'));
  t.same(await part('PUT', '/blocks/Bob@a.example'), bad('/address'));
  t.same(await part('PUT', `/rooms/${nowhere}/read`, { seq: -1 }), bad('/seq'));
  t.same(await part('PUT', `/rooms/${nowhere}/roles/Helpers`, { rank: 1, rights: [] }), bad('/name'));
  t.same(await part('PUT', `/rooms/${nowhere}/roles/helpers`, { rank: 100, rights: [] }), bad('/rank'));
  t.same(await part('POST', '/rooms', { title: 'a\u202eb', requestKey: 'k' }), bad('/title'));
  t.same(await part('POST', '/rooms', { title: 'a', requestKey: 'ک' }), bad('/requestKey'));
  t.same(
    await part('POST', `/rooms/${nowhere}/events`, { requestKey: 'k', type: 'room.info', content: {} }),
    bad('/type'),
  );
  t.same(await part('POST', `/rooms/${nowhere}/events`, { requestKey: 'k', type: 'x.a', content: {} }), bad('/type'));
  const rel = { requestKey: 'k', type: 'message', content: {}, rel: [['reply', 'x']] };
  t.same(await part('POST', `/rooms/${nowhere}/events`, rel), bad('/rel/0/1'));
  t.same(await part('GET', '/rooms?limit=1&unknown=1'), [200, undefined, undefined], 'what nobody knows is ignored');
});

t.test('what does not exist says so, and what exists says how it is asked', async (t) => {
  const { token } = alice;
  t.match((await call('GET', '/nothing', { token })).body, { status: 404, code: 'not-supported' });
  t.match((await call('GET', '/stream', { token })).body, { status: 404, code: 'not-supported' });
  const answer = await call('DELETE', '/rooms', { token });
  t.match(answer.body, { status: 405, code: 'method-not-allowed' });
  t.same(String(answer.headers['allow']).split(', ').sort(), ['GET', 'POST']);
});

t.test('a group, from its making to its end', async (t) => {
  const { token } = alice;
  const made = { title: 'دوستان', requestKey: 'group-1' };
  const { room } = (await call('POST', '/rooms', { token, body: made })).body;
  const at = (rest: string) => `/rooms/${room}${rest}`;
  const say = async (who: { token: string }, requestKey: string, event: object) =>
    (await call('POST', at('/events'), { token: who.token, body: { requestKey, type: 'message', ...event } })).body;
  const history = async (who: { token: string }, query = '') =>
    (await call('GET', at(`/events${query}`), { token: who.token })).body.events;
  const summary = async (who: { token: string }) => (await call('GET', at(''), { token: who.token })).body;

  t.test('is made once, however often it is asked for', async (t) => {
    t.equal((await call('POST', '/rooms', { token, body: made })).body.room, room);
    const other = (await call('POST', '/rooms', { token, body: { ...made, title: 'x' } })).body;
    t.ok(other.room === room || other.code === 'key-reused');
    t.equal((await call('GET', '/rooms', { token })).body.rooms.length, 1);
    t.match(await summary(alice), {
      kind: 'group',
      title: 'دوستان',
      owner: alice.address,
      hub: 'a.example',
      rank: 100,
    });
  });

  t.test('nobody outside can tell that it exists', async (t) => {
    for (const [operation, endpoint] of endpoints) {
      if (!endpoint.path.startsWith('/rooms/{room}')) continue;
      const ask = async (id: string): Promise<Answer> => {
        const path = targetOf(endpoint.path.replace('{room}', id));
        return call(endpoint.method, path, { token: eve.token, ...(endpoint.body && { body: bodies[operation] }) });
      };
      const [there, elsewhere] = [await ask(room), await ask(nowhere)];
      t.same([there.status, there.text], [elsewhere.status, elsewhere.text], operation);
      t.match(there.body, { status: 404, code: 'unknown-room' }, operation);
    }
  });

  t.test('grows by invitation', async (t) => {
    t.same((await call('POST', at('/invites'), { token, body: { address: bob.address } })).body, { status: 'sent' });
    const { requests } = (await call('GET', '/requests', { token: bob.token })).body;
    t.match(requests, [{ kind: 'invite', room, by: alice.address, state: 'waiting' }]);
    const id = requests[0]?.id;
    t.match((await call('POST', `/requests/${id}/accept`, { token: eve.token })).body, {
      status: 404,
      code: 'not-found',
    });
    t.same((await call('POST', `/requests/${id}/accept`, { token: bob.token })).body, { room });
    t.match(await summary(bob), { membership: 'joined', role: 'member', members: 2 });
    const { members } = (await call('GET', at('/members'), { token: bob.token })).body;
    t.match(members, [
      { address: alice.address, rank: 100 },
      { address: bob.address, rank: 0 },
    ]);
    const first = (await call('GET', at('/members?limit=1'), { token })).body;
    t.same(first.next, alice.address);
    t.match((await call('GET', at(`/members?limit=1&after=${first.next}`), { token })).body, {
      members: [{ address: bob.address }],
    });
  });

  t.test('carries texts untouched, once per key, with what became of them', async (t) => {
    const text = ' سلام\u200cها \u202bراست\u202c\n😀 e\u0301 ';
    const sent = await say(alice, 'm-1', { content: { text } });
    t.match(sent, { status: 'ordered' });
    t.same(await say(alice, 'm-1', { content: { text } }), sent, 'the same answer again');
    t.match(await say(alice, 'm-1', { content: { text: 'other' } }), { code: 'key-reused' });
    t.equal((await summary(bob)).unread, 1);
    t.equal((await history(bob)).at(-1).content.text, text);
    const second = await say(bob, 'm-1', { content: { text: 'hi' }, rel: [['reply', sent.id]] });
    await say(bob, 'r-1', { type: 'reaction', content: { emoji: '❤️' }, rel: [['react', sent.id]] });
    await say(alice, 'r-1', { type: 'reaction', content: { emoji: '❤️' }, rel: [['react', sent.id]] });
    await say(bob, 'e-1', { type: 'message.edit', content: { text: 'hello' }, rel: [['edit', second.id]] });
    const page = await history(bob, `?after=${sent.seq - 1}&limit=2`);
    t.match(page[0].effects.reactions, [{ emoji: '❤️', count: 2, mine: /^e/ }]);
    t.match(page[1], { rel: [['reply', sent.id]], effects: { edited: { text: 'hello' } } });
    await say(bob, 'd-1', { type: 'message.delete', content: {}, rel: [['delete', second.id]] });
    t.match(await history(alice, `?before=${second.seq + 1}&limit=1`), [
      { id: second.id, content: null, effects: { deleted: { by: bob.address } } },
    ]);
    t.match(await say(bob, 'd-2', { type: 'message.delete', content: {}, rel: [['delete', sent.id]] }), {
      status: 403,
      code: 'no-right',
    });
  });

  t.test('is read in both directions', async (t) => {
    const all = await history(alice, '?after=0&limit=200');
    const backwards = [];
    for (let before = Number.MAX_SAFE_INTEGER; before > 1;) {
      const page = await history(alice, `?before=${before}&limit=3`);
      backwards.unshift(...page);
      before = page[0]?.seq ?? 0;
    }
    t.same(
      backwards.filter(({ seq }: { seq: number }) => seq > 0),
      all,
    );
    t.same(
      all.map(({ seq }: { seq: number }) => seq),
      all.map((_: unknown, n: number) => n + 1),
    );
    t.same((await history(alice)).at(-1), all.at(-1), 'the newest page without a bound');
  });

  t.test('remembers how far everyone has read', async (t) => {
    const { head } = await summary(bob);
    t.equal((await call('PUT', at('/read'), { token: bob.token, body: { seq: head.seq } })).status, 204);
    t.match(await summary(bob), { unread: 0, readSeq: head.seq });
    t.equal((await call('PUT', at('/read'), { token: bob.token, body: { seq: 1 } })).status, 204);
    t.match(await summary(bob), { readSeq: head.seq }, 'never backwards');
    t.equal((await call('PUT', at('/typing'), { token: bob.token, body: { typing: true } })).status, 204);
  });

  t.test('is governed by those who may', async (t) => {
    const change = ({ token: by }: { token: string }, what: string, body?: object) => {
      const [method = '', rest = ''] = what.split(' ');
      return call(method, at(rest), { token: by, ...(body && { body }) });
    };
    t.match((await change(bob, 'PUT /title', { title: 'x' })).body, { status: 403, code: 'no-right' });
    t.match((await change(alice, 'PUT /title', { title: 'کوه' })).body, { status: 'ordered' });
    t.equal((await summary(bob)).title, 'کوه');
    t.match((await change(alice, 'PUT /history', { visible: 'all' })).body, { status: 'ordered' });
    const role = { rank: 20, rights: ['send', 'react', 'info'] };
    t.match((await change(alice, 'PUT /roles/helpers', role)).body, { status: 'ordered' });
    t.match((await change(alice, `PUT /members/${bob.address}/role`, { role: 'helpers' })).body, {
      status: 'ordered',
    });
    t.match((await change(bob, 'PUT /title', { title: 'دریا' })).body, { status: 'ordered' });
    t.match((await change(bob, `DELETE /members/${alice.address}`)).body, { status: 403 });
    const mute = { rights: ['send'], until: Date.now() + 60_000 };
    t.match((await change(alice, `PUT /members/${bob.address}/restriction`, mute)).body, { status: 'ordered' });
    t.match(await say(bob, 'm-9', { content: { text: 'x' } }), { status: 403, code: 'no-right' });
    t.match((await change(alice, `DELETE /members/${bob.address}/restriction`)).body, { status: 'ordered' });
    t.match(await say(bob, 'm-10', { content: { text: 'x' } }), { status: 'ordered' });
    t.match((await change(alice, `PUT /bans/${bob.address}`)).body, { status: 'ordered' });
    t.match(await say(bob, 'm-11', { content: { text: 'x' } }), { status: 404, code: 'unknown-room' });
    t.match((await change(alice, `DELETE /bans/${bob.address}`)).body, { status: 'ordered' });
  });
});

t.test('a dm begins with consent', async (t) => {
  const ask = (body: object) => call('POST', '/contacts', { token: eve.token, body });
  const first = (await ask({ address: alice.address, intro: 'همکار شما', requestKey: 'c-1' })).body;
  const unknown = await ask({ address: 'nobody@a.example', requestKey: 'c-2' });
  t.match(unknown, { status: 200, body: { status: 'sent' } }, 'whether or not the account exists');
  const { requests } = (await call('GET', '/requests', { token: alice.token })).body;
  t.match(requests, [{ kind: 'contact', by: eve.address, intro: 'همکار شما', room: first.room }]);
  t.same((await call('POST', `/requests/${requests[0].id}/accept`, { token: alice.token })).body, { room: first.room });
  t.match((await call('GET', `/rooms/${first.room}`, { token: alice.token })).body, {
    ...{ kind: 'dm', with: eve.address, title: null, owner: null, mutual: true, members: 2 },
  });
  t.same((await call('GET', '/requests', { token: alice.token })).body, { requests: [] });
});

t.test('blocks are the account’s own business', async (t) => {
  const { token } = bob;
  t.equal((await call('PUT', `/blocks/${eve.address}`, { token })).status, 204);
  t.equal((await call('PUT', '/blocks/zahra@b.example', { token })).status, 204);
  t.match((await call('PUT', `/blocks/${bob.address}`, { token })).body, { status: 400, code: 'bad-request' });
  const page = (await call('GET', '/blocks?limit=1', { token })).body;
  t.match(page, { blocks: [{ address: eve.address }], next: eve.address });
  t.match((await call('GET', `/blocks?after=${page.next}`, { token })).body, {
    blocks: [{ address: 'zahra@b.example' }],
  });
  const asked = await call('POST', '/contacts', {
    token: eve.token,
    body: { address: bob.address, requestKey: 'c-3' },
  });
  t.match(asked, { status: 200, body: { status: 'sent' } });
  t.same((await call('GET', '/requests', { token })).body, { requests: [] });
  t.equal((await call('DELETE', `/blocks/${eve.address}`, { token })).status, 204);
  t.equal((await call('DELETE', `/blocks/${eve.address}`, { token })).status, 204, 'nothing to lift is no fault');
});

t.test('a profile elsewhere is asked for there', async (t) => {
  const answer = await call('GET', '/profiles/zahra@b.example', { token: bob.token });
  t.match(answer.body, { status: 503, code: 'hub-unreachable' });
});

t.test('requests that follow the description get the answers it describes', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  t.comment(`SEED=${seed}`);
  const random = makeRandom(seed);
  const mallory = await server.signUp(`mallory-${seed}`);
  for (let round = 0; round < 12; round++)
    for (const [path, methods] of Object.entries<Record<string, Operation>>(openApi.paths))
      for (const [method, operation] of Object.entries(methods)) {
        if (['openStream', 'endSession'].includes(operation.operationId)) continue;
        const { target, body } = writeRequest(path, operation, random);
        const answer = await call(method.toUpperCase(), target, {
          token: mallory.token,
          ...(body !== undefined && { body }),
        });
        const documented = Object.keys(operation.responses).includes(String(answer.status));
        const code = answer.status >= 400 ? answer.body.code : undefined;
        const isKnown = code === undefined || operation['x-error-codes'].includes(code);
        if (!documented || !isKnown || answer.status === 500)
          t.fail(`${operation.operationId}: ${answer.status} ${code}`, { target, body });
      }
  t.equal((await call('GET', '/me', { token: mallory.token })).status, 200);
});

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, unknown>;
  'x-error-codes': string[];
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a JSON Schema, read member by member
type Schema = any;
type Random = <Item>(items: readonly Item[]) => Item;

function writeRequest(path: string, operation: Operation, random: Random): { target: string; body?: unknown } {
  const given = (place: string) => (operation.parameters ?? []).filter((parameter) => parameter.in === place);
  const text = ({ schema }: { schema: Schema }) => encodeURIComponent(String(valueOf(schema, random)) || ' ');
  const inPath = new Map(given('path').map((parameter) => [parameter.name, text(parameter)]));
  const query = given('query').flatMap((parameter) =>
    random([true, false]) ? [`${parameter.name}=${text(parameter)}`] : [],
  );
  const target = `${path.replace(/\{(\w+)\}/g, (_, name: string) => inPath.get(name) ?? '')}${query.length > 0 ? `?${query.join('&')}` : ''}`;
  const schema = operation.requestBody?.content['application/json'].schema;
  return { target, ...(schema !== undefined && { body: valueOf(schema, random) }) };
}

let keys = 0;

/** Mostly what the schema asks for, sometimes not. */
function valueOf(schema: Schema, random: Random): unknown {
  if (random([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) === 1) return random(odd);
  if (schema.$ref !== undefined) return valueOf(openApi.components.schemas[schema.$ref.split('/').at(-1)], random);
  if (schema.enum !== undefined) return random(schema.enum);
  if ('const' in schema) return schema.const;
  if (schema.anyOf !== undefined) return valueOf(random(schema.anyOf), random);
  if (schema.type === 'integer') return random([schema.minimum ?? 0, 1, 7, schema.maximum ?? 1000]);
  if (schema.type === 'boolean') return random([true, false]);
  if (schema.type === 'array')
    return (schema.prefixItems ?? Array(random([0, 1, 2])).fill(schema.items)).map((item: Schema) =>
      valueOf(item, random),
    );
  // A key that is used twice is a story of its own.
  if (schema.pattern === '^[!-~]{1,64}$') return `k-${(keys += 1)}`;
  if (schema.type === 'string') {
    const fits = strings.filter(
      (each) => new RegExp(schema.pattern ?? '', 'u').test(each) && each.length >= (schema.minLength ?? 0),
    );
    return random(fits.length > 0 ? fits : strings);
  }
  const members = Object.entries<Schema>(schema.properties ?? { text: { type: 'string' }, emoji: { type: 'string' } });
  const isWanted = (name: string) => random([0, 1, 2, 3, 4]) > (schema.required?.includes(name) ? 0 : 2);
  return Object.fromEntries(
    members.filter(([name]) => isWanted(name)).map(([name, member]) => [name, valueOf(member, random)]),
  );
}

function makeRandom(seed: number): Random {
  let state = seed;
  return (items) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const item = items[Math.floor((state / 2 ** 32) * items.length)];
    return item as (typeof items)[number];
  };
}

import { request } from 'node:http';
import t from 'tap';
import { loadConfig } from '../src/config.js';
import { freePort } from './support/free-port.js';
import { createTestNetwork } from './support/test-network.js';
import { until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const [A, B, GONE] = ['a.test', 'b.test', 'gone.test'] as const;
const SECRET = 'of the controls, long enough';
const ports = { [A]: await freePort(), [B]: await freePort() };
const settingsOf = (port: number): Record<string, string> => ({
  PAYVAND_CONTROL_LISTEN: `127.0.0.1:${port}`,
  PAYVAND_CONTROL_SECRET: SECRET,
});
const envOf = { [A]: settingsOf(ports[A]), [B]: settingsOf(ports[B]) };
const network = await createTestNetwork({ domains: [A, B, GONE], envOf });
t.teardown(() => network.stop());
await Promise.all([A, B].map((domain) => network.provider(domain).start()));

async function ask(domain: typeof A | typeof B, operation: string, body: Json = {}): Promise<Json> {
  const { secret = SECRET, ...rest } = body;
  return await new Promise<Json>((resolve, reject) => {
    const headers = { authorization: `Bearer ${String(secret)}`, 'content-type': 'application/json' };
    const path = `/control/v1/${operation}`;
    request({ host: '127.0.0.1', port: ports[domain], method: 'POST', path, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming
        .on('end', () => resolve({ status: incoming.statusCode, ...(JSON.parse(text) as Json) }))
        .on('error', reject);
    })
      .on('error', reject)
      .end(JSON.stringify(rest));
  });
}

/** Servers that meet for the first time ask each other to wait; then all is done. */
async function rest(domain: typeof A | typeof B): Promise<void> {
  await until(async () => {
    const { quiet, waiting } = await ask(domain, 'drain', { deadlineMs: 30_000 });
    return quiet === true && (waiting as string[]).length === 0;
  }, `${domain} to be at rest`);
}

// The server answers others before it opens its controls.
for (const domain of [A, B]) await until(() => ask(domain, 'describe').catch(() => undefined), 'the controls');

await t.test('PV-CTL-003, PV-CTL-005 strangers are refused, and what is not offered is said to be so', async (t) => {
  t.match(await ask(A, 'describe', { secret: 'another secret of that length' }), { status: 401, code: 'bad-token' });
  t.match(await ask(A, 'op-4711', { secret: 'another secret of that length' }), { status: 401, code: 'bad-token' });
  t.match(await ask(A, 'op-4711'), { status: 501, code: 'unsupported' });
  t.match(await ask(A, 'restart', { how: 'kill' }), { status: 501, code: 'unsupported' });
  t.match(await ask(A, 'drain', { deadlineMs: 60_001 }), { status: 400, code: 'bad-request' });
  const { operations } = await ask(A, 'describe');
  for (const name of operations as string[]) t.not((await ask(A, name)).status, 501, `${name} is offered`);
});

await t.test('PV-CTL-008 people of two servers meet and talk, and the servers come to rest', async (t) => {
  const { address: alice } = await ask(A, 'make-account', { localpart: 'alice' });
  const { address: bob } = await ask(B, 'make-account', { localpart: 'bob' });
  t.match(
    await ask(A, 'create-room', { as: 'eve@a.test', title: 'x' }),
    { status: 404, code: 'not-found' },
    'PV-CTL-006',
  );
  const { room } = await ask(A, 'create-room', { as: alice, title: 'group' });
  t.match(await ask(B, 'view-room', { as: bob, room }), { status: 404, code: 'unknown-room' }, 'PV-CTL-007');
  t.match(await ask(A, 'invite', { as: alice, address: bob, room }), { room });
  await rest(A);
  const { requests } = await ask(B, 'view-account', { as: bob });
  const [waiting] = requests as Json[];
  t.match(
    waiting,
    { kind: 'invite', from: alice, room },
    'PV-CTL-010 the invitation is there when the sender is at rest',
  );
  t.match(await ask(B, 'answer', { as: bob, request: waiting?.['id'], how: 'accept' }), { room });
  await rest(B);
  const said = { as: bob, room, key: 'k', type: 'message', content: { text: 'salam' } };
  const sent = await ask(B, 'send', said);
  t.match(sent, { status: 'ordered' });
  t.equal((await ask(B, 'send', said))['id'], sent['id'], 'again is the same');
  t.match(await ask(B, 'send', { ...said, key: 'l', content: {} }), { status: 400, code: 'bad-request' });
  t.match(await ask(B, 'change-room', { as: bob, room, change: 'title', value: 'mine' }), {
    status: 403,
    code: 'no-right',
  });
  for (const domain of [A, B]) await rest(domain);
  const [onA, onB] = await Promise.all([
    ask(A, 'view-room', { as: alice, room }),
    ask(B, 'view-room', { as: bob, room }),
  ]);
  t.same({ ...onA }, { ...onB }, 'at rest both see the same head, state and people');
  const { events } = await ask(A, 'read-log', { as: alice, room, after: -1, limit: 200 });
  t.ok((events as Json[]).some(({ id }) => id === sent['id']));
  t.match(await ask(A, 'discover', { domain: B }), { version: 1 });
  t.match(await ask(A, 'discover', { domain: GONE }), { status: 404, code: 'not-found' });
});

await t.test('rotate-keys announces a new statement, and what is signed next is signed by its keys', async (t) => {
  const { version } = await ask(A, 'rotate-keys');
  t.ok(Number(version) > 1, 'a newer statement');
  const { rooms } = await ask(A, 'view-account', { as: 'alice@a.test' });
  const [{ room } = {}] = rooms as Json[];
  const sent = { as: 'alice@a.test', room, key: 'after', type: 'message', content: { text: 'after' } };
  t.match(await ask(A, 'send', sent), { status: 'ordered' });
  await rest(A);
  const { events } = await ask(B, 'read-log', { as: 'bob@b.test', room, after: -1, limit: 200 });
  t.match((events as Json[]).at(-1), { content: { text: 'after' } }, 'the other provider takes it');
});

await t.test('PV-CTL-011 who cannot be reached is named', async (t) => {
  await ask(A, 'make-account', { localpart: 'carol' });
  await ask(A, 'invite', { as: 'carol@a.test', address: `dave@${GONE}`, text: 'hello' });
  t.same(await ask(A, 'drain', { deadlineMs: 30_000 }), { status: 200, quiet: true, waiting: [GONE] });
});

await t.test('PV-CTL-001, PV-CTL-002 controls are off by themselves, and never in production', (t) => {
  const load = (settings: Record<string, string>): unknown => {
    const { controlListen } = loadConfig({ PAYVAND_LISTEN: '127.0.0.1:1', ...settings });
    return controlListen;
  };
  t.equal(load({}), undefined);
  t.same(load(settingsOf(9)), { host: '127.0.0.1', port: 9 });
  t.throws(() => load({ PAYVAND_CONTROL_LISTEN: '127.0.0.1:9' }), { code: 'bad-config' }, 'no secret');
  t.throws(() => load({ ...settingsOf(9), PAYVAND_CONTROL_SECRET: 'short' }), { code: 'bad-config' });
  t.throws(() => load({ PAYVAND_CONTROL_SECRET: SECRET }), { code: 'bad-config' }, 'no address');
  for (const open of ['PAYVAND_CONTROL_LISTEN', 'PAYVAND_LISTEN', 'PAYVAND_ADMIN_LISTEN'])
    for (const place of ['0.0.0.0:9', '9', '192.0.2.1:9'])
      t.throws(() => load({ ...settingsOf(9), [open]: place }), { code: 'bad-config' }, `${open}=${place}`);
  t.end();
});

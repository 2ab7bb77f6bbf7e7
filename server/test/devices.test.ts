import t from 'tap';
import { makeStage } from './support/stage.js';
import { TestPerson, until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const [A, B] = ['a.test', 'b.test'] as const;
const { network, alice, bob, dave } = await makeStage(t, { alice: A, bob: B, dave: B });
const login = await bob.call('POST', '/sessions', { localpart: 'bob', password: 'password of bob', device: 'laptop' });
const laptop = new TestPerson(network, bob.provider, { address: bob.address, token: String(login['token']) });
const dm = await alice.dmWith(bob);
const stream = laptop.openStream();
t.teardown(() => stream.close());
await stream.find((frame) => frame['t'] === 'synced');

const path = `/rooms/${dm}/preferences`;
const preferencesOf = async (who: TestPerson): Promise<unknown> =>
  (await who.call('GET', `/rooms/${dm}`))['preferences'];
const told = (fits: (preferences: Json) => boolean): Promise<Json> =>
  stream.find((frame) => frame['t'] === 'room' && fits((frame['preferences'] ?? {}) as Json));

await t.test('a draft, a mute and a pin of one device are told to the other', async (t) => {
  const { session } = await bob.call('GET', '/me');
  const text = 'سلام آلیس، می‌خواستم بگو';
  await bob.call('PATCH', path, { draft: { text }, muted: 4_000_000_000_000 });
  const { preferences } = await told(({ draft }) => draft !== undefined);
  t.match(preferences, { draft: { text, session }, muted: 4_000_000_000_000 }, 'told on the other device');
  t.same(await preferencesOf(laptop), preferences, 'and read there');
  await laptop.call('PATCH', path, { pinned: 3, draft: null });
  await told(({ pinned }) => pinned === 3);
  t.same(await preferencesOf(bob), { muted: 4_000_000_000_000, pinned: 3 }, 'only what was named has changed');
  t.equal(await preferencesOf(alice), undefined, 'the other person sees nothing of it');
  await bob.call('PATCH', path, { muted: null, pinned: null });
  t.equal(await preferencesOf(laptop), undefined, 'nothing is left of what was taken away');
});

await t.test('preferences are refused for a room one is not in, and where they are too long', async (t) => {
  t.equal(await dave.refusal('PATCH', path, { pinned: 1 }), 'unknown-room');
  const draft = (length: number): Json => ({ draft: { text: '😀'.repeat(length) } });
  t.equal(await bob.refusal('PATCH', path, draft(4096)), undefined);
  t.equal(await bob.refusal('PATCH', path, draft(4097)), 'bad-request');
  t.equal(await bob.refusal('PATCH', path, { pinned: -1 }), 'bad-request');
});

await t.test('what one device has read the other knows', async (t) => {
  const { id } = await alice.say(dm, 'read me');
  const { seq } = await stream.find((frame) => frame['id'] === id);
  t.equal((await laptop.call('GET', `/rooms/${dm}`))['unread'], 1);
  await bob.call('PUT', `/rooms/${dm}/read`, { seq });
  const frame = await stream.find((one) => one['t'] === 'room' && one['readSeq'] === seq);
  t.equal(frame['unread'], 0);
});

await t.test('a new name is told to one’s devices and to those one knows', async (t) => {
  await bob.call('PATCH', '/me', { name: 'باب' });
  const frame = await stream.find((one) => one['t'] === 'me' && one['name'] === 'باب');
  t.equal(frame['address'], bob.address);
  t.equal((await alice.call('GET', `/profiles/${bob.address}`))['name'], 'باب');
});

await t.test('a device that was away learns by its cursor what the others did', async (t) => {
  const { account } = await stream.find((frame) => frame['t'] === 'synced');
  stream.close();
  await stream.closed;
  await network.provider(B).kill();
  await network.provider(B).start();
  await bob.call('PATCH', path, { pinned: 7, draft: null });
  await bob.call('PATCH', '/me', { name: 'Bob again' });
  const back = laptop.openStream({ account: Number(account), rooms: { [dm]: 1000 } });
  t.teardown(() => back.close());
  await back.find((frame) => frame['t'] === 'synced');
  const room = back.frames.find((frame) => frame['t'] === 'room');
  t.match(room, { room: dm, preferences: { pinned: 7 } });
  t.equal(back.frames.filter((frame) => frame['t'] === 'me').length, 1, 'several changes are told once');
  t.equal(back.frames.find((frame) => frame['t'] === 'me')?.['name'], 'Bob again');
  const whole = bob.openStream();
  t.teardown(() => whole.close());
  await whole.find((frame) => frame['t'] === 'synced');
  t.ok(
    whole.frames.find((frame) => frame['t'] === 'me' && frame['name'] === 'Bob again'),
    'all is told without cursor',
  );
  await until(async () => (await laptop.call('GET', '/me'))['name'] === 'Bob again', 'the name');
});

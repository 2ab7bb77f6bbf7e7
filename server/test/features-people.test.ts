import t from 'tap';
import { askDatabase } from './support/provider-database.js';
import { makeRowHub } from './support/row-hub.js';
import { makeStage } from './support/stage.js';
import { TestPerson, until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const [A, B] = ['a.test', 'b.test'] as const;
const homes = { alice: A, amir: A, bob: B, dave: B, erin: B } as const;
const { network, alice, amir, bob, dave, erin } = await makeStage(t, homes);
// A dm has its hub where it was asked for (PV-ROOM-006).
const hub = makeRowHub(t, alice.provider);
const stream = bob.openStream();
t.teardown(() => stream.close());

const ask = (by: TestPerson, address: string, intro?: string): Promise<Json> =>
  by.call('POST', '/contacts', { address, requestKey: by.requestKey(), ...(intro !== undefined && { intro }) });
const requestsOf = async (who: TestPerson): Promise<Json[]> =>
  (await who.call('GET', '/requests'))['requests'] as Json[];
const requestBy = (who: TestPerson, by: TestPerson): Promise<Json> =>
  until(async () => (await requestsOf(who)).find((one) => one['by'] === by.address), `a request of ${by.address}`);
const roomsOf = async (who: TestPerson): Promise<Json[]> => (await who.call('GET', '/rooms'))['rooms'] as Json[];
const mutualWith = async (who: TestPerson, other: TestPerson): Promise<unknown[]> =>
  (await roomsOf(who))
    .filter((room) => room['with'] === other.address && room['mutual'] === true)
    .map(({ room }) => room);
const untilMailIsOut = (): Promise<unknown> =>
  until(async () => {
    const [row] = await askDatabase<{ n: string }>(network, A, { text: 'SELECT count(*) AS n FROM outbox_mail' });
    return row?.n === '0';
  }, 'the mail to be taken');

let dm = '';
await t.test('contact is asked for with a few words, and begins when it is accepted', async (t) => {
  const intro = 'سلام باب، من آلیس هستم. می‌شود حرف بزنیم؟';
  dm = String((await ask(alice, bob.address, intro))['room']);
  await hub.disturb();
  const frame = await stream.find((one) => one['t'] === 'request');
  t.match(frame, { kind: 'contact', by: alice.address, room: dm, intro, state: 'waiting' }, 'told on B');
  const request = await requestBy(bob, alice);
  t.equal(request['intro'], intro, 'seen on B');
  t.same(await roomsOf(bob), [], 'and nothing else');
  t.equal(await bob.refusal('GET', `/rooms/${dm}`), 'unknown-room');
  const accept = `/requests/${String(request['id'])}/accept`;
  t.equal(await dave.refusal('POST', accept), 'not-found', 'nobody else can accept it');
  t.same(await bob.call('POST', accept), { room: dm });
  t.same(await bob.call('POST', accept), { room: dm }, 'again is no fault');
  await until(async () => (await mutualWith(alice, bob)).length === 1, 'alice to see it');
  t.same(await requestsOf(bob), []);
  t.equal((await ask(alice, bob.address))['room'], dm, 'asking again gives the same room');
});

await t.test('an introduction has up to 200 characters', async (t) => {
  const contact = (length: number): Json => ({
    address: 'x@b.test',
    requestKey: alice.requestKey(),
    intro: '😀'.repeat(length),
  });
  t.equal(await alice.refusal('POST', '/contacts', contact(201)), 'bad-request');
  await hub.disturb();
  t.equal(await alice.refusal('POST', '/contacts', contact(200)), undefined);
});

await t.test('a dm is for its two people and has no state to change', async (t) => {
  const { id } = await alice.say(dm, 'hello');
  await hub.disturb();
  t.ok(await stream.find((frame) => frame['id'] === id), 'told on B');
  t.equal(
    await dave.refusal('POST', `/rooms/${dm}/events`, {
      requestKey: 'x',
      type: 'message',
      content: { text: 'me too' },
    }),
    'unknown-room',
  );
  t.equal(await bob.refusal('PUT', `/rooms/${dm}/title`, { title: 'us' }), 'no-right');
  t.equal(await bob.refusal('POST', `/rooms/${dm}/invites`, { address: dave.address }), 'no-right');
  t.equal((await bob.say(dm, 'hello yourself'))['status'], 'ordered', 'what is allowed goes on');
});

await t.test('who asks does not learn whether an account exists, ignores or has blocked', async (t) => {
  await ask(alice, erin.address);
  await erin.call('POST', `/requests/${String((await requestBy(erin, alice))['id'])}/block`);
  await ask(alice, dave.address);
  await hub.disturb();
  await dave.call('POST', `/requests/${String((await requestBy(dave, alice))['id'])}/ignore`);
  t.same(await requestsOf(dave), [], 'an ignored request is gone');
  const shapes: unknown[] = [];
  for (const address of [erin.address, dave.address, 'nobody-at-all@b.test']) {
    const { room, status } = await ask(alice, address);
    await untilMailIsOut();
    const { room: id, with: other, head, ...summary } = await alice.call('GET', `/rooms/${String(room)}`);
    shapes.push({ status, summary, seq: (head as Json)['seq'] });
  }
  t.same(shapes[0], shapes[2], 'blocked or not there');
  t.same(shapes[1], shapes[2], 'ignored or not there');
});

await t.test('a blocked person does not get through, others do, and it can be lifted', async (t) => {
  await ask(alice, erin.address, 'it is me again');
  await ask(amir, erin.address, 'and it is me');
  await requestBy(erin, amir);
  await untilMailIsOut();
  t.same(
    (await requestsOf(erin)).map(({ by }) => by),
    [amir.address],
  );
  await erin.call('DELETE', `/blocks/${alice.address}`);
  await ask(alice, erin.address, 'once more');
  await hub.disturb();
  t.equal((await requestBy(erin, alice))['intro'], 'once more');
});

await t.test('two people who ask each other at once end in one dm', async (t) => {
  await Promise.all([ask(amir, bob.address), ask(bob, amir.address)]);
  await hub.disturb();
  const [[one], [other]] = await until(async () => {
    const both = [await mutualWith(amir, bob), await mutualWith(bob, amir)] as const;
    return both.every((rooms) => rooms.length === 1) && both;
  }, 'one dm');
  t.equal(one, other);
  for (const who of [amir, bob])
    await until(async () => (await requestsOf(who)).length === 0, `nothing to answer for ${who.address}`);
  t.equal((await ask(bob, amir.address))['room'], one, 'asked again, it is this one on B');
  t.equal((await ask(amir, bob.address))['room'], one, 'and on A');
  const { id } = await amir.say(String(one), 'there you are');
  t.ok(await stream.find((frame) => frame['id'] === id));
});

await t.test('a name is told to those one knows', async (t) => {
  await alice.call('PATCH', '/me', { name: 'آلیس' });
  await hub.disturb();
  t.equal((await bob.call('GET', `/profiles/${alice.address}`))['name'], 'آلیس');
  t.equal(await bob.refusal('GET', '/profiles/nobody@a.test'), 'not-found');
});

await t.test('what a blocked person says in a dm is recorded and not shown', async (t) => {
  await bob.call('PUT', `/rooms/${dm}/read`, { seq: 1000 });
  await bob.call('PUT', `/blocks/${alice.address}`);
  await alice.call('PUT', `/rooms/${dm}/typing`, { typing: true });
  const { id, status } = await alice.say(dm, 'you blocked me?');
  t.equal(status, 'ordered', 'it looks as ever to the one who is blocked');
  await hub.disturb();
  const shown = await until(async () => (await bob.events(dm)).find((event) => event['id'] === id), 'the record on B');
  t.equal(shown['content'], null, 'history does not show it');
  t.equal((await bob.call('GET', `/rooms/${dm}`))['unread'], 0, 'nor is it counted');
  await bob.say(dm, 'talking to myself');
  // Looked at while the block stands: a signal that is still on its way when it is lifted may be shown.
  const isTypingShown = stream.frames.some((one) => one['t'] === 'typing' && one['room'] === dm);
  t.notOk(isTypingShown, 'nor the signal');
  await bob.call('DELETE', `/blocks/${alice.address}`);
  const next = await alice.say(dm, 'hello again');
  const frame = await stream.find((one) => one['id'] === next['id']);
  t.equal((frame['content'] as Json)['text'], 'hello again', 'when it is lifted, talk goes on');
  t.notOk(
    stream.frames.some((one) => one['id'] === id),
    'the stream did not bring it',
  );
});

await t.test('a session that is ended closes its stream and no other', async (t) => {
  const login = await bob.call('POST', '/sessions', {
    localpart: 'bob',
    password: 'password of bob',
    device: 'old phone',
  });
  const phone = new TestPerson(network, bob.provider, { address: bob.address, token: String(login['token']) });
  const onPhone = phone.openStream();
  await onPhone.find((frame) => frame['t'] === 'synced');
  const { sessions } = await bob.call('GET', '/sessions');
  t.ok((sessions as Json[]).some(({ id, device }) => id === login['session'] && device === 'old phone'));
  t.equal(await dave.refusal('DELETE', `/sessions/${String(login['session'])}`), 'not-found', 'not one’s own');
  await bob.call('DELETE', `/sessions/${String(login['session'])}`);
  t.equal(await onPhone.closed, 1008);
  t.match(onPhone.frames.at(-1), { t: 'error', code: 'bad-token' });
  t.equal(await phone.refusal('GET', '/me'), 'bad-token');
  const { id } = await alice.say(dm, 'still there?');
  await hub.disturb();
  t.ok(await stream.find((frame) => frame['id'] === id), 'the other stream goes on');
});

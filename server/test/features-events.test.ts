import t from 'tap';
import { runFeatures } from './support/feature.js';
import type { Feature } from './support/feature.js';
import { contentsOf, countText } from './support/provider-database.js';
import { makeTestGroup } from './support/test-group.js';
import type { Content } from './support/test-group.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

const group = await makeTestGroup(t, 'events');
const { network, hub, alice, bob, bita, gita, dave, carol, room, stream, path } = group;
const everywhere = ['a.test', 'b.test', 'c.test'];

const idOf = async (answer: Promise<Json>): Promise<string> => String((await answer)['id']);
const byAlice = await idOf(alice.say(room, 'of alice'));
const byBob = await idOf(bob.say(room, 'of bob'));
const secret = 'this must vanish everywhere';
const byCarol = await idOf(carol.say(room, secret));
const secretEdit = await idOf(
  carol.send(room, { type: 'message.edit', content: { text: `${secret}, edited` }, rel: [['edit', byCarol]] }),
);
await group.settled();

const attempt =
  (event: () => Content) =>
  (by: TestPerson): Promise<string | undefined> =>
    by.refusal('POST', path('/events'), { requestKey: by.requestKey(), ...event() });
const reaction = (emoji: string, target: string): Content => ({
  type: 'reaction',
  content: { emoji },
  rel: [['react', target]],
});
const removal = (target: string): Content => ({ type: 'message.delete', content: {}, rel: [['delete', target]] });
const edit = (text: string, target: string): Content => ({
  type: 'message.edit',
  content: { text },
  rel: [['edit', target]],
});
const contentOn = async (who: TestPerson, id: unknown): Promise<unknown> => (await group.eventOn(who, id))?.['content'];
const withoutSalt = (content: unknown): unknown => {
  const { salt, ...rest } = content as Json;
  return rest;
};
const mute = { by: gita, code: 'no-right' } as const;
const heart = '❤️';
let bobsHeart = '';

const features: readonly Feature[] = [
  {
    name: 'a message is sent',
    act: () => alice.say(room, 'سلام دنیا'),
    seen: async ({ id }) => (withoutSalt((await contentOn(bob, id)) ?? {}) as Json)['text'] === 'سلام دنیا',
    attempt: attempt(() => ({ type: 'message', content: { text: 'hello' } })),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a message is replied to',
    act: () => alice.send(room, { type: 'message', content: { text: 'a reply' }, rel: [['reply', byBob]] }),
    seen: async ({ id }) =>
      JSON.stringify((await group.eventOn(bob, id))?.['rel']) === JSON.stringify([['reply', byBob]]),
    attempt: attempt(() => ({ type: 'message', content: { text: 'yes' }, rel: [['reply', byAlice]] })),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a message is edited by its author alone',
    act: () => alice.send(room, edit('of alice, better', byAlice)),
    seen: async () =>
      ((await group.effectsOn(bob, byAlice))['edited'] as Json | undefined)?.['text'] === 'of alice, better',
    attempt: attempt(() => edit('of bob, changed', byBob)),
    refused: { by: bita, code: 'no-right' },
    allowed: bob,
  },
  {
    name: 'a message is reacted to',
    act: () => alice.send(room, reaction(heart, byBob)),
    seen: async () =>
      JSON.stringify((await group.effectsOn(bob, byBob))['reactions']) === JSON.stringify([{ emoji: heart, count: 1 }]),
    attempt: attempt(() => reaction(heart, byAlice)),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'reactions are counted once per person and emoji',
    act: () => alice.send(room, reaction(heart, byBob)),
    seen: async () =>
      JSON.stringify((await group.effectsOn(bob, byBob))['reactions']) === JSON.stringify([{ emoji: heart, count: 1 }]),
    attempt: async (by) => {
      const refused = await attempt(() => reaction('👍🏽', byBob))(by);
      return refused;
    },
    refused: mute,
    allowed: bita,
  },
  {
    name: 'a reaction is taken back',
    act: async () => {
      bobsHeart = await idOf(bob.send(room, reaction('😂', byAlice)));
      const own = await idOf(alice.send(room, reaction('😂', byAlice)));
      return await alice.send(room, removal(own));
    },
    seen: async () => {
      const counts = (await group.effectsOn(bob, byAlice))['reactions'] as Json[] | undefined;
      const laughs = counts?.find(({ emoji }) => emoji === '😂');
      return laughs?.['count'] === 1 && laughs['mine'] === bobsHeart;
    },
    attempt: attempt(() => removal(bobsHeart)),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a message is deleted by its author',
    act: () => alice.send(room, removal(byAlice)),
    seen: async () => (await contentOn(bob, byAlice)) === null,
    attempt: attempt(() => removal(byBob)),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a message is deleted by a moderator',
    act: async () => await alice.send(room, removal(await idOf(bob.say(room, 'rude')))),
    seen: async ({ id }) => {
      const target = ((await group.eventOn(bob, id))?.['rel'] as [string, string][] | undefined)?.[0]?.[1];
      const by = ((await group.effectsOn(bob, target))['deleted'] as Json | undefined)?.['by'];
      return by === alice.address && (await contentOn(bob, target)) === null;
    },
    attempt: attempt(() => removal(byCarol)),
    refused: { by: bob, code: 'no-right' },
    allowed: bita,
  },
  {
    name: 'an event of a type nobody knows here is carried as it is',
    act: () =>
      alice.send(room, {
        type: 'x.example.poll',
        content: { alt: 'چای یا قهوه؟', options: ['چای', 'قهوه'], deep: { n: [1, 2] } },
      }),
    seen: async ({ id }) => {
      const event = await group.eventOn(bob, id);
      const content = { alt: 'چای یا قهوه؟', options: ['چای', 'قهوه'], deep: { n: [1, 2] } };
      return (
        event?.['type'] === 'x.example.poll' &&
        JSON.stringify(withoutSalt(event['content'])) === JSON.stringify(content)
      );
    },
    attempt: attempt(() => ({ type: 'x.example.vote', content: { alt: 'tea' } })),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'somebody is seen to type',
    isFleeting: true,
    act: () => alice.call('PUT', path('/typing'), { typing: true }),
    seen: async () => true,
    told: (frame) => frame['t'] === 'typing' && frame['room'] === room && frame['from'] === alice.address,
    attempt: (by) => by.refusal('PUT', path('/typing'), { typing: true }),
    refused: { by: dave, code: 'unknown-room' },
    allowed: bob,
  },
  {
    name: 'somebody is seen to have read',
    isFleeting: true,
    act: () => alice.call('PUT', path('/read'), { seq: 5 }),
    seen: async () => true,
    told: (frame) => frame['t'] === 'read' && frame['from'] === alice.address && frame['seq'] === 5,
    attempt: (by) => by.refusal('PUT', path('/read'), { seq: 5 }),
    refused: { by: dave, code: 'unknown-room' },
    allowed: bob,
  },
];

await runFeatures(t, group, features);

await t.test('what was deleted is gone from every database, with its edits', async (t) => {
  await hub.disturb();
  await group.settled();
  for (const id of [byAlice, byBob, byCarol, secretEdit]) {
    const contents = await contentsOf(network, id, everywhere);
    t.same(
      contents,
      everywhere.map((provider) => ({ provider, content: null })),
      'a record without content',
    );
  }
  for (const domain of everywhere)
    t.equal(await countText(network, domain, secret), 0, `${domain} holds no word of it`);
  t.equal(JSON.stringify(await carol.events(room)).includes(secret), false);
  const late = await alice.refusal('POST', path('/events'), {
    requestKey: alice.requestKey(),
    ...edit('late', byAlice),
  });
  t.equal(late, undefined, 'an edit that comes after it is recorded');
  await group.caughtUp(carol);
  t.equal(await countText(network, 'c.test', '"late"'), 0, 'without content');
});

await t.test('receipts that are off are not sent', async (t) => {
  await hub.disturb();
  await alice.call('PATCH', '/me', { receipts: false });
  await alice.call('PUT', path('/read'), { seq: 7 });
  await alice.call('PATCH', '/me', { receipts: true });
  await alice.call('PUT', path('/read'), { seq: 8 });
  await stream.find((frame) => frame['t'] === 'read' && frame['seq'] === 8);
  t.equal(
    stream.frames.some((frame) => frame['t'] === 'read' && frame['seq'] === 7),
    false,
  );
});

await t.test('unread messages are counted until they are read, on every device', async (t) => {
  const unread = async (): Promise<unknown> => (await group.summary(bob))['unread'];
  await bob.call('PUT', path('/read'), { seq: await group.head() });
  t.equal(await unread(), 0);
  for (const text of ['one', 'two', 'three']) await alice.say(room, text);
  await bob.say(room, 'own words do not count');
  await hub.disturb();
  await group.caughtUp(bob);
  t.equal(await unread(), 3);
  const seq = await group.head();
  stream.send({ op: 'read', room, seq });
  t.ok(await stream.find((frame) => frame['t'] === 'room' && frame['readSeq'] === seq && frame['unread'] === 0));
  await bob.call('PUT', path('/read'), { seq: 1 });
  t.equal(await unread(), 0, 'and never becomes unread again');
});

await t.test('a request key stands for one event, on the hub and on a follower', async (t) => {
  for (const person of [alice, bob]) {
    const event = { requestKey: 'once', type: 'message', content: { text: `once by ${person.address}` } };
    const answers = await Promise.all([1, 2, 3].map(() => person.call('POST', path('/events'), event)));
    t.equal(new Set(answers.map(({ id }) => id)).size, 1);
    await hub.disturb();
    t.same(await person.call('POST', path('/events'), event), answers[0]);
    t.equal(await person.refusal('POST', path('/events'), { ...event, content: { text: 'other' } }), 'key-reused');
  }
});

await t.test('texts arrive byte for byte', async (t) => {
  const texts = [
    'می‌خواهم نیم‌فاصله بماند',
    'שלום \u200f(abc)\u200e עולם',
    '👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 é é',
    'line\nbreak\ttab "quotes" \\ back / slash \u2028 \u2029 \u007f',
    '\u{10FFFF}\uFFFD',
  ];
  const said: [string, Json][] = [];
  for (const text of texts) said.push([text, await alice.say(room, text)]);
  await hub.disturb();
  for (const [text, { id }] of said) {
    const frame = await stream.find((one) => one['id'] === id);
    t.equal((frame['content'] as Json)['text'], text);
    t.equal(((await contentOn(bob, id)) as Json)['text'], text);
  }
});

await t.test('content goes up to 64 KiB and not a byte further', async (t) => {
  const empty = Buffer.byteLength(JSON.stringify({ salt: 'x'.repeat(22), alt: '' }));
  const blob = (bytes: number): Content => ({ type: 'x.example.blob', content: { alt: 'a'.repeat(bytes - empty) } });
  const { id } = await bob.send(room, blob(65_536));
  await hub.disturb();
  await group.caughtUp(carol);
  const [held] = await contentsOf(network, String(id), ['c.test']);
  t.equal(Buffer.byteLength(held?.content ?? ''), 65_536);
  t.equal(await attempt(() => blob(65_537))(bob), 'too-large');
  t.equal(await attempt(() => blob(65_536))(bob), undefined, 'a good one goes on');
});

await t.test('a stream sends too, and is answered by key', async (t) => {
  stream.send({ op: 'send', key: 'by-stream', room, type: 'message', content: { text: 'by stream' } });
  const sent = await stream.find((frame) => frame['t'] === 'sent' && frame['key'] === 'by-stream');
  t.equal(sent['status'], 'ordered');
  await hub.disturb();
  await until(async () => (await group.eventOn(carol, sent['id'])) !== undefined, 'carol to have it');
  stream.send({ op: 'send', key: 'bad', room, type: 'message.delete', content: {}, rel: [['delete', byCarol]] });
  const refused = await stream.find((frame) => frame['t'] === 'sent' && frame['key'] === 'bad');
  t.match(refused, { status: 'refused', code: 'no-right' });
});

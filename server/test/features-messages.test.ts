import t from 'tap';
import { runFeatures } from './support/feature.js';
import type { Feature } from './support/feature.js';
import { askDatabase } from './support/provider-database.js';
import { makeTestGroup } from './support/test-group.js';
import type { Content } from './support/test-group.js';
import type { ApiError, Json, TestPerson } from './support/test-person.js';

const group = await makeTestGroup(t, 'messages');
const { network, hub, alice, bob, bita, gita, dave, carol, room, path } = group;
const mute = { by: gita, code: 'no-right' } as const;
const message = (content: Json, rel?: Content['rel']): Content => ({ type: 'message', content, ...(rel && { rel }) });
const attempt =
  (event: () => Content) =>
  (by: TestPerson): Promise<string | undefined> =>
    by.refusal('POST', path('/events'), { requestKey: by.requestKey(), ...event() });
const said = async (who: TestPerson, id: unknown): Promise<Json> =>
  ((await group.eventOn(who, id))?.['content'] ?? {}) as Json;
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const mentionsOf = async (who: TestPerson): Promise<unknown> => (await group.summary(who))['mentions'];

const text = 'سلام @bob 😀 let x';
const marked = {
  text,
  entities: [
    { type: 'mention', offset: 5, length: 4, address: bob.address },
    { type: 'pre', offset: 13, length: 5, lang: 'js' },
  ],
};
const everyone = { text: '@all', entities: [{ type: 'mention', offset: 0, length: 4, all: true }] };
const place = { alt: '📍 دفتر', location: { lat: 356_892_000, lon: -513_890_000, accuracy: 5, title: 'دفتر' } };
const card = { alt: '👤 carol', contact: { name: 'carol', address: carol.address, phone: '+982112345678' } };
const { id: root } = await alice.send(room, message({ text: 'سفر', topic: { title: 'سفر شمال' } }));
await group.caughtUp(bob);
const inThread: Content['rel'] = [['thread', String(root)]];
const threadOn = async (who: TestPerson, query = ''): Promise<Json[]> =>
  (await who.call('GET', path(`/events?thread=${String(root)}${query}`)))['events'] as Json[];

const asked = (changes: Json = {}): Content =>
  message({ alt: '📊 چای یا قهوه؟', poll: { question: 'چای یا قهوه؟', options: ['چای', 'قهوه', 'هیچ'], ...changes } });
const vote = (poll: unknown, choices: readonly number[]): Content => ({
  type: 'message.vote',
  content: { choices },
  rel: [['vote', String(poll)]],
});
const close = (poll: unknown): Content => ({ type: 'message.poll-close', content: {}, rel: [['vote', String(poll)]] });
/** The tally as a person sees it; empty while the poll is still on its way to them. */
const tallyOn = (who: TestPerson, poll: unknown): Promise<Json> =>
  who.call('GET', path(`/polls/${String(poll)}`)).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'not-found') return {};
    throw cause;
  });
const { id: poll } = await alice.send(room, asked());
const { id: secretPoll } = await alice.send(room, asked({ anonymous: true, multiple: true }));
const { id: bobsPoll } = await bob.send(room, asked());
await group.caughtUp(bob);

const elsewhere = String(
  (await alice.call('POST', '/rooms', { title: 'On A alone', requestKey: 'elsewhere' }))['room'],
);
const { id: quoted } = await alice.send(elsewhere, message({ text: 'چای آماده است' }));
const { id: quiet } = await alice.send(elsewhere, message({ text: 'psst', hideSource: true }));
const forward = (by: TestPerson, event: unknown, more: Json = {}): Promise<Json> =>
  by.call('POST', path('/forwards'), { requestKey: by.requestKey(), from: room, event, ...more });
const fromElsewhere = (event: unknown, more: Json = {}): Promise<Json> =>
  forward(alice, event, { from: elsewhere, ...more });
const sourceOn = (who: TestPerson, id: unknown): Promise<Json> =>
  who.call('GET', path(`/events/${String(id)}/source`)).catch(() => ({}));

const features: readonly Feature[] = [
  {
    name: 'a forward names its source, and B proves it',
    act: () => alice.call('POST', path('/forwards'), { requestKey: 'forward', from: elsewhere, event: quoted }),
    seen: async ({ id }) => {
      const { status, id: of, sender } = await sourceOn(bob, id);
      return status === 'verified' && of === quoted && sender === alice.address;
    },
    attempt: (by) =>
      by.refusal('POST', path('/forwards'), { requestKey: by.requestKey(), from: room, event: String(root) }),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a poll is asked',
    act: () => alice.send(room, asked()),
    seen: async ({ id }) => isSame((await tallyOn(bob, id))['counts'], [0, 0, 0]),
    attempt: attempt(() => asked()),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a vote is given, and changed',
    act: async () => {
      await alice.send(room, vote(poll, [0]));
      return await alice.send(room, vote(poll, [1]));
    },
    seen: async () => isSame((await tallyOn(bob, poll))['counts'], [0, 1, 0]),
    told: (frame, { id }) =>
      frame['id'] === id && frame['sender'] === 'b.test' && frame['content'] === null && frame['ts'] === frame['at'],
    attempt: attempt(() => vote(poll, [2])),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a vote that does not fit its poll is refused',
    act: () => alice.send(room, vote(secretPoll, [0, 2])),
    seen: async () => isSame((await tallyOn(bob, secretPoll))['counts'], [1, 0, 1]),
    attempt: (by) => attempt(() => vote(by === bita ? poll : secretPoll, by === bita ? [0, 1] : [2, 1]))(by),
    refused: { by: bita, code: 'bad-event' },
    allowed: bob,
  },
  {
    name: 'a poll is closed by its author or a moderator',
    act: () => alice.send(room, close(bobsPoll)),
    seen: async () => (await tallyOn(bob, bobsPoll))['closed'] === true,
    attempt: attempt(() => close(poll)),
    refused: { by: bob, code: 'no-right' },
    allowed: bita,
  },
  {
    name: 'a text is formatted and mentions somebody',
    act: () => alice.send(room, message(marked)),
    seen: async ({ id }) => isSame((await said(bob, id))['entities'], marked.entities) && (await mentionsOf(bob)) === 1,
    attempt: attempt(() => message(marked)),
    refused: mute,
    allowed: bita,
  },
  {
    name: 'everybody is mentioned by those who may',
    act: () => alice.send(room, message(everyone)),
    seen: async ({ id }) => (await said(bob, id))['text'] === '@all' && (await mentionsOf(bob)) === 3,
    attempt: attempt(() => message(everyone)),
    refused: { by: bob, code: 'no-right' },
    allowed: bita,
  },
  {
    name: 'a message is sent silently',
    act: () =>
      alice.call('POST', path('/events'), { requestKey: 'hush', ...message({ text: 'شب بخیر' }), silent: true }),
    seen: async ({ id }) => (await said(bob, id))['silent'] === true,
    told: (frame, { id }) => frame['id'] === id && (frame['content'] as Json)['silent'] === true,
    attempt: attempt(() => message({ text: 'hush', silent: true })),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a place is sent',
    act: () => alice.send(room, message(place)),
    seen: async ({ id }) => isSame((await said(bob, id))['location'], place.location),
    attempt: attempt(() => message(place)),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a contact card is sent',
    act: () => alice.send(room, message(card)),
    seen: async ({ id }) => isSame((await said(bob, id))['contact'], card.contact),
    attempt: attempt(() => message(card)),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a thread is written in, and its root counts',
    act: () => alice.send(room, message({ text: 'من بلیت گرفتم' }, inThread)),
    seen: async ({ id }) => {
      const { count } = ((await group.effectsOn(bob, root))['thread'] ?? {}) as Json;
      return (
        count === 1 &&
        isSame(
          (await threadOn(bob)).map((event) => event['id']),
          [id],
        )
      );
    },
    attempt: attempt(() => message({ text: 'من هم' }, inThread)),
    refused: mute,
    allowed: bob,
  },
  {
    name: 'a topic is started',
    act: () => alice.send(room, message({ text: 'غذا', topic: { title: 'غذا' } })),
    seen: async ({ id }) => {
      const { events } = await bob.call('GET', path('/topics'));
      const titles = (events as Json[]).map(({ content }) => ((content as Json)['topic'] as Json)['title']);
      return isSame(titles, ['سفر شمال', 'غذا']) && (events as Json[]).at(-1)?.['id'] === id;
    },
    attempt: attempt(() => message({ text: 'کتاب', topic: { title: 'کتاب' } })),
    refused: mute,
    allowed: bita,
  },
];

await runFeatures(t, group, features);

await t.test('what is not well-formed is refused at home, with the member at fault', async (t) => {
  await hub.disturb();
  const faults: [Json, string][] = [
    [{}, '/content/text'],
    [{ text: 'a', location: place.location }, '/content/alt'],
    [{ text: 'abc', entities: [{ type: 'bold', offset: 2, length: 2 }] }, '/content/entities/0'],
    [{ text: '😀', entities: [{ type: 'bold', offset: 1, length: 1 }] }, '/content/entities/0'],
  ];
  for (const [content, part] of faults) {
    const refused = await bob.send(room, message(content)).catch((cause: unknown) => (cause as ApiError).body);
    t.match(refused, { code: 'bad-request', part }, JSON.stringify(content));
  }
});

await t.test('mentions are counted until they are read, also by a provider that was away', async (t) => {
  await bob.call('PUT', path('/read'), { seq: await group.head() });
  t.equal(await mentionsOf(bob), 0);
  const b = network.provider('b.test');
  await b.kill();
  const { id: gone } = await alice.send(room, message(marked));
  await alice.send(room, message({ ...marked, text: 'وایی @bob 😀 let x' }));
  await carol.send(room, message(marked));
  await alice.send(room, message({ text: 'nobody' }));
  await alice.send(room, { type: 'message.delete', content: {}, rel: [['delete', String(gone)]] });
  await hub.disturb();
  await b.start();
  await group.caughtUp(bob);
  t.equal(await mentionsOf(bob), 2, 'what was deleted does not count');
  await b.kill();
  await b.start();
  t.equal(await mentionsOf(bob), 2, 'a restart forgets none');
  t.equal(await mentionsOf(bita), 1, 'everybody was mentioned once by somebody else');
});

await t.test('a thread is paged, and shows that something was deleted in it', async (t) => {
  const [first, second] = await threadOn(alice);
  await alice.send(room, { type: 'message.delete', content: {}, rel: [['delete', String(first?.['id'])]] });
  await hub.disturb();
  await group.caughtUp(carol);
  t.same(
    (await threadOn(carol)).map(({ id }) => id),
    [first?.['id'], second?.['id']],
  );
  t.match((await group.effectsOn(carol, root))['thread'], { count: 1, last: second?.['seq'] });
  t.same(
    (await threadOn(carol, `&before=${String(second?.['seq'])}`)).map(({ id }) => id),
    [first?.['id']],
  );
  const nested = await alice.send(
    room,
    message({ text: 'no thread in a thread' }, [['thread', String(second?.['id'])]]),
  );
  await group.caughtUp(carol);
  const { events } = await carol.call('GET', path(`/events?thread=${String(second?.['id'])}`));
  t.same(events, [], String(nested['id']));
});

await t.test('a closed poll takes no votes', async (t) => {
  t.equal(await attempt(() => vote(bobsPoll, [0]))(bob), 'poll-closed');
  const { id } = await alice.send(room, asked({ closes: 1 }));
  await hub.disturb();
  await group.caughtUp(bob);
  t.equal(await attempt(() => vote(id, [0]))(bob), 'poll-closed');
  t.equal((await tallyOn(bob, id))['closed'], true);
});

await t.test('who voted is told, but never in an anonymous poll', async (t) => {
  await hub.disturb();
  const { votes } = await carol.call('GET', path(`/polls/${String(poll)}/votes`));
  t.same(votes, [
    { address: alice.address, choices: [1] },
    { address: bob.address, choices: [2] },
  ]);
  for (const person of [alice, bob, carol])
    t.equal(await person.refusal('GET', path(`/polls/${String(secretPoll)}/votes`)), 'no-right');
  const shown = (await carol.events(room)).filter(({ type }) => type === 'message.vote');
  t.ok(shown.length > 3);
  for (const event of shown) t.match(event, { sender: 'c.test', content: null });
  t.equal(await carol.refusal('GET', path(`/polls/${String(root)}`)), 'not-found', 'of what is no poll');
});

await t.test(
  'three providers count alike, also after the hub was restarted and when somebody comes later',
  async (t) => {
    await alice.call('PUT', path('/history'), { visible: 'all' });
    const { id } = await bob.send(room, asked({ multiple: true }));
    await group.settled();
    await alice.send(room, vote(id, [0, 1]));
    await bob.send(room, vote(id, [1, 2]));
    await carol.send(room, vote(id, [1]));
    await carol.send(room, vote(id, []));
    const gone = await bita.send(room, vote(id, [2]));
    await bita.send(room, { type: 'message.delete', content: {}, rel: [['delete', String(gone['id'])]] });
    await hub.provider.kill();
    await hub.provider.start();
    await bob.send(room, vote(id, [1]));
    await group.caughtUp(carol);
    await bob.send(room, close(id));
    await group.settled();
    for (const person of [alice, bob, carol])
      t.match(await tallyOn(person, id), { counts: [1, 2, 0], voters: 2, closed: true }, person.address);
    t.same((await tallyOn(bob, id))['mine'], [1]);
  },
);

await t.test('a deleted poll takes its votes along', async (t) => {
  await alice.send(room, { type: 'message.delete', content: {}, rel: [['delete', String(poll)]] });
  await hub.disturb();
  await group.settled();
  t.equal(await bob.refusal('GET', path(`/polls/${String(poll)}`)), 'not-found');
  for (const domain of ['a.test', 'b.test', 'c.test']) {
    const text = `SELECT count(*) FROM log l JOIN relations r ON r.room_id = l.room_id AND r.seq = l.seq
      WHERE r.target = $1 AND r.kind = 'vote' AND l.content IS NOT NULL`;
    const [row] = await askDatabase<{ count: string }>(network, domain, { text, values: [String(poll)] });
    t.equal(Number(row?.count), 0, domain);
  }
});

await t.test('PV-MSG-064 to PV-MSG-070: what a forward names, and what it keeps quiet', async (t) => {
  const sent = async (answer: Promise<Json>): Promise<unknown> => {
    const { id } = await answer;
    await group.settled();
    return id;
  };
  const hidden = await sent(fromElsewhere(quiet));
  await hub.disturb();
  t.match(await said(bob, hidden), { text: 'psst', forwarded: {} });
  t.strictSame(await sourceOn(bob, hidden), { status: 'none' });
  t.equal(
    await bob.refusal('POST', path('/forwards'), { requestKey: 'x', from: elsewhere, event: quoted }),
    'unknown-room',
  );
  const again = await sent(fromElsewhere(quoted, { requestKey: 'forward' }));
  const further = await sent(forward(carol, again));
  t.match(
    await sourceOn(bob, further),
    { status: 'verified', id: quoted, sender: alice.address },
    'the first source stays',
  );
  const { id: edit } = await alice.send(elsewhere, {
    type: 'message.edit',
    content: { text: 'چای سرد شد' },
    rel: [['edit', String(quoted)]],
  });
  const edited = await sent(fromElsewhere(quoted));
  t.match(await said(bob, edited), { text: 'چای سرد شد' });
  t.match(await sourceOn(bob, edited), { status: 'verified', id: edit });
  const { id: timed } = await alice.call('POST', `/rooms/${elsewhere}/events`, {
    ...{ requestKey: 'timed', type: 'message', content: { text: 'not for long' }, ttl: 600 },
  });
  const short = await sent(fromElsewhere(timed, { ttl: 31_536_000 }));
  t.ok(Number((await group.eventOn(bob, short))?.['ttl']) <= 600, 'it stays no longer than what it says again');
  t.strictSame(await sourceOn(bob, short), { status: 'none' });
  const before = await mentionsOf(bob);
  await sent(fromElsewhere((await alice.send(elsewhere, message(marked)))['id']));
  t.equal(await mentionsOf(bob), before, 'nobody is called by a forward');
  const source = { jws: 'a.b.c', content: '{}' };
  const own = { requestKey: 'own', type: 'message', content: { text: 'he said so', forwarded: source } };
  t.equal(await bob.refusal('POST', path('/events'), own), 'bad-request', 'a client names none');
  t.equal(await bob.refusal('GET', path(`/events/${String(root)}/source`)), 'not-found');
});

await t.test('what a message said before is listed while the room shows it', async (t) => {
  const { id } = await alice.say(room, 'one');
  for (const edited of ['two', 'three'])
    await alice.send(room, { type: 'message.edit', content: { text: edited }, rel: [['edit', String(id)]] });
  await hub.disturb();
  await group.caughtUp(bob);
  const edits = path(`/events/${String(id)}/edits`);
  const { events } = await bob.call('GET', edits);
  t.same(
    (events as Json[]).map(({ content }) => (content as Json)['text']),
    ['two', 'three'],
  );
  t.match(((await bob.call('GET', `${edits}?limit=1`))['events'] as Json[])[0], { content: { text: 'three' } });
  t.equal(await dave.refusal('GET', edits), 'unknown-room', 'to those who are in the room');
  await alice.send(room, { type: 'message.delete', content: {}, rel: [['delete', String(id)]] });
  await group.caughtUp(bob);
  t.same((await bob.call('GET', edits))['events'], [], 'a delete takes them along');
});

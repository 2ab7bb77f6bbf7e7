import t from 'tap';
import { askDatabase, contentsOf, countText } from './support/provider-database.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson, TestStream } from './support/test-person.js';

const [A, B] = ['a.test', 'b.test'] as const;
const { network, alice, amir, bob, bita } = await makeStage(t, { alice: A, amir: A, bob: B, bita: B });
const friends = await amir.dmWith(bita);

const eventOn = async (who: TestPerson, room: string, id: unknown): Promise<Json | undefined> =>
  (await who.events(room)).find((event) => event['id'] === id);
const recordOn = (who: TestPerson, room: string, id: unknown): Promise<Json> =>
  until(() => eventOn(who, room, id), `the record ${String(id)} at ${who.address}`);
const opened = async (who: TestPerson): Promise<TestStream> => {
  const stream = who.openStream();
  t.teardown(() => stream.close());
  await stream.find((frame) => frame['t'] === 'synced');
  return stream;
};
const typing = (who: TestPerson, room: string): Promise<Json> =>
  who.call('PUT', `/rooms/${room}/typing`, { typing: true });
const isTypingOf = (by: TestPerson, room: string) => (frame: Json) =>
  frame['t'] === 'typing' && frame['room'] === room && frame['from'] === by.address;
const hasSignal = ({ frames }: TestStream, room: string): boolean =>
  frames.some((frame) => frame['room'] === room && (frame['t'] === 'typing' || frame['t'] === 'read'));

// The one who asks for contact is at the hub: once it is the blocked person's provider, once the blocker's.
const dms = [
  { name: 'whose hub is the sender’s provider', dm: await alice.dmWith(bob), blocked: alice },
  { name: 'whose hub is the blocker’s provider', dm: await bita.dmWith(alice), blocked: alice },
] as const;

for (const { name, dm, blocked } of dms) {
  const blocker = dm === dms[0].dm ? bob : bita;
  await t.test(`what a blocked person says in a dm ${name} is on no disk of the blocker (PV-BLK-001)`, async (t) => {
    const before = await blocked.say(dm, `heard before ${dm}`);
    await recordOn(blocker, dm, before['id']);
    await blocker.call('PUT', `/blocks/${blocked.address}`);
    const secret = `unheard ${dm}`;
    const said = await blocked.say(dm, secret);
    t.equal(said['status'], 'ordered', 'as if there were no block (PV-ACC-014)');
    const edit = {
      type: 'message.edit',
      content: { text: `${secret} edited` },
      rel: [['edit', String(said['id'])]] as const,
    };
    const edited = await blocked.send(dm, edit);
    t.equal((await recordOn(blocker, dm, edited['id']))['content'], null, 'the record is there');
    t.equal(await countText(network, B, secret), 0, 'and no byte of what it says');
    t.equal(await countText(network, B, `heard before ${dm}`), 1, 'what was said before stays');
    const own = await recordOn(blocked, dm, edited['id']);
    t.equal((own['content'] as Json)['text'], `${secret} edited`, 'the sender has it');
    t.ok((await countText(network, A, secret)) >= 2, 'on disk');

    await blocked.send(dm, { type: 'message.delete', content: {}, rel: [['delete', String(before['id'])]] });
    await until(async () => (await countText(network, B, `heard before ${dm}`)) === 0, 'the delete to take effect');
    await blocker.call('DELETE', `/blocks/${blocked.address}`);
    const after = await blocked.say(dm, `heard after ${dm}`);
    const shown = await recordOn(blocker, dm, after['id']);
    t.equal((shown['content'] as Json)['text'], `heard after ${dm}`, 'when it is lifted, talk goes on');
    t.same(
      await contentsOf(network, String(said['id']), [B]),
      [{ provider: B, content: null }],
      'the gap stays one (PV-BLK-002)',
    );
    t.same(await contentsOf(network, String(edited['id']), [B]), [{ provider: B, content: null }]);
  });

  await t.test(`signals of who blocks in a dm ${name} go to nobody (PV-BLK-005)`, async (t) => {
    const [theirs, own] = [await opened(blocked), await opened(blocker)];
    const [fenceOnA, fenceOnB] = [await opened(amir), await opened(bita)];
    await blocker.call('PUT', `/blocks/${blocked.address}`);
    await typing(blocker, dm);
    await blocker.call('PUT', `/rooms/${dm}/read`, { seq: 1000 });
    await typing(bita, friends);
    // Signals between two providers travel in the order they were given.
    await fenceOnA.find(isTypingOf(bita, friends));
    t.notOk(hasSignal(theirs, dm), 'the blocked person sees nothing');
    await typing(blocked, dm);
    await blocked.call('PUT', `/rooms/${dm}/read`, { seq: 1000 });
    await typing(amir, friends);
    await fenceOnB.find(isTypingOf(amir, friends));
    t.notOk(hasSignal(own, dm), 'nor does the blocker');
    const marks = { text: 'SELECT address FROM read_marks WHERE room_id = $1', values: [dm] };
    const kept = await askDatabase<{ address: string }>(network, B, marks);
    t.notOk(
      kept.some(({ address }) => address === blocked.address),
      'and nothing of it is kept',
    );
    await blocker.call('DELETE', `/blocks/${blocked.address}`);
    await typing(blocker, dm);
    await theirs.find(isTypingOf(blocker, dm));
    for (const stream of [theirs, own, fenceOnA, fenceOnB]) stream.close();
  });
}

await t.test(
  'the sender keeps what the hub has discarded, also when the hub forgets it at once (PV-BLK-004)',
  async (t) => {
    const [{ dm }, provider] = [dms[1], network.provider(B)];
    await bita.call('PUT', `/blocks/${alice.address}`);
    // A takes nothing from B meanwhile, so that B has to send the record again after it has lost its memory.
    const setShut = async (shut: boolean): Promise<void> => {
      await askDatabase(network, A, {
        text: `UPDATE providers SET limit_factor = ${shut ? '0.000001' : '1'} WHERE domain = '${B}'`,
      });
      await network.provider(A).stop();
      await network.provider(A).start();
    };
    await setShut(true);
    const said = await alice.say(dm, 'nobody else has this');
    t.equal(said['status'], 'ordered');
    await provider.kill();
    await setShut(false);
    await provider.start();
    const own = await recordOn(alice, dm, said['id']);
    t.equal((own['content'] as Json)['text'], 'nobody else has this');
    t.equal(await countText(network, B, 'nobody else has this'), 0);
    await bita.call('DELETE', `/blocks/${alice.address}`);
  },
);

await t.test('where both are of one provider, the log is the sender’s as well', async (t) => {
  const dm = await alice.dmWith(amir);
  await amir.call('PUT', `/blocks/${alice.address}`);
  const stream = await opened(alice);
  const said = await alice.say(dm, 'between two of one house');
  t.equal((await eventOn(amir, dm, said['id']))?.['content'], null, 'not shown to who blocked');
  t.match(
    (await eventOn(alice, dm, said['id']))?.['content'],
    { text: 'between two of one house' },
    'shown to the sender',
  );
  await typing(amir, dm);
  await amir.call('PUT', `/rooms/${dm}/read`, { seq: 1000 });
  await typing(amir, friends);
  const answer = await amir.say(dm, 'one may still answer');
  await stream.find((frame) => frame['id'] === answer['id']);
  t.notOk(hasSignal(stream, dm));
  await amir.call('DELETE', `/blocks/${alice.address}`);
});

await t.test('in a group a block changes nothing (PV-BLK-006)', async (t) => {
  const room = String((await alice.call('POST', '/rooms', { title: 'all of us', requestKey: 'group' }))['room']);
  await alice.call('POST', `/rooms/${room}/invites`, { address: bob.address });
  await bob.acceptFrom(alice.address);
  await bob.call('PUT', `/blocks/${alice.address}`);
  const [theirs, own] = [await opened(alice), await opened(bob)];
  const said = await alice.say(room, 'to everybody');
  t.match((await recordOn(bob, room, said['id']))['content'], { text: 'to everybody' });
  await typing(bob, room);
  await theirs.find((frame) => frame['t'] === 'typing' && frame['room'] === room);
  await typing(alice, room);
  await own.find((frame) => frame['t'] === 'typing' && frame['room'] === room);
});

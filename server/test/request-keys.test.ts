import t from 'tap';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

const [A, B] = ['a.test', 'b.test'] as const;
const { alice, amir, bob } = await makeStage(t, { alice: A, amir: A, bob: B });
const providers = [alice.provider, bob.provider];

const group = (title: string): Json => ({ title, requestKey: 'the-group' });
const room = String((await alice.call('POST', '/rooms', group('keys')))['room']);
for (const person of [amir, bob]) {
  await alice.call('POST', `/rooms/${room}/invites`, { address: person.address });
  await person.acceptFrom(alice.address);
}
const events = `/rooms/${room}/events`;
const message = (requestKey: string, text: string, more: Json = {}): Json => ({
  ...{ requestKey, type: 'message', content: { text } },
  ...more,
});
const headOf = async (who: TestPerson): Promise<unknown> =>
  ((await who.call('GET', `/rooms/${room}`))['head'] as Json)['seq'];

await t.test(
  'a request key stands for its request for good, also after a restart (PV-CLI-021, PV-CLI-022)',
  async (t) => {
    const first = await alice.call('POST', events, message('k', 'from the hub'));
    const second = await bob.call('POST', events, message('k', 'from afar'));
    await until(async () => (await headOf(bob)) === (await headOf(alice)), 'B to have everything');
    const restrict = `/rooms/${room}/members/${amir.address}/restriction`;
    await alice.call('PUT', restrict, { rights: ['send'] });
    t.equal(await amir.refusal('POST', events, message('k', 'may I?')), 'no-right');
    await alice.call('DELETE', restrict);

    await Promise.all(providers.map((provider) => provider.stop()));
    await Promise.all(providers.map((provider) => provider.start()));
    const before = await headOf(alice);
    for (const [who, text, answer] of [
      [alice, 'from the hub', first],
      [bob, 'from afar', second],
    ] as const) {
      t.equal(await who.refusal('POST', events, message('k', 'something else')), 'key-reused');
      t.equal(await who.refusal('POST', events, message('k', text, { silent: true })), 'key-reused');
      t.same(await who.call('POST', events, message('k', text)), answer, 'a repeat gets the first answer');
    }
    t.equal(await amir.refusal('POST', events, message('k', 'may I?')), 'no-right', 'which may be a refusal');
    t.equal(await amir.refusal('POST', events, message('k', 'may I now?')), 'key-reused');
    t.equal(await alice.refusal('POST', '/rooms', group('other keys')), 'key-reused', 'a group is a request, too');
    t.same(await alice.call('POST', '/rooms', group('keys')), { room });
    t.equal(await headOf(alice), before, 'none of this made an event');
    t.equal(
      (await amir.call('POST', events, message('new', 'may I now?')))['status'],
      'ordered',
      'under a new key it is done',
    );
  },
);

import t from 'tap';
import { HostilePeer } from './support/hostile-peer.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson, TestStream } from './support/test-person.js';

const [A, B, E] = ['a.test', 'b.test', 'e.test'] as const;
const homes = { alice: A, amir: A, bob: B, dave: B } as const;
const { network, alice, amir, bob, dave } = await makeStage(t, homes, [E]);
const evil = await HostilePeer.start(network, E);
t.teardown(() => evil.stop());
const dm = await alice.dmWith(bob);
await alice.dmWith(amir);
const { room } = await alice.call('POST', '/rooms', { title: 'group', requestKey: 'group' });
await alice.call('POST', `/rooms/${String(room)}/invites`, { address: dave.address });
await dave.acceptFrom(alice.address);

const open = (who: TestPerson): TestStream => {
  const stream = who.openStream();
  t.teardown(() => stream.close());
  return stream;
};
const [onB, ofDave, ofAmir] = [open(bob), open(dave), open(amir)];
await Promise.all([onB, ofDave, ofAmir].map((stream) => stream.find((frame) => frame['t'] === 'synced')));
const watch = (who: TestPerson, ...people: TestPerson[]): Promise<Json> =>
  who.call('PUT', '/presence', { addresses: people.map(({ address }) => address) });
const presenceOf = (stream: TestStream): unknown[] =>
  stream.frames.filter((frame) => frame['t'] === 'presence').map(({ from, state }) => [from, state]);

let ofAlice = ofDave;
await t.test('PV-PRS-001 contacts who ask are told whether a person is there', async (t) => {
  await watch(bob, alice);
  await watch(amir, alice);
  await watch(dave, alice);
  const isTold = (frame: Json): boolean => frame['t'] === 'presence' && frame['state'] === 'recently';
  t.match(await onB.find(isTold), { from: alice.address, room: dm }, 'seen on B');
  t.match(await ofAmir.find(isTold), { from: alice.address }, 'and on A');
  ofAlice = open(alice);
  const isOnline = (frame: Json): boolean => frame['t'] === 'presence' && frame['state'] === 'online';
  t.ok(await onB.find(isOnline), 'PV-PRS-003 told when she comes');
  t.ok(await ofAmir.find(isOnline));
  await ofAlice.find((frame) => frame['t'] === 'synced');
  t.same(presenceOf(ofDave), [], 'PV-PRS-002 who is no contact is told nothing');
});

await t.test('PV-PRS-004 neither the blocked nor anybody is told where it is not wanted', async (t) => {
  const count = (): number => presenceOf(onB).length;
  const typing = async (by: TestPerson, to: TestStream): Promise<void> => {
    const seen = (): number => to.frames.filter((frame) => frame['t'] === 'typing').length;
    const before = seen();
    await by.call('PUT', `/rooms/${String(room)}/typing`, { typing: true });
    await until(() => Promise.resolve(seen() > before), 'a sign of typing');
  };
  /** What B has sent A by now has come, and what A has answered to it. */
  const fence = async (): Promise<void> => {
    await typing(dave, ofAlice);
    await typing(alice, ofDave);
  };
  await alice.call('PATCH', '/me', { shown: { presence: 'nobody' } });
  const before = count();
  await watch(bob, alice);
  await fence();
  t.equal(count(), before, 'shown to nobody');
  await alice.call('PATCH', '/me', { shown: { presence: 'contacts' } });
  await alice.call('PUT', `/blocks/${bob.address}`);
  await watch(bob, alice);
  await fence();
  await alice.call('DELETE', `/blocks/${bob.address}`);
  t.equal(count(), before, 'blocked');
  await watch(bob, alice);
  await until(() => Promise.resolve(count() > before), 'and told again after');
  t.equal(
    await bob.refusal('PUT', '/presence', { addresses: Array.from({ length: 201 }, (_, n) => `p${n}@a.test`) }),
    'bad-request',
  );
});

await t.test('PV-RCP-001 how far people have read is seen by the room and by nobody else', async (t) => {
  const { seq } = await alice.say(dm, 'read this');
  await until(async () => (await bob.events(dm)).some((one) => one['seq'] === seq), 'the message on B');
  await bob.call('PUT', `/rooms/${dm}/read`, { seq });
  const reads = async (): Promise<Json[]> => (await alice.call('GET', `/rooms/${dm}/reads`))['reads'] as Json[];
  await until(
    async () => (await reads()).some((one) => one['address'] === bob.address && one['seq'] === seq),
    'the receipt on A',
  );
  t.equal(await dave.refusal('GET', `/rooms/${dm}/reads`), 'unknown-room', 'refused on B to who is not in the room');
  await bob.call('PATCH', '/me', { receipts: false });
  const next = await alice.say(dm, 'and this');
  await until(async () => (await bob.events(dm)).some((one) => one['seq'] === next['seq']), 'the message on B');
  await bob.call('PUT', `/rooms/${dm}/read`, { seq: next['seq'] });
  await bob.call('PUT', `/rooms/${dm}/typing`, { typing: true });
  await ofAlice.find((frame) => frame['t'] === 'typing' && frame['from'] === bob.address);
  t.match(
    (await reads()).find((one) => one['address'] === bob.address),
    { seq },
    'off if the person wants',
  );
});

await t.test('a hostile provider learns nothing it was not let see', async (t) => {
  const counter = Date.now() + 1000;
  const items = [
    { kind: 'watch', room: dm, from: bob.address, counter },
    { kind: 'watch', room: dm, from: `eve@${E}`, counter },
    { kind: 'presence', room: dm, from: alice.address, counter, state: 'long-ago' },
  ];
  await until(async () => (await evil.ask(A, 'signals', { items })).status === 200, 'an answer');
  await until(async () => (await evil.ask(B, 'signals', { items })).status === 200, 'an answer');
  const received = [...(evil.received.get('signals') ?? [])];
  t.same(received, [], 'nothing came');
  t.notOk(
    presenceOf(onB).some((one) => String(one).includes('long-ago')),
    'nor is it believed',
  );
});

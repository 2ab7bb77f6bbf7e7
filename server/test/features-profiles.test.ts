import t from 'tap';
import { HostilePeer, address } from './support/hostile-peer.js';
import type { Answer } from './support/hostile-peer.js';
import { HostileRoom } from './support/hostile-room.js';
import { askDatabase } from './support/provider-database.js';
import { runPayvand } from './support/run-payvand.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

const [A, B, E] = ['a.test', 'b.test', 'e.test'] as const;
const homes = { alice: A, amir: A, kian: A, bob: B, dave: B, erin: B } as const;
const { network, alice, amir, kian, bob, dave, erin } = await makeStage(t, homes, [E]);
const evil = await HostilePeer.start(network, E);
t.teardown(() => evil.stop());
const eve = new HostileRoom(evil, address(`eve@${E}`));

const profile = (reader: TestPerson, of: TestPerson): Promise<Json> => reader.call('GET', `/profiles/${of.address}`);
/** The hostile provider asks; who it is is found out at its first request. */
const attack = (to: string, verb: string, body: Json): Promise<Answer> =>
  until(async () => {
    const answer = await evil.ask(to, verb, body);
    return answer.json['code'] !== 'unknown-peer' && answer;
  }, 'the hostile provider to be known');
const requestsOf = async (who: TestPerson): Promise<unknown[]> =>
  (await who.call('GET', '/requests'))['requests'] as unknown[];
const ask = (by: TestPerson, address: string): Promise<Json> =>
  by.call('POST', '/contacts', { address, requestKey: by.requestKey() });

// Bob and alice are contacts; dave only shares a group with alice; erin shares nothing.
await alice.dmWith(bob);
const { room } = await alice.call('POST', '/rooms', { title: 'group', requestKey: 'group' });
await alice.call('POST', `/rooms/${String(room)}/invites`, { address: dave.address });
await dave.acceptFrom(alice.address);

await t.test('PV-PRF-004 what a person says of themselves is seen by those it is for', async (t) => {
  const me = await alice.call('PATCH', '/me', { name: 'آلیس', bio: 'معمار', status: 'در سفر' });
  t.match(me, { bio: 'معمار', status: 'در سفر', handle: null, limited: false, shown: { status: 'contacts' } });
  t.same(
    await profile(bob, alice),
    { address: alice.address, name: 'آلیس', bio: 'معمار', status: 'در سفر' },
    'a contact on B',
  );
  t.same(
    await profile(dave, alice),
    { address: alice.address, name: 'آلیس', bio: 'معمار' },
    'a member of a group on B',
  );
  t.equal(await erin.refusal('GET', `/profiles/${alice.address}`), 'not-found', 'a stranger on B');
  t.equal(await bob.refusal('PATCH', '/me', { bio: 'x'.repeat(257) }), 'bad-request');
  t.equal(await bob.refusal('PATCH', '/me', { status: 'two\nlines' }), 'bad-request');
  t.equal(await bob.refusal('PATCH', '/me', { shown: { bio: 'friends' } }), 'bad-request');
});

await t.test('PV-PRF-005, PV-PRF-006 what is hidden, and what a blocked person sees', async (t) => {
  // B remembers what it was told for a while, so what is looked at here is what A answers.
  const told = async (reader: string): Promise<Json> =>
    (await attack(A, 'directory', { profile: alice.address, for: reader })).json;
  t.match(await told(`eve@${E}`), { code: 'not-found' }, 'a provider that shares no room');
  t.match(await told(bob.address), { code: 'wrong-origin' }, 'PV-PRF-002 nor in the name of others');
  const { room: lured } = await ask(alice, `eve@${E}`);
  t.ok(lured);
  t.match(await told(`eve@${E}`), { code: 'not-found' }, 'nor one that was only asked');
  await amir.dmWith(alice);
  const seen = (): Promise<Json> => profile(amir, alice);
  await alice.call('PATCH', '/me', { shown: { name: 'contacts', bio: 'nobody' } });
  t.same(await seen(), { address: alice.address, name: 'آلیس', status: 'در سفر' });
  await alice.call('PUT', `/blocks/${amir.address}`);
  t.same(await seen(), { address: alice.address, name: 'alice' }, 'blocked');
  await alice.call('DELETE', `/blocks/${amir.address}`);
  t.equal((await profile(alice, alice))['bio'], 'معمار', 'one’s own is whole');
});

await t.test('PV-PRF-008 what is erased leaves the database', async (t) => {
  await alice.call('PATCH', '/me', { bio: null, status: null, shown: { name: 'everyone', bio: 'everyone' } });
  t.same(await profile(amir, alice), { address: alice.address, name: 'آلیس' });
  const rows = await askDatabase(network, A, { text: 'SELECT bio, status, handle FROM profiles' });
  t.same(rows, [{ bio: null, status: null, handle: null }]);
});

await t.test('PV-PRF-009 a handle is verified by the provider it is of', async (t) => {
  t.equal(await alice.refusal('PATCH', '/me', { handle: amir.address }), 'bad-request', 'it is of another provider');
  await alice.call('PATCH', '/me', { handle: erin.address });
  const handle = async (): Promise<unknown> => (await profile(amir, alice))['handle'];
  t.same(await handle(), { address: erin.address, verified: false }, 'as long as it does not say so itself');
  await erin.call('PATCH', '/me', { handle: alice.address });
  t.same(await handle(), { address: erin.address, verified: true });
  t.match((await attack(B, 'directory', { handle: erin.address })).json, { handle: { names: alice.address } });
  await erin.call('PATCH', '/me', { shown: { handle: 'contacts' } });
  t.same(await handle(), { address: erin.address, verified: false }, 'nor when it does not tell everyone');
  await alice.call('PATCH', '/me', { handle: `anybody@${E}` });
  t.same(await handle(), { address: `anybody@${E}`, verified: false }, 'a provider that does not vouch');
});

await t.test(
  'PV-LIM-001 strangers cannot reach a limited account, whom its person asks and the guardian can',
  async (t) => {
    await runPayvand(network, A, ['user', 'limit', 'kian', '--guardian', 'alice']);
    t.match(await kian.call('GET', '/me'), { limited: true });
    for (const stranger of [bob, amir]) await ask(stranger, kian.address);
    await ask(alice, kian.address);
    await until(async () => (await requestsOf(kian)).length > 0, 'the guardian’s request');
    t.match(await requestsOf(kian), [{ by: alice.address }], 'and no other');
    t.equal(await amir.refusal('GET', `/profiles/${kian.address}`), 'not-found', 'PV-LIM-004 nor are they found');
    t.equal((await profile(alice, kian))['name'], 'kian');
    await ask(kian, bob.address);
    const seen = async (): Promise<boolean> => (await bob.refusal('GET', `/profiles/${kian.address}`)) === undefined;
    t.ok(await until(seen, 'PV-LIM-006 the dm, as bob has asked for it, too'));
  },
);

await t.test('PV-LIM-005 the guardian lifts the limit and nobody else does', async (t) => {
  const path = `/wards/${kian.address}`;
  t.equal(await kian.refusal('PUT', path, { limited: false }), 'not-found');
  t.equal(await bob.refusal('PUT', path, { limited: false }), 'not-found');
  t.same(await alice.call('GET', '/wards'), { wards: [{ address: kian.address, limited: true }] });
  t.same(await alice.call('PUT', path, { limited: false }), { address: kian.address, limited: false });
  await ask(amir, kian.address);
  await until(async () => (await requestsOf(kian)).length === 2, 'the request of a stranger');
  await alice.call('PUT', path, { limited: true });
});

await t.test('PV-LIM-002 a hostile provider cannot tell limited, blocked and absent accounts apart', async (t) => {
  await amir.call('PUT', `/blocks/eve@${E}`);
  const people = [kian.address, amir.address, `nobody@${A}`];
  const answers: unknown[][] = [];
  for (const to of people) {
    const mail = eve.invitation(address(to));
    const sent = [await attack(A, 'mailbox', { items: [mail] }), await attack(A, 'mailbox', { items: [mail] })];
    const others = [
      await attack(A, 'directory', { profile: to, for: `eve@${E}` }),
      await attack(A, 'directory', { profile: to }),
      await attack(A, 'directory', { handle: to }),
    ];
    answers.push([...sent, ...others].map(({ status, text }) => [status, text]));
  }
  t.same(answers[0]?.[0], [200, '{"results":[{"status":"ok"}]}']);
  t.same(answers[0], answers[2], 'limited or absent');
  t.same(answers[1], answers[2], 'blocked or absent');
  t.equal((await requestsOf(amir)).length, 0);
  const counted = await askDatabase(network, A, {
    text: `SELECT contacts_asked AS asked FROM providers WHERE domain = '${E}'`,
  });
  t.same(counted, [{ asked: 6 }], 'PV-LIM-012 all of them count');
});

await t.test('PV-LIM-011 what is granted is counted', async (t) => {
  const text = `SELECT contacts_asked AS asked, contacts_granted AS granted FROM providers WHERE domain = '${A}'`;
  const [counts] = await askDatabase<{ asked: number; granted: number }>(network, B, { text });
  t.ok(counts !== undefined && counts.granted >= 1 && counts.asked >= counts.granted, JSON.stringify(counts));
});

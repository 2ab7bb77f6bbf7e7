import t from 'tap';
import { runFeatures } from './support/feature.js';
import type { Feature } from './support/feature.js';
import { callAsPeer } from './support/peer-call.js';
import { askDatabase } from './support/provider-database.js';
import { makeTestGroup } from './support/test-group.js';
import { TestPerson, until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const title = 'گروه پیوند';
const group = await makeTestGroup(t, title);
const { network, hub, alice, bob, bita, gita, dave, carol, room, path } = group;
const amir = await TestPerson.signUp(network, 'a.test', 'amir');
const bella = await TestPerson.signUp(network, 'b.test', 'bella');
const cyrus = await TestPerson.signUp(network, 'c.test', 'cyrus');

const put = (rest: string, body?: Json) => (by: TestPerson) => by.refusal('PUT', path(rest), body);
const access = ({ address }: TestPerson, rest: string): string => `/members/${address}/${rest}`;
const isIn = async (who: TestPerson): Promise<boolean> => (await group.memberOn(bob, who.address)) !== undefined;
const speak = (who: TestPerson): Promise<string | undefined> =>
  who.refusal('POST', path('/events'), { requestKey: who.requestKey(), type: 'message', content: { text: 'hello' } });
const requestsOf = async (who: TestPerson): Promise<Json[]> =>
  ((await who.call('GET', '/requests'))['requests'] as Json[]).filter((request) => request['room'] === room);
const ordinary = { by: bob, code: 'no-right' } as const;

const features: readonly Feature[] = [
  {
    name: 'a group is made with a title',
    act: async () => ({ room }),
    seen: async () => {
      const { title: seen, owner, kind, mutual } = await group.summary(bob);
      return seen === title && owner === alice.address && kind === 'group' && mutual === true;
    },
    told: (frame) => frame['t'] === 'room' && frame['title'] === title,
    attempt: (by) => by.refusal('GET', path('')),
    refused: { by: dave, code: 'unknown-room' },
    allowed: bob,
  },
  {
    name: 'the title is changed',
    act: () => alice.call('PUT', path('/title'), { title: 'خانه' }),
    seen: async () => (await group.summary(bob))['title'] === 'خانه',
    attempt: put('/title', { title: 'Home' }),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'somebody is invited by mail',
    act: async () => {
      await alice.call('POST', path('/invites'), { address: bella.address });
      await bella.acceptFrom(alice.address);
      return {};
    },
    seen: () => isIn(bella),
    told: (frame) => frame['type'] === 'member' && frame['sender'] === bella.address,
    attempt: (by) => by.refusal('POST', path('/invites'), { address: dave.address }),
    refused: { by: gita, code: 'no-right' },
    allowed: bita,
  },
  {
    name: 'a role of the group’s own is made, with rank and rights',
    act: async () => {
      await alice.call('PUT', path('/roles/herald'), { rank: 20, rights: ['send', 'info', 'roles'] });
      return await alice.call('PUT', path(access(bob, 'role')), { role: 'herald' });
    },
    seen: async () => {
      const { role, rank, rights } = await group.summary(bob);
      return role === 'herald' && rank === 20 && (rights as string[]).toSorted().join() === 'info,roles,send';
    },
    attempt: put('/roles/usher', { rank: 40, rights: ['send'] }),
    refused: { by: bob, code: 'rank' },
    allowed: bita,
  },
  {
    name: 'a role is given to a member, and taken back',
    act: () => alice.call('PUT', path(access(bob, 'role')), { role: 'member' }),
    seen: async () => (await group.summary(bob))['role'] === 'member',
    attempt: put(access(carol, 'role'), { role: 'moderator' }),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'a member is restricted for ever',
    act: () => alice.call('PUT', path(access(bella, 'restriction')), { rights: ['send'] }),
    seen: async () => (await group.memberOn(bob, bella.address))?.['restrict'] !== undefined,
    attempt: put(access(carol, 'restriction'), { rights: ['react'] }),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'a restriction is lifted',
    act: async () => {
      t.equal(await speak(bella), 'no-right', 'what is restricted is refused');
      return await alice.call('DELETE', path(access(bella, 'restriction')));
    },
    seen: async () => (await speak(bella)) === undefined,
    attempt: (by) => by.refusal('DELETE', path(access(carol, 'restriction'))),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'history is opened to those who come later',
    act: () => alice.call('PUT', path('/history'), { visible: 'all' }),
    seen: async () => (await group.summary(bob))['history'] === 'all',
    attempt: put('/history', { visible: 'joined' }),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'a group changes its owner',
    act: () => alice.call('PUT', path('/owner'), { address: bita.address }),
    seen: async () => (await group.summary(bob))['owner'] === bita.address,
    attempt: put('/owner', { address: alice.address }),
    refused: { by: bob, code: 'wrong-sender' },
    allowed: bita,
  },
  {
    name: 'a member is removed',
    act: () => alice.call('DELETE', path(`/members/${bella.address}`)),
    seen: async () => !(await isIn(bella)) && (await group.summary(bella))['membership'] === 'left',
    attempt: (by) => by.refusal('DELETE', path(`/members/${carol.address}`)),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'a member leaves',
    act: async () => {
      await group.bringIn(amir);
      return await amir.call('POST', path('/leave'));
    },
    seen: async () => !(await isIn(amir)),
    attempt: (by) => by.refusal('POST', path('/leave')),
    refused: { by: dave, code: 'unknown-room' },
    allowed: gita,
  },
  {
    name: 'somebody is banned',
    act: async () => {
      await group.bringIn(bella);
      return await alice.call('PUT', path(`/bans/${bella.address}`));
    },
    seen: async () => !(await isIn(bella)) && (await speak(bella)) === 'unknown-room',
    attempt: put('/bans/nobody@c.test'),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'a ban is lifted',
    act: async () => {
      await alice.call('DELETE', path(`/bans/${bella.address}`));
      await group.bringIn(bella);
      return {};
    },
    seen: () => isIn(bella),
    told: () => true,
    attempt: (by) => by.refusal('DELETE', path('/bans/nobody@c.test')),
    refused: ordinary,
    allowed: bita,
  },
];

await runFeatures(t, group, features);

await t.test('the owner is out of reach of every rank, and leaves last', async (t) => {
  await hub.disturb();
  t.equal(await bita.refusal('PUT', path(`/bans/${alice.address}`)), 'rank');
  t.equal(await alice.refusal('POST', path('/leave')), 'no-right');
});

await t.test('a restriction with an end is over at that time', async (t) => {
  await hub.disturb();
  const until = Date.now() + 2500;
  await alice.call('PUT', path(access(bob, 'restriction')), { rights: ['send'], until });
  await group.caughtUp(bob);
  t.equal(await speak(bob), 'no-right');
  await new Promise((resolve) => setTimeout(resolve, until - Date.now() + 50));
  t.equal(await speak(bob), undefined);
});

await t.test('an invitation from before a ban opens nothing, not even after the ban', async (t) => {
  await alice.call('POST', path('/invites'), { address: cyrus.address });
  const { id } = await until(async () => (await requestsOf(cyrus))[0], 'the invitation');
  await alice.call('PUT', path(`/bans/${cyrus.address}`));
  await hub.disturb();
  t.equal(await cyrus.refusal('POST', `/requests/${String(id)}/accept`), 'not-invited', 'banned');
  await alice.call('DELETE', path(`/bans/${cyrus.address}`));
  t.equal(await cyrus.refusal('POST', `/requests/${String(id)}/accept`), 'not-invited', 'not banned any more');
  await alice.call('POST', path('/invites'), { address: cyrus.address });
  const fresh = await until(
    async () => (await requestsOf(cyrus)).find((request) => request['id'] !== id),
    'another invitation',
  );
  await cyrus.call('POST', `/requests/${String(fresh['id'])}/accept`);
  await until(async () => isIn(cyrus), 'cyrus joined');
  t.equal(await speak(cyrus), undefined);
});

await t.test('whoever comes later reads what history allows, and their provider holds no more', async (t) => {
  // Of a provider that has nobody in these groups, and so not of the hub.
  const newcomer = hub.provider === cyrus.provider ? bella : cyrus;
  for (const visible of ['joined', 'all'] as const) {
    const words = `said before the newcomer came: ${visible}`;
    const late = await group.another(visible);
    await alice.call('PUT', `/rooms/${late}/history`, { visible });
    await alice.say(late, words);
    await alice.call('POST', `/rooms/${late}/invites`, { address: newcomer.address });
    const { id } = await until(async () => {
      const { requests } = await newcomer.call('GET', '/requests');
      return (requests as Json[]).find((request) => request['room'] === late);
    }, 'the invitation');
    await newcomer.call('POST', `/requests/${String(id)}/accept`);
    await hub.disturb();
    await alice.say(late, 'welcome');
    const texts = async (): Promise<unknown[]> =>
      (await newcomer.events(late)).flatMap(({ content, type }) =>
        type === 'message' ? [(content as Json)['text']] : [],
      );
    const expected = visible === 'all' ? [words, 'welcome'] : ['welcome'];
    await until(async () => (await texts()).length >= expected.length, 'the history');
    t.same(await texts(), expected, `a person reads ${visible}`);
    const { domain } = newcomer.provider;
    const [held] = await askDatabase<{ n: string }>(network, domain, {
      text: 'SELECT count(*) AS n FROM log WHERE room_id = $1 AND position($2 in content) > 0',
      values: [late, words],
    });
    t.equal(Number(held?.n), visible === 'all' ? 1 : 0, 'as its provider holds it');
    const page = await callAsPeer(network, {
      from: domain,
      to: hub.provider.domain,
      verb: 'log',
      body: { room: late, from: 0, max: 256 },
    });
    t.equal(page['status'], 200);
    t.equal(JSON.stringify(page).includes(words), visible === 'all', 'and as the hub gives it');
  }
});

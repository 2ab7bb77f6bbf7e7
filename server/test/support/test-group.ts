import type { Test } from 'tap';
import { createTestNetwork } from './test-network.js';
import type { TestNetwork } from './test-network.js';
import { TestPerson, until } from './test-person.js';
import type { Json, TestStream } from './test-person.js';

export type Content = Parameters<TestPerson['send']>[1];

const [A, B, C] = ['a.test', 'b.test', 'c.test'] as const;
const RIGHTS = ['send', 'react', 'invite', 'remove', 'ban', 'restrict', 'moderate', 'info', 'roles', 'manage', 'pin'];

/** A group whose hub is A, with people of A, B and C in it, and on B somebody of each kind. */
export interface TestGroup {
  readonly network: TestNetwork;
  /** owner, on A */
  readonly alice: TestPerson;
  /** on B, an ordinary member */
  readonly bob: TestPerson;
  /** on B, steward: every right, rank 90 */
  readonly bita: TestPerson;
  /** on B, guest: no right at all */
  readonly gita: TestPerson;
  /** on B, not in the group */
  readonly dave: TestPerson;
  /** on C, an ordinary member */
  readonly carol: TestPerson;
  readonly room: string;
  /** of bob */
  readonly stream: TestStream;
  path(rest: string): string;
  summary(who: TestPerson): Promise<Json>;
  /** newest record of the hub */
  head(): Promise<number>;
  memberOn(who: TestPerson, address: string): Promise<Json | undefined>;
  eventOn(who: TestPerson, id: unknown): Promise<Json | undefined>;
  effectsOn(who: TestPerson, id: unknown): Promise<Json>;
  /** Invites somebody by mail and has them accept. */
  bringIn(person: TestPerson): Promise<void>;
  /** Waits until a person's provider has everything the hub has. */
  caughtUp(who: TestPerson): Promise<void>;
}

/** Starts three providers and makes a group across them; everything ends with the test. */
export async function makeTestGroup(t: Test, title: string): Promise<TestGroup> {
  const network = await createTestNetwork({ domains: [A, B, C] });
  t.teardown(() => network.stop());
  await Promise.all([A, B, C].map((domain) => network.provider(domain).start()));
  const signUp = (domain: string, name: string): Promise<TestPerson> => TestPerson.signUp(network, domain, name);
  const alice = await signUp(A, 'alice');
  const bob = await signUp(B, 'bob');
  const bita = await signUp(B, 'bita');
  const gita = await signUp(B, 'gita');
  const dave = await signUp(B, 'dave');
  const carol = await signUp(C, 'carol');
  const stream = bob.openStream();
  t.teardown(() => stream.close());
  const created = await alice.call('POST', '/rooms', { title, requestKey: 'the-group' });
  const group = bind({ network, alice, bob, bita, gita, dave, carol, stream, room: String(created['room']) });
  await alice.say(group.room, 'before anybody came');
  for (const person of [bob, bita, gita, carol]) await group.bringIn(person);
  await alice.call('PUT', group.path('/roles/steward'), { rank: 90, rights: RIGHTS });
  await alice.call('PUT', group.path('/roles/guest'), { rank: 0, rights: [] });
  await alice.call('PUT', group.path(`/members/${bita.address}/role`), { role: 'steward' });
  await alice.call('PUT', group.path(`/members/${gita.address}/role`), { role: 'guest' });
  for (const person of [bob, carol]) await group.caughtUp(person);
  return group;
}

type People = Pick<TestGroup, 'network' | 'alice' | 'bob' | 'bita' | 'gita' | 'dave' | 'carol' | 'room' | 'stream'>;

function bind(people: People): TestGroup {
  const { room, alice } = people;
  const path = (rest: string): string => `/rooms/${room}${rest}`;
  const summary = (who: TestPerson): Promise<Json> => who.call('GET', path(''));
  const headOf = async (who: TestPerson): Promise<number> => ((await summary(who))['head'] as { seq: number }).seq;
  const head = (): Promise<number> => headOf(alice);

  async function memberOn(who: TestPerson, address: string): Promise<Json | undefined> {
    const { members } = await who.call('GET', path('/members?limit=200'));
    return (members as Json[]).find((member) => member['address'] === address);
  }

  async function eventOn(who: TestPerson, id: unknown): Promise<Json | undefined> {
    return (await who.events(room)).find((event) => event['id'] === id);
  }

  return {
    ...{ ...people, path, summary, head, memberOn, eventOn },
    async effectsOn(who, id) {
      return ((await eventOn(who, id))?.['effects'] ?? {}) as Json;
    },
    async bringIn(person) {
      await alice.call('POST', path('/invites'), { address: person.address });
      await person.acceptFrom(alice.address);
      await until(async () => (await memberOn(alice, person.address)) !== undefined, `${person.address} joined`);
    },
    async caughtUp(who) {
      const seq = await head();
      await until(async () => (await headOf(who)) >= seq, `${who.address} to have record ${seq}`);
    },
  };
}

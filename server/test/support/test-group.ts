import type { Test } from 'tap';
import { foundGroup, makeRowHub, rowHubDomain } from './row-hub.js';
import type { RowHub } from './row-hub.js';
import { makeStage } from './stage.js';
import type { TestNetwork } from './test-network.js';
import { until } from './test-person.js';
import type { Json, TestPerson, TestStream } from './test-person.js';

export type Content = Parameters<TestPerson['send']>[1];

const [A, B, C] = ['a.test', 'b.test', 'c.test'] as const;
const RIGHTS = ['send', 'react', 'invite', 'remove', 'ban', 'restrict', 'moderate', 'info', 'roles', 'manage', 'pin'];

/** A group with people of A, B and C in it, and on B somebody of each kind. Its hub is A, or C where the run has it away from A. */
export interface TestGroup {
  readonly network: TestNetwork;
  readonly hub: RowHub;
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
  /** neither at the hub nor on B: carol, or alice where the hub is C */
  readonly far: TestPerson;
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
  /** Another group of alice's at the same hub. */
  another(title: string): Promise<string>;
  /** Waits until a person's provider has everything the hub has. */
  caughtUp(who: TestPerson): Promise<void>;
  /** Waits until all three providers have it. */
  settled(): Promise<void>;
}

/** Starts three providers and makes a group across them; everything ends with the test. */
export async function makeTestGroup(t: Test, title: string): Promise<TestGroup> {
  const onB = { bob: B, bita: B, gita: B, dave: B };
  const { hana, ...stage } = await makeStage(t, { alice: A, ...onB, carol: C, hana: rowHubDomain(C) });
  const { alice, bob, bita, gita, carol } = stage;
  const hub = makeRowHub(t, hana.provider);
  const host = hub.provider === alice.provider ? alice : hana;
  const stream = bob.openStream();
  t.teardown(() => stream.close());
  const room = await foundGroup(host, alice, title);
  const far = hub.provider === carol.provider ? alice : carol;
  const group = bind({ ...stage, hub, host, far, stream, room });
  await alice.say(room, 'before anybody came');
  for (const person of [bob, bita, gita, carol]) await group.bringIn(person);
  await alice.call('PUT', group.path('/roles/steward'), { rank: 90, rights: RIGHTS });
  await alice.call('PUT', group.path('/roles/guest'), { rank: 0, rights: [] });
  await alice.call('PUT', group.path(`/members/${bita.address}/role`), { role: 'steward' });
  await alice.call('PUT', group.path(`/members/${gita.address}/role`), { role: 'guest' });
  await group.settled();
  return group;
}

type Members = 'network' | 'hub' | 'alice' | 'bob' | 'bita' | 'gita' | 'dave' | 'carol' | 'far' | 'room' | 'stream';
type People = Pick<TestGroup, Members> & { readonly host: TestPerson };

function bind({ host, ...people }: People): TestGroup {
  const { room, alice } = people;
  const path = (rest: string): string => `/rooms/${room}${rest}`;
  const summary = (who: TestPerson): Promise<Json> => who.call('GET', path(''));
  const headOf = async (who: TestPerson): Promise<number> => ((await summary(who))['head'] as { seq: number }).seq;
  const head = (): Promise<number> => headOf(host);

  async function memberOn(who: TestPerson, address: string): Promise<Json | undefined> {
    const { members } = await who.call('GET', path('/members?limit=200'));
    return (members as Json[]).find((member) => member['address'] === address);
  }

  async function eventOn(who: TestPerson, id: unknown): Promise<Json | undefined> {
    return (await who.events(room)).find((event) => event['id'] === id);
  }

  async function caughtUp(who: TestPerson): Promise<void> {
    const seq = await head();
    await until(async () => (await headOf(who)) >= seq, `${who.address} to have record ${seq}`);
  }

  return {
    ...{ ...people, path, summary, head, memberOn, eventOn, caughtUp },
    another: (title) => foundGroup(host, alice, title),
    async effectsOn(who, id) {
      return ((await eventOn(who, id))?.['effects'] ?? {}) as Json;
    },
    async bringIn(person) {
      await alice.call('POST', path('/invites'), { address: person.address });
      await person.acceptFrom(alice.address);
      await until(async () => (await memberOn(alice, person.address)) !== undefined, `${person.address} joined`);
    },
    async settled() {
      for (const who of [alice, people.bob, people.carol]) await caughtUp(who);
    },
  };
}

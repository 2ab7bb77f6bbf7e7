import type { EventShown, Person } from '../stage/users.js';
import { must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import type { Party } from './party.js';
import { SuiteFollower } from './suite-follower.js';
import type { Standing } from './suite-follower.js';
import type { SuiteProvider } from './suite-provider.js';

/** Two providers that meet: one is the hub of the rooms, the other follows. */
export interface Pair {
  readonly hub: Party;
  readonly follower: Party;
  /** the third */
  readonly suite: SuiteProvider;
  /** messages that each person says */
  readonly messages: number;
}

export type Standings = Readonly<Record<string, Standing>>;

interface Place {
  readonly room: string;
  readonly at: Party;
  readonly person: Person;
}

interface Group {
  readonly alice: Person;
  readonly bob: Person;
  readonly room: string;
  readonly third: SuiteFollower;
  readonly places: readonly Place[];
}

/** What two providers have to be able to do together, each as far as it can be seen at both. @throws Deviates · WaitedInVain */
export const scenarios: Readonly<Record<string, (pair: Pair) => Promise<Standings>>> = {
  async dm({ hub, follower, messages }) {
    const [alice, bob] = [await hub.users.make(), await follower.users.make()];
    const room = await alice.requestContact(bob.address);
    await acceptFrom(bob, room);
    const places = [
      { room, at: hub, person: alice },
      { room, at: follower, person: bob },
    ];
    await talk(places, messages);
    return await agree(places);
  },

  async group(pair) {
    const { messages } = pair;
    const { third, places } = await meetInGroup(pair, 'all three');
    await talk(places, messages);
    for (let count = 1; count <= messages; count += 1) await third.say(`mallory says ${count}`);
    await talk(places, 1);
    return await agree(places, third);
  },

  async changes(pair) {
    const { hub, messages } = pair;
    const { alice, bob, room, third, places } = await meetInGroup(pair, 'what changes');
    await alice.setRole(room, bob.address, 'admin');
    await agree(places, third);
    const carol = await hub.users.make();
    await bob.invite(room, carol.address);
    await acceptFrom(carol, room);
    await agree(places, third);
    await bob.remove(room, carol.address);
    await until(async () => !(await alice.members(room)).includes(carol.address), 'carol to be removed at the hub');
    await talk(places, messages);
    return await agree(places, third);
  },
};

/** A group of three providers: alice's at the hub, bob's at the follower, and the suite's. */
async function meetInGroup({ hub, follower, suite }: Pair, title: string): Promise<Group> {
  const [alice, bob] = [await hub.users.make(), await follower.users.make()];
  const room = await alice.createGroup(title);
  const third = await SuiteFollower.join(suite.towards(hub.domain), hub.target, { owner: alice, room });
  await alice.invite(room, bob.address);
  await acceptFrom(bob, room);
  const places = [
    { room, at: hub, person: alice },
    { room, at: follower, person: bob },
  ];
  return { alice, bob, room, third, places };
}

async function acceptFrom(person: Person, room: string): Promise<void> {
  const request = await until(
    async () => (await person.requests()).find((one) => one.room === room),
    `the invitation into ${room} to be shown to ${person.address}`,
  );
  await person.answer(request.id, 'accept');
  await until(async () => await person.isIn(room), `${person.address} to be in ${room}`);
}

/** They say things in turn, and everybody hears all of it. */
async function talk(places: readonly Place[], messages: number): Promise<void> {
  const said: string[] = [];
  for (let count = 1; count <= messages; count += 1)
    for (const { person, room } of places) {
      const text = `${person.address} ‏می‌گوید ${count} 🌉`;
      said.push((await person.say(room, text)).id);
    }
  for (const { person, room } of places)
    await until(async () => {
      const heard = await person.events(room);
      return said.every((id) => heard.filter((event) => event.id === id).length === 1);
    }, `${person.address} to hear all ${said.length} messages once`);
}

/** Waits until everybody holds the same, and compares what they are shown of it. */
async function agree(places: readonly Place[], third?: SuiteFollower): Promise<Standings> {
  let standings: Standings = {};
  await until(
    async () => {
      standings = await standingsOf(places, third);
      return new Set(Object.values(standings).map(({ seq, hash, state }) => `${seq} ${hash} ${state}`)).size === 1;
    },
    () => `equal heads and states, not ${JSON.stringify(standings)}`,
  );
  const [first, ...others] = await Promise.all(places.map(async ({ person, room }) => await person.events(room)));
  for (const other of others) mustBeSame(first ?? [], other);
  must(third?.difference === undefined, 'heads that fit the log', third?.difference);
  if (third !== undefined) mustBeSame(first ?? [], shownOf(third));
  return standings;
}

async function standingsOf(places: readonly Place[], third?: SuiteFollower): Promise<Standings> {
  const own = await Promise.all(
    places.map(async ({ at, person, room }): Promise<[string, Standing]> => {
      const { head, state, status } = await at.control.call('view-room', { as: person.address, room });
      must(status !== 'quarantined', `${at.domain} to follow ${room}`, 'it is quarantined');
      const [, seq, hash] = head;
      return [at.domain, { seq, hash, state }];
    }),
  );
  return Object.fromEntries([...own, ...(third === undefined ? [] : [['the suite', third.standing] as const])]);
}

/** Where two see the same place of a log, they see the same event. */
function mustBeSame(one: readonly Shown[], other: readonly Shown[]): void {
  const bySeq = new Map(one.map((event) => [event.seq, event]));
  for (const { seq, id } of other) {
    const known = bySeq.get(seq);
    must(known === undefined || known.id === id, `the event at ${seq} to be ${known?.id}`, id);
  }
}

type Shown = Pick<EventShown, 'seq' | 'id'>;

function shownOf(follower: SuiteFollower): Shown[] {
  return [...follower.records.keys()].map((seq) => ({ seq, id: follower.idAt(seq) }));
}

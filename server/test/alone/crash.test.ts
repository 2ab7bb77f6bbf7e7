import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import {
  accept,
  eventually,
  invite,
  killDuringMigration,
  killDuringStart,
  makeDm,
  makeGroup,
  pause,
  signUp,
} from '../support/crash-network.js';
import { Journal } from '../support/journal.js';
import { JournallingClient } from '../support/journalling-client.js';
import { seededRandom } from '../support/seeded-random.js';
import { StoredRooms } from '../support/stored-rooms.js';
import type { StoredRecord, StoredRoom } from '../support/stored-rooms.js';
import { createTestNetwork } from '../support/test-network.js';
import type { TestPerson } from '../support/test-person.js';

/** Kills everything that can be killed, under load, and asks at the end whether anything that was promised is missing. */

const setting = (name: string, fallback: number): number => Number(process.env[name] ?? fallback);
const seed = setting('CRASH_SEED', Date.now() % 1_000_000);
const kills = setting('CRASH_KILLS', 5);
const perSecond = setting('CRASH_RATE', 360);
const couples = setting('CRASH_COUPLES', 5);
const flowWaitMs = setting('CRASH_FLOW_WAIT_MS', 90_000);
const FLOW = 10;

const [A, B, C] = ['a.test', 'b.test', 'c.test'] as const;
const random = seededRandom(seed);
t.setTimeout(1_200_000);
t.comment(`seed ${seed}; repeat with CRASH_SEED=${seed}`);

const network = await createTestNetwork({ domains: [A, B, C] });
t.teardown(() => network.stop());
const [hub, follower, third] = [network.provider(A), network.provider(B), network.provider(C)];
const journal = await Journal.open(join(network.folder, 'journal'));
const clients: JournallingClient[] = [];
t.teardown(() => clients.forEach((client) => client.stop()));
const startedMs = Date.now();
const note = (t: Test, text: string): void => t.comment(`${((Date.now() - startedMs) / 1000).toFixed(1)} s: ${text}`);

/** Rooms of each person, and of each hub. */
const roomsOf = new Map<TestPerson, string[]>();
const hubOf = new Map<string, string>();
let alice: TestPerson;
let group: string;

function belongs(room: string, hubDomain: string, people: readonly TestPerson[]): void {
  hubOf.set(room, hubDomain);
  for (const person of people) roomsOf.set(person, [...(roomsOf.get(person) ?? []), room]);
}

function connect(person: TestPerson, rate: number): void {
  const rooms = roomsOf.get(person) ?? [];
  clients.push(new JournallingClient({ network, person, journal, rooms, perSecond: rate, prefix: `k${seed}` }));
}

const orderedIn = (domain: string, hubDomain: string): number =>
  clients
    .filter(({ person }) => person.provider.domain === domain)
    .flatMap((client) => [...client.ordered])
    .reduce((sum, [room, count]) => sum + (hubOf.get(room) === hubDomain ? count : 0), 0);
const orderedInAll = (): number =>
  [A, B, C].reduce((sum, domain) => sum + orderedIn(domain, A) + orderedIn(domain, B), 0);

/** Waits until people of both providers get messages ordered in rooms of both hubs again. */
async function flowing(): Promise<void> {
  const ways = [A, B].flatMap((domain) => [A, B].map((at) => ({ domain, at, before: orderedIn(domain, at) })));
  for (const { domain, at, before } of ways) {
    const isFlowing = async (): Promise<boolean> => orderedIn(domain, at) >= before + FLOW;
    await eventually(isFlowing, `messages of ${domain} in rooms of ${at}`, flowWaitMs);
  }
}

await t.test('a first start that is killed in the middle of its migration succeeds later', async (t) => {
  const starting = Promise.all([hub.start(), follower.start()]);
  const tables = await killDuringMigration(third, { random, times: kills });
  note(t, `killed ${tables.length} times in the migration, at ${tables.join(', ')}, at last with its database`);
  await Promise.all([starting, third.start()]);
  t.equal(tables.length, kills);
});

await t.test('people of three providers meet in rooms of two hubs', async (t) => {
  const join = async (owner: TestPerson, room: string, people: readonly TestPerson[]): Promise<void> => {
    for (const person of people) await invite(owner, room, person);
    await Promise.all(people.map((person) => accept(person, room)));
  };
  const signUpAll = (domain: string, name: string): Promise<TestPerson[]> =>
    Promise.all(Array.from({ length: couples }, (_, index) => signUp(network, domain, `${name}${index}`)));
  const [ofA, ofB, carol] = await Promise.all([signUpAll(A, 'a'), signUpAll(B, 'b'), signUp(network, C, 'carol')]);
  await Promise.all(
    ofA.map(async (person, index) => {
      const [other, next] = [ofB[index], ofB[(index + 1) % couples]];
      if (other === undefined || next === undefined) return;
      belongs(await makeDm(person, other), A, [person, other]);
      belongs(await makeDm(next, person), B, [person, next]);
    }),
  );
  const [a0, a1, b0, b1] = [ofA[0], ofA[1], ofB[0], ofB[1]];
  if (!a0 || !a1 || !b0 || !b1) throw new Error('too few people');
  alice = a0;
  group = await makeGroup(a0, 'group of A');
  const groupOfB = await makeGroup(b0, 'group of B');
  await Promise.all([join(a0, group, [a1, b0, b1, carol]), join(b0, groupOfB, [b1, a0, a1, carol])]);
  belongs(group, A, [a0, a1, b0, b1, carol]);
  belongs(groupOfB, B, [a0, a1, b0, b1, carol]);
  for (const person of roomsOf.keys()) connect(person, perSecond / roomsOf.size);
  await flowing();
  const [before, beforeMs] = [orderedInAll(), Date.now()];
  await eventually(async () => Date.now() - beforeMs > 8000, 'eight seconds');
  const rate = ((orderedInAll() - before) * 1000) / (Date.now() - beforeMs);
  const load = `load ${loadavg()[0]?.toFixed(1)} on ${cpus().length} cores`;
  note(
    t,
    `${clients.length} clients, ${hubOf.size} rooms, undisturbed ${rate.toFixed(0)} of ${perSecond} msg/s (${load})`,
  );
});

const skip = t.passing() ? false : 'there is nothing to kill';

/** What is killed, and how it comes back; a database is started again by its own server. */
const disasters: Record<string, (round: number) => Promise<void>> = {
  async 'hub server'() {
    await hub.kill();
    await hub.start();
  },
  async 'follower server'() {
    await follower.kill();
    await follower.start();
  },
  'database of the hub': () => hub.killDatabase(),
  'database of the follower': () => follower.killDatabase(),
  async 'both servers'() {
    await Promise.all([hub.kill(), follower.kill()]);
    await Promise.all([hub.start(), follower.start()]);
  },
  async 'a server during its start'(round) {
    const provider = round % 2 === 0 ? hub : follower;
    await provider.kill();
    await killDuringStart(provider, random.between(100, 2000));
    await provider.start();
  },
  async 'a server during a join'(round) {
    const person = await signUp(network, B, `new${round}`);
    const fresh = await makeGroup(alice, `fresh ${round}`);
    await invite(alice, fresh, person);
    await invite(alice, group, person);
    await eventually(
      async () => ((await person.call('GET', '/requests'))['requests'] as unknown[]).length === 2,
      'invitations',
    );
    const provider = round % 2 === 0 ? hub : follower;
    const joining = Promise.all([accept(person, fresh), accept(person, group)]);
    await pause(random.between(0, 150));
    await provider.kill();
    await provider.start();
    await joining;
    belongs(fresh, A, [person]);
    belongs(group, A, [person]);
    connect(person, 10);
  },
};

await t.test('whatever is killed, messages flow again', { skip }, async (t) => {
  const names = Object.keys(disasters);
  const schedule = random.shuffled(
    names.flatMap((name) => Array.from({ length: kills }, (_, round) => ({ name, round }))),
  );
  for (const { name, round } of schedule) {
    const beforeMs = Date.now();
    await pause(random.between(100, 700));
    await disasters[name]?.(round);
    const backMs = Date.now();
    await flowing();
    note(t, `killed ${name}; back in ${backMs - beforeMs} ms, flowing after ${Date.now() - backMs} ms more`);
  }
  t.pass(`${schedule.length} disasters`);
});

interface Stored {
  readonly domain: string;
  readonly rooms: Map<string, StoredRoom>;
  readonly logs: Map<string, StoredRecord[]>;
  readonly states: Map<string, string[]>;
}

const stores: StoredRooms[] = [];
let stored: readonly Stored[] = [];
t.teardown(() => Promise.all(stores.map((store) => store.close())));

/** Nothing waits anywhere, heads are equal, and every stream has told everything. */
async function whatIsNotQuiet(): Promise<string | undefined> {
  const waiting = clients.reduce((sum, client) => sum + client.waiting, 0);
  if (waiting > 0) return `${waiting} messages without an answer`;
  for (const store of stores) {
    const pending = await store.pending();
    if (pending.waiting > 0) return `${pending.waiting} submissions wait at ${store.domain}`;
  }
  const held = await Promise.all(stores.map((store) => store.rooms()));
  const heads = new Map<string, number>();
  for (const [room, { seq }] of held.flatMap((rooms) => [...rooms])) {
    if ((heads.get(room) ?? seq) !== seq) return `heads of ${room} differ`;
    heads.set(room, seq);
  }
  for (const client of clients)
    for (const room of client.delivered.keys())
      if (client.position(room) < (heads.get(room) ?? 0)) return `${client.person.address} was not told all of ${room}`;
  return undefined;
}

async function readAll(store: StoredRooms): Promise<Stored> {
  const rooms = await store.rooms();
  const logs = new Map<string, StoredRecord[]>();
  const states = new Map<string, string[]>();
  for (const room of rooms.keys()) {
    logs.set(room, await store.log(room));
    states.set(room, await store.state(room));
  }
  return { domain: store.domain, rooms, logs, states };
}

await t.test('everything comes to rest', { skip }, async (t) => {
  for (const client of clients) client.rest();
  for (const provider of [hub, follower, third]) stores.push(await StoredRooms.open(provider));
  let obstacle: string | undefined;
  await eventually(async () => (obstacle = await whatIsNotQuiet()) === undefined, 'rest', 180_000).catch(() => {
    t.fail(`not at rest: ${String(obstacle)}`);
  });
  stored = await Promise.all(stores.map(readAll));
  note(t, `at rest with ${orderedInAll()} messages acknowledged with their place`);
});

const ofHub = (room: string): Stored | undefined =>
  stored.find(({ domain }) => domain === stored[0]?.rooms.get(room)?.hub);
const lineOf = ({ seq, id, hash }: StoredRecord): string => `${seq} ${id} ${hash}`;
/** Few enough to be read. */
const some = <Item>(items: readonly Item[]): readonly Item[] => items.slice(0, 5);

await t.test('logs and states are the same everywhere, dense and unquarantined', { skip }, async (t) => {
  let compared = 0;
  for (const { domain, rooms, logs, states } of stored) {
    for (const [room, { status, code, seq, first, hash, state }] of rooms) {
      const right = ofHub(room);
      const name = `${room} at ${domain}`;
      t.equal(status, 'live', `${name} is live (${String(code)})`);
      const log = logs.get(room) ?? [];
      const rightLog = right?.logs.get(room)?.slice(first) ?? [];
      t.same(
        [seq, hash, state],
        [right?.rooms.get(room)?.seq, right?.rooms.get(room)?.hash, right?.rooms.get(room)?.state],
      );
      const wrong = log.filter(
        (record, index) => rightLog[index] === undefined || lineOf(record) !== lineOf(rightLog[index]),
      );
      t.same(some(wrong), [], `${name}: every record as at the hub`);
      t.equal(log.length, seq - first + 1, `${name}: dense`);
      t.equal(log.length, rightLog.length, `${name}: nothing missing`);
      t.same(states.get(room), right?.states.get(room), `${name}: the same entries`);
      compared += log.length;
    }
  }
  for (const store of stores) t.equal(await store.proofs(), 0, `no equivocation seen by ${store.domain}`);
  note(t, `${compared} records of ${stored.reduce((sum, { rooms }) => sum + rooms.size, 0)} rooms compared`);
});

await t.test('every acknowledgement in the journal holds on every provider', { skip }, async (t) => {
  const journalled = await journal.read();
  const seqs = stored.map(({ domain, logs, rooms }) => ({
    ...{ domain, rooms },
    places: new Map([...logs].map(([room, log]) => [room, new Map(log.map(({ id, seq }) => [id, seq]))])),
  }));
  const broken: string[] = [];
  for (const { room, id, seq, status, key, client } of journalled) {
    const isRefused = clients.some(({ person, refused }) => person.address === client && refused.has(key));
    for (const { domain, rooms, places } of seqs) {
      if (!rooms.has(room) || isRefused) continue;
      const place = places.get(room)?.get(id);
      const holds = status === 'ordered' ? place === seq : place !== undefined;
      if (!holds) broken.push(`${domain}: ${status} ${key} ${id} at ${String(seq)} stands at ${String(place)}`);
    }
  }
  t.same(some(broken), []);
  const pending = journalled.filter(({ status }) => status === 'pending').length;
  note(t, `${journalled.length} acknowledgements, ${pending} of them pending at first`);
});

await t.test('every message stands in its log exactly once, whatever was repeated', { skip }, async (t) => {
  const counts = new Map<string, number>();
  for (const [room, { logs }] of [...hubOf.keys()].flatMap((room) => [[room, ofHub(room)] as const]).filter(isHeld)) {
    for (const { type, content } of logs.get(room) ?? []) {
      if (type !== 'message' || content === null) continue;
      const name = `${room} ${(JSON.parse(content) as { text: string }).text.split(' ')[0] ?? ''}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const refused = clients.flatMap((client) => [...client.refused]);
  t.same(some(refused), [], 'nobody was refused: all were members all the time');
  const sent = clients.flatMap((client) => [...client.sent].map(([key, room]) => `${room} ${key}`));
  t.same(some(sent.filter((name) => counts.get(name) !== 1).map((name) => `${name}: ${String(counts.get(name))}`)), []);
  t.equal(counts.size, sent.length, 'and nothing else was said');
  note(t, `${sent.length} messages, each once`);
});

function isHeld(entry: readonly [string, Stored | undefined]): entry is readonly [string, Stored] {
  return entry[1] !== undefined;
}

await t.test('every stream told the log: in order, without gap or repetition', { skip }, async (t) => {
  let told = 0;
  for (const client of clients) {
    t.same(client.faults, [], client.person.address);
    for (const [room, { from, ids }] of client.delivered) {
      const log = (ofHub(room)?.logs.get(room) ?? []).slice(from + 1);
      const wrong = log.findIndex(({ id }, index) => id !== ids[index]);
      t.equal(wrong, -1, `${client.person.address} in ${room}`);
      t.equal(ids.length, log.length);
      told += ids.length;
    }
    for (const room of roomsOf.get(client.person) ?? []) t.ok(client.delivered.has(room), 'no room was left out');
  }
  const connections = clients.reduce((sum, client) => sum + client.connections, 0);
  note(t, `${told} records told over ${connections} connections of ${clients.length} clients`);
});

const hasFailed = !t.passing();
await t.test('what it was like', async (t) => {
  for (const client of clients) client.stop();
  await journal.close();
  const seconds = (Date.now() - startedMs) / 1000;
  note(t, `in all ${(orderedInAll() / seconds).toFixed(0)} msg/s ordered, with everything between`);
  const retries = new Map<string, number>();
  for (const [code, count] of clients.flatMap((client) => [...client.retries]))
    retries.set(code, (retries.get(code) ?? 0) + count);
  note(t, `asked to repeat: ${JSON.stringify(Object.fromEntries(retries))}`);
  for (const provider of [hub, follower, third]) {
    const log = await provider.log();
    const lines = log.split('\n').filter((line) => /"level":"(warn|error)"/.test(line));
    t.notMatch(log, /"event":"(room-quarantined|bad-snapshot)"/, `${provider.domain} had no reason to doubt a log`);
    const events = lines.map((line) => /"event":"([^"]*)"/.exec(line)?.[1] ?? 'other');
    const counts = [...new Set(events)].map((event) => `${event} ${events.filter((one) => one === event).length}`);
    note(t, `${provider.domain} warned of: ${counts.join(', ')}`);
    if (hasFailed) t.comment(log.split('\n').slice(-40).join('\n'));
  }
});

import t from 'tap';
import { address, key, named, RoomLog, START, statementOf } from '../../test/fixtures/room-log.js';
import { sha256 } from './hash.js';
import { domainOf, eventIdFromHash, parseRoomId } from './identifiers.js';
import type { Address, EventId } from './identifiers.js';
import type { JsonObject } from './json-shape.js';
import { loadRoomState, RoomState } from './room-state.js';
import type { StateEntry } from './room-state.js';

const alice = address('alice@a.example');
const bob = address('bob@b.example');
const carol = address('carol@c.example');
const room = parseRoomId(`r${sha256('room').toString('base64url')}`);
if (room === undefined) throw new Error('not a room id');

t.test('a state changed step by step is the state loaded at once', (t) => {
  const seed = 7;
  const random = randomFrom(seed);
  const state = new RoomState(room);
  state.apply(created());
  for (let step = 0; step < 400; step += 1) {
    state.apply(someEntry(state, random, step));
    if (step % 40 !== 0) continue;
    const loaded = loadRoomState([...state.entries()].reverse(), room);
    t.ok(loaded.hash().equals(state.hash()), `hash at ${step}, seed ${seed}`);
    t.strictSame(numbersOf(loaded), numbersOf(state), `counts at ${step}, seed ${seed}`);
    t.strictSame(joinedOf(loaded), joinedOf(state), `who is joined at ${step}, seed ${seed}`);
    t.strictSame(rolesOf(loaded), rolesOf(state), `roles at ${step}, seed ${seed}`);
  }
  t.end();
});

t.test('the hash changes with every entry and comes back with it', (t) => {
  const state = new RoomState(room);
  state.apply(created());
  const before = state.hash();
  const one = entry(1, ['room.info', ''], { title: 'One' });
  state.apply(one);
  const after = state.hash();
  t.notOk(after.equals(before));
  state.apply(entry(2, ['room.info', ''], { title: 'Two' }));
  t.notOk(state.hash().equals(after));
  state.apply(one);
  t.ok(state.hash().equals(after));
  t.end();
});

t.test('providers are counted by their joined members', (t) => {
  const state = new RoomState(room);
  state.apply(created());
  state.apply(join(alice, 1));
  state.apply(join(bob, 2));
  state.apply(join(address('dave@b.example'), 3));
  t.strictSame([...state.joinedMembersOf(domainOf(bob))].sort(), [bob, 'dave@b.example']);
  state.apply(entry(4, ['access', bob], { remove: join(bob, 2).id }));
  t.ok(state.hasJoined(domainOf(bob)));
  state.apply(entry(5, ['member', 'dave@b.example'], { membership: 'left' }));
  t.notOk(state.hasJoined(domainOf(bob)));
  t.strictSame([...state.joinedDomains().keys()], ['a.example']);
  t.equal(state.joinedMembersOf(domainOf(bob)).size, 0);
  state.apply(join(bob, 6));
  t.ok(state.isJoined(bob), 'the removal named another join');
  t.equal(state.joinedCount, 2);
  t.end();
});

t.test('people of a denied provider are shut out, and come back as their own entries say', (t) => {
  const state = new RoomState(room);
  const b = domainOf(bob);
  for (const applied of [created(), join(alice, 1), join(bob, 2)]) state.apply(applied);
  state.apply(entry(3, ['room.deny', b], { denied: true }));
  t.strictSame(
    [state.isDenied(b), state.isJoined(bob), state.hasJoined(b), state.joinedCount],
    [true, false, false, 1],
  );
  t.strictSame([...state.peopleShutOut(b)], [bob]);
  state.apply(entry(4, ['member', bob], { membership: 'left' }));
  t.equal(state.peopleShutOut(b).size, 0);
  state.apply(join(bob, 5));
  state.apply(entry(6, ['room.deny', b], { denied: false }));
  t.strictSame([state.isDenied(b), state.isJoined(bob), state.joinedCount], [false, true, 2]);
  t.end();
});

t.test('a role is what the newest entries say, at the time asked for', (t) => {
  const state = new RoomState(room);
  state.apply(created());
  const role = (person: Address, at = START) => {
    const { name, rank, rights } = state.roleOf(person, at);
    return `${name} ${rank} ${[...rights].join(' ')}`;
  };
  t.equal(role(bob), 'member 0 send react invite');
  t.match(role(alice), 'owner 100 send');
  state.apply(entry(1, ['access', bob], { role: 'guard', restrict: { rights: ['send'], until: START + 10 } }));
  t.equal(role(bob), 'member 0 ', 'a name without a role gives nothing');
  state.apply(entry(2, ['role', 'guard'], { rank: 5, rights: ['send', 'pin'] }));
  t.equal(role(bob, START + 9), 'guard 5 pin');
  t.equal(role(bob, START + 10), 'guard 5 send pin');
  state.apply(entry(3, ['role', 'guard'], { rank: 6, rights: ['send'] }));
  t.equal(role(bob, START + 10), 'guard 6 send');
  state.apply(entry(4, ['role', 'member'], { rank: 1, rights: [] }));
  t.equal(role(carol), 'member 1 ');
  state.apply(entry(5, ['room.owner', ''], { owner: bob }));
  t.match(role(bob), 'owner 100 ');
  t.equal(role(alice), 'member 1 ');
  t.end();
});

t.test('the statement in force is the newest entry, before that the one create names', (t) => {
  const log = new RoomLog();
  const a = domainOf(alice);
  t.strictSame(log.state.statementInForce(a), { hash: named(statementOf(a), 1).statement, version: 1 });
  t.equal(log.state.statementInForce(domainOf(bob)), undefined);
  const next = statementOf(a, { version: 2 });
  log.add(a, 'provider', { key: a, content: named(next, 2), statement: next, signer: key(a, 'event') });
  t.strictSame(log.state.statementInForce(a), { hash: named(next, 2).statement, version: 2 });
  t.equal(log.state.hub, 'a.example');
  t.end();
});

t.test('a dm has no owner and shows all of its history', (t) => {
  const state = new RoomState(room);
  state.apply(entry(0, ['room.create', ''], { kind: 'dm', rules: 1, with: bob, statement: '', version: 1 }));
  t.equal(state.owner, undefined);
  t.equal(state.history, 'all');
  t.equal(state.roleOf(alice, START).name, 'member');
  const group = new RoomState(room);
  group.apply(created());
  t.equal(group.history, 'joined');
  group.apply(entry(1, ['room.history', ''], { visible: 'all' }));
  t.equal(group.history, 'all');
  t.end();
});

function created(): StateEntry {
  return entry(0, ['room.create', ''], { kind: 'group', rules: 1, statement: 'none', version: 1 });
}

function join(person: Address, seq: number): StateEntry {
  return entry(seq, ['member', person], { membership: 'joined', invite: 'none' });
}

function entry(seq: number, [type, stateKey]: readonly [string, string], content: JsonObject): StateEntry {
  return { type, key: stateKey, id: idOf(`${type} ${stateKey} ${seq}`), sender: alice, seq, content, bytes: 100 + seq };
}

function idOf(label: string): EventId {
  return eventIdFromHash(sha256(label));
}

function someEntry(state: RoomState, random: (below: number) => number, seq: number): StateEntry {
  const person = address(`p${random(12)}@d${random(3)}.example`);
  const name = ['guard', 'member', 'clerk'][random(3)] ?? 'guard';
  const restrict = { rights: ['send'], ...(random(2) === 0 && { until: START + random(3) }) };
  const remove = state.get('member', person)?.id;
  const domain = domainOf(person);
  switch (random(9)) {
    case 8:
      return entry(seq, ['room.deny', domain], { denied: random(2) === 0 });
    case 0:
      return entry(seq, ['role', name], { rank: random(60), rights: ['send', 'ban'].slice(random(2)) });
    case 1:
      return entry(seq, ['access', person], { role: name, restrict });
    case 2:
      return entry(seq, ['access', person], { ...(remove && { remove }), ...(random(2) === 0 && { ban: true }) });
    case 3:
      return entry(seq, ['x.example.note', `${random(9)}`], {});
    case 4:
      return entry(seq, ['room.owner', ''], { owner: person });
    case 5:
      return entry(seq, ['member', person], { membership: 'left' });
    default:
      return join(person, seq);
  }
}

function numbersOf(state: RoomState): object {
  const { size, sharedCount, sharedBytes, roleBytes, joinedCount, owner } = state;
  return { size, sharedCount, sharedBytes, roleBytes, joinedCount, owner, members: state.countOf('member') };
}

function joinedOf(state: RoomState): string[] {
  return [...state.joinedDomains().values()].flatMap((members) => [...members]).sort();
}

function rolesOf(state: RoomState): string[] {
  const people = Array.from({ length: 36 }, (_, n) => address(`p${n % 12}@d${n % 3}.example`));
  return people.map((person) => {
    const { name, rank, rights } = state.roleOf(person, START + 1);
    return `${person} ${name} ${rank} ${[...rights].join(' ')}`;
  });
}

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let at = seed;
  return (below) => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

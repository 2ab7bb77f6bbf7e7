import t from 'tap';
import { address, named, RoomLog, statementOf } from '../../test/fixtures/room-log.js';
import { domainOf } from './identifiers.js';
import type { Address } from './identifiers.js';
import { mayRead, rangesAfter, readingChangeOf, visibleFrom } from './reading-range.js';
import type { ReadingRange } from './reading-range.js';
import type { StateEntry } from './room-state.js';

const alice = address('alice@a.example');
const bob = address('bob@b.example');
const dave = address('dave@b.example');
const carol = address('carol@c.example');
const B = domainOf(bob);

/** A log whose ranges are kept as a hub keeps them. */
class Room {
  readonly log = new RoomLog();
  readonly #ranges = new Map<string, ReadingRange>();
  changes = 0;

  constructor() {
    this.joins(alice);
  }

  joins(person: Address): void {
    this.add(person, 'member', { key: person, membership: 'joined' });
  }

  leaves(person: Address): void {
    this.add(person, 'member', { key: person, membership: 'left' });
  }

  introduces(person: Address): void {
    const domain = domainOf(person);
    const statement = statementOf(domain);
    this.log.add(domain, 'provider', { key: domain, content: named(statement, 1), statement });
  }

  says(count: number): void {
    for (let n = 0; n < count; n += 1) this.log.say(alice, 'hello');
  }

  add(sender: Address, type: string, { key, ...content }: { key: string } & Record<string, unknown>): void {
    const seq = this.log.records.length;
    const id = this.log.add(sender, type, { key, content, isVoid: true });
    const entry: StateEntry = { type, key, id, sender, seq, content: { ...content }, bytes: 1 };
    const change = readingChangeOf(this.log.state, entry);
    this.log.state.apply(entry);
    if (change === undefined) return;
    this.changes += 1;
    for (const range of rangesAfter([...this.#ranges.values()], change))
      this.#ranges.set(`${range.domain} ${range.from}`, range);
  }

  rangesOf(domain: string): ReadingRange[] {
    return [...this.#ranges.values()].filter((range) => range.domain === domain);
  }

  readable(domain: ReadingRange['domain']): number[] {
    const ranges = [...this.#ranges.values()];
    return this.log.records.map(({ seq }) => seq).filter((seq) => mayRead(ranges, { domain, seq }));
  }
}

t.test('a provider reads from its first join through the end of its last membership', (t) => {
  const room = new Room();
  room.joins(bob);
  room.says(3);
  room.joins(dave);
  room.leaves(bob);
  room.says(2);
  room.leaves(dave);
  room.says(2);
  t.strictSame(room.rangesOf(B), [{ domain: B, from: 2, to: 10 }]);
  t.strictSame(room.readable(B), [2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.end();
});

t.test('its own provider event counts when it comes directly before the join', (t) => {
  const room = new Room();
  room.introduces(bob);
  room.joins(bob);
  t.strictSame(room.rangesOf(B), [{ domain: B, from: 2, to: null }]);
  const late = new Room();
  late.introduces(bob);
  late.says(1);
  late.joins(bob);
  t.strictSame(late.rangesOf(B), [{ domain: B, from: 4, to: null }]);
  t.end();
});

t.test('a return opens another range, and what was readable stays so', (t) => {
  const room = new Room();
  room.joins(bob);
  room.leaves(bob);
  room.says(2);
  room.joins(bob);
  t.strictSame(room.rangesOf(B), [
    { domain: B, from: 2, to: 3 },
    { domain: B, from: 6, to: null },
  ]);
  t.strictSame(room.readable(B), [2, 3, 6]);
  t.end();
});

t.test('removal and ban end a membership as leaving does', (t) => {
  for (const ban of [{}, { ban: true }]) {
    const room = new Room();
    room.joins(bob);
    room.says(1);
    const remove = room.log.state.joinEntry(bob)?.id;
    room.add(alice, 'access', { key: bob, ...ban, remove });
    room.says(1);
    room.add(alice, 'access', { key: bob, remove, restrict: { rights: ['send'] } });
    t.strictSame(room.rangesOf(B), [{ domain: B, from: 2, to: 4 }], 'and later changes change nothing');
  }
  t.end();
});

t.test('with visible history everything before may be read from that join on', (t) => {
  const room = new Room();
  room.joins(bob);
  t.equal(visibleFrom(room.log.state, 9), 9);
  room.add(alice, 'room.history', { key: '', visible: 'all' });
  t.equal(visibleFrom(room.log.state, 9), 0);
  t.strictSame(room.readable(B), [2, 3], 'the change alone opens nothing');
  room.joins(dave);
  t.strictSame(room.readable(B), [0, 1, 2, 3, 4]);
  room.leaves(bob);
  room.leaves(dave);
  room.says(1);
  t.strictSame(room.readable(B), [0, 1, 2, 3, 4, 5, 6], 'all open ranges end together');
  t.end();
});

t.test('other providers read nothing of it, and other events change nothing', (t) => {
  const room = new Room();
  room.joins(bob);
  room.add(alice, 'room.info', { key: '', title: 'Friends' });
  room.add(alice, 'access', { key: carol, ban: true });
  t.strictSame(room.readable(domainOf(carol)), []);
  t.equal(room.changes, 2, 'two joins');
  t.end();
});

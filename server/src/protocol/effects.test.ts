import t from 'tap';
import { address } from '../../test/fixtures/room-log.js';
import { effectsOf } from './effects.js';
import type { EffectTarget } from './effects.js';
import type { Relation } from './event.js';
import { sha256 } from './hash.js';
import { eventIdFromHash } from './identifiers.js';

const alice = address('alice@a.example');
const bob = address('bob@b.example');
const ids = {
  own: id('own'),
  other: id('other'),
  reaction: id('reaction'),
  edit: id('edit'),
  removal: id('removal'),
  close: id('close'),
  poll: id('poll'),
  title: id('title'),
  unknown: id('unknown'),
};
const targets = new Map<string, EffectTarget>([
  [ids.own, { type: 'message', sender: alice, isState: false }],
  [ids.other, { type: 'message', sender: bob, isState: false }],
  [ids.reaction, { type: 'reaction', sender: alice, isState: false }],
  [ids.edit, { type: 'message.edit', sender: alice, isState: false }],
  [ids.removal, { type: 'message.delete', sender: alice, isState: false }],
  [ids.close, { type: 'message.poll-close', sender: alice, isState: false }],
  [ids.poll, { type: 'x.example.poll', sender: alice, isState: false }],
  [ids.title, { type: 'room.info', sender: alice, isState: true }],
]);

t.test('an edit changes a message of the same sender and nothing else', (t) => {
  for (const [name, target] of Object.entries(ids)) {
    const found = effects('message.edit', [['edit', target]]);
    t.strictSame(found, name === 'own' ? [{ kind: 'edit', target }] : [], name);
  }
  t.strictSame(effects('message.edit', [['edit', ids.other]], true), [], 'moderators edit nothing of others');
  t.end();
});

t.test('a delete takes away what the sender sent, but no state, no edit and no delete', (t) => {
  const deleted = Object.entries(ids).filter(
    ([, target]) => effects('message.delete', [['delete', target]]).length > 0,
  );
  t.strictSame(
    deleted.map(([name]) => name),
    ['own', 'reaction', 'poll'],
  );
  t.end();
});

t.test('a moderator deletes what others sent too', (t) => {
  const all = Object.values(ids).map((target): Relation => ['delete', target]);
  const found = effects('message.delete', all, true).map(({ target }) => target);
  t.strictSame(found, [ids.own, ids.other, ids.reaction, ids.poll]);
  t.end();
});

t.test('a poll is closed by its author or a moderator, and stays closed', (t) => {
  const closed = (moderate: boolean) =>
    Object.entries(ids).filter(([, target]) => effects('message.poll-close', [['vote', target]], moderate).length > 0);
  t.strictSame(
    closed(false).map(([name]) => name),
    ['own'],
  );
  t.strictSame(
    closed(true).map(([name]) => name),
    ['own', 'other'],
  );
  t.strictSame(effects('message.vote', [['vote', ids.own]]), []);
  t.end();
});

t.test('a target counts once, and other relations and types have no effect', (t) => {
  t.equal(
    effects('message.delete', [
      ['delete', ids.own],
      ['delete', ids.own],
    ]).length,
    1,
  );
  t.strictSame(effects('message.delete', [['reply', ids.own]]), []);
  t.strictSame(effects('message', [['delete', ids.own]]), []);
  t.strictSame(effects('x.example.poll', [['edit', ids.own]]), []);
  t.end();
});

function effects(type: string, rel: Relation[], holdsModerate = false): ReturnType<typeof effectsOf> {
  return effectsOf({ type, sender: alice, rel, holdsModerate }, (target) => targets.get(target));
}

function id(label: string): ReturnType<typeof eventIdFromHash> {
  return eventIdFromHash(sha256(label));
}

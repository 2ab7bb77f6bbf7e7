import { hashText, providerKeys, statementOf, withOtherSignature } from '../../lib/signed-objects.mjs';
import { alice, bob, carol, dave, dm, erin, group, ruleVector, VectorRoom } from '../../lib/vector-room.mjs';

export function senderVectors() {
  return [...members(), ...senders(), ...owners(), ...dms(), ...statements(), ...rotations()];
}

const say = (room, sender, changes) => room.write(sender, 'message', { content: { text: 'hello' }, ...changes });

function members() {
  const room = group(bob, carol).leave(bob).access(carol, {});
  const removed = group(bob);
  removed.access(bob, { remove: removed.joinOf(bob) });
  const back = group(bob);
  back.access(bob, { remove: back.joinOf(bob) }).join(bob);
  const banned = group(bob);
  banned.access(bob, { ban: true, remove: banned.joinOf(bob) });
  const vector = (name, of, given, expect = 'R6') =>
    ruleVector(`r6-${name}`, ['PV-RULE-014', 'PV-ROOM-007'], { room: of, given, expect });
  return [
    vector('joined', room, say(room, carol), 'allow'),
    vector('never-joined', room, say(room, dave)),
    vector('left', room, say(room, bob)),
    vector('left-and-leaves-again', room, room.write(bob, 'member', { key: bob, content: { membership: 'left' } })),
    vector('removed', removed, say(removed, bob)),
    vector('removed-and-leaves', removed, removed.write(bob, 'member', { key: bob, content: { membership: 'left' } })),
    vector('removed-from-an-earlier-join', back, say(back, bob), 'allow'),
    vector('banned', banned, say(banned, bob)),
    vector('deletes-after-leaving', room, room.write(bob, 'message.delete', { rel: [['delete', room.joinOf(carol)]] })),
    vector('creator-before-joining', new VectorRoom(), say(new VectorRoom(), alice)),
    ruleVector('r6-no-statement-in-force', ['PV-RULE-013'], {
      room: group(),
      given: joinOf(group(), bob),
      expect: 'R6',
    }),
    ruleVector('r6-no-statement-bad-signature', ['PV-RULE-005', 'PV-RULE-013'], {
      room: group(),
      given: { ...joinOf(group(), bob), jws: withOtherSignature(joinOf(group(), bob).jws) },
      expect: 'R6',
    }),
  ];
}

const joinOf = (room, person, sender = person) =>
  room.write(sender, 'member', { key: person, content: { membership: 'joined' } });

function senders() {
  const room = group(bob);
  const vector = (name, requirement, given, expect = 'R7') =>
    ruleVector(`r7-${name}`, [requirement], { room, given, expect });
  const newer = statementOf('b.example', { version: 2 });
  const named = { statement: hashText(newer), version: 2 };
  const provider = (sender, key) => ({ ...room.write(sender, 'provider', { key, content: named }), statement: newer });
  return [
    vector('message-of-a-provider', 'PV-RULE-015', say(room, 'b.example')),
    vector('unlisted-type-of-a-provider', 'PV-RULE-015', room.write('b.example', 'x.example.note', { key: '' })),
    vector('provider-by-itself', 'PV-RULE-015', provider('b.example', 'b.example'), 'allow'),
    vector('provider-by-a-person', 'PV-RULE-015', provider(bob, 'b.example')),
    vector('provider-of-another', 'PV-RULE-016', provider('b.example', 'c.example')),
    vector('join-of-another', 'PV-RULE-016', joinOf(room, dave, bob)),
    vector(
      'leave-of-another',
      'PV-RULE-016',
      room.write(alice, 'member', { key: bob, content: { membership: 'left' } }),
    ),
  ];
}

function owners() {
  const room = group(bob, carol);
  const given = group(bob, carol).add(alice, 'room.owner', { key: '', content: { owner: bob } });
  const vector = (name, of, sender, expect = 'R7', owner = carol) =>
    ruleVector(`r7-owner-${name}`, ['PV-RULE-017', 'PV-ROOM-009'], {
      room: of,
      given: of.write(sender, 'room.owner', { key: '', content: { owner } }),
      expect,
    });
  return [
    vector('by-creator', room, alice, 'allow'),
    vector('by-member', room, bob),
    vector('by-admin', group(bob, carol).access(bob, { role: 'admin' }), bob, 'R7', bob),
    vector('by-former-owner', given, alice),
    vector('by-new-owner', given, bob, 'allow'),
  ];
}

function dms() {
  const room = dm();
  const young = new VectorRoom({ kind: 'dm', with: bob }).join(alice);
  const strange = dm().provider('c.example');
  const vector = (name, of, given, expect = 'R7') =>
    ruleVector(`r7-dm-${name}`, ['PV-RULE-018'], { room: of, given, expect });
  const introduce = (domain) => introduction(young, domain);
  return [
    vector('message-of-creator', room, say(room, alice), 'allow'),
    vector('message-of-the-other', room, say(room, bob), 'allow'),
    vector('provider-of-the-other', young, introduce('b.example'), 'allow'),
    vector('provider-of-a-stranger', young, introduce('c.example')),
    vector('join-of-a-stranger', strange, joinOf(strange, erin)),
    vector('join-of-a-neighbour', room, joinOf(room, dave)),
  ];
}

function introduction(room, domain, { changes = {}, content = {}, statement = statementOf(domain, changes) } = {}) {
  const named = { statement: hashText(statement), version: changes.version ?? 1, ...content };
  return { ...room.write(domain, 'provider', { key: domain, content: named, seen: undefined }), statement };
}

function statements() {
  const room = group();
  const vector = (name, requirement, given, expect = 'R8') =>
    ruleVector(`r8-${name}`, [requirement], { room, given, expect });
  const introduce = (options) => introduction(room, 'b.example', options);
  const foreign = statementOf('c.example', { keys: readKeys(statementOf('b.example')) });
  return [
    vector('first', 'PV-RULE-020', introduce(), 'allow'),
    vector('first-with-version-7', 'PV-RULE-020', introduce({ changes: { version: 7 } }), 'allow'),
    vector('first-with-seen', 'PV-RULE-009', introducedWithSeen(room), 'allow'),
    vector('of-another-domain', 'PV-RULE-019', introduce({ statement: foreign })),
    vector('of-another-version', 'PV-RULE-019', introduce({ content: { version: 2 } })),
    vector('malformed', 'PV-RULE-019', introduce({ statement: statementOf('b.example', { roots: [] }) })),
    vector('not-a-jws', 'PV-RULE-019', introduce({ statement: 'statement' })),
    vector(
      'not-signed-by-its-root',
      'PV-RULE-020',
      introduce({ statement: withOtherSignature(statementOf('b.example')) }),
    ),
    ruleVector('r8-for-members-nothing', ['PV-RULE-019'], { room, given: say(room, alice), expect: 'allow' }),
  ];
}

function introducedWithSeen(room) {
  const statement = statementOf('b.example');
  const content = { statement: hashText(statement), version: 1 };
  return { ...room.write('b.example', 'provider', { key: 'b.example', content }), statement };
}

const readKeys = (statement) => JSON.parse(Buffer.from(statement.split('.')[1], 'base64url').toString()).keys;

function rotations() {
  const room = group(bob);
  const rotate = (changes, root = 'root', domain = 'b.example') => {
    const statement = signedByRoot(domain, changes, root);
    const content = { statement: hashText(statement), version: changes.version };
    return { ...room.write(domain, 'provider', { key: domain, content }), statement };
  };
  const theirs = statementOf('c.example');
  const foreign = {
    ...room.write('b.example', 'provider', {
      ...{ key: 'b.example', content: { statement: hashText(theirs), version: 1 } },
      signer: providerKeys('c.example').event,
    }),
    statement: theirs,
  };
  const vector = (name, given, expect = 'R8') =>
    ruleVector(`r8-rotation-${name}`, ['PV-RULE-020'], { room, given, expect });
  return [
    vector('by-current-root', rotate({ version: 2 }), 'allow'),
    vector('by-next-root', rotate({ version: 2 }, 'root2'), 'allow'),
    vector('version-skipped', rotate({ version: 9 }), 'allow'),
    vector('same-version', rotate({ version: 1, issued: 1_790_000_000_001 })),
    vector('by-unlisted-root', rotate({ version: 2 }, 'old')),
    vector('of-another-domain-by-foreign-key', foreign),
    vector('of-creators-domain', rotate({ version: 2 }, 'root', 'a.example'), 'allow'),
    vector('of-creators-domain-same-version', rotate({ version: 1 }, 'root', 'a.example')),
    vector('of-creators-domain-by-unlisted-root', rotate({ version: 2 }, 'old', 'a.example')),
  ];
}

/** A statement whose first root is another of the domain's keys. */
function signedByRoot(domain, changes, root) {
  const first = providerKeys(domain)[root];
  const keys = readKeys(statementOf(domain)).filter(({ status }) => status === 'active');
  return statementOf(domain, { ...changes, keys, roots: [Buffer.from(first.publicKey).toString('base64url')] }, first);
}

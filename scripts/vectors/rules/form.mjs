import {
  hashText,
  listed,
  nonceOf,
  providerKeys,
  statementOf,
  statementPayload,
  withOtherSignature,
} from '../../lib/signed-objects.mjs';
import {
  alice,
  bob,
  carol,
  group,
  ruleVector,
  seenHashOf,
  signCreate,
  start,
  VectorRoom,
} from '../../lib/vector-room.mjs';

const keys = providerKeys('a.example');
const empty = (id) => ({ id, seq: 0, at: start, present: () => [], fills: [] });
const text = { text: 'سلام' };

export function formVectors() {
  return [...payloads(), ...contents(), ...signatures(), ...creates(), ...places(), ...times(), ...seen(), ...priors()];
}

function say(room, changes = {}, sender = bob) {
  return room.write(sender, 'message', { content: text, ...changes });
}

function payloads() {
  const room = group(bob);
  const bad = (name, changes) =>
    ruleVector(`r1-payload-${name}`, ['PV-RULE-003'], { room, given: say(room, changes), expect: 'R1' });
  return [
    ruleVector('r1-message', ['PV-RULE-001', 'PV-RULE-003'], { room, given: say(room), expect: 'allow' }),
    bad('without-nonce', { nonce: undefined }),
    bad('author', { author: 'key' }),
    bad('sender-upper-case', { sender: 'Bob@b.example' }),
    bad('message-with-key', { key: '' }),
    bad('ts-negative', { ts: -1 }),
  ];
}

function contents() {
  const room = group(bob);
  const info = (content) => room.write(alice, 'room.info', { key: '', content });
  const vector = (name, given, expect = 'R1') =>
    ruleVector(`r1-content-${name}`, requirementsOf(name), { room, given, expect });
  const title = { title: 'Friends' };
  return [
    vector('of-title', info(title), 'allow'),
    vector('title-of-128', info({ title: '😀'.repeat(128) }), 'allow'),
    vector('title-of-129', info({ title: '😀'.repeat(129) })),
    vector('title-with-control', info({ title: 'a\u0085b' })),
    vector('without-title', info({})),
    vector('without-salt', info('{"title":"Friends"}')),
    vector('not-json', info('{')),
    vector('wrong-size', room.write(alice, 'room.info', { key: '', content: title, size: 9 })),
    vector('of-unlisted-type', room.write(alice, 'x.example.note', { key: 'a', content: { any: [1] } }), 'allow'),
    vector('role-rank-99', room.write(alice, 'role', { key: 'top', content: { rank: 99, rights: [] } }), 'allow'),
    vector('role-rank-100', room.write(alice, 'role', { key: 'top', content: { rank: 100, rights: [] } })),
    vector('role-unknown-right', room.write(alice, 'role', { key: 'top', content: { rank: 1, rights: ['fly'] } })),
    vector(
      'role-right-twice',
      room.write(alice, 'role', { key: 'top', content: { rank: 1, rights: ['send', 'send'] } }),
    ),
    vector('access-ban-false', room.write(alice, 'access', { key: bob, content: { ban: false } })),
  ];
}

const requirementsOf = (name) => ['PV-RULE-004', ...(name.startsWith('role-') ? ['PV-RIGHT-001', 'PV-RIGHT-002'] : [])];

function signatures() {
  const room = group(bob);
  const vector = (name, given, expect = 'R1', of = room) =>
    ruleVector(`r1-signature-${name}`, ['PV-RULE-005'], { room: of, given, expect });
  const other = say(room, {}, alice);
  const rotated = group(bob).provider('b.example', statementOf('b.example', { version: 2, keys: laterKeys() }), 2);
  const [header, , signature] = say(room).jws.split('.');
  return [
    vector('changed', { ...say(room), jws: withOtherSignature(say(room).jws) }),
    vector('payload-of-another', { ...other, jws: [header, other.jws.split('.')[1], signature].join('.') }),
    vector('by-foreign-key', say(room, { signer: keys.event })),
    vector('by-seal-key', say(room, { signer: providerKeys('b.example').seal })),
    vector('by-root', say(room, { signer: providerKeys('b.example').root })),
    vector('by-retired-key', say(room, { signer: providerKeys('b.example').old })),
    vector('by-request-key', say(room, { signer: providerKeys('b.example').request })),
    vector('after-rotation-by-new-key', say(rotated, { signer: laterKey() }), 'allow', rotated),
    vector('after-rotation-by-key-left-out', say(rotated), 'R1', rotated),
  ];
}

const laterKey = () => providerKeys('b.example later').event;
const laterKeys = () => [listed(laterKey(), 'event'), listed(providerKeys('b.example').seal, 'seal')];

function creates() {
  const vector = (name, made, expect = 'allow', requirement = 'PV-RULE-006') => {
    const { jws, text: content, statement } = made;
    const { id } = new VectorRoom(made.create, made.fields);
    return ruleVector(`create-${name}`, [requirement], { room: empty(id), given: { jws, content, statement }, expect });
  };
  const make = (create = {}, fields = {}) => ({ ...signCreate(create, fields), create, fields });
  const unsigned = withOtherSignature(statementOf('a.example'));
  return [
    vector('group', make()),
    vector('dm', make({ kind: 'dm', with: bob })),
    vector('with-prev', make({ prev: new VectorRoom().id })),
    vector('dm-with-oneself', make({ kind: 'dm', with: alice }), 'R1', 'PV-RULE-004'),
    vector('dm-with-nobody', make({ kind: 'dm' }), 'R1', 'PV-RULE-004'),
    vector('group-with-somebody', make({ with: bob }), 'R1', 'PV-RULE-004'),
    vector('channel', make({ kind: 'channel' }), 'R1', 'PV-RULE-004'),
    vector('rules-2', make({ rules: 2 }), 'R1', 'PV-RULE-004'),
    vector('signed-by-foreign-key', make({}, { signer: providerKeys('b.example').event }), 'R1'),
    vector('signed-by-retired-key', make({}, { signer: keys.old }), 'R1'),
    vector('statement-of-another-domain', make({}, { statement: signedFor('b.example') }), 'R8', 'PV-RULE-019'),
    vector('statement-of-another-version', make({ version: 2 }), 'R8', 'PV-RULE-019'),
    vector('statement-not-signed-by-its-root', make({}, { statement: unsigned }), 'R8', 'PV-RULE-020'),
    vector('until-passed', make({}, { until: start - 1 }), 'R3', 'PV-RULE-008'),
    vector('with-prior', make({}, { prior: `e${seenHashOf(1)}` }), 'R5', 'PV-RULE-012'),
  ];
}

/** A statement for another domain that lists the key of a.example. */
function signedFor(domain) {
  return statementOf(domain, { keys: statementPayload('a.example').keys });
}

function places() {
  const room = group(bob);
  const again = signCreate({}, { nonce: nonceOf('other create') });
  const other = new VectorRoom({}, { nonce: nonceOf('other create') });
  const vector = (name, given, of = room) =>
    ruleVector(`r2-${name}`, ['PV-RULE-007'], { room: of, given, expect: 'R2' });
  return [
    vector('event-of-another-room', say(room, { room: other.id })),
    vector('another-create-later', { jws: again.jws, content: again.text, statement: again.statement }),
    vector('own-create-later', texts(room.entries[0])),
    vector('message-at-seq-0', say(room, { seen: undefined }), empty(room.id)),
  ];
}

const texts = ({ jws, content, statement }) => ({ jws, content, statement });

function times() {
  const room = group(bob);
  const vector = (name, until, expect) =>
    ruleVector(`r3-${name}`, ['PV-RULE-008'], { room, given: say(room, { until }), expect });
  return [vector('until-now', room.at, 'allow'), vector('until-passed', room.at - 1, 'R3'), vector('until-0', 0, 'R3')];
}

function seen() {
  const room = group(bob);
  const vector = (name, requirement, given, expect = 'R4', of = room) =>
    ruleVector(`r4-${name}`, [requirement], { room: of, given, expect });
  const see = (seq, epoch = 0, hash = seenHashOf(seq)) => say(room, { seen: [epoch, seq, hash] });
  const afterAll = group(bob).leave(bob).access(carol, { role: 'admin' });
  return [
    vector('absent', 'PV-RULE-009', say(room, { seen: undefined })),
    vector('absent-before-first-member', 'PV-RULE-009', joins(new VectorRoom()), 'allow', new VectorRoom()),
    vector('absent-after-last-member', 'PV-RULE-009', rotation(afterAll, 'b.example'), 'allow', afterAll),
    vector('absent-in-provider-with-members', 'PV-RULE-009', rotation(room, 'b.example')),
    vector('first-record', 'PV-RULE-010', see(0), 'allow'),
    vector('own-seq', 'PV-RULE-010', see(room.seq)),
    vector('later-epoch', 'PV-RULE-010', see(0, 1)),
    vector('record-of-a-fork', 'PV-RULE-011', see(1, 0, seenHashOf(99))),
    vector('record-not-held', 'PV-RULE-011', { ...see(1, 0, seenHashOf(99)), seenHash: null }, 'allow'),
  ];
}

const joins = (room) => room.write(alice, 'member', { key: alice, content: { membership: 'joined' }, seen: undefined });

function rotation(room, domain) {
  const statement = statementOf(domain, { version: 2 });
  return {
    ...room.write(domain, 'provider', { key: domain, content: named(statement, 2), seen: undefined }),
    statement,
  };
}

function named(statement, version) {
  return { statement: hashText(statement), version };
}

function priors() {
  const room = group(bob).add(alice, 'room.info', { key: '', content: { title: 'One' } });
  const info = (changes) => room.write(alice, 'room.info', { key: '', content: { title: 'Two' }, ...changes });
  const history = (changes) => room.write(alice, 'room.history', { key: '', content: { visible: 'all' }, ...changes });
  const vector = (name, given, expect = 'R5') => ruleVector(`r5-${name}`, ['PV-RULE-012'], { room, given, expect });
  return [
    vector('present-entry', info({}), 'allow'),
    vector('absent', info({ prior: undefined })),
    vector('of-another-entry', info({ prior: room.joinOf(bob) })),
    vector('none-before', history({}), 'allow'),
    vector('some-where-none-is', history({ prior: room.joinOf(bob) })),
  ];
}

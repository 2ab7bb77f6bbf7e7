import { hashText, statementOf } from '../../lib/signed-objects.mjs';
import { alice, bob, bytesOfEntry, carol, group, inviteTo, ruleVector } from '../../lib/vector-room.mjs';

export function limitVectors() {
  return [...counts(), ...bytes(), ...essentials()];
}

const vectorOf =
  (requirement) =>
  (name, room, given, expect = 'R12') =>
    ruleVector(`r12-${name}`, [requirement], { room, given, expect });

const note = (room) => room.write(alice, 'x.example.note', { key: 'new', content: {} });
const again = (room) =>
  room.write(alice, 'x.example.note', { key: '0', content: {}, prior: `e${hashText('x.example.note\0' + '0')}` });
const ban = (room) => room.write(alice, 'access', { key: carol, content: { ban: true } });
const guest = (room) => room.write(alice, 'role', { key: 'guest', content: { rank: 1, rights: [] } });
const join = (room) =>
  room.write(carol, 'member', { key: carol, content: { membership: 'joined', invite: inviteTo(room, carol) } });
const people = (room) => room.present().filter(({ type }) => type === 'member').length;
const shared = (room) => room.present().filter(({ type }) => type !== 'member' && type !== 'access').length;

/** A state of exactly `count` entries of what `countOf` counts. */
function filled(countOf, fill, count) {
  const room = group(bob).provider('c.example');
  return room.fill({ ...fill, count: count - countOf(room) });
}

function counts() {
  const entries = (count) => filled((room) => room.present().length, { type: 'access', key: 'p{n}@f.example' }, count);
  const members = (count, content = { membership: 'left' }) =>
    filled(people, { type: 'member', key: 'p{n}@f.example', content }, count);
  const joined = (count) => members(count, { membership: 'joined' });
  const notes = (count) => filled(shared, { type: 'x.example.note', key: '{n}' }, count);
  const roles = (count) => filled(() => 0, { type: 'role', key: 'r{n}', content: { rank: 1, rights: [] } }, count);
  const vector = (name, requirement, make, given, expect) => vectorOf(requirement)(name, make, given(make), expect);
  return [
    vector('entry-20000', 'PV-RULE-038', entries(19_999), ban, 'allow'),
    vector('entry-20001', 'PV-RULE-038', entries(20_000), ban),
    vector('change-of-20000', 'PV-RULE-038', entries(20_000), leave, 'allow'),
    vector('member-entry-9500', 'PV-RULE-039', members(9499), join, 'allow'),
    vector('member-entry-9501', 'PV-RULE-039', members(9500), join),
    vector('joined-5000', 'PV-RULE-040', joined(4999), join, 'allow'),
    vector('joined-5001', 'PV-RULE-040', joined(5000), join),
    vector('leave-of-5000', 'PV-RULE-040', joined(5000), leave, 'allow'),
    vector('shared-entry-256', 'PV-RULE-041', notes(255), note, 'allow'),
    vector('shared-entry-257', 'PV-RULE-041', notes(256), note),
    vector('change-beside-257', 'PV-RULE-041', notes(257), again, 'allow'),
    vector('person-entry-beside-256', 'PV-RULE-041', notes(256), ban, 'allow'),
    vector('role-entry-32', 'PV-RULE-042', roles(31), guest, 'allow'),
    vector('role-entry-33', 'PV-RULE-042', roles(32), guest),
    vector('note-beside-32-roles', 'PV-RULE-042', roles(32), note, 'allow'),
  ];
}

const leave = (room) => room.write(bob, 'member', { key: bob, content: { membership: 'left' } });

const sharedBytes = (room) =>
  room
    .present()
    .filter(({ type }) => type !== 'member' && type !== 'access')
    .reduce((sum, entry) => sum + bytesOfEntry(entry), 0);

/** A state in which `given` makes exactly `total` bytes of shared entries. */
function weighed(
  total,
  given,
  { room = group(bob), replaced = 0, fill = { type: 'x.example.fill', key: '{n}' } } = {},
) {
  const others = fill.type === 'role' ? 0 : sharedBytes(room);
  return room.fill({ ...fill, count: 1, bytes: total - others - bytesOfEntry(given(room)) + replaced });
}

function bytes() {
  const vector = (name, requirement, room, given, expect) => vectorOf(requirement)(name, room, given(room), expect);
  const roleFill = { fill: { type: 'role', key: 'r{n}', content: { rank: 1, rights: [] } } };
  const titled = () => group(bob).add(alice, 'room.info', { key: '', content: { title: 'One' } });
  const longer = (room) => room.write(alice, 'room.info', { key: '', content: { title: 'x'.repeat(100) } });
  const replaced = bytesOfEntry(titled().find('room.info', ''));
  const long = () => group(bob).add(alice, 'room.info', { key: '', content: { title: 'x'.repeat(100) } });
  const shorter = (room) => room.write(alice, 'room.info', { key: '', content: { title: 'One' } });
  const most = bytesOfEntry(long().find('room.info', ''));
  const change = (total) => weighed(total, longer, { room: titled(), replaced });
  return [
    vector('shared-bytes-196608', 'PV-RULE-041', weighed(196_608, note), note, 'allow'),
    vector('shared-bytes-196609', 'PV-RULE-041', weighed(196_609, note), note),
    vector('change-to-196608', 'PV-RULE-041', change(196_608), longer, 'allow'),
    vector('change-to-196609', 'PV-RULE-041', change(196_609), longer),
    vector(
      'change-from-more-to-196609',
      'PV-RULE-041',
      weighed(196_609, shorter, { room: long(), replaced: most }),
      shorter,
    ),
    vector('person-entry-beside-196608', 'PV-RULE-041', weighed(196_608, note), ban, 'allow'),
    vector('role-bytes-32768', 'PV-RULE-042', weighed(32_768, guest, roleFill), guest, 'allow'),
    vector('role-bytes-32769', 'PV-RULE-042', weighed(32_769, guest, roleFill), guest),
  ];
}

/** A full state keeps out neither a provider's new keys nor a new owner. */
function essentials() {
  const vector = (name, room, given, expect) => vectorOf('PV-RULE-043')(name, room, given(room), expect);
  const rotate = (domain) => (room) => introduce(room, domain, { version: 2 });
  const owner = (room) => room.write(alice, 'room.owner', { key: '', content: { owner: bob } });
  const replaced = bytesOfEntry(group(bob).find('provider', 'b.example'));
  const rotation = (total) => weighed(total, rotate('b.example'), { replaced });
  const full = () => filled(shared, { type: 'x.example.note', key: '{n}' }, 256);
  return [
    vector('rotation-at-229376-bytes', rotation(229_376), rotate('b.example'), 'allow'),
    vector('rotation-at-229377-bytes', rotation(229_377), rotate('b.example')),
    vector('owner-at-229376-bytes', weighed(229_376, owner), owner, 'allow'),
    vector('owner-at-229377-bytes', weighed(229_377, owner), owner),
    vector('provider-at-196608-bytes', weighed(196_608, rotate('d.example')), rotate('d.example'), 'allow'),
    vector('provider-at-196609-bytes', weighed(196_609, rotate('d.example')), rotate('d.example')),
    vector('rotation-beside-256-entries', full(), rotate('b.example'), 'allow'),
    vector('creators-first-rotation-beside-256-entries', full(), rotate('a.example'), 'allow'),
    vector('owner-beside-256-entries', full(), owner, 'allow'),
    vector('provider-beside-256-entries', full(), rotate('d.example')),
  ];
}

function introduce(room, domain, changes) {
  const statement = statementOf(domain, changes);
  const content = { statement: hashText(statement), version: changes.version };
  return { ...room.write(domain, 'provider', { key: domain, content }), statement };
}

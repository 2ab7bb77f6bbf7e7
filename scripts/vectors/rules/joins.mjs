import { listed, nonceOf, providerKeys, statementOf, withOtherSignature } from '../../lib/signed-objects.mjs';
import { alice, bob, carol, dave, dm, erin, group, inviteTo, ruleVector, VectorRoom } from '../../lib/vector-room.mjs';

export function joinVectors() {
  return [...uninvited(), ...invites(), ...inviters(), ...removed(), ...returning(), ...leaving()];
}

function join(room, person, invite, changes) {
  const content = { membership: 'joined', ...(invite && { invite }) };
  return room.write(person, 'member', { key: person, content, ...changes });
}

const vectorOf =
  (requirements) =>
  (name, room, given, expect = 'R9') =>
    ruleVector(`r9-${name}`, requirements, { room, given, expect });

function uninvited() {
  const vector = vectorOf(['PV-RULE-022']);
  const twice = vectorOf(['PV-RULE-021']);
  const room = group(bob);
  const emptied = new VectorRoom().join(alice).leave(alice);
  const apart = dm().leave(bob);
  return [
    vector('creator', new VectorRoom(), join(new VectorRoom(), alice), 'allow'),
    vector('creator-again', emptied, join(emptied, alice)),
    vector('no-invite', room, join(room, dave)),
    vector('dm-the-other', dmBefore(), join(dmBefore(), bob), 'allow'),
    vector('dm-again', apart, join(apart, bob), 'allow'),
    twice('already-joined', room, join(room, bob, inviteTo(room, bob))),
    twice('dm-already-joined', dm(), join(dm(), bob)),
  ];
}

const dmBefore = () => new VectorRoom({ kind: 'dm', with: bob }).join(alice).provider('b.example');

function invites() {
  const vector = vectorOf(['PV-RULE-023']);
  const signed = vectorOf(['PV-RULE-026']);
  const room = group(bob, carol);
  const to = (changes, person = dave) => join(room, person, inviteTo(room, dave, changes));
  const other = new VectorRoom({}, { nonce: nonceOf('other create') });
  const retired = group(bob).provider('b.example', retiredStatement(), 2);
  return [
    vector('invited', room, to({}), 'allow'),
    vector('invited-by-member', room, to({ by: carol }), 'allow'),
    vector('invited-by-neighbour', room, to({ by: bob }), 'allow'),
    vector('invite-of-another-room', room, to({ room: other.id })),
    vector('invite-of-another-person', room, to({}, erin)),
    vector('invite-until-now', room, to({ until: room.at }), 'allow'),
    vector('invite-expired', room, to({ until: room.at - 1 })),
    vector('invite-malformed', room, join(room, dave, 'invite')),
    vector('invite-without-nonce', room, to({ nonce: undefined })),
    signed('invite-signature-changed', room, join(room, dave, withOtherSignature(inviteTo(room, dave)))),
    signed('invite-signed-by-own-provider', room, to({ signer: providerKeys('b.example').event })),
    signed('invite-signed-by-seal-key', room, to({ signer: providerKeys('a.example').seal })),
    signed(
      'invite-signed-by-retired-key',
      retired,
      join(retired, dave, inviteTo(retired, dave, { by: bob }), later),
      'allow',
    ),
    signed(
      'invite-signed-by-key-left-out',
      rotated(),
      join(rotated(), dave, inviteTo(rotated(), dave, { by: bob }), later),
    ),
  ];
}

const laterKey = providerKeys('b.example later').event;
const later = { signer: laterKey };

function retiredStatement() {
  const keys = [listed(laterKey, 'event'), listed(providerKeys('b.example').event, 'event', 'retired')];
  return statementOf('b.example', { version: 2, keys });
}

const rotated = () =>
  group(bob).provider('b.example', statementOf('b.example', { version: 2, keys: [listed(laterKey, 'event')] }), 2);

function inviters() {
  const vector = vectorOf(['PV-RULE-024']);
  const invited = (room, by, expect, name) =>
    vector(`inviter-${name}`, room, join(room, erin, inviteTo(room, erin, { by })), expect);
  const room = () => group(bob, carol);
  const muted = (offset) => {
    const until = offset === undefined ? {} : { until: room().at + 1000 + offset };
    return room().access(bob, { restrict: { rights: ['invite'], ...until } });
  };
  const gone = room();
  gone.access(bob, { remove: gone.joinOf(bob) });
  const holds = (role) => room().access(erin, { role });
  const after = (of, by) => join(of, erin, inviteTo(of, erin, { by, after: of.find('access', erin).id }));
  return [
    invited(room(), dave, 'R9', 'never-joined'),
    invited(room().leave(bob), bob, 'R9', 'left'),
    invited(gone, bob, 'R9', 'removed'),
    invited(room().role('member', 0, ['send']), bob, 'R9', 'without-the-right'),
    invited(muted(), bob, 'R9', 'restricted'),
    invited(muted(1), bob, 'R9', 'restricted-for-another-ms'),
    invited(muted(0), bob, 'allow', 'restricted-until-now'),
    vector('former-admin-by-member', holds('admin'), after(holds('admin'), bob)),
    vector('former-moderator-by-owner', holds('moderator'), after(holds('moderator'), alice), 'allow'),
    vector('former-moderator-by-moderator', twoModerators(), after(twoModerators(), bob)),
  ];
}

const twoModerators = () => group(bob, carol).access(bob, { role: 'moderator' }).access(erin, { role: 'moderator' });

/** Someone who was removed or banned comes back on a new invitation only. */
function removed() {
  const vector = vectorOf(['PV-RULE-025']);
  const room = group(bob, carol);
  const old = inviteTo(room, bob);
  const before = room.find('access', bob);
  room.access(bob, { remove: room.joinOf(bob) });
  const removal = room.find('access', bob).id;
  const changed = group(bob, carol);
  changed.access(bob, { remove: changed.joinOf(bob) });
  const stale = inviteTo(changed, bob, { after: changed.find('access', bob).id });
  changed.access(bob, { remove: changed.joinOf(bob), restrict: { rights: ['send'] } });
  if (before !== undefined) throw new Error('nothing was said of bob before');
  return [
    vector('removed-with-old-invite', room, join(room, bob, old)),
    vector(
      'removed-with-invite-after-another-event',
      room,
      join(room, bob, inviteTo(room, bob, { after: room.joinOf(carol) })),
    ),
    vector('removed-with-new-invite', room, join(room, bob, inviteTo(room, bob, { after: removal })), 'allow'),
    vector('removed-with-invite-before-a-restriction', changed, join(changed, bob, stale)),
    vector('never-removed-with-after', room, join(room, dave, inviteTo(room, dave, { after: removal }))),
  ];
}

function returning() {
  const banned = group(bob, carol);
  const old = inviteTo(banned, bob);
  banned.access(bob, { ban: true, remove: banned.joinOf(bob) });
  const named = inviteTo(banned, bob, { after: banned.find('access', bob).id });
  const unbanned = group(bob, carol);
  unbanned.access(bob, { ban: true, remove: unbanned.joinOf(bob) }).access(bob, { remove: unbanned.joinOf(bob) });
  const left = group(bob, carol).leave(bob);
  return [
    vectorOf(['PV-RULE-021'])('banned', banned, join(banned, bob, named)),
    vectorOf(['PV-RULE-025'])('unbanned-with-old-invite', unbanned, join(unbanned, bob, old)),
    vectorOf(['PV-RULE-025'])(
      'unbanned-with-new-invite',
      unbanned,
      join(unbanned, bob, inviteTo(unbanned, bob, { after: unbanned.find('access', bob).id })),
      'allow',
    ),
    vectorOf(['PV-RULE-025'])('left-with-old-invite', left, join(left, bob, inviteTo(left, bob)), 'allow'),
  ];
}

function leaving() {
  const leave = (room, person) => room.write(person, 'member', { key: person, content: { membership: 'left' } });
  const room = group(bob);
  const alone = group(bob).leave(bob);
  const given = group(bob).add(alice, 'room.owner', { key: '', content: { owner: bob } });
  const owner = (name, of, person, expect) =>
    ruleVector(`r10-leave-${name}`, ['PV-RULE-029'], { room: of, given: leave(of, person), expect });
  return [
    owner('member', room, bob, 'allow'),
    owner('owner', room, alice, 'R10'),
    owner('owner-alone', alone, alice, 'allow'),
    owner('former-owner', given, alice, 'allow'),
    owner('new-owner', given, bob, 'R10'),
    owner('of-dm', dm(), alice, 'allow'),
  ];
}

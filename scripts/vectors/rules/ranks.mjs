import { alice, bob, carol, dave, erin, group, ruleVector } from '../../lib/vector-room.mjs';

export function rankVectors() {
  return [...targets(), ...removals(), ...grants(), ...roleEntries(), ...newOwners()];
}

const admin = { role: 'admin' };
const staff = () => group(bob, carol).access(bob, admin);

const accessVector =
  (requirement) =>
  (name, room, { by = bob, to = carol, content }, expect = 'R11') =>
    ruleVector(`r11-${name}`, [requirement], { room, given: room.write(by, 'access', { key: to, content }), expect });

function targets() {
  const vector = accessVector('PV-RULE-031');
  const mute = { restrict: { rights: ['send'] } };
  const rank = (n) => staff().role('peer', n, []).access(carol, { role: 'peer' });
  return [
    vector('lower-rank', staff(), { content: mute }, 'allow'),
    vector('rank-59', rank(59), { content: { role: 'peer', ...mute } }, 'allow'),
    vector('same-rank', rank(60), { content: { role: 'peer', ...mute } }),
    vector('higher-rank', rank(61), { content: { role: 'peer', ...mute } }),
    vector('admin-on-admin', staff().access(carol, admin), { content: { ...admin, ...mute } }),
    vector('admin-on-owner', staff(), { to: alice, content: mute }),
    vector('owner-on-admin', staff(), { by: alice, to: bob, content: { ...admin, ...mute } }, 'allow'),
    vector('admin-on-oneself', staff(), { to: bob, content: { role: 'moderator' } }),
    vector('owner-on-oneself', staff(), { by: alice, to: alice, content: mute }),
    vector('former-owner', formerOwner(), { to: alice, content: mute }, 'allow'),
    vector('stranger', staff(), { to: erin, content: { ban: true } }, 'allow'),
    vector('lift-own-restriction', restricted(), { to: bob, content: admin }),
  ];
}

const formerOwner = () => group(bob, carol).add(alice, 'room.owner', { key: '', content: { owner: bob } });
const restricted = () => group(bob, carol).access(bob, { ...admin, restrict: { rights: ['send'] } });

function removals() {
  const names = accessVector('PV-RULE-032');
  const stays = accessVector('PV-RULE-033');
  const bans = accessVector('PV-RULE-034');
  const room = staff();
  const join = room.joinOf(carol);
  const out = staff();
  const first = out.joinOf(carol);
  out.access(carol, { remove: first });
  const back = staff();
  back.access(carol, { remove: back.joinOf(carol) }).join(carol);
  const gone = staff().leave(carol);
  const banned = staff();
  banned.access(carol, { ban: true, remove: banned.joinOf(carol) });
  return [
    names('remove', room, { content: { remove: join } }, 'allow'),
    names('remove-names-another-join', room, { content: { remove: room.joinOf(bob) } }),
    names('remove-one-who-left', gone, { content: { remove: gone.joinOf(carol) } }),
    names('remove-one-who-never-joined', room, { to: dave, content: { remove: join } }),
    names('remove-again-after-return', back, { content: { remove: back.joinOf(carol) } }, 'allow'),
    names(
      'restrict-keeping-old-removal',
      back,
      { content: { remove: first, restrict: { rights: ['send'] } } },
      'allow',
    ),
    names('restrict-dropping-old-removal', back, { content: { restrict: { rights: ['send'] } } }, 'allow'),
    stays('restrict-dropping-removal', out, { content: { restrict: { rights: ['send'] } } }),
    stays('restrict-keeping-removal', out, { content: { remove: first, restrict: { rights: ['send'] } } }, 'allow'),
    stays('role-dropping-removal', out, { content: { role: 'moderator' } }),
    stays('unban-dropping-removal', banned, { content: {} }, 'R11'),
    stays('unban-keeping-removal', banned, { content: { remove: banned.joinOf(carol) } }, 'allow'),
    bans('ban-member', room, { content: { ban: true, remove: join } }, 'allow'),
    bans('ban-member-without-removal', room, { content: { ban: true } }),
    bans('ban-one-who-left', gone, { content: { ban: true } }, 'allow'),
    bans('ban-stranger-with-removal', room, { to: dave, content: { ban: true, remove: join } }),
  ];
}

function grants() {
  const vector = accessVector('PV-RULE-035');
  const custom = (rank, rights) => staff().role('custom', rank, rights);
  const few = (own, other) =>
    group(bob, carol).role('few', 50, own).role('other', 10, other).access(bob, { role: 'few' });
  const high = () =>
    group(bob, carol)
      .role('few', 10, ['roles'])
      .role('low', 5, [])
      .role('member', 20, [])
      .access(carol, { role: 'low' })
      .access(bob, { role: 'few' });
  return [
    vector('give-moderator', staff(), { content: { role: 'moderator' } }, 'allow'),
    vector('give-own-role', staff(), { content: admin }),
    vector('give-rank-59', custom(59, ['send']), { content: { role: 'custom' } }, 'allow'),
    vector('give-rank-60', custom(60, ['send']), { content: { role: 'custom' } }),
    vector('give-right-one-lacks', custom(10, ['manage']), { content: { role: 'custom' } }),
    vector('give-rights-one-has', few(['roles', 'pin'], ['pin']), { content: { role: 'other' } }, 'allow'),
    vector('give-right-few-lack', few(['roles'], ['pin']), { content: { role: 'other' } }),
    vector('give-right-one-is-restricted-from', lentAdmin(), { content: { role: 'other' } }),
    vector('give-unknown-role', staff(), { content: { role: 'unknown' } }),
    vector('take-role', staff().access(carol, { role: 'moderator' }), { content: {} }, 'allow'),
    vector('take-role-to-higher-rank', high(), { content: {} }),
    vector('give-built-in-replaced', staff().role('moderator', 60, []), { content: { role: 'moderator' } }),
  ];
}

const lentAdmin = () =>
  group(bob, carol)
    .role('other', 10, ['pin'])
    .access(bob, { ...admin, restrict: { rights: ['pin'] } });

function roleEntries() {
  const vector = (name, room, { by = bob, key = 'custom', rank, rights = [] }, expect = 'R11') =>
    ruleVector(`r11-role-${name}`, ['PV-RULE-036'], {
      room,
      given: room.write(by, 'role', { key, content: { rank, rights } }),
      expect,
    });
  const custom = (rank) => staff().role('custom', rank, []);
  return [
    vector('new-of-rank-59', staff(), { rank: 59 }, 'allow'),
    vector('new-of-rank-60', staff(), { rank: 60 }),
    vector('raise-to-own-rank', custom(10), { rank: 60 }),
    vector('lower-one-of-own-rank', custom(60), { rank: 10 }),
    vector('lower-one-of-higher-rank', custom(99), { rank: 10 }),
    vector('change-own', staff(), { key: 'admin', rank: 59, rights: ['send'] }),
    vector('change-built-in', staff(), { key: 'moderator', rank: 31, rights: ['pin'] }, 'allow'),
    vector('change-default', staff(), { key: 'member', rank: 0, rights: ['send', 'ban'] }, 'allow'),
    vector('with-right-one-lacks', staff(), { rank: 10, rights: ['manage'] }),
    vector('with-right-one-is-restricted-from', lentAdmin(), { rank: 10, rights: ['pin'] }),
    vector('owner-gives-everything', staff(), { by: alice, rank: 99, rights: ['manage'] }, 'allow'),
    vector('owner-changes-admin', staff(), { by: alice, key: 'admin', rank: 10, rights: [] }, 'allow'),
  ];
}

function newOwners() {
  const gone = group(bob, carol).leave(carol);
  const out = group(bob, carol);
  out.access(carol, { remove: out.joinOf(carol) });
  const vector = (name, room, owner, expect = 'R11') =>
    ruleVector(`r11-owner-${name}`, ['PV-RULE-037'], {
      room,
      given: room.write(alice, 'room.owner', { key: '', content: { owner } }),
      expect,
    });
  return [
    vector('member', group(bob, carol), carol, 'allow'),
    vector('stranger', group(bob, carol), dave),
    vector('left', gone, carol),
    vector('removed', out, carol),
  ];
}

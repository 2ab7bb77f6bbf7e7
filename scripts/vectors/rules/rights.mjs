import { alice, bob, carol, dave, dm, group, ruleVector } from '../../lib/vector-room.mjs';

const all = ['send', 'react', 'invite', 'remove', 'ban', 'restrict', 'moderate', 'info', 'roles', 'manage', 'pin'];

export function rightVectors() {
  return [...perRight(), ...builtIn(), ...restrictions(), ...dmState(), ...accessRights()];
}

/** What each kind of event needs: with that right alone it is allowed, with all others it is not. */
function needs(room) {
  const target = room.joinOf(carol);
  const write = (type, changes) => room.write(bob, type, changes);
  const state = (type, key, content) => write(type, { key, content });
  return [
    ['message', 'send', write('message', { content: { text: 'hello' } })],
    ['edit', 'send', write('message.edit', { content: { text: 'hello' }, rel: [['edit', target]] })],
    ['reaction', 'react', write('reaction', { content: { emoji: '🌹' }, rel: [['react', target]] })],
    ['vote', 'react', write('message.vote', { content: { choices: [0] }, rel: [['vote', target]] })],
    ['unlisted-type', 'send', write('x.example.poll', { content: { alt: 'A poll' } })],
    ['title', 'info', state('room.info', '', { title: 'Friends' })],
    ['settings', 'info', state('room.settings', '', { slow: 5 })],
    ['pins', 'pin', state('room.pins', '', { pins: [target] })],
    ['deny', 'ban', state('room.deny', 'd.example', { denied: true })],
    ['history', 'manage', state('room.history', '', { visible: 'all' })],
    ['superseded', 'manage', state('room.superseded', '', { by: room.id })],
    ['unlisted-state-type', 'manage', state('x.example.note', 'a', {})],
    ['role-entry', 'roles', state('role', 'guest', { rank: 1, rights: [] })],
    ['ban', 'ban', state('access', dave, { ban: true })],
    ['remove', 'remove', state('access', carol, { remove: target })],
    ['restrict', 'restrict', state('access', carol, { restrict: { rights: ['send'] } })],
    ['give-role', 'roles', state('access', carol, { role: 'guard' })],
    ['give-title', 'roles', state('access', carol, { title: 'founder' })],
  ];
}

function perRight() {
  const room = (rights) =>
    group(bob, carol).role('guard', 5, []).role('custom', 50, rights).access(bob, { role: 'custom' });
  const only = (name, right, n) => {
    const of = room([right]);
    return ruleVector(`r10-${name}-with-${right}-alone`, ['PV-RULE-027'], {
      room: of,
      given: needs(of)[n][2],
      expect: 'allow',
    });
  };
  const without = (name, right, n) => {
    const of = room(all.filter((one) => one !== right && one !== 'manage'));
    return ruleVector(`r10-${name}-without-${right}`, ['PV-RULE-027'], {
      room: of,
      given: needs(of)[n][2],
      expect: 'R10',
    });
  };
  const names = needs(room([]));
  const deletes = room([]);
  return [
    ...names.flatMap(([name, right], n) => [only(name, right, n), without(name, right, n)]),
    ruleVector('r10-delete-without-any-right', ['PV-RULE-027'], {
      room: deletes,
      given: deletes.write(bob, 'message.delete', { rel: [['delete', deletes.joinOf(carol)]] }),
      expect: 'allow',
    }),
  ];
}

function builtIn() {
  const allowed = {
    member: ['message', 'edit', 'reaction', 'vote', 'unlisted-type'],
    moderator: ['message', 'edit', 'reaction', 'vote', 'unlisted-type', 'pins', 'remove', 'restrict'],
    admin: [
      'message',
      'edit',
      'reaction',
      'vote',
      'unlisted-type',
      'title',
      'settings',
      'pins',
      'deny',
      'role-entry',
      'ban',
      'remove',
      'restrict',
      'give-role',
      'give-title',
    ],
  };
  const room = (role) => group(bob, carol).role('guard', 5, []).access(bob, { role });
  return Object.entries(allowed).flatMap(([role, names]) =>
    needs(room(role)).map(([name, , given]) =>
      ruleVector(`r10-${role}-${name}`, ['PV-RIGHT-003', 'PV-RIGHT-004', 'PV-RULE-027'], {
        room: room(role),
        given,
        expect: names.includes(name) ? 'allow' : 'R10',
      }),
    ),
  );
}

function restrictions() {
  const muted = (until) => {
    const room = group(bob, carol);
    const when = until === undefined ? {} : { until: room.at + 1000 + until };
    return room.access(bob, { restrict: { rights: ['send'], ...when } });
  };
  const vector = (name, room, type, expect) =>
    ruleVector(`r10-restricted-${name}`, ['PV-RIGHT-005', 'PV-RIGHT-006'], {
      room,
      given: needs(room).find((one) => one[0] === type)[2],
      expect,
    });
  const owner = group(bob, carol)
    .access(bob, { restrict: { rights: all } })
    .add(alice, 'room.owner', { key: '', content: { owner: bob } });
  return [
    vector('for-ever', muted(), 'message', 'R10'),
    vector('another-right', muted(), 'reaction', 'allow'),
    vector('for-another-ms', muted(1), 'message', 'R10'),
    vector('until-now', muted(0), 'message', 'allow'),
    vector('owner', owner, 'history', 'allow'),
    vector('admin', group(bob, carol).access(bob, { role: 'admin', restrict: { rights: ['ban'] } }), 'ban', 'R10'),
  ];
}

function dmState() {
  const room = dm();
  const vector = (name, type, key, content, expect = 'R10') =>
    ruleVector(`r10-dm-${name}`, ['PV-RULE-028'], { room, given: room.write(alice, type, { key, content }), expect });
  return [
    vector('superseded', 'room.superseded', '', { by: group().id }, 'allow'),
    vector('leave', 'member', alice, { membership: 'left' }, 'allow'),
    vector('title', 'room.info', '', { title: 'Us' }),
    vector('history', 'room.history', '', { visible: 'joined' }),
    vector('access', 'access', bob, { ban: true }),
    vector('role', 'role', 'member', { rank: 0, rights: [] }),
    vector('unlisted-state-type', 'x.example.note', '', {}),
  ];
}

/** Each change that an `access` event makes needs its own right; a change of nothing needs more than anyone has. */
function accessRights() {
  const restrict = { rights: ['send', 'react'] };
  const room = (rights, about) => {
    const of = group(bob, carol).role('guard', 5, []).role('custom', 50, rights).access(bob, { role: 'custom' });
    return about === undefined ? of : of.access(carol, about(of));
  };
  const vector = (name, { rights, about, next }, expect) => {
    const of = room(rights, about);
    const given = of.write(bob, 'access', { key: carol, content: next(of) });
    return ruleVector(`r10-access-${name}`, ['PV-RULE-030'], { room: of, given, expect });
  };
  const banned = (of) => ({ ban: true, remove: of.joinOf(carol) });
  const removed = (of) => ({ remove: of.joinOf(carol) });
  const both = (of) => ({ role: 'guard', restrict, remove: of.joinOf(carol) });
  return [
    vector('unban-without-ban', { rights: ['remove'], about: banned, next: removed }, 'R10'),
    vector('unban', { rights: ['ban'], about: banned, next: removed }, 'allow'),
    vector('ban-removes-without-remove', { rights: ['ban'], next: banned }, 'allow'),
    vector('lift-restriction', { rights: ['restrict'], about: () => ({ restrict }), next: () => ({}) }, 'allow'),
    vector(
      'lift-restriction-without-restrict',
      { rights: ['roles'], about: () => ({ restrict }), next: () => ({}) },
      'R10',
    ),
    vector('drop-role-without-roles', { rights: ['remove'], about: () => ({ role: 'guard' }), next: removed }, 'R10'),
    vector('title-goes', { rights: ['roles'], about: () => ({ title: 'founder' }), next: () => ({}) }, 'allow'),
    vector(
      'title-goes-without-roles',
      { rights: ['remove'], about: () => ({ title: 'founder' }), next: removed },
      'R10',
    ),
    vector('three-changes', { rights: ['remove', 'roles', 'restrict'], next: both }, 'allow'),
    vector('three-changes-two-rights', { rights: ['remove', 'restrict'], next: both }, 'R10'),
    vector('nothing-changes', { rights: all, about: () => ({ restrict }), next: () => ({ restrict }) }, 'R10'),
    vector(
      'narrower-restriction',
      { rights: ['restrict'], about: () => ({ restrict }), next: () => ({ restrict: { rights: ['send'] } }) },
      'allow',
    ),
    vector(
      'longer-restriction',
      { rights: ['restrict'], about: () => ({ restrict }), next: () => ({ restrict: { ...restrict, until: 0 } }) },
      'allow',
    ),
    vector(
      'longer-restriction-without-restrict',
      { rights: ['roles'], about: () => ({ restrict }), next: () => ({ restrict: { ...restrict, until: 0 } }) },
      'R10',
    ),
    vector('nothing-said', { rights: all, next: () => ({}) }, 'R10'),
    vector(
      'same-restriction-in-other-order',
      { rights: all, about: () => ({ restrict }), next: () => ({ restrict: { rights: ['react', 'send'] } }) },
      'R10',
    ),
  ];
}

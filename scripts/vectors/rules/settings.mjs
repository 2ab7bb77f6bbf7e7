import { alice, bob, carol, dave, dm, erin, group, inviteTo, ruleVector } from '../../lib/vector-room.mjs';
import { hashText, statementOf } from '../../lib/signed-objects.mjs';

/** What a room's settings, pins and denied providers ask for. */
export function settingVectors() {
  return [...timers(), ...dmSettings(), ...denies(), ...denyRanks(), ...lifting(), ...denied()];
}

const settings = (room, content, by = alice) => room.add(by, 'room.settings', { key: '', content });

const vectorOf =
  (requirement, rule) =>
  (name, room, given, expect = rule) =>
    ruleVector(name, [requirement], { room, given: given(room), expect });

function timers() {
  const vector = vectorOf('PV-RULE-055', 'R13');
  const room = () => settings(group(bob), { timer: 60 });
  const say = (changes, type = 'message') => {
    return (room) => room.write(bob, type, { content: { text: 'hello' }, ...changes });
  };
  const target = (room) => room.joinOf(bob);
  const related = (type, kind, ttl) => (room) => say({ ttl, rel: [[kind, target(room)]] }, type)(room);
  return [
    vector('r13-ttl-60-of-60', room(), say({ ttl: 60 }), 'allow'),
    vector('r13-ttl-1-of-60', room(), say({ ttl: 1 }), 'allow'),
    vector('r13-ttl-61-of-60', room(), say({ ttl: 61 })),
    vector('r13-no-ttl', room(), say({})),
    vector('r13-edit-with-ttl', room(), related('message.edit', 'edit', 60), 'allow'),
    vector('r13-edit-without-ttl', room(), related('message.edit', 'edit')),
    vector('r13-reaction-with-ttl', room(), related('reaction', 'react', 60), 'allow'),
    vector('r13-reaction-without-ttl', room(), related('reaction', 'react')),
    vector('r13-unlisted-type-without-ttl', room(), say({}, 'x.example.poll')),
    vector('r13-unlisted-type-with-ttl', room(), say({ ttl: 60 }, 'x.example.poll'), 'allow'),
    vector('r13-delete-without-ttl', room(), related('message.delete', 'delete'), 'allow'),
    vector(
      'r13-state-event',
      room(),
      (of) => of.write(alice, 'room.info', { key: '', content: { title: 'x' } }),
      'allow',
    ),
    vector('r13-settings-without-timer', settings(group(bob), { slow: 5 }), say({}), 'allow'),
    vector('r13-timer-gone', settings(room(), {}), say({}), 'allow'),
    vector('r13-longer-timer', settings(room(), { timer: 61 }), say({ ttl: 61 }), 'allow'),
    vector('r13-dm-no-ttl', settings(dm(), { timer: 60 }, bob), say({})),
    vector('r13-dm-with-ttl', settings(dm(), { timer: 60 }, bob), say({ ttl: 60 }), 'allow'),
  ];
}

function dmSettings() {
  const vector = vectorOf('PV-RULE-028', 'R10');
  const state = (by, type, content) => (room) => room.write(by, type, { key: '', content });
  return [
    vector('r10-dm-settings-by-one', dm(), state(alice, 'room.settings', { timer: 60 }), 'allow'),
    vector('r10-dm-settings-by-the-other', dm(), state(bob, 'room.settings', { timer: 60 }), 'allow'),
    vector('r10-dm-pins', dm(), state(bob, 'room.pins', { pins: [] }), 'allow'),
    vector('r10-dm-deny', dm(), (room) => deny('b.example')(room)),
  ];
}

const deny =
  (domain, denied = true, by = alice) =>
  (room) =>
    room.write(by, 'room.deny', { key: domain, content: { denied } });
const shut = (room, domain, denied = true) => room.add(alice, 'room.deny', { key: domain, content: { denied } });

function denies() {
  const vector = vectorOf('PV-RULE-052', 'R10');
  return [
    vector('r10-deny', group(bob), deny('b.example'), 'allow'),
    vector('r10-deny-stranger', group(bob), deny('d.example'), 'allow'),
    vector('r10-deny-again', shut(group(bob), 'b.example'), deny('b.example')),
    vector('r10-lift-nothing', group(bob), deny('d.example', false)),
    vector('r10-lift', shut(group(bob), 'd.example'), deny('d.example', false), 'allow'),
    vector('r10-lift-again', shut(shut(group(bob), 'd.example'), 'd.example', false), deny('d.example', false)),
    vector('r10-deny-after-lift', shut(shut(group(bob), 'd.example'), 'd.example', false), deny('d.example'), 'allow'),
  ];
}

function denyRanks() {
  const vector = vectorOf('PV-RULE-053', 'R11');
  const staff = () => group(bob, carol).access(bob, { role: 'admin' });
  const rank = (n) => staff().role('peer', n, []).access(carol, { role: 'peer' });
  const by = (domain) => deny(domain, true, bob);
  const owned = () =>
    group(bob, carol)
      .access(carol, { role: 'admin' })
      .add(alice, 'room.owner', { key: '', content: { owner: bob } });
  return [
    vector('r11-deny-rank-59', rank(59), by('c.example'), 'allow'),
    vector('r11-deny-rank-60', rank(60), by('c.example')),
    vector('r11-deny-one-of-two', rank(60).join(erin), by('c.example')),
    vector('r11-deny-rank-left', rank(60).leave(carol), by('c.example'), 'allow'),
    vector('r11-deny-own-provider', staff(), by('b.example')),
    vector('r11-deny-owner-and-hub', staff(), by('a.example')),
    vector('r11-deny-hub-of-former-owner', owned(), by('a.example')),
    vector('r11-deny-owner-elsewhere', owned(), deny('b.example', true, carol)),
  ];
}

function lifting() {
  const vector = vectorOf('PV-RULE-054', 'R11');
  const lift = deny('b.example', false);
  const two = () => shut(group(bob, carol, dave), 'b.example');
  const removed = two();
  removed.access(bob, { remove: removed.joinOf(bob) });
  const both = two();
  both.access(bob, { remove: both.joinOf(bob) }).access(dave, { ban: true, remove: both.joinOf(dave) });
  return [
    vector('r11-lift-with-people', two(), lift),
    vector('r11-lift-with-one-left', removed, lift),
    vector('r11-lift-all-removed', both, lift, 'allow'),
    vector('r11-lift-one-who-left', shut(group(bob).leave(bob), 'b.example'), lift, 'allow'),
  ];
}

/** What people and providers can no longer do. */
function denied() {
  const room = (domain = 'b.example') => shut(group(bob, carol), domain);
  const invited = (person) => (of) =>
    of.write(person, 'member', {
      key: person,
      content: { membership: 'joined', invite: inviteTo(of, person) },
    });
  const lifted = shut(shut(group(bob), 'c.example').provider('c.example'), 'c.example', false);
  const rotate = (of) => {
    const statement = statementOf('b.example', { version: 2 });
    const content = { statement: hashText(statement), version: 2 };
    return { ...of.write('b.example', 'provider', { key: 'b.example', content }), statement };
  };
  const joins = vectorOf('PV-RULE-051', 'R9');
  const speaks = vectorOf('PV-ROOM-007', 'R6');
  const provides = vectorOf('PV-RULE-050', 'R6');
  return [
    joins('r9-denied', room(), invited(dave)),
    joins('r9-denied-before', room(), invited(bob)),
    joins('r9-another-denied', shut(group(bob), 'd.example'), invited(dave), 'allow'),
    joins('r9-deny-lifted', lifted, invited(erin), 'allow'),
    speaks('r6-denied', room(), (of) => of.write(bob, 'message', { content: { text: 'hello' } })),
    speaks('r6-denied-leaves', room(), (of) => of.write(bob, 'member', { key: bob, content: { membership: 'left' } })),
    speaks('r6-another-denied', room(), (of) => of.write(carol, 'message', { content: { text: 'hello' } }), 'allow'),
    provides('r6-provider-denied', room(), rotate),
    provides('r6-provider-of-another-denied', shut(group(bob), 'd.example'), rotate, 'allow'),
  ];
}

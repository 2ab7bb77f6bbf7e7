import { base64url, hashText, nonceOf, providerKeys, withOtherSignature } from '../../lib/signed-objects.mjs';
import { vectorKey } from '../../lib/vector-keys.mjs';
import { alice, bob, carol, dave, group, inviteTo, ruleVector } from '../../lib/vector-room.mjs';

const linkKey = vectorKey('invite link');
const otherKey = vectorKey('another invite link');
const link = base64url(linkKey.publicKey);
// Under this point, which is nobody's key, the equation of the signature holds for any text.
const neutral = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]);
const proofByAnybody = base64url(Buffer.concat([neutral, Buffer.alloc(32)]));

export const linkIdOf = (by, key = link) => hashText(`${by}\0${key}`);
export const proofOf = (room, person, key = linkKey) =>
  base64url(key.sign(Buffer.from(`payvand-link\0${room}\0${person}`)));

/** Joins by link, and what revokes links. */
export function linkVectors() {
  return [
    ...holders(),
    ...limited(),
    ...sentAway(),
    ...revoked(),
    ...roles(),
    ...keptRoles(),
    ...revoking(),
    ...counts(),
  ];
}

const linkOf = (room, changes = {}) => inviteTo(room, undefined, { link, ...changes });

function join(
  room,
  { person = dave, invite = {}, jws = linkOf(room, invite), proof = proofOf(room.id, person), role },
) {
  return room.write(person, 'member', {
    key: person,
    content: { membership: 'joined', invite: jws, proof: proof ?? undefined, role },
  });
}

const vectorOf =
  (requirement) =>
  (name, room, given = {}, expect = 'R9') =>
    ruleVector(`r9-link-${name}`, [requirement], { room, given: join(room, given), expect });

function holders() {
  const vector = vectorOf('PV-RULE-072');
  const room = group(bob, carol);
  const of = (proof) => ({ proof });
  return [
    vector('holder', room, {}, 'allow'),
    vector('holder-again-after-leaving', group(bob, dave, carol).leave(dave), {}, 'allow'),
    vector('proof-missing', room, of(null)),
    vector('proof-of-another-key', room, of(proofOf(room.id, dave, otherKey))),
    vector('proof-of-another-person', room, of(proofOf(room.id, carol))),
    vector('proof-of-another-room', room, of(proofOf(`r${hashText('another room')}`, dave))),
    vector('proof-of-zeros', room, of(base64url(Buffer.alloc(64)))),
    vector('key-of-small-order', room, { invite: { link: base64url(neutral) }, ...of(proofByAnybody) }),
    ruleVector('r9-link-proof-short', ['PV-CNT-012'], { room, given: join(room, of('AA')), expect: 'R1' }),
  ];
}

function limited() {
  const room = group(bob, carol);
  const of = (requirement, name, invite, expect) => vectorOf(requirement)(name, room, { invite }, expect);
  const tampered = withOtherSignature(linkOf(room));
  const muted = group(bob, carol).access(carol, { restrict: { rights: ['invite'] } });
  return [
    of('PV-RULE-023', 'until-now', { until: room.at }, 'allow'),
    of('PV-RULE-023', 'expired', { until: room.at - 1 }),
    of('PV-RULE-023', 'of-another-room', { room: `r${hashText('another room')}` }),
    of('PV-RULE-023', 'for-a-person-too', { to: dave }),
    of('PV-RULE-023', 'after-an-entry', { after: `e${hashText('access')}` }),
    of('PV-RULE-024', 'by-member', { by: carol }, 'allow'),
    of('PV-RULE-024', 'by-nobody', { by: 'erin@c.example' }),
    vectorOf('PV-RULE-024')('by-member-without-the-right', muted, { invite: { by: carol } }),
    vectorOf('PV-RULE-026')('signature-changed', room, { jws: tampered }),
    vectorOf('PV-RULE-026')('signed-by-the-link', room, { invite: { signer: linkKey } }),
    of('PV-RULE-026', 'signed-by-another-provider', { signer: providerKeys('b.example').event }),
    of('PV-RULE-071', 'with-approval', { approve: true }),
    of('PV-LNK-012', 'uses-are-no-rule', { uses: 1 }, 'allow'),
  ];
}

function sentAway() {
  const vector = vectorOf('PV-RULE-073');
  const removed = group(bob, dave, carol);
  removed.access(dave, { remove: removed.joinOf(dave) });
  const banned = group(bob, carol).access(dave, { ban: true });
  const unbanned = group(bob, carol).access(dave, { ban: true }).access(dave, {});
  const muted = group(bob, carol).access(dave, { restrict: { rights: ['send'] } });
  return [
    vector('removed', removed),
    vectorOf('PV-RULE-021')('banned', banned),
    vector('banned-and-unbanned-before-any-join', unbanned, {}, 'allow'),
    vector('restricted', muted, {}, 'allow'),
  ];
}

const revokes = (room, { by = alice, key = link, id = linkIdOf(by, key), sender = by } = {}) =>
  room.add(sender, 'room.link', { key: id, content: { by, link: key } });

function revoked() {
  const vector = vectorOf('PV-RULE-074');
  return [
    vector('revoked', revokes(group(bob, carol))),
    vector('other-link-revoked', revokes(group(bob, carol), { key: base64url(otherKey.publicKey) }), {}, 'allow'),
    vector('same-key-of-another-issuer-revoked', revokes(group(bob, carol), { by: bob }), {}, 'allow'),
  ];
}

function roles() {
  const vector = vectorOf('PV-RULE-075');
  const room = group(bob, carol);
  const lead = () => group(bob, carol).role('lead', 40, ['send', 'invite', 'roles', 'remove']);
  const led = (role, rank, rights) => lead().role('given', rank, rights).access(bob, { role: 'lead' });
  const given = (by, name = 'given') => ({ invite: { by, role: name }, role: name });
  const told = vectorOf('PV-RULE-070');
  return [
    vector('role-by-owner', room, given(alice, 'admin'), 'allow'),
    vector('role-unknown', room, given(alice, 'nobody')),
    vector('role-by-member', room, given(carol, 'moderator')),
    vector('role-below', led('given', 39, ['send', 'remove']), given(bob), 'allow'),
    vector('role-of-own-rank', led('given', 40, ['send']), given(bob)),
    vector('role-with-more-rights', led('given', 10, ['send', 'ban']), given(bob)),
    told('role-not-told', room, { invite: { role: 'admin' } }),
    told('role-not-of-the-link', room, { role: 'admin' }),
    told('role-other-than-the-links', room, { invite: { role: 'moderator' }, role: 'admin' }),
    told('role-with-personal-invite', room, { jws: inviteTo(room, dave), role: 'admin' }),
  ];
}

/** What a role from a link is worth afterwards. */
function keptRoles() {
  const room = () => group(bob, carol).join(dave, { invite: 'a', proof: proofOf('r', dave), role: 'moderator' });
  const removes = (of) => of.write(dave, 'access', { key: carol, content: { remove: of.joinOf(carol) } });
  const demoted = room().access(dave, { role: 'member' });
  const left = room().leave(dave).join(dave);
  const returned = room().access(dave, { role: 'admin' });
  const herald = () => room().role('herald', 20, ['send', 'roles']).access(carol, { role: 'herald' });
  const low = herald().access(dave, { role: 'member' });
  const back = low.write(carol, 'access', { key: dave, content: {} });
  const vector = (name, of, expect = 'R10') =>
    ruleVector(`role-by-link-${name}`, ['PV-RIGHT-004'], { room: of, given: removes(of), expect });
  return [
    vector('counts', room(), 'allow'),
    vector('yields-to-access', demoted),
    vector('ends-with-the-join', left),
    vector('beside-a-higher-one', returned, 'allow'),
    ruleVector('role-by-link-comes-back-by-a-higher-rank-only', ['PV-RULE-035'], {
      room: low,
      given: back,
      expect: 'R11',
    }),
  ];
}

function revoking() {
  const write = (room, sender, { by = sender, id = linkIdOf(by), ...content } = {}) =>
    room.write(sender, 'room.link', { key: id, content: { by, link, ...content } });
  const vector = (name, requirement, { room = group(bob, carol), given, expect }) =>
    ruleVector(`r10-revoke-${name}`, [requirement], { room, given: given(room), expect });
  const muted = group(bob, carol).access(carol, { restrict: { rights: ['invite'] } });
  const shaped = (name, content, id) =>
    vector(name, 'PV-LNK-007', {
      given: (room) => write(room, alice, { ...content, ...(id && { id }) }),
      expect: 'R1',
    });
  return [
    vector('own', 'PV-RULE-076', { given: (room) => write(room, carol), expect: 'allow' }),
    vector('own-without-invite', 'PV-RULE-076', { room: muted, given: (room) => write(room, carol), expect: 'R10' }),
    vector('of-another', 'PV-RULE-076', { given: (room) => write(room, carol, { by: alice }), expect: 'R10' }),
    vector('of-another-with-remove', 'PV-RULE-076', {
      given: (room) => write(room, alice, { by: carol }),
      expect: 'allow',
    }),
    shaped('another-id', {}, linkIdOf(bob)),
    shaped('by-null', { by: null }, linkIdOf(alice)),
    shaped('link-short', { link: link.slice(1) }, linkIdOf(alice, link.slice(1))),
  ];
}

function counts() {
  const filled = (count) => group(bob, carol).fill({ type: 'room.link', key: `${'x'.repeat(42)}{n}`, count });
  const revoke = (room, by) => room.write(by, 'room.link', { key: linkIdOf(by), content: { by, link } });
  const vector = (name, requirement, { count, by, expect = 'R12' }) =>
    ruleVector(`r12-${name}`, [requirement], { room: filled(count), given: revoke(filled(count), by), expect });
  return [
    vector('link-entry-512', 'PV-RULE-077', { count: 511, by: alice, expect: 'allow' }),
    vector('link-entry-513', 'PV-RULE-077', { count: 512, by: alice }),
    vector('link-entry-128-by-member', 'PV-RULE-078', { count: 127, by: carol, expect: 'allow' }),
    vector('link-entry-129-by-member', 'PV-RULE-078', { count: 128, by: carol }),
    vector('link-entry-129-by-keeper', 'PV-RULE-078', { count: 128, by: alice, expect: 'allow' }),
  ];
}

/** The text of a link, and what follows from it. */
export function linkTextVectors() {
  const secret = nonceOf('link secret');
  const text = `https://a.example/join#${secret}`;
  const room = `r${hashText('room')}`;
  const seed = (label) => hashText(`payvand-link-${label}\0${secret}`);
  const bad = (name, given) => ({
    name,
    requirements: ['PV-LNK-003'],
    input: { operation: 'parse', text: given },
    expect: { ok: false },
  });
  const shown = { provider: 'a.example', seed: seed('key'), locator: seed('locator') };
  return [
    {
      name: 'plain',
      requirements: ['PV-LNK-003', 'PV-LNK-004', 'PV-LNK-005'],
      input: { operation: 'parse', text },
      expect: { ok: true, ...shown },
    },
    bad('http', text.replace('https', 'http')),
    bad('port', text.replace('.example', '.example:443')),
    bad('query', text.replace('#', '?')),
    bad('upper-case-domain', text.replace('a.example', 'A.example')),
    bad('secret-short', text.slice(0, -1)),
    bad('secret-long', `${text}A`),
    bad('secret-stray-bits', `${text.slice(0, -1)}B`),
    bad('white-space', ` ${text}`),
    {
      name: 'proof',
      requirements: ['PV-LNK-006'],
      input: { operation: 'proof', link, room, person: bob, proof: proofOf(room, bob) },
      expect: { ok: true },
    },
    {
      name: 'proof-of-another-person',
      requirements: ['PV-LNK-006'],
      input: { operation: 'proof', link, room, person: carol, proof: proofOf(room, bob) },
      expect: { ok: false },
    },
    {
      name: 'id',
      requirements: ['PV-LNK-007'],
      input: { operation: 'id', by: alice, link },
      expect: { id: linkIdOf(alice) },
    },
  ];
}

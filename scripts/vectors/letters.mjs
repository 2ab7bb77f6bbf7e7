import {
  base64url,
  bytesOf,
  compactJws,
  createdRoom,
  hashText,
  jwsLength,
  nonceOf,
  aroundLimit,
  providerKeys,
  statementOf,
  statementUnderOtherName,
  vectorTimes,
  withOtherSignature,
} from '../lib/signed-objects.mjs';
import { vectorKey } from '../lib/vector-keys.mjs';

const keys = providerKeys('a.example');
const dm = createdRoom({ kind: 'dm', rules: 1, with: 'bob@b.example' });
const group = createdRoom();
const until = vectorTimes.until;
const invitation = {
  room: dm.room,
  hub: 'a.example',
  by: 'alice@a.example',
  to: 'bob@b.example',
  until,
  nonce: nonceOf('invite'),
};
const inviteOf = (changes, key = keys.event) => compactJws('payvand-invite', { ...invitation, ...changes }, key);
const bytes = (text) => Buffer.byteLength(text);

function parsed(name, requirements, { jws, code }) {
  const expect = code === undefined ? { ok: true } : { ok: false, code };
  return { name, requirements, input: { operation: 'parse', jws }, expect };
}

function verified(name, requirements, { jws, statement = statementOf('a.example'), ok = false }) {
  return { name, requirements, input: { operation: 'verify', jws, statement }, expect: { ok } };
}

export function inviteVectors() {
  const good = (name, changes) => parsed(name, ['PV-INV-001'], { jws: inviteOf(changes) });
  const bad = (name, changes) => parsed(name, ['PV-INV-001'], { jws: inviteOf(changes), code: 'bad-invite' });
  const limit = aroundLimit(invitation, 1024, bytes);
  const sized = (text) => compactJws('payvand-invite', text, keys.event);
  const jws = inviteOf({});
  return [
    good('plain', {}),
    good('unknown-member', { later: 1 }),
    good('after-an-entry', { after: `e${hashText('access')}` }),
    ...Object.keys(invitation).map((name) => bad(`without-${name}`, { [name]: undefined })),
    bad('to-oneself', { to: 'alice@a.example' }),
    bad('to-domain', { to: 'b.example' }),
    bad('by-domain', { by: 'a.example' }),
    bad('hub-address', { hub: 'alice@a.example' }),
    bad('room-event-id', { room: dm.id }),
    bad('until-negative', { until: -1 }),
    bad('nonce-of-15-bytes', { nonce: base64url(bytesOf('n', 15)) }),
    bad('after-null', { after: null }),
    bad('after-room-id', { after: dm.room }),
    ...links(),
    parsed('payload-1024', ['PV-INV-002'], { jws: sized(limit.within) }),
    parsed('payload-1025', ['PV-INV-002'], { jws: sized(limit.over), code: 'bad-invite' }),
    verified('signed-by-event-key', ['PV-INV-003'], { jws, ok: true }),
    verified('signed-by-retired-key', ['PV-INV-003'], { jws: inviteOf({}, keys.old), ok: true }),
    verified('signed-by-seal-key', ['PV-INV-003'], { jws: inviteOf({}, keys.seal) }),
    verified('signature-changed', ['PV-INV-003'], { jws: withOtherSignature(jws) }),
    verified('statement-of-another-domain', ['PV-INV-003'], { jws, statement: statementUnderOtherName() }),
  ];
}

const linkKey = vectorKey('invite link');
const link = base64url(linkKey.publicKey);

function links() {
  const of = (requirement, code) => (name, changes) =>
    parsed(`link-${name}`, [requirement], {
      jws: inviteOf({ to: undefined, link, ...changes }),
      ...(code && { code }),
    });
  const [good, bad] = [of('PV-LNK-001'), of('PV-LNK-002', 'bad-invite')];
  return [
    good('plain', {}),
    good('with-everything', { role: 'admin', approve: true, uses: 1_000_000 }),
    good('one-use', { uses: 1 }),
    bad('with-to', { to: 'bob@b.example' }),
    bad('with-after', { after: `e${hashText('access')}` }),
    bad('key-short', { link: link.slice(1) }),
    bad('role-upper-case', { role: 'Admin' }),
    bad('approve-false', { approve: false }),
    bad('no-use', { uses: 0 }),
    bad('uses-over-limit', { uses: 1_000_001 }),
    bad('uses-text', { uses: '1' }),
  ];
}

const created = { jws: dm.jws, content: dm.text, statement: dm.statement };
const letter = {
  from: 'alice@a.example',
  to: 'bob@b.example',
  kind: 'invite',
  nonce: nonceOf('mail'),
  until,
  body: { create: created, invite: inviteOf({}), intro: 'سلام، علی هستم.' },
};
const mailOf = (changes, key = keys.event) => compactJws('payvand-mail', { ...letter, ...changes }, key);
const withBody = (changes) => mailOf({ body: { ...letter.body, ...changes } });

export function mailVectors() {
  return [...envelopes(), ...bodies(), ...statements(), ...groups(), ...knocks(), ...roomKnocks()];
}

function envelopes() {
  const bad = (name, changes) => parsed(name, ['PV-MAIL-003'], { jws: mailOf(changes), code: 'bad-mail' });
  const limit = aroundLimit(letter, 8192, jwsLength('payvand-mail', keys.event));
  const sized = (text) => compactJws('payvand-mail', text, keys.event);
  const jws = mailOf({});
  return [
    { ...parsed('plain', ['PV-MAIL-001', 'PV-MAIL-010'], { jws }), expect: { ok: true, hash: hashText(jws) } },
    parsed('unknown-member', ['PV-MAIL-003'], { jws: mailOf({ later: 1 }) }),
    ...Object.keys(letter).map((name) => bad(`without-${name}`, { [name]: undefined })),
    bad('to-oneself', { to: 'alice@a.example' }),
    parsed('to-domain', ['PV-MAIL-003'], { jws: mailOf({ to: 'b.example' }) }),
    bad('to-room', { to: group.room }),
    bad('from-domain', { from: 'a.example' }),
    bad('body-list', { body: [] }),
    bad('kind-number', { kind: 1 }),
    bad('nonce-of-17-bytes', { nonce: base64url(bytesOf('n', 17)) }),
    parsed('kind-unknown', ['PV-MAIL-004'], { jws: mailOf({ kind: 'other' }), code: 'not-supported' }),
    parsed('length-at-limit', ['PV-MAIL-002'], { jws: sized(limit.within) }),
    parsed('length-over-limit', ['PV-MAIL-002'], { jws: sized(limit.over), code: 'too-large' }),
    verified('signed-by-event-key', ['PV-MAIL-005'], { jws, ok: true }),
    verified('signed-by-seal-key', ['PV-MAIL-005'], { jws: mailOf({}, keys.seal) }),
    verified('signature-changed', ['PV-MAIL-005'], { jws: withOtherSignature(jws) }),
    verified('statement-of-another-domain', ['PV-MAIL-005'], { jws, statement: statementUnderOtherName() }),
  ];
}

function body(name, requirement, { jws, ok = false }) {
  const expect = ok ? { ok } : { ok, code: 'bad-mail' };
  return { name: `body-${name}`, requirements: [requirement], input: { operation: 'body', jws }, expect };
}

function bodies() {
  const create = (changes) => withBody({ create: { ...created, ...changes } });
  const invite = (changes) => withBody({ invite: inviteOf(changes) });
  const note = compactJws('payvand-event', { ...dm.payload, type: 'room.info', room: dm.room }, keys.event);
  const people = (to) => mailOf({ to, body: { ...letter.body, invite: inviteOf({ to }) } });
  return [
    body('plain', 'PV-MAIL-006', { jws: mailOf({}), ok: true }),
    body('without-intro', 'PV-MAIL-009', { jws: withBody({ intro: undefined }), ok: true }),
    body('intro-of-200', 'PV-MAIL-009', { jws: withBody({ intro: '😀'.repeat(200) }), ok: true }),
    body('intro-of-201', 'PV-MAIL-009', { jws: withBody({ intro: '😀'.repeat(201) }) }),
    body('intro-empty', 'PV-MAIL-009', { jws: withBody({ intro: '' }) }),
    body('intro-of-two-lines', 'PV-MAIL-009', { jws: withBody({ intro: 'a\nb' }) }),
    body('without-create', 'PV-MAIL-006', { jws: withBody({ create: undefined }) }),
    body('without-invite', 'PV-MAIL-006', { jws: withBody({ invite: undefined }) }),
    body('create-without-content', 'PV-MAIL-006', { jws: create({ content: undefined }) }),
    body('create-is-another-event', 'PV-MAIL-007', { jws: create({ jws: note }) }),
    body('create-other-content', 'PV-MAIL-007', { jws: create({ content: group.text }) }),
    body('create-signature-changed', 'PV-MAIL-007', { jws: create({ jws: withOtherSignature(dm.jws) }) }),
    body('invite-to-another-room', 'PV-MAIL-008', { jws: invite({ room: group.room }) }),
    body('invite-by-another', 'PV-MAIL-008', { jws: invite({ by: 'carol@a.example' }) }),
    body('invite-is-a-link', 'PV-MAIL-008', { jws: invite({ to: undefined, link }) }),
    body('invite-to-another', 'PV-MAIL-008', { jws: invite({ to: 'carol@b.example' }) }),
    body('dm-with-another', 'PV-MAIL-008', { jws: people('carol@b.example') }),
    body('dm-of-another', 'PV-MAIL-008', { jws: dmFrom('carol@a.example') }),
  ];
}

function dmFrom(by) {
  return mailOf({ from: by, body: { ...letter.body, invite: inviteOf({ by }) } });
}

/** Create events that are good in themselves, with a statement that is not the one it takes. */
function statements() {
  const content = { kind: 'dm', rules: 1, with: 'bob@b.example' };
  const vector = (name, statement, named) => {
    const made = createdRoom(content, statement, named);
    const create = { jws: made.jws, content: made.text, statement };
    return body(`statement-${name}`, 'PV-MAIL-007', {
      jws: withBody({ create, invite: inviteOf({ room: made.room }) }),
    });
  };
  const own = statementOf('a.example');
  return [
    { ...vector('plain', own), expect: { ok: true } },
    vector('of-another-hash', own, { statement: hashText('another statement') }),
    vector('of-another-version', own, { version: 2 }),
    vector('of-another-domain', statementUnderOtherName()),
    vector('not-signed-by-its-root', withOtherSignature(own)),
  ];
}

function groups() {
  const room = { create: { jws: group.jws, content: group.text, statement: group.statement } };
  const from = (by) => mailOf({ from: by, body: { ...room, invite: inviteOf({ room: group.room, by }) } });
  return [
    body('group-by-creator', 'PV-MAIL-008', { jws: from('alice@a.example'), ok: true }),
    body('group-by-another-member', 'PV-MAIL-008', { jws: from('carol@a.example'), ok: true }),
  ];
}

function knocks() {
  const [asked, bob] = ['alice@a.example', 'bob@b.example'];
  const proofOf = (person, room = group.room, key = linkKey) =>
    base64url(key.sign(Buffer.from(`payvand-link\0${room}\0${person}`)));
  const linkOf = (changes) => inviteOf({ room: group.room, to: undefined, link, approve: true, ...changes });
  const knock = { link: linkOf({}), proof: proofOf(bob), intro: 'سلام، باب هستم.' };
  const of = (name, changes, ok = false, from = bob) => {
    const jws = mailOf(
      { from, to: asked, kind: 'knock', body: { ...knock, ...changes } },
      providerKeys('b.example').event,
    );
    return body(`knock-${name}`, ok ? 'PV-KNK-001' : 'PV-KNK-002', { jws, ok });
  };
  return [
    of('plain', {}, true),
    of('without-intro', { intro: undefined }, true),
    of('link-signed-by-another', { link: withOtherSignature(knock.link) }, true),
    of('intro-of-201', { intro: 'a'.repeat(201) }),
    of('intro-empty', { intro: '' }),
    of('without-link', { link: undefined }),
    of('without-proof', { proof: undefined }),
    of('by-a-link-without-approval', { link: linkOf({ approve: undefined }) }),
    of('by-a-personal-invitation', { link: inviteOf({ room: group.room }) }),
    of('by-a-link-of-another', { link: linkOf({ by: 'carol@a.example' }) }),
    of('proof-of-another-person', {}, false, 'carol@b.example'),
    of('proof-of-another-room', { proof: proofOf(bob, dm.room) }),
    of('proof-of-another-key', { proof: proofOf(bob, group.room, vectorKey('another invite link')) }),
  ];
}

function roomKnocks() {
  const [hub, bob] = ['a.example', 'bob@b.example'];
  const of = ({ kind, to = hub, from = bob }, value, ok) => {
    const jws = mailOf({ from, to, kind, body: value }, providerKeys('b.example').event);
    const requirement = kind === 'knock' ? (ok ? 'PV-KNK-008' : 'PV-KNK-009') : 'PV-KNK-014';
    return (name) => body(name, requirement, { jws, ok });
  };
  const knock = { room: group.room, intro: 'از کلاس زبان' };
  const at = (name, changes, ok = false) => of({ kind: 'knock' }, { ...knock, ...changes }, ok)(`room-knock-${name}`);
  const answer = { room: group.room, person: 'carol@c.example', answer: 'accepted' };
  const tell = (name, changes, { ok = false, ...how } = {}) =>
    of({ kind: 'knock-answer', ...how }, { ...answer, ...changes }, ok)(`knock-answer-${name}`);
  return [
    at('plain', {}, true),
    at('without-intro', { intro: undefined }, true),
    at('intro-of-201', { intro: 'a'.repeat(201) }),
    at('intro-empty', { intro: '' }),
    at('without-room', { room: undefined }),
    at('by-event-id', { room: group.id }),
    at('with-a-link', { link: inviteOf({ room: group.room, to: undefined, link, approve: true }) }),
    tell('accepted', {}, { ok: true }),
    tell('ignored', { answer: 'ignored' }, { ok: true }),
    tell('to-a-person', {}, { to: 'alice@a.example' }),
    tell('by-the-person', {}, { from: 'carol@c.example' }),
    tell('without-person', { person: undefined }),
    tell('without-room', { room: undefined }),
    tell('other-word', { answer: 'blocked' }),
  ];
}

const denial = {
  hub: 'a.example',
  room: group.room,
  event: group.id,
  code: 'no-right',
  rule: 'R10',
  at: vectorTimes.ts,
};

export function denialVectors() {
  const denialOf = (changes, key = keys.seal) => compactJws('payvand-denial', { ...denial, ...changes }, key);
  const good = (name, changes) => parsed(name, ['PV-DEN-002'], { jws: denialOf(changes) });
  const bad = (name, changes) => parsed(name, ['PV-DEN-002'], { jws: denialOf(changes), code: 'bad-denial' });
  const limit = aroundLimit(denial, 1024, bytes);
  const sized = (text) => compactJws('payvand-denial', text, keys.seal);
  const jws = denialOf({});
  return [
    good('plain', {}),
    good('of-an-admission-check', { code: 'until-too-far', rule: null }),
    good('unknown-code-and-rule', { code: 'c'.repeat(64), rule: 'R99' }),
    ...Object.keys(denial).map((name) => bad(`without-${name}`, { [name]: undefined })),
    bad('code-of-65', { code: 'c'.repeat(65) }),
    bad('code-upper-case', { code: 'No-right' }),
    bad('rule-0', { rule: 'R0' }),
    bad('rule-number', { rule: 10 }),
    bad('event-room-id', { event: group.room }),
    parsed('payload-1024', ['PV-DEN-001'], { jws: sized(limit.within) }),
    parsed('payload-1025', ['PV-DEN-001'], { jws: sized(limit.over), code: 'bad-denial' }),
    verified('signed-by-seal-key', ['PV-DEN-003'], { jws, ok: true }),
    verified('signed-by-event-key', ['PV-DEN-003'], { jws: denialOf({}, keys.event) }),
    verified('signature-changed', ['PV-DEN-003'], { jws: withOtherSignature(jws) }),
    verified('statement-of-another-hub', ['PV-DEN-003'], { jws, statement: statementUnderOtherName() }),
  ];
}

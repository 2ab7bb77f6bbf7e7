import {
  aroundLimit,
  base64url,
  bytesOf,
  compactJws,
  contentOf,
  createdRoom,
  eventIdOf,
  hashText,
  nonceOf,
  providerKeys,
  sha256,
  statementOf,
  statementUnderOtherName,
  vectorTimes,
  withOtherSignature,
} from '../lib/signed-objects.mjs';

const keys = { a: providerKeys('a.example'), b: providerKeys('b.example') };
const group = createdRoom();
const said = contentOf({ text: 'buy now' });
const event = compactJws(
  'payvand-event',
  {
    room: group.room,
    type: 'message',
    sender: 'eve@a.example',
    ...vectorTimes,
    nonce: nonceOf('reported'),
    ...said.named,
    scheme: 'plain',
  },
  keys.a.event,
);
const reported = {
  from: 'b.example',
  to: 'a.example',
  sender: 'eve@a.example',
  item: eventIdOf(event).slice(1),
  reason: 'spam',
  note: 'ten times',
  at: vectorTimes.ts,
  nonce: nonceOf('report'),
};
const reportOf = (changes = {}, key = keys.b.event) => compactJws('payvand-report', { ...reported, ...changes }, key);

export function reportVectors() {
  return [...forms(), ...signatures(), ...eventEvidence(), ...mailEvidence()];
}

const parsed = (name, requirements, { jws, code }) => ({
  name,
  requirements,
  input: { operation: 'parse', jws },
  expect: code === undefined ? { ok: true } : { ok: false, code },
});

function forms() {
  const good = (name, changes) => parsed(name, ['PV-REP-003'], { jws: reportOf(changes) });
  const bad = (name, changes) => parsed(name, ['PV-REP-003'], { jws: reportOf(changes), code: 'bad-report' });
  const limit = aroundLimit(reported, 4096, (text) => Buffer.byteLength(text));
  const sized = (text) => compactJws('payvand-report', text, keys.b.event);
  const required = Object.keys(reported).filter((name) => name !== 'note');
  return [
    good('plain', {}),
    good('without-note', { note: undefined }),
    good('unknown-member', { later: 1 }),
    good('note-of-500', { note: '😀'.repeat(500) }),
    bad('note-of-501', { note: '😀'.repeat(501) }),
    bad('note-empty', { note: '' }),
    ...required.map((name) => bad(`without-${name}`, { [name]: undefined })),
    bad('reason-unknown', { reason: 'boring' }),
    bad('sender-domain', { sender: 'a.example' }),
    bad('from-address', { from: 'bob@b.example' }),
    bad('item-event-id', { item: eventIdOf(event) }),
    bad('nonce-of-15-bytes', { nonce: base64url(bytesOf('n', 15)) }),
    parsed('payload-4096', ['PV-REP-002'], { jws: sized(limit.within) }),
    parsed('payload-4097', ['PV-REP-002'], { jws: sized(limit.over), code: 'bad-report' }),
  ];
}

function signatures() {
  const verified = (name, { jws, statement = statementOf('b.example'), ok = false }) => ({
    name,
    requirements: ['PV-REP-004'],
    input: { operation: 'verify', jws, statement },
    expect: { ok },
  });
  const jws = reportOf();
  return [
    verified('signed-by-event-key', { jws, ok: true }),
    verified('signed-by-seal-key', { jws: reportOf({}, keys.b.seal) }),
    verified('signature-changed', { jws: withOtherSignature(jws) }),
    verified('statement-of-another-domain', { jws, statement: statementOf('a.example') }),
  ];
}

const prev = sha256('the record before');
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
const raw = (id) => Buffer.from(id.slice(1), 'base64url');
const epoch0 = Buffer.alloc(4);
const at = vectorTimes.ts;

function recordHashOf(jws, seq, before) {
  const parts = [raw(group.room), epoch0, u64(seq), u64(at), before, raw(eventIdOf(jws)), sha256(jws)];
  return sha256(Buffer.concat([Buffer.from('payvand-record\0'), ...parts]));
}

/** The reported event at seq 7, one record after it, and the hub's seal over that. */
function proof({ hub = 'a.example', sealKey = keys.a.seal } = {}) {
  const next = compactJws('payvand-event', { ...reported, room: group.room }, keys.a.event);
  const hash = recordHashOf(next, 8, recordHashOf(event, 7, prev));
  const state = sha256('state');
  const leaf = Buffer.concat([
    ...[Buffer.from('payvand-head\0'), raw(group.room), epoch0, u64(8), u64(at), hash, state, u64(8)],
    Buffer.from(hub),
  ]);
  const root = base64url(sha256(Buffer.concat([Buffer.from([0]), leaf])));
  const head = { hub, room: group.room, epoch: 0, seq: 8, at, hash: base64url(hash), state: base64url(state) };
  return {
    prev: base64url(prev),
    headers: [{ epoch: 0, seq: 8, at, event: eventIdOf(next), jwsHash: hashText(next) }],
    sealed: { head: { ...head, committed: 8 }, seal: 0, index: 0, path: [] },
    seals: [compactJws('payvand-seal', { hub, at, root, size: 1 }, sealKey)],
    hubStatement: statementOf('a.example'),
  };
}

const evidenceOf = (changes = {}) => ({
  record: { epoch: 0, seq: 7, at, jws: event, content: said.text },
  statement: statementOf('a.example'),
  ...proof(),
  ...changes,
});

const shown = (name, requirement, { evidence, report = reportOf(), ok = false }) => ({
  name: `evidence-${name}`,
  requirements: [requirement],
  input: { operation: 'evidence', jws: report, evidence },
  expect: ok ? { ok } : { ok, code: 'bad-report' },
});

function eventEvidence() {
  const { record, headers, sealed, seals } = evidenceOf();
  const bad = (name, changes) => shown(name, 'PV-REP-007', { evidence: evidenceOf(changes) });
  const badRecord = (name, changes) => bad(name, { record: { ...record, ...changes } });
  return [
    shown('event', 'PV-REP-005', { evidence: evidenceOf(), ok: true }),
    badRecord('other-content', { content: contentOf({ text: 'something else' }).text }),
    badRecord('event-signature-changed', { jws: withOtherSignature(event) }),
    badRecord('other-seq', { seq: 6 }),
    badRecord('other-at', { at: at + 1 }),
    shown('of-another-item', 'PV-REP-007', { evidence: evidenceOf(), report: reportOf({ item: hashText('x') }) }),
    shown('of-another-sender', 'PV-REP-007', {
      evidence: evidenceOf(),
      report: reportOf({ sender: 'mallory@a.example' }),
    }),
    bad('statement-of-another-domain', { statement: statementUnderOtherName() }),
    bad('other-prev', { prev: hashText('another record') }),
    bad('header-left-out', { headers: [] }),
    bad('header-changed', { headers: [{ ...headers[0], at: at + 1 }] }),
    bad('head-of-another-room', { sealed: { ...sealed, head: { ...sealed.head, room: `r${hashText('room')}` } } }),
    bad('head-changed', { sealed: { ...sealed, head: { ...sealed.head, state: hashText('other') } } }),
    bad('seal-signature-changed', { seals: [withOtherSignature(seals[0])] }),
    bad('sealed-by-event-key', proof({ sealKey: keys.a.event })),
    bad('sealed-by-another-hub', proof({ hub: 'b.example', sealKey: keys.b.seal })),
  ];
}

function mailEvidence() {
  const mailTo = (to) =>
    compactJws(
      'payvand-mail',
      { from: 'eve@a.example', to, kind: 'invite', nonce: nonceOf('m'), until: vectorTimes.until, body: {} },
      keys.a.event,
    );
  const vector = (name, mail, how = {}) => {
    const evidence = { mail, statement: statementOf('a.example') };
    return shown(name, 'PV-REP-006', { evidence, report: reportOf({ item: hashText(mail) }), ...how });
  };
  const mail = mailTo('bob@b.example');
  return [
    vector('mail', mail, { ok: true }),
    vector('mail-to-another-provider', mailTo('carol@c.example')),
    vector('mail-signature-changed', withOtherSignature(mail)),
    vector('mail-of-another-item', mail, { report: reportOf() }),
  ];
}

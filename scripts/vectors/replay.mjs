import { base64url, providerKeys, statementOf, withOtherSignature } from '../lib/signed-objects.mjs';
import { alice, bob, start } from '../lib/vector-room.mjs';
import { talk } from '../lib/vector-log.mjs';

const zeros = base64url(Buffer.alloc(32));
const last = 7;
const at = 6;

/**
 * Whole logs: an honest one, one tampering each, and what only a lying hub can write.
 *
 * @returns vectors whose `expect` is what a verifier has to find
 */
export function replayVectors() {
  return [honest(), ...textTamperings(), ...chainTamperings(), ...seals(), ...lies(), ...absences()];
}

/** @param expect `fault` `{code, seq}` where there is one, `voids`, `holes` */
function vector(name, requirements, { log, now = start + 100_000, expect = {} }) {
  const { room, records, heads } = log;
  const isWhole = expect.fault === undefined;
  const state = isWhole ? { state: heads.at(-1).sealed.head.state } : {};
  return {
    name,
    requirements,
    input: { room, now, records, heads },
    expect: { ok: isWhole, ...state, voids: [], holes: [], ...expect },
  };
}

const honest = () => vector('honest', ['PV-ROOM-019', 'PV-ROOM-020'], { log: talk() });

function tampered(name, requirement, { tamper, code, seq, voids = [] }) {
  const log = talk();
  tamper(log.records, log);
  return vector(name, [requirement], { log, expect: { fault: { code, seq }, voids } });
}

/** Turns one bit of a JWS payload over; the signature stays. */
function withOtherPayload(jws) {
  const [header, payload, signature] = jws.split('.');
  const text = Buffer.from(payload, 'base64url').toString();
  return `${header}.${base64url(text.replace(/"ts":1/, '"ts":2'))}.${signature}`;
}

// The last record has seen the one that was changed.
const unseen = { seq: last, rule: 'R4', code: 'seen-mismatch' };
const forged = [{ seq: at, rule: 'R1', code: 'bad-event' }, unseen];
const change = (changes) => (records) => Object.assign(records[at], changes(records[at]));
const row = (name, requirement, tamper, code, seq, voids) => tampered(name, requirement, { tamper, code, seq, voids });

function textTamperings() {
  return [
    row(
      'payload-changed',
      'PV-ROOM-020',
      change(({ jws }) => ({ jws: withOtherPayload(jws) })),
      'bad-chain',
      last,
      forged,
    ),
    row(
      'signature-changed',
      'PV-ROOM-020',
      change(({ jws }) => ({ jws: withOtherSignature(jws) })),
      'bad-chain',
      last,
      forged,
    ),
    row(
      'no-jws',
      'PV-ROOM-015',
      change(() => ({ jws: 'jws' })),
      'bad-chain',
      at,
    ),
    row(
      'content-changed',
      'PV-ROOM-018',
      change(({ content }) => ({ content: `${content} ` })),
      'content-mismatch',
      at,
    ),
    row(
      'state-content-changed',
      'PV-ROOM-017',
      (records) => Object.assign(records[1], { content: '{}' }),
      'content-mismatch',
      1,
    ),
    row(
      'state-content-absent',
      'PV-ROOM-017',
      (records) => Object.assign(records[1], { content: null }),
      'content-missing',
      1,
    ),
    row('statement-absent', 'PV-ROOM-017', (records) => delete records[2].statement, 'content-missing', 2),
    row(
      'statement-of-another',
      'PV-ROOM-017',
      (records) => Object.assign(records[2], { statement: statementOf('a.example') }),
      'content-mismatch',
      2,
    ),
  ];
}

function chainTamperings() {
  return [
    row(
      'time-changed',
      'PV-ROOM-020',
      change((record) => ({ at: record.at + 1 })),
      'bad-chain',
      last,
      [unseen],
    ),
    row(
      'time-decreased',
      'PV-ROOM-019',
      change(() => ({ at: start })),
      'at-decreased',
      at,
    ),
    row(
      'epoch-changed',
      'PV-ROOM-019',
      change(() => ({ epoch: 1 })),
      'bad-chain',
      at,
    ),
    row('record-dropped', 'PV-ROOM-019', (records) => records.splice(at, 1), 'bad-chain', at),
    row(
      'records-swapped',
      'PV-ROOM-019',
      (records) => records.splice(at, 2, records[at + 1], records[at]),
      'bad-chain',
      at,
    ),
    row('record-inserted', 'PV-ROOM-019', (records) => records.splice(at, 0, records[at]), 'bad-chain', at + 1),
    row(
      'record-repeated',
      'PV-ROOM-019',
      (records) => Object.assign(records[at], { jws: records[at - 1].jws, content: null }),
      'duplicate-event',
      at,
    ),
    row('tail-cut', 'PV-ROOM-020', (records) => records.splice(-1), 'bad-chain', last),
  ];
}

/** One more record, sealed as no honest hub would. */
function seals() {
  const requirements = {
    'bad-seal': ['PV-SEAL-005'],
    'bad-chain': ['PV-ROOM-020'],
    'state-mismatch': ['PV-ROOM-020'],
    fork: ['PV-ROOM-020'],
  };
  const row = (name, code, ...changes) => {
    const log = talk();
    log.add(bob, 'message', { content: { text: 'more' } });
    for (const change of changes) log.seal(change);
    return vector(name, requirements[code], { log, expect: { fault: { code, seq: last + 1 } } });
  };
  return [
    row('seal-absent', 'bad-seal'),
    row('seal-of-another-hub', 'bad-seal', { by: 'b.example' }),
    row('seal-by-key-of-another', 'bad-seal', { key: providerKeys('b.example').seal }),
    row('seal-by-event-key', 'bad-seal', { key: providerKeys('a.example').event }),
    row('sealed-hash-of-no-record', 'bad-chain', { hash: zeros }),
    row('sealed-state-of-no-fold', 'state-mismatch', { state: zeros }),
    row('two-hashes-at-one-seq', 'fork', {}, { hash: zeros }),
    row('two-states-at-one-seq', 'fork', {}, { state: zeros }),
  ];
}

/** Records that are chained and sealed, and break a rule. */
function lies() {
  const next = last + 1;
  const title = { key: '', content: { title: 'Mine' } };
  const row = (name, lie, expect) => {
    const log = talk();
    lie(log);
    return vector(name, ['PV-ROOM-022'], { log: log.seal(), expect });
  };
  const without = { seq: next, rule: 'R10', code: 'no-right' };
  return [
    row('void-title', (log) => log.add(bob, 'room.info', { ...title, isVoid: true }), { voids: [without] }),
    row('void-retired-key', (log) => log.add(bob, 'message', { signer: providerKeys('b.example').old }), {
      voids: [{ seq: next, rule: 'R1', code: 'bad-event' }],
    }),
    row('void-title-folded', (log) => log.add(bob, 'room.info', title), {
      fault: { code: 'state-mismatch', seq: next },
      voids: [without],
    }),
  ];
}

function absences() {
  const log = talk();
  const [first, second] = [
    log.add(alice, 'message', { content: { text: 'one' } }),
    log.add(bob, 'message', { content: { text: 'two' } }),
  ];
  log.add(bob, 'message', { content: { text: 'short' }, ttl: 10 });
  log.add(bob, 'message.delete', {
    rel: [
      ['delete', first],
      ['delete', second],
    ],
  });
  log.seal();
  for (const seq of [8, 9, 10]) log.records[seq].content = null;
  const early = start + 10_000 + 1000;
  return [
    vector('contents-absent', ['PV-EFF-008'], { log, expect: { holes: [8] } }),
    vector('contents-absent-too-early', ['PV-EFF-008'], { log, now: early, expect: { holes: [8, 10] } }),
  ];
}

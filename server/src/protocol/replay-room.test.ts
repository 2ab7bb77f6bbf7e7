import t from 'tap';
import { address, key, named, RoomLog, START, statementOf } from '../../test/fixtures/room-log.js';
import type { SealedHead } from './head.js';
import { domainOf } from './identifiers.js';
import { parseKeyStatement } from './key-statement.js';
import { recordHash, ZERO_HASH } from './record.js';
import type { FullRecord } from './record.js';
import { replayRoom } from './replay-room.js';
import type { ReplayedLog, ReplayInput } from './replay-room.js';
import { loadRoomState, RoomState } from './room-state.js';

const alice = address('alice@a.example');
const bob = address('bob@b.example');
const A = domainOf(alice);
const B = domainOf(bob);

t.test('an honest log replays whole: no fault, no void record, the sealed fold', (t) => {
  const log = talk();
  const result = replay(log);
  t.equal(result.fault, undefined);
  t.strictSame(result.voids, []);
  t.strictSame(result.holes, []);
  t.equal(result.seq, log.records.length - 1);
  t.equal(result.sealedSeq, result.seq);
  t.ok(result.state?.hash().equals(log.state.hash()));
  t.ok(result.state?.isJoined(bob));
  t.end();
});

t.test('every tampering with records is found, and where it may begin is named', (t) => {
  const { at, end, good } = { at: 6, end: talk().records.length - 1, good: 5 };
  const cases: [name: string, tamper: (log: RoomLog) => void, code: string, seq: number][] = [
    ['payload flipped', (log) => change(log, at, { jws: flip(log.full(at).jws, 1) }), 'bad-chain', end],
    ['signature flipped', (log) => change(log, at, { jws: flip(log.full(at).jws, 2) }), 'bad-chain', end],
    [
      'content flipped',
      (log) => change(log, at, { content: `${log.full(at).content ?? ''} ` }),
      'content-mismatch',
      at,
    ],
    ['state content flipped', (log) => change(log, 1, { content: '{}' }), 'content-mismatch', 1],
    ['state content dropped', (log) => change(log, 1, { content: null }), 'content-missing', 1],
    ['statement dropped', (log) => log.records.splice(0, 1, withoutStatement(log.full(0))), 'content-missing', 0],
    ['statement of another', (log) => change(log, 0, { statement: statementOf(B) }), 'content-mismatch', 0],
    ['time moved on', (log) => change(log, at, { at: log.full(at).at + 1 }), 'bad-chain', end],
    ['time moved back', (log) => change(log, at, { at: START }), 'at-decreased', at],
    ['epoch raised', (log) => change(log, at, { epoch: 1 }), 'bad-chain', at],
    ['no JWS at all', (log) => change(log, at, { jws: 'jws' }), 'bad-chain', at],
    ['record dropped', (log) => log.records.splice(at, 1), 'bad-chain', at],
    ['record dropped, the rest moved up', (log) => moveUp(log, at), 'bad-chain', end],
    ['records swapped', (log) => log.records.splice(at, 2, log.full(at + 1), log.full(at)), 'bad-chain', at],
    ['contents of two places swapped', (log) => swap(log, at), 'bad-chain', end],
    ['record inserted', (log) => log.records.splice(at, 0, log.full(at)), 'bad-chain', at + 1],
    [
      'record repeated in place',
      (log) => change(log, at, { jws: log.full(at - 1).jws, content: null }),
      'duplicate-event',
      at,
    ],
    ['tail cut', (log) => log.records.splice(-1), 'bad-chain', end],
  ];
  for (const [name, tamper, code, seq] of cases) {
    const log = talk();
    tamper(log);
    const { fault, sealedSeq } = replay(log);
    t.match(fault, { code, seq }, name);
    t.equal(fault?.from, sealedSeq + 1, `${name}: from after the last good seal`);
    t.ok(sealedSeq === good || seq <= good, `${name}: what was sealed before stands`);
  }
  t.end();
});

t.test('a flipped payload or signature also names its own record', (t) => {
  for (const part of [1, 2]) {
    const log = talk();
    change(log, 6, { jws: flip(log.full(6).jws, part) });
    t.match(replay(log).voids, [{ seq: 6, rule: 'R1', code: 'bad-event' }]);
  }
  t.end();
});

t.test('every tampering with seals is found', (t) => {
  const end = talk().records.length - 1;
  const cases: [name: string, tamper: (log: RoomLog) => void, code: string, seq: number][] = [
    ['seal dropped', (log) => log.heads.splice(-1), 'bad-seal', end],
    ['seal of another hub', (log) => log.seal({ hub: B, key: key(B, 'seal') }), 'bad-seal', end],
    ['seal of our hub by another', (log) => log.seal({ key: key(B, 'seal') }), 'bad-seal', end],
    ['seal by an event key', (log) => log.seal({ key: key(A, 'event') }), 'bad-seal', end],
    ['seal by a retired key', (log) => log.seal({ key: key(A, 'old seal') }), 'bad-seal', end],
    ['signature flipped', (log) => reseal(log, (head) => ({ ...head, seal: flip(head.seal, 2) })), 'bad-seal', end],
    ['another place in the tree', (log) => reseal(log, (head) => ({ ...head, path: [ZERO_HASH] })), 'bad-seal', end],
    ['head changed under its seal', (log) => reseal(log, (sealed) => headWith(sealed, { at: 1 })), 'bad-seal', end],
    ['sealed fold is another', (log) => log.seal({ state: ZERO_HASH, replace: true }), 'state-mismatch', end],
    ['sealed hash is another', (log) => log.seal({ hash: ZERO_HASH, replace: true }), 'bad-chain', end],
    ['two seals of one seq', (log) => log.seal({ hash: ZERO_HASH }), 'fork', end],
    ['two folds of one seq', (log) => log.seal({ state: ZERO_HASH }), 'fork', end],
  ];
  for (const [name, tamper, code, seq] of cases) {
    const log = talk();
    tamper(log);
    t.match(replay(log).fault, { code, seq }, name);
  }
  t.end();
});

t.test('a well-signed event that breaks a rule is void: it keeps its place and does nothing', (t) => {
  const log = talk();
  const seq = log.records.length;
  log.add(bob, 'room.info', { key: '', content: { title: 'Mine' }, isVoid: true });
  log.add(bob, 'message', { content: { text: 'old' }, signer: key(B, 'old'), isVoid: true });
  log.addUnreadable(bob);
  log.say(bob, 'still here');
  log.seal();
  const result = replay(log);
  t.equal(result.fault, undefined);
  t.match(result.voids, [
    { seq, rule: 'R10', code: 'no-right' },
    { seq: seq + 1, rule: 'R1', code: 'bad-event', detail: 'retired key' },
    { seq: seq + 2, rule: 'R1', code: 'bad-event', detail: 'payload: author' },
  ]);
  t.equal(result.state?.get('room.info', ''), undefined);
  t.end();
});

t.test('a hub that folds a void record is caught by its own seal', (t) => {
  const log = talk();
  log.add(bob, 'room.info', { key: '', content: { title: 'Mine' } });
  log.seal();
  const seq = log.records.length - 1;
  t.match(replay(log).fault, { code: 'state-mismatch', seq });
  t.end();
});

t.test('a room whose create breaks a rule is no room', (t) => {
  const log = new RoomLog({ until: START - 1 });
  log.seal();
  t.match(replay(log).fault, { code: 'bad-create', seq: 0 });
  t.end();
});

t.test('an absent content is a hole unless the log says why', (t) => {
  const log = talk();
  const [first, second, third, edit] = [
    log.say(alice, '1'),
    log.say(bob, '2'),
    log.say(bob, '3'),
    log.edit(bob, '3', -1),
  ];
  const short = log.say(alice, 'short', { ttl: 10 });
  const long = log.say(alice, 'long', { ttl: 1000 });
  log.add(bob, 'message.delete', {
    rel: [
      ['delete', second],
      ['delete', first],
      ['delete', third],
    ],
    content: {},
  });
  log.seal();
  for (const id of [first, second, third, edit, short, long]) change(log, log.seqOf(id), { content: null });
  const { holes, fault } = replay(log, { now: log.at + 100_000 });
  t.equal(fault, undefined);
  t.strictSame(holes, [log.seqOf(first), log.seqOf(long)], 'bob may not delete what alice said; the rest is explained');
  t.end();
});

t.test('headers keep the chain; a snapshot at a sealed head lets the rules go on from there', (t) => {
  const log = talk();
  const from = 5;
  const state = loadRoomState(log.stateAt(from), log.room);
  const statements = [statementOf(A), statementOf(B)].flatMap((jws) => {
    const read = parseKeyStatement(jws);
    return read.ok ? [read.value] : [];
  });
  const records = log.records.map((record, seq) => (seq <= from ? log.header(seq) : record));
  const snapshot = { seq: from, state, statements };
  const verdicts: unknown[] = [];
  const result = replay(log, { records, snapshot, onRecord: ({ verdict }) => verdicts.push(verdict?.kind) });
  t.equal(result.fault, undefined);
  t.equal(result.sealedSeq, log.records.length - 1);
  t.strictSame(verdicts, [...Array<undefined>(6), ...Array<string>(records.length - 6).fill('allow')]);
  const bare = replay(log, { records });
  t.match(bare, { state: undefined, fault: { code: 'bad-seal' } }, 'without it nothing says whose room this is');
  const wrong = { ...snapshot, state: new RoomState(log.room) };
  t.match(replay(log, { records, snapshot: wrong }).fault, { code: 'bad-seal', seq: from });
  const other = loadRoomState(log.stateAt(2), log.room);
  t.match(replay(log, { records, snapshot: { ...snapshot, state: other } }).fault, {
    code: 'state-mismatch',
    seq: from,
  });
  t.end();
});

t.test('of records before the state is known, chain and signatures are checked', (t) => {
  const log = talk();
  log.say(bob, 'by nobody', { signer: key(B, 'unlisted') });
  log.say(bob, 'by a key of the past', { signer: key(B, 'old') });
  log.seal();
  const end = log.records.length - 1;
  const [first, prev] = [
    3,
    [0, 1, 2].reduce<Buffer>((hash, seq) => recordHash(log.room, log.header(seq), hash), ZERO_HASH),
  ];
  const statements = [statementOf(A), statementOf(B)].flatMap((jws) => {
    const read = parseKeyStatement(jws);
    return read.ok ? [read.value] : [];
  });
  const snapshot = { seq: end, state: loadRoomState(log.stateAt(end), log.room), statements };
  const heads = log.heads.slice(-1);
  const late = { start: { seq: first, prev, at: 0 }, records: log.records.slice(first), snapshot, heads };
  const result = replay(log, late);
  t.equal(result.fault, undefined);
  t.equal(result.sealedSeq, end);
  t.match(result.voids, [{ seq: end - 1, code: 'bad-event', detail: 'signature' }]);
  t.equal(result.voids.length, 1, 'a retired key signed while it was in use');
  t.match(replay(log, { ...late, start: { seq: first, prev: ZERO_HASH, at: 0 } }).fault, {
    code: 'bad-chain',
    seq: end,
  });
  t.match(replay(log, { ...late, start: { seq: 2, prev, at: 0 } }).fault, { code: 'bad-chain', seq: 2 });
  t.end();
});

t.test('a rotated key is good from its record on, the old one until then', (t) => {
  const log = talk();
  const statement = statementOf(B, { version: 2, event: 'new', old: 'event' });
  log.add(B, 'provider', { key: B, content: named(statement, 2), statement, signer: key(B, 'new') });
  log.say(bob, 'with the new key', { signer: key(B, 'new') });
  const seq = log.records.length;
  log.say(bob, 'with the old key', { isVoid: true });
  log.seal();
  const { fault, voids } = replay(log);
  t.equal(fault, undefined);
  t.match(voids, [{ seq, detail: 'retired key' }]);
  t.end();
});

/** A group of two: bob is in it from seq 3 on; sealed at seq 5 and at the end. */
function talk(): RoomLog {
  const log = new RoomLog();
  log.add(alice, 'member', { key: alice, content: { membership: 'joined' } });
  log.add(B, 'provider', { key: B, content: named(statementOf(B), 1), statement: statementOf(B) });
  log.add(bob, 'member', { key: bob, content: { membership: 'joined', invite: log.invite(alice, bob) } });
  log.say(alice, 'سلام');
  log.say(bob, 'hello');
  log.seal();
  log.say(bob, 'how are you?');
  log.say(alice, 'well');
  log.seal();
  return log;
}

function replay(log: RoomLog, changes: Partial<ReplayInput> = {}): ReplayedLog {
  return replayRoom({ room: log.room, records: log.records, heads: log.heads, now: log.at, ...changes });
}

function change(log: RoomLog, seq: number, changes: Partial<FullRecord>): void {
  log.records[seq] = { ...log.full(seq), ...changes };
}

function withoutStatement({ epoch, seq, at, jws, content }: FullRecord): FullRecord {
  return { epoch, seq, at, jws, content };
}

function moveUp(log: RoomLog, seq: number): void {
  log.records.splice(seq, 1);
  log.say(alice, 'a filler');
  for (let n = seq; n < log.records.length; n += 1) change(log, n, { seq: n });
}

function swap(log: RoomLog, seq: number): void {
  const [one, other] = [log.full(seq), log.full(seq + 1)];
  change(log, seq, { jws: other.jws, content: other.content });
  change(log, seq + 1, { jws: one.jws, content: one.content });
}

function reseal(log: RoomLog, changed: (sealed: SealedHead) => SealedHead): void {
  log.heads.push(...log.heads.splice(-1).map(changed));
}

function headWith(sealed: SealedHead, changes: Partial<SealedHead['head']>): SealedHead {
  return { ...sealed, head: { ...sealed.head, ...changes } };
}

/** Changes one bit in the middle of one part of a JWS. */
function flip(jws: string, part: number): string {
  const parts = jws.split('.');
  const bytes = Buffer.from(parts[part] ?? '', 'base64url');
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  parts[part] = bytes.toString('base64url');
  return parts.join('.');
}

import { base64url, createdRoom, eventIdOf, hashText, sha256, statementOf } from '../lib/signed-objects.mjs';

const { room, jws: createJws, text: createText } = createdRoom();
const zeros = base64url(Buffer.alloc(32));
const event = `e${hashText('second event')}`;
const first = { epoch: 0, seq: 0, at: 1_790_000_100_010, event: eventIdOf(createJws), jwsHash: hashText(createJws) };
const second = { epoch: 0, seq: 1, at: 1_790_000_100_010, event, jwsHash: hashText('second JWS') };

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const bytes32 = (text) => Buffer.from(text.slice(-43), 'base64url');

export function recordBytes(header, prev) {
  return Buffer.concat([
    Buffer.from('payvand-record\0'),
    bytes32(room),
    u32(header.epoch),
    u64(header.seq),
    u64(header.at),
    bytes32(prev),
    bytes32(header.event),
    bytes32(header.jwsHash),
  ]);
}

export const recordHashOf = (header, prev) => base64url(sha256(recordBytes(header, prev)));

export function recordVectors() {
  const largest = { ...second, epoch: 2 ** 32 - 1, seq: 2 ** 53 - 1, at: 2 ** 53 - 1 };
  return [
    hashed('first-record', first, { prev: zeros, requirement: 'PV-REC-004' }),
    hashed('second-record', second, { prev: recordHashOf(first, zeros) }),
    hashed('same-header-after-another', second, { prev: hashText('another record') }),
    hashed('later-epoch', { ...second, epoch: 1 }, { prev: recordHashOf(first, zeros) }),
    hashed('beyond-32-bits', { ...second, seq: 2 ** 32, at: 2 ** 40 + 1 }, { prev: zeros }),
    hashed('largest-numbers', largest, { prev: zeros }),
    ...wireRecords(),
    ...wireHeaders(),
  ];
}

function hashed(name, header, { prev, requirement = 'PV-REC-003' }) {
  const bytes = recordBytes(header, prev);
  return {
    name,
    requirements: [requirement],
    input: { operation: 'hash', room, header, prev },
    expect: { bytesHex: bytes.toString('hex'), hash: base64url(sha256(bytes)) },
  };
}

function wireRecords() {
  const record = { epoch: 0, seq: 0, at: first.at, jws: createJws, content: createText };
  const vector = (name, changes, kind) =>
    parsed(`record-${name}`, { ...record, ...changes }, { kind, requirement: 'PV-REC-005' });
  return [
    vector('with-statement', { statement: statementOf('a.example') }, 'record'),
    vector('without-statement', {}, 'record'),
    vector('content-withheld', { content: null }, 'record'),
    vector('unknown-member', { later: 1 }, 'record'),
    vector('without-content', { content: undefined }),
    vector('content-object', { content: {} }),
    vector('statement-null', { statement: null }),
    vector('seq-text', { seq: '0' }),
    vector('jws-null', { jws: null }),
  ];
}

function wireHeaders() {
  const vector = (name, changes, kind) =>
    parsed(`header-${name}`, { ...second, ...changes }, { kind, requirement: 'PV-REC-006' });
  return [
    vector('plain', {}, 'header'),
    vector('unknown-member', { later: 1 }, 'header'),
    vector('epoch-largest', { epoch: 2 ** 32 - 1 }, 'header'),
    vector('epoch-too-large', { epoch: 2 ** 32 }),
    vector('seq-negative', { seq: -1 }),
    vector('at-missing', { at: undefined }),
    vector('event-room-id', { event: room }),
    vector('jws-hash-short', { jwsHash: hashText('x').slice(1) }),
    vector('event-missing', { event: undefined }),
  ];
}

function parsed(name, item, { kind, requirement }) {
  const expect = kind === undefined ? { ok: false } : { ok: true, kind };
  return { name, requirements: [requirement], input: { operation: 'parse', item }, expect };
}

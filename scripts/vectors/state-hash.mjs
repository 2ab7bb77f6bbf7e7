import { base64url, hashText, sha256 } from '../lib/signed-objects.mjs';

const id = (label) => `e${hashText(label)}`;
const entry = (type, key) => ({ type, key, id: id(`${type} ${key}`) });
const create = entry('room.create', '');
const alice = entry('member', 'alice@a.example');

const bucketOf = ({ type, key }) => sha256(`${type}\0${key}`)[0];

function prefixed(text) {
  const bytes = Buffer.from(text, 'ascii');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Entries in the byte order of type, then of key. */
function bucketHashOf(entries) {
  const order = (a, b) =>
    Buffer.compare(Buffer.from(a.type), Buffer.from(b.type)) || Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
  const bytes = [...entries]
    .sort(order)
    .map((one) => Buffer.concat([prefixed(one.type), prefixed(one.key), Buffer.from(one.id.slice(1), 'base64url')]));
  return sha256(Buffer.concat(bytes));
}

function stateOf(entries) {
  const buckets = Array.from({ length: 256 }, (_, n) => bucketHashOf(entries.filter((one) => bucketOf(one) === n)));
  return sha256(Buffer.concat([Buffer.from('payvand-state\0'), ...buckets]));
}

/** Keys of one type that fall into one bucket. */
function neighbours(count) {
  const found = [];
  for (let n = 0; found.length < count; n++) {
    const one = entry('member', `u${n}@a.example`);
    if (bucketOf(one) === 7) found.push(one);
  }
  return found;
}

export function stateHashVectors() {
  const three = neighbours(3);
  const reversed = [...three].reverse();
  const people = Array.from({ length: 300 }, (_, n) => entry('member', `p${n}@b.example`));
  const apart = [entry('x.a', 'bc'), entry('x.ab', 'c'), entry('x.ab', '')];
  return [
    ...[create, alice, entry('role', 'admin'), entry('x.a', '"\\ ~'), entry('x', '')].map(bucketVector),
    bucketHash('of-nothing', 'PV-STH-003', []),
    bucketHash('of-one', 'PV-STH-002', [create]),
    bucketHash('of-three', 'PV-STH-002', three),
    bucketHash('of-three-reversed', 'PV-STH-002', reversed),
    bucketHash('types-that-are-prefixes', 'PV-STH-002', apart),
    state('of-nothing', []),
    state('of-create', [create]),
    state('of-two', [create, alice]),
    state('of-two-reversed', [alice, create]),
    state('of-302', [create, alice, ...people]),
  ];
}

function bucketVector(one, n) {
  const { type, key } = one;
  return {
    name: `bucket-${n + 1}`,
    requirements: ['PV-STH-001'],
    input: { operation: 'bucket', type, key },
    expect: { bucket: bucketOf(one) },
  };
}

function bucketHash(name, requirement, entries) {
  return {
    name: `bucket-hash-${name}`,
    requirements: [requirement],
    input: { operation: 'bucket-hash', entries },
    expect: { hash: base64url(bucketHashOf(entries)) },
  };
}

function state(name, entries) {
  return {
    name: `state-${name}`,
    requirements: ['PV-STH-004'],
    input: { operation: 'state', entries },
    expect: { state: base64url(stateOf(entries)) },
  };
}

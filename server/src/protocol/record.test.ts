import { readFileSync } from 'node:fs';
import t from 'tap';
import type { EventId, RoomId } from './identifiers.js';
import { headerFromWire, headerToWire, recordFromWire, recordHash, ZERO_HASH } from './record.js';
import type { WireHeader } from './record.js';
import { bucketHash, stateBucket, stateHashOf } from './state-hash.js';
import type { HashedEntry } from './state-hash.js';

interface Vector {
  name: string;
  input: {
    operation: string;
    room: RoomId;
    header: WireHeader;
    prev: string;
    item: unknown;
    type: string;
    key: string;
    entries: HashedEntry[];
  };
  expect: { hash: string; ok: boolean; kind?: 'record' | 'header'; bucket: number; state: string };
}

function vectorsOf(format: string, operation: string): Vector[] {
  const file = new URL(`../../../spec/vectors/${format}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
  return vectors.filter(({ input }) => input.operation === operation);
}

function stateOf(entries: readonly HashedEntry[]): string {
  const hashOfBucket = (_: unknown, n: number): Buffer =>
    bucketHash(entries.filter(({ type, key }) => stateBucket(type, key) === n));
  return stateHashOf(Array.from({ length: 256 }, hashOfBucket)).toString('base64url');
}

void t.test('record hashes are those of the vectors', (t) => {
  for (const { name, input, expect } of vectorsOf('record', 'hash')) {
    const header = headerFromWire(input.header);
    if (header === undefined) throw new Error(name);
    const hash = recordHash(input.room, header, Buffer.from(input.prev, 'base64url'));
    t.equal(hash.toString('base64url'), expect.hash, name);
    t.same(headerToWire(header), input.header, name);
  }
  t.end();
});

void t.test('every part of a record is under its hash', (t) => {
  const room = `r${'A'.repeat(43)}` as RoomId;
  const header = { epoch: 1, seq: 2, at: 3, event: `e${'A'.repeat(43)}` as EventId, jwsHash: Buffer.alloc(32, 4) };
  const hashes = [
    recordHash(room, header, ZERO_HASH),
    recordHash(room, header, Buffer.alloc(32, 1)),
    recordHash(`rE${'A'.repeat(42)}` as RoomId, header, ZERO_HASH),
    recordHash(room, { ...header, epoch: 2 }, ZERO_HASH),
    recordHash(room, { ...header, seq: 3 }, ZERO_HASH),
    recordHash(room, { ...header, at: 4 }, ZERO_HASH),
    recordHash(room, { ...header, event: `eE${'A'.repeat(42)}` as EventId }, ZERO_HASH),
    recordHash(room, { ...header, jwsHash: Buffer.alloc(32, 5) }, ZERO_HASH),
  ];
  t.equal(new Set(hashes.map((hash) => hash.toString('hex'))).size, hashes.length);
  t.end();
});

void t.test('items of a record list are told apart as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('record', 'parse')) {
    const item = recordFromWire(input.item);
    const kind = item === undefined ? undefined : 'jws' in item ? 'record' : 'header';
    t.same({ ok: item !== undefined, ...(kind !== undefined && { kind }) }, expect, name);
  }
  t.equal(recordFromWire(null), undefined);
  t.equal(recordFromWire([]), undefined);
  t.end();
});

void t.test('buckets and state hashes are those of the vectors', (t) => {
  for (const { name, input, expect } of vectorsOf('state-hash', 'bucket')) {
    t.equal(stateBucket(input.type, input.key), expect.bucket, name);
  }
  for (const { name, input, expect } of vectorsOf('state-hash', 'bucket-hash')) {
    t.equal(bucketHash(input.entries).toString('base64url'), expect.hash, name);
  }
  for (const { name, input, expect } of vectorsOf('state-hash', 'state')) {
    t.equal(stateOf(input.entries), expect.state, name);
  }
  t.throws(() => stateHashOf([]), RangeError);
  t.end();
});

import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  headFromWire,
  headLeaf,
  headToWire,
  parseSeal,
  sealedFromWire,
  sealedToWire,
  sealHeads,
  verifySeal,
  verifySealedHead,
} from './head.js';
import type { Head, Seal, WireHead } from './head.js';
import type { Domain, RoomId } from './identifiers.js';
import { signingKeyFromSeed } from './key-thumbprint.js';
import { hashLeaf } from './merkle.js';

interface Vector {
  name: string;
  input: { operation: string; head: WireHead; seal: string; publicKey: string; sealed: unknown; seals: string[] };
  expect: { ok: boolean; code?: string; leafHex: string; leafHash: string };
}

function vectorsOf(format: string, operation: string): Vector[] {
  const file = new URL(`../../../spec/vectors/${format}.json`, import.meta.url);
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
  return vectors.filter(({ input }) => input.operation === operation);
}

function seal(jws: string): Seal {
  const parsed = parseSeal(jws);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

const key = signingKeyFromSeed(Buffer.alloc(32, 3));
const hub = 'a.example' as Domain;

function heads(count: number): Head[] {
  return Array.from({ length: count }, (_, n) => ({
    hub,
    room: `r${Buffer.alloc(32, n).toString('base64url')}` as RoomId,
    epoch: 0,
    seq: n,
    at: 1_790_000_000_000,
    hash: Buffer.alloc(32, n),
    state: Buffer.alloc(32, 255 - n),
    committed: n,
  }));
}

void t.test('the bytes under a seal are those of the vectors', (t) => {
  for (const { name, input, expect } of vectorsOf('head', 'leaf')) {
    const head = headFromWire(input.head);
    if (head === undefined) throw new Error(name);
    const leaf = headLeaf(head);
    t.equal(leaf.toString('hex'), expect.leafHex, name);
    t.equal(Buffer.from(hashLeaf(leaf)).toString('base64url'), expect.leafHash, name);
  }
  t.end();
});

void t.test('heads and seals are read as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('head', 'parse')) {
    t.equal(headFromWire(input.head) !== undefined, expect.ok, name);
  }
  for (const { name, input, expect } of vectorsOf('seal', 'parse')) {
    const parsed = parseSeal(input.seal);
    t.same(parsed.ok ? { ok: true } : { ok: false, code: parsed.code }, expect, name);
  }
  t.end();
});

void t.test('seals are judged as the vectors say', (t) => {
  for (const { name, input, expect } of vectorsOf('seal', 'verify')) {
    t.equal(verifySeal(seal(input.seal), Buffer.from(input.publicKey, 'base64url')), expect.ok, name);
  }
  for (const { name, input, expect } of vectorsOf('seal', 'included')) {
    const seals = input.seals.map(seal);
    const sealed = sealedFromWire(input.sealed, seals);
    const own = sealed.ok ? seals.find(({ jws }) => jws === sealed.value.seal) : undefined;
    t.equal(sealed.ok && own !== undefined && verifySealedHead(sealed.value, own), expect.ok, name);
  }
  t.end();
});

void t.test('every head of a flush is under its one seal, and survives the wire', (t) => {
  for (const count of [1, 2, 3, 7, 64, 65]) {
    const made = sealHeads(heads(count), { hub, at: 1_790_000_000_001 }, key);
    const seals: string[] = [];
    const wire = made.map((sealed) => sealedToWire(sealed, seals));
    t.equal(seals.length, 1);
    const parsed = seals.map(seal);
    const [one] = parsed;
    if (one === undefined) throw new Error('no seal');
    t.ok(verifySeal(one, Buffer.from(key.x, 'base64url')));
    const back = wire.map((item) => sealedFromWire(JSON.parse(JSON.stringify(item)), parsed));
    t.ok(back.every((sealed) => sealed.ok && verifySealedHead(sealed.value, one)));
    t.same(
      back.map((sealed) => sealed.ok && headToWire(sealed.value.head)),
      made.map(({ head }) => headToWire(head)),
    );
  }
  t.end();
});

void t.test('a message names each seal once', (t) => {
  const [first] = sealHeads(heads(1), { hub, at: 1 }, key);
  const [second, third] = sealHeads(heads(2), { hub, at: 2 }, key);
  if (first === undefined || second === undefined || third === undefined) throw new Error('no head');
  const seals: string[] = [];
  const wire = [first, second, first, third].map((sealed) => sealedToWire(sealed, seals));
  t.same(
    wire.map((item) => item.seal),
    [0, 1, 0, 1],
  );
  t.same(seals, [first.seal, second.seal]);
  t.end();
});

void t.test('a sealed head that is malformed is refused', (t) => {
  const [made] = sealHeads(heads(1), { hub, at: 1 }, key);
  if (made === undefined) throw new Error('no head');
  const seals = [seal(made.seal)];
  const wire = sealedToWire(made, []);
  const wrong = [null, {}, { ...wire, head: {} }, { ...wire, seal: 1 }, { ...wire, index: 1 }, { ...wire, index: -1 }];
  const paths = [undefined, 'A', ['A'], Array.from({ length: 17 }, () => 'A'.repeat(43))];
  for (const item of [...wrong, ...paths.map((path) => ({ ...wire, path }))]) {
    t.match(sealedFromWire(item, seals), { ok: false, code: 'bad-seal' });
  }
  t.ok(sealedFromWire(wire, seals).ok, 'the control');
  t.throws(() => sealHeads([], { hub, at: 1 }, key), RangeError);
  t.end();
});

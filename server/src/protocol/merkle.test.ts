import { readFileSync } from 'node:fs';
import t from 'tap';
import { hashLeaf, merkleLeavesMax, merkleTree, verifyInclusion } from './merkle.js';

interface Vector {
  name: string;
  input: {
    operation: 'tree' | 'verify';
    leavesHex: string[];
    leafHashHex: string;
    index: number;
    size: number;
    pathHex: string[];
    rootHex: string;
  };
  expect: { ok: boolean; rootHex: string; leafHashesHex: string[]; pathsHex: string[][] };
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/${file}`, import.meta.url), 'utf8'));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Buffer => Buffer.from(text, 'hex');
const { vectors } = read('merkle.json') as { vectors: Vector[] };

void t.test('trees give the roots, leaf hashes and paths of the vectors', (t) => {
  for (const { name, input, expect } of vectors.filter(({ input }) => input.operation === 'tree')) {
    const { root, leafHashes, paths } = merkleTree(input.leavesHex.map(bytes));
    t.same(
      { rootHex: hex(root), leafHashesHex: leafHashes.map(hex), pathsHex: paths.map((path) => path.map(hex)) },
      expect,
      name,
    );
  }
  t.end();
});

void t.test('inclusion is judged as the vectors say', (t) => {
  for (const { name, input, expect } of vectors.filter(({ input }) => input.operation === 'verify')) {
    const { leafHashHex, index, size, pathHex, rootHex } = input;
    const proof = { leafHash: bytes(leafHashHex), index, size, path: pathHex.map(bytes), root: bytes(rootHex) };
    t.equal(verifyInclusion(proof), expect.ok, name);
  }
  t.end();
});

void t.test('the known roots of RFC 6962 implementations', (t) => {
  const { leavesHex, rootsHex } = read('third-party/rfc6962.json') as { leavesHex: string[]; rootsHex: string[] };
  rootsHex.forEach((rootHex, i) => {
    t.equal(hex(merkleTree(leavesHex.slice(0, i + 1).map(bytes)).root), rootHex, `${i + 1} leaves`);
  });
  t.end();
});

void t.test('every leaf of every small tree is included at its place and at no other', (t) => {
  for (let size = 1; size <= 40; size++) {
    const { root, leafHashes, paths } = merkleTree(Array.from({ length: size }, (_, i) => Buffer.of(i)));
    const found = leafHashes.flatMap((leafHash, at) =>
      paths.flatMap((path, index) => (verifyInclusion({ leafHash, index, size, path, root }) ? [[at, index]] : [])),
    );
    t.same(
      found,
      leafHashes.map((_, i) => [i, i]),
      `${size} leaves`,
    );
  }
  t.end();
});

void t.test('the largest tree, and one leaf more', (t) => {
  const leaves = Array.from({ length: merkleLeavesMax }, (_, i) => Buffer.from(`${i}`));
  const { root, paths } = merkleTree(leaves);
  const index = 40_000;
  const path = paths[index] ?? [];
  t.equal(path.length, 16);
  t.ok(verifyInclusion({ leafHash: hashLeaf(Buffer.from(`${index}`)), index, size: merkleLeavesMax, path, root }));
  t.throws(() => merkleTree([...leaves, Buffer.of(1)]), RangeError);
  t.throws(() => merkleTree([]), RangeError);
  t.end();
});

void t.test('positions that are no whole numbers are never included', (t) => {
  const { root, leafHashes, paths } = merkleTree([Buffer.of(1), Buffer.of(2)]);
  const [leafHash = Buffer.alloc(0)] = leafHashes;
  const proof = { leafHash, index: 0, size: 2, path: paths[0] ?? [], root };
  t.equal(verifyInclusion(proof), true);
  for (const odd of [0.5, NaN, Infinity, -0.5]) {
    t.equal(verifyInclusion({ ...proof, index: odd }), false, `index ${odd}`);
    t.equal(verifyInclusion({ ...proof, size: odd }), false, `size ${odd}`);
  }
  t.end();
});

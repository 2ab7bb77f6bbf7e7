import { hash } from 'node:crypto';
import { hex } from '../lib/vector-keys.mjs';

const leafHash = (leaf) => hash('sha256', Buffer.concat([Buffer.of(0), leaf]), 'buffer');
const nodeHash = (left, right) => hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer');

/** RFC 6962 section 2.1, word for word. `keyOf` says which spans of leaves are alike, so that no root is made twice. */
function makeTree(hashes, keyOf = (from, to) => `${from}-${to}`) {
  const known = new Map();
  const root = (from, to) => {
    if (to - from === 1) return hashes[from];
    const key = keyOf(from, to);
    if (!known.has(key)) {
      const split = from + splitOf(to - from);
      known.set(key, nodeHash(root(from, split), root(split, to)));
    }
    return known.get(key);
  };
  const path = (index, from = 0, to = hashes.length) => {
    if (to - from === 1) return [];
    const split = from + splitOf(to - from);
    return index < split
      ? [...path(index, from, split), root(split, to)]
      : [...path(index, split, to), root(from, split)];
  };
  return { rootHex: hex(root(0, hashes.length)), pathHexOf: (index) => path(index).map(hex) };
}

/** The largest power of two below a size. */
const splitOf = (size) => 2 ** Math.ceil(Math.log2(size) - 1);

function numberedLeaves(size) {
  return Array.from({ length: size }, (_, i) => Buffer.from(`leaf ${i}`));
}

function treeVector(size) {
  const leaves = numberedLeaves(size);
  const hashes = leaves.map(leafHash);
  const { rootHex, pathHexOf } = makeTree(hashes);
  return {
    name: `tree-of-${size}`,
    requirements: ['PV-MERKLE-001', 'PV-MERKLE-002', 'PV-MERKLE-003'],
    input: { operation: 'tree', leavesHex: leaves.map(hex) },
    expect: {
      rootHex,
      leafHashesHex: hashes.map(hex),
      pathsHex: hashes.map((_, i) => pathHexOf(i)),
    },
  };
}

function inclusion(size, index) {
  const hashes = numberedLeaves(size).map(leafHash);
  const { rootHex, pathHexOf } = makeTree(hashes);
  return { leafHashHex: hex(hashes[index]), index, size, pathHex: pathHexOf(index), rootHex };
}

/** In a large tree all leaves are the same, so spans of one length have one root. */
function inclusionInLarge(size, index) {
  const hash = leafHash(Buffer.from('leaf'));
  const { rootHex, pathHexOf } = makeTree(Array(size).fill(hash), (from, to) => to - from);
  return { leafHashHex: hex(hash), index, size, pathHex: pathHexOf(index), rootHex };
}

const verified = (name, proof, ok) => ({
  name,
  requirements: ['PV-MERKLE-004'],
  input: { operation: 'verify', ...proof },
  expect: { ok },
});

export function merkleVectors() {
  const seven = inclusion(7, 5);
  const last = inclusion(7, 6);
  const flipped = (text) => `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`;
  const changed = (change) => ({ ...seven, ...change });
  const path = seven.pathHex;
  return [
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17].map(treeVector),
    verified('single-leaf', inclusion(1, 0), true),
    verified('middle-of-seven', seven, true),
    verified('last-of-seven', last, true),
    verified('first-of-65536', inclusionInLarge(65_536, 0), true),
    verified('last-of-65536', inclusionInLarge(65_536, 65_535), true),
    verified('last-of-65537', inclusionInLarge(65_537, 65_536), false),
    verified('other-leaf', changed({ leafHashHex: flipped(seven.leafHashHex) }), false),
    verified('other-root', changed({ rootHex: flipped(seven.rootHex) }), false),
    verified('other-index', changed({ index: 4 }), false),
    verified('other-size', changed({ size: 5 }), false),
    verified('size-that-gives-the-same-steps', changed({ size: 8 }), true),
    verified('path-that-ends-at-an-inner-node', { ...inclusion(2, 0), size: 4 }, false),
    verified('index-is-size', { ...last, index: 7 }, false),
    verified('negative-index', changed({ index: -1 }), false),
    verified('size-zero', { ...inclusion(1, 0), size: 0 }, false),
    verified('path-too-short', changed({ pathHex: path.slice(0, -1) }), false),
    verified('path-too-long', changed({ pathHex: [...path, path[0]] }), false),
    verified('path-for-a-single-leaf', { ...inclusion(1, 0), pathHex: [path[0]] }, false),
    verified('path-swapped', changed({ pathHex: [path[1], path[0], ...path.slice(2)] }), false),
    verified('path-element-changed', changed({ pathHex: [flipped(path[0]), ...path.slice(1)] }), false),
    verified('path-element-of-31-bytes', changed({ pathHex: [path[0].slice(2), ...path.slice(1)] }), false),
    verified('path-element-of-33-bytes', changed({ pathHex: [`${path[0]}00`, ...path.slice(1)] }), false),
    verified('root-of-31-bytes', changed({ rootHex: seven.rootHex.slice(2) }), false),
    verified('inner-node-as-leaf', nodeAsLeaf(), false),
  ];
}

/** The left pair of four leaves, passed off as a leaf: its bytes, hashed as a leaf, are not the node. */
function nodeAsLeaf() {
  const [a, b, c, d] = numberedLeaves(4).map(leafHash);
  return {
    leafHashHex: hex(leafHash(Buffer.concat([a, b]))),
    index: 0,
    size: 2,
    pathHex: [hex(nodeHash(c, d))],
    rootHex: hex(nodeHash(nodeHash(a, b), nodeHash(c, d))),
  };
}

import { sha256 } from './hash.js';

export interface MerkleTree {
  root: Uint8Array;
  /** hash of each leaf, as `verifyInclusion` wants it */
  leafHashes: Uint8Array[];
  /** inclusion path of each leaf, from the leaf upwards */
  paths: Uint8Array[][];
}

export interface Inclusion {
  leafHash: Uint8Array;
  index: number;
  size: number;
  path: readonly Uint8Array[];
  root: Uint8Array;
}

export const merkleLeavesMax = 65_536;

const LEAF_PREFIX = Buffer.of(0);

/** 0x01, left, right. Reused by every call: nothing here waits, so no two uses can overlap. */
const nodeInput = Buffer.alloc(65, 1);

/**
 * Builds the whole tree over leaves, with every inclusion path, hashing each node once.
 *
 * @param leaves 1 to 65,536 byte strings
 * @throws RangeError no leaf, or too many
 * @see PV-MERKLE-001 to PV-MERKLE-003, RFC 6962 section 2.1
 */
export function merkleTree(leaves: readonly Uint8Array[]): MerkleTree {
  if (leaves.length < 1 || leaves.length > merkleLeavesMax)
    throw new RangeError('a Merkle tree has 1 to 65,536 leaves');
  const leafHashes = leaves.map(hashLeaf);
  const paths: Uint8Array[][] = leaves.map(() => []);
  let level = leafHashes;
  for (let height = 0; level.length > 1; height++) {
    for (const [index, path] of paths.entries()) {
      const sibling = level[(index >> height) ^ 1];
      if (sibling !== undefined) path.push(sibling);
    }
    level = hashPairs(level);
  }
  const [root] = level as [Uint8Array];
  return { root, leafHashes, paths };
}

/**
 * Whether a path leads from a leaf at its index to the root of a tree of that size, and is exactly as long as it
 * has to be.
 *
 * @returns false also for a size, index or hash outside its range
 * @see PV-MERKLE-004, RFC 9162 section 2.1.3.2
 */
export function verifyInclusion({ leafHash, index, size, path, root }: Inclusion): boolean {
  if (!isTreePosition(index, size) || leafHash.length !== 32) return false;
  let hash = leafHash;
  let node = index;
  let last = size - 1;
  for (const sibling of path) {
    if (last === 0 || sibling.length !== 32) return false;
    // A last node without a sibling moves up unchanged until it becomes somebody's right side.
    while (node === last && node % 2 === 0) [node, last] = [node >> 1, last >> 1];
    hash = node % 2 === 1 ? hashNode(sibling, hash) : hashNode(hash, sibling);
    [node, last] = [node >> 1, last >> 1];
  }
  return last === 0 && Buffer.compare(hash, root) === 0;
}

/**
 * The hash of one leaf.
 *
 * @see PV-MERKLE-001
 */
export function hashLeaf(leaf: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([LEAF_PREFIX, leaf]));
}

function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1);
  nodeInput.set(right, 33);
  return sha256(nodeInput);
}

function hashPairs(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (const [index, right] of level.entries()) {
    const left = level[index - 1];
    if (index % 2 === 1 && left !== undefined) above.push(hashNode(left, right));
    else if (index === level.length - 1) above.push(right);
  }
  return above;
}

function isTreePosition(index: number, size: number): boolean {
  return Number.isInteger(index) && Number.isInteger(size) && index >= 0 && index < size && size <= merkleLeavesMax;
}

import { sha256 } from './hash.js';

const SIZE_MAX = 65_536;

/** SPEC PV-MERKLE-001. */
export function leafHash(leaf: Uint8Array): Buffer {
  return sha256(Buffer.concat([Buffer.of(0), leaf]));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([Buffer.of(1), left, right]));
}

/** Root and inclusion paths, row by row. SPEC PV-MERKLE-002, PV-MERKLE-003. @param leaves leaf hashes, at least one */
export function merkleTree(leaves: readonly Buffer[]): { root: Buffer; paths: Buffer[][] } {
  const paths = leaves.map((): Buffer[] => []);
  let row = [...leaves];
  for (let height = 0; row.length > 1; height += 1) {
    for (const [leaf, path] of paths.entries()) {
      const neighbour = row[(leaf >> height) ^ 1];
      if (neighbour !== undefined) path.push(neighbour);
    }
    row = row.flatMap((left, place) => {
      if (place % 2 === 1) return [];
      const right = row[place + 1];
      return [right === undefined ? left : nodeHash(left, right)];
    });
  }
  return { root: row[0] ?? Buffer.alloc(0), paths };
}

export interface Inclusion {
  readonly leaf: Buffer;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Buffer[];
  readonly root: Buffer;
}

/** SPEC PV-MERKLE-004. */
export function isIncluded({ leaf, index, size, path, root }: Inclusion): boolean {
  if (!(size >= 1 && size <= SIZE_MAX && index >= 0 && index < size)) return false;
  let [hash, i, j] = [leaf, index, size - 1];
  for (const part of path) {
    if (j === 0 || part.length !== 32) return false;
    while (i === j && i % 2 === 0) [i, j] = [i >> 1, j >> 1];
    hash = i % 2 === 1 ? nodeHash(part, hash) : nodeHash(hash, part);
    [i, j] = [i >> 1, j >> 1];
  }
  return j === 0 && hash.equals(root);
}

import { encode64 } from './base64url.js';
import type { SigningKey } from './ed25519.js';
import { need, renamed } from './fault.js';
import { parseJws, signJws } from './jws.js';
import type { ParsedJws } from './jws.js';
import { isIncluded, leafHash, merkleTree } from './merkle.js';
import { rawOf, u32, u64 } from './record.js';
import { hasShape } from './shapes.js';
import { parseMembers } from './strict-json.js';

export interface Head {
  readonly hub: string;
  readonly room: string;
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly hash: string;
  readonly state: string;
  readonly committed: number;
}

export interface SealedHead {
  readonly head: Head;
  readonly seal: number;
  readonly index: number;
  readonly path: readonly string[];
}

export interface Seal {
  readonly jws: ParsedJws;
  readonly hub: string;
  readonly at: number;
  readonly root: string;
  readonly size: number;
}

/** SPEC PV-HEAD-003. */
export function headLeaf(head: Head): Buffer {
  return Buffer.concat([
    Buffer.from('payvand-head\0'),
    rawOf(head.room),
    u32(head.epoch),
    u64(head.seq),
    u64(head.at),
    rawOf(head.hash),
    rawOf(head.state),
    u64(head.committed),
    Buffer.from(head.hub),
  ]);
}

/** SPEC PV-HEAD-001, PV-HEAD-002. */
export function isHead(value: unknown): boolean {
  return hasShape('head', value) && value['committed'] === value['seq'];
}

/** SPEC PV-SEAL-001, PV-SEAL-002. @throws Fault `bad-seal` */
export function parseSeal(text: unknown): Seal {
  return renamed('bad-seal', () => {
    const jws = parseJws(text, 'payvand-seal', 1024);
    const payload = parseMembers(jws.payload, { bytesMax: 1024 });
    need(hasShape('seal-payload', payload), 'bad-seal');
    return { jws, ...(payload as unknown as Omit<Seal, 'jws'>) };
  });
}

/** SPEC PV-SEAL-003, PV-SEAL-004, PV-SEAL-007. @returns the sealed heads, whose seals are `seals` */
export function sealHeads(
  heads: readonly Head[],
  by: { hub: string; at: number; key: SigningKey },
): { sealed: SealedHead[]; seals: string[] } {
  const { root, paths } = merkleTree(heads.map((head) => leafHash(headLeaf(head))));
  const payload = { hub: by.hub, at: by.at, root: encode64(root), size: heads.length };
  const sealed = heads.map((head, index) => ({ head, seal: 0, index, path: (paths[index] ?? []).map(encode64) }));
  return { sealed, seals: [signJws('payvand-seal', payload, by.key)] };
}

/**
 * The seal that covers a sealed head; whose key it is, is not looked at.
 *
 * @throws Fault `bad-seal`
 * @see PV-SEAL-006
 */
export function coveringSeal(sealed: unknown, seals: unknown): Seal {
  need(hasShape('sealed-head', sealed) && Array.isArray(seals), 'bad-seal');
  const { head, seal: place, index, path } = sealed as unknown as SealedHead;
  const seal = parseSeal((seals as unknown[])[place]);
  const root = rawOf(seal.root);
  const inclusion = { leaf: leafHash(headLeaf(head)), index, size: seal.size, path: path.map(rawOf), root };
  need(isHead(head) && seal.hub === head.hub && isIncluded(inclusion), 'bad-seal');
  return seal;
}

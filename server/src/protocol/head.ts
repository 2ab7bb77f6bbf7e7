import { encodeBase64url } from './base64url.js';
import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { parseDomain, parseRoomId } from './identifiers.js';
import type { Domain, KeyId, RoomId } from './identifiers.js';
import { bytes32, isCount, isJsonObject } from './json-shape.js';
import { signJws, verifyJws } from './jws.js';
import type { Jws } from './jws.js';
import type { SigningKey } from './key-thumbprint.js';
import { hashLeaf, merkleLeavesMax, merkleTree, verifyInclusion } from './merkle.js';
import { isEpoch, writeUInt64 } from './record.js';
import { parseSignedObject } from './signed-object.js';

/** Where a room's log stands. */
export interface Head {
  readonly hub: Domain;
  readonly room: RoomId;
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  /** hash of the record at `seq`, 32 bytes */
  readonly hash: Buffer;
  /** state hash after the record at `seq`, 32 bytes */
  readonly state: Buffer;
  readonly committed: number;
}

/** A head with its place under the root that a hub signed. */
export interface SealedHead {
  readonly head: Head;
  /** JWS */
  readonly seal: string;
  readonly index: number;
  /** leaves under the seal's root */
  readonly size: number;
  readonly path: readonly Buffer[];
}

/** A seal whose form is good. Nothing is said about its signature. */
export interface Seal {
  readonly hub: Domain;
  readonly at: number;
  readonly root: Buffer;
  readonly size: number;
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

export interface WireHead {
  readonly hub: string;
  readonly room: string;
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly hash: string;
  readonly state: string;
  readonly committed: number;
}

/** A sealed head as it travels: `seal` is the index into the message's `seals`. */
export interface WireSealedHead {
  readonly head: WireHead;
  readonly seal: number;
  readonly index: number;
  readonly path: readonly string[];
}

const SEAL_PAYLOAD_BYTES_MAX = 1024;
const PATH_LENGTH_MAX = 16;
const TAG = Buffer.from('payvand-head\0');
const FIXED_LENGTH = TAG.length + 32 + 4 + 8 + 8 + 32 + 32 + 8;

/**
 * Writes the bytes of a head that a seal's tree is built over.
 *
 * @see PV-HEAD-003
 */
export function headLeaf(head: Head): Buffer {
  const leaf = Buffer.allocUnsafe(FIXED_LENGTH + head.hub.length);
  leaf.set(TAG);
  leaf.write(head.room.slice(1), 13, 'base64url');
  leaf.writeUInt32BE(head.epoch, 45);
  writeUInt64(leaf, head.seq, 49);
  writeUInt64(leaf, head.at, 57);
  leaf.set(head.hash, 65);
  leaf.set(head.state, 97);
  writeUInt64(leaf, head.committed, 129);
  leaf.write(head.hub, FIXED_LENGTH, 'latin1');
  return leaf;
}

/**
 * Signs many heads at once.
 *
 * @param heads 1 to 65,536, all of this hub
 * @returns one sealed head for each, in the same order, all under one seal
 * @throws RangeError no head, or too many
 * @see PV-SEAL-001 to PV-SEAL-004
 */
export function sealHeads(
  heads: readonly Head[],
  { hub, at }: { hub: Domain; at: number },
  key: SigningKey,
): SealedHead[] {
  const { root, paths } = merkleTree(heads.map(headLeaf));
  const size = heads.length;
  const payload = `{"hub":"${hub}","at":${at},"root":"${encodeBase64url(root)}","size":${size}}`;
  const { jws } = signJws('payvand-seal', key, payload);
  return heads.map((head, index) => ({ head, seal: jws, index, size, path: (paths[index] ?? []) as Buffer[] }));
}

/**
 * Reads a seal: form and limits, everything but the signature.
 *
 * @returns refused `bad-seal`
 * @see PV-SEAL-001, PV-SEAL-002
 */
export function parseSeal(jws: string): Checked<Seal> {
  const signed = parseSignedObject(jws, {
    typ: 'payvand-seal',
    payloadBytesMax: SEAL_PAYLOAD_BYTES_MAX,
    code: 'bad-seal',
  });
  if (!signed.ok) return signed;
  const { payload, kid, parsed } = signed.value;
  const { at, size } = payload;
  const hub = parseDomain(payload['hub']);
  const root = bytes32(payload['root']);
  if (hub === undefined) return refuse('bad-seal', 'hub');
  if (!isCount(at)) return refuse('bad-seal', 'at');
  if (root === undefined) return refuse('bad-seal', 'root');
  if (!isCount(size) || size < 1 || size > merkleLeavesMax) return refuse('bad-seal', 'size');
  return accept({ hub, at, root, size, jws, kid, parsed });
}

/**
 * Whether a seal is signed by a key. That the key is one of the hub's with use `seal` is the caller's business.
 *
 * @param publicKey 32 bytes
 * @see PV-SEAL-005
 */
export function verifySeal(seal: Seal, publicKey: Uint8Array): boolean {
  return verifyJws(seal.parsed, publicKey);
}

/**
 * Whether a head lies under a seal's root, at its index, for the same hub. The seal's signature is not looked at.
 *
 * @see PV-SEAL-006
 */
export function verifySealedHead(sealed: SealedHead, seal: Seal): boolean {
  const { head, index, size, path } = sealed;
  if (head.hub !== seal.hub || size !== seal.size) return false;
  return verifyInclusion({ leafHash: hashLeaf(headLeaf(head)), index, size, path, root: seal.root });
}

/** @see PV-HEAD-001 */
export function headToWire(head: Head): WireHead {
  const { hub, room, epoch, seq, at, committed } = head;
  return { hub, room, epoch, seq, at, hash: encodeBase64url(head.hash), state: encodeBase64url(head.state), committed };
}

/** @see PV-HEAD-001, PV-HEAD-002 */
export function headFromWire(json: unknown): Head | undefined {
  if (!isJsonObject(json)) return undefined;
  const { epoch, seq, at, committed } = json;
  if (!isEpoch(epoch) || !isCount(seq) || !isCount(at) || committed !== seq) return undefined;
  const hub = parseDomain(json['hub']);
  const room = parseRoomId(json['room']);
  const hash = bytes32(json['hash']);
  const state = bytes32(json['state']);
  if (hub === undefined || room === undefined || hash === undefined || state === undefined) return undefined;
  return { hub, room, epoch, seq, at, hash, state, committed };
}

/**
 * Writes a sealed head, putting its seal into the message's list unless it is there.
 *
 * @see PV-SEAL-007
 */
export function sealedToWire(sealed: SealedHead, seals: string[]): WireSealedHead {
  // Neighbours mostly share a seal, so the newest is the likeliest.
  let seal = seals.lastIndexOf(sealed.seal);
  if (seal < 0) seal = seals.push(sealed.seal) - 1;
  return { head: headToWire(sealed.head), seal, index: sealed.index, path: sealed.path.map(encodeBase64url) };
}

/**
 * Reads a sealed head of a message.
 *
 * @param seals the message's `seals`, parsed
 * @returns refused `bad-seal`
 * @see PV-SEAL-007
 */
export function sealedFromWire(json: unknown, seals: readonly Seal[]): Checked<SealedHead> {
  if (!isJsonObject(json)) return refuse('bad-seal', 'not an object');
  const head = headFromWire(json['head']);
  if (head === undefined) return refuse('bad-seal', 'head');
  const seal = isCount(json['seal']) ? seals[json['seal']] : undefined;
  if (seal === undefined) return refuse('bad-seal', 'seal');
  const { index } = json;
  if (!isCount(index) || index >= seal.size) return refuse('bad-seal', 'index');
  const path = readPath(json['path']);
  if (path === undefined) return refuse('bad-seal', 'path');
  return accept({ head, seal: seal.jws, index, size: seal.size, path });
}

function readPath(value: unknown): Buffer[] | undefined {
  if (!Array.isArray(value) || value.length > PATH_LENGTH_MAX) return undefined;
  const path = value.map(bytes32);
  return path.every((hash) => hash !== undefined) ? path : undefined;
}

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { encode64 } from './base64url.js';
import { hashOf } from './hash.js';

/** A secret key with what it is known by. */
export interface SigningKey {
  readonly kid: string;
  /** base64url of the 32 bytes of the public key */
  readonly x: string;
  readonly publicKey: Buffer;
  readonly seed: Buffer;
  sign(message: Uint8Array | string): Buffer;
}

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = modulo(-121665n * power(121666n, P - 2n));
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** y of the points of small order, sign bit cleared, little-endian. */
const smallOrder = new Set([
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** @param seed 32 bytes */
export function keyFromSeed(seed: Buffer): SigningKey {
  const secret = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    ...{ kid: keyId(publicKey), x: encode64(publicKey), publicKey, seed },
    sign: (message) => sign(null, Buffer.from(message), secret),
  };
}

/** SPEC PV-KID-001. */
export function keyId(publicKey: Uint8Array): string {
  return hashOf(`{"crv":"Ed25519","kty":"OKP","x":"${encode64(publicKey)}"}`);
}

/** SPEC PV-SIG-001 to PV-SIG-006: OpenSSL computes the equation, what it lets pass is refused before. */
export function isGoodSignature(publicKey: Uint8Array, message: Uint8Array | string, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (!isPlainPoint(publicKey) || !isPlainPoint(signature.subarray(0, 32))) return false;
  if (littleEndian(signature.subarray(32)) >= L || !isOnCurve(publicKey)) return false;
  return verify(null, Buffer.from(message), publicKeyObject(publicKey), signature);
}

/** SPEC PV-SIG-008. */
export function isGoodKey(publicKey: Uint8Array): boolean {
  return publicKey.length === 32 && isPlainPoint(publicKey) && isOnCurve(publicKey);
}

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
}

function withoutSign(point: Uint8Array): Buffer {
  const bytes = Buffer.from(point);
  bytes[31] = (bytes[31] ?? 0) & 127;
  return bytes;
}

function isPlainPoint(point: Uint8Array): boolean {
  const bytes = withoutSign(point);
  return littleEndian(bytes) < P && !smallOrder.has(bytes.toString('hex'));
}

/** x² = (y² − 1) / (dy² + 1) has a root. */
function isOnCurve(point: Uint8Array): boolean {
  const y = littleEndian(withoutSign(point));
  const square = modulo((y * y - 1n) * power(modulo(D * y * y + 1n), P - 2n));
  return square === 0n || power(square, (P - 1n) / 2n) === 1n;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = modulo(base), bits = exponent; bits > 0n; bits >>= 1n, square = (square * square) % P)
    if (bits & 1n) result = (result * square) % P;
  return result;
}

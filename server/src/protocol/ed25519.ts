import { ed25519Backends } from './ed25519-backends.js';
import type { Ed25519Backend } from './ed25519-backends.js';
import { isCanonicalLargeOrder, isOnCurve, isReducedScalar } from './ed25519-encoding.js';

export interface SignedBytes {
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
}

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

const [backend] = ed25519Backends;

/** Which library does the arithmetic, for the log. */
export const ed25519BackendName = backend.name;

/**
 * The one verdict on a signature, the same whatever library is underneath.
 *
 * @returns false also for a key or signature of the wrong length
 * @see PV-SIG-001 to PV-SIG-006
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verifyWith(backend, { publicKey, message, signature });
}

/**
 * The verdict as one particular backend reaches it, to show that backends agree.
 *
 * @see PV-SIG-001 to PV-SIG-006
 */
export function verifyWith(chosen: Ed25519Backend, { publicKey, message, signature }: SignedBytes): boolean {
  return (
    publicKey.length === KEY_BYTES &&
    signature.length === SIGNATURE_BYTES &&
    isReducedScalar(signature.subarray(32)) &&
    isCanonicalLargeOrder(signature.subarray(0, 32)) &&
    isCanonicalLargeOrder(publicKey) &&
    chosen.holds(publicKey, message, signature)
  );
}

/**
 * Whether a public key may be taken into use: canonical, on the curve, not of small order. About 0.2 ms.
 *
 * @see PV-SIG-008
 */
export function isAcceptablePublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === KEY_BYTES && isCanonicalLargeOrder(publicKey) && isOnCurve(publicKey);
}

/**
 * Signs with the 32-byte seed (`d` of an OKP JWK). The array must never change: what is derived from it is
 * remembered for as long as it lives.
 *
 * @returns 64 bytes, the same every time
 * @throws RangeError the secret is not 32 bytes
 * @see PV-SIG-009
 */
export function signEd25519(secret: Uint8Array, message: Uint8Array): Uint8Array {
  return backend.sign(checkSecret(secret), message);
}

/**
 * The public key of a 32-byte seed.
 *
 * @returns 32 bytes
 * @throws RangeError the secret is not 32 bytes
 */
export function publicKeyOf(secret: Uint8Array): Uint8Array {
  return backend.publicKeyOf(checkSecret(secret));
}

function checkSecret(secret: Uint8Array): Uint8Array {
  if (secret.length !== KEY_BYTES) throw new RangeError('an Ed25519 secret has 32 bytes');
  return secret;
}

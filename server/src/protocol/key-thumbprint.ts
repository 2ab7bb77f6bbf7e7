import { encodeBase64url } from './base64url.js';
import { publicKeyOf } from './ed25519.js';
import { sha256Base64url } from './hash.js';
import type { KeyId } from './identifiers.js';

/** A key this server signs with. */
export interface SigningKey {
  readonly kid: KeyId;
  /** 32 secret bytes (`d` of an OKP JWK): never logged, never changed in place */
  readonly seed: Uint8Array;
  /** base64url of the public key */
  readonly x: string;
}

/**
 * Names an Ed25519 public key: its RFC 7638 thumbprint.
 *
 * @param publicKey 32 bytes
 * @see PV-KID-001, RFC 8037 appendix A.3
 */
export function keyThumbprint(publicKey: Uint8Array): KeyId {
  return sha256Base64url(`{"crv":"Ed25519","kty":"OKP","x":"${encodeBase64url(publicKey)}"}`) as KeyId;
}

/**
 * A signing key from its 32-byte seed.
 *
 * @throws RangeError the seed is not 32 bytes
 * @see PV-KID-001, PV-SIG-009
 */
export function signingKeyFromSeed(seed: Uint8Array): SigningKey {
  const publicKey = publicKeyOf(seed);
  return { kid: keyThumbprint(publicKey), seed, x: encodeBase64url(publicKey) };
}

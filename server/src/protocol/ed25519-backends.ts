import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createRequire } from 'node:module';
import { encodeBase64url } from './base64url.js';

/** What a library contributes: key derivation, signing and the bare equation, on inputs of checked length and form. */
export interface Ed25519Backend {
  name: 'sodium' | 'node';
  publicKeyOf: (secret: Uint8Array) => Uint8Array;
  sign: (secret: Uint8Array, message: Uint8Array) => Uint8Array;
  holds: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
}

interface Sodium {
  crypto_sign_seed_keypair: (publicKey: Uint8Array, expanded: Uint8Array, seed: Uint8Array) => void;
  crypto_sign_detached: (signature: Uint8Array, message: Uint8Array, expanded: Uint8Array) => void;
  crypto_sign_verify_detached: (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;
}

const PUBLIC_KEYS_MAX = 1024;
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key with a part of order 8: the cofactored equation accepts both signatures, the pinned one only `good`. */
const COFACTOR_PROBE = {
  publicKey: Buffer.from('bb8fb740a97780534ca40bca689a1d78683ed7b1746867ae07597d5671e5f2fc', 'hex'),
  good: {
    message: Buffer.from('payvand 13'),
    signature: Buffer.from(
      '6c0a047ca3f8a0c26a79d37957ea3dfe26b6c7657ec2c3133eb9480fb80eafeb' +
        '0cd4b9ff76abf63c08536c7200c593d2a4283d43de1f851c751bada0e2aaf00a',
      'hex',
    ),
  },
  bad: {
    message: Buffer.from('payvand 2'),
    signature: Buffer.from(
      '6c0a047ca3f8a0c26a79d37957ea3dfe26b6c7657ec2c3133eb9480fb80eafeb' +
        'e6ab7764cca10cb13b5812d4b4b837d1fa415b445a0ebec2b01a433ee2493a09',
      'hex',
    ),
  },
};

/** Every backend this machine can run, the preferred one first; all reach the same verdicts. */
export const ed25519Backends = availableBackends();

function availableBackends(): [Ed25519Backend, ...Ed25519Backend[]] {
  const sodium = loadSodium();
  // libsodium after 1.0.22 has moved to the cofactored equation: such a build must not decide anything here.
  return sodium !== undefined && isCofactorless(sodium) ? [sodium, nodeBackend()] : [nodeBackend()];
}

/**
 * Whether a backend computes the pinned equation, which no check outside the library can repair.
 *
 * @see PV-SIG-005
 */
export function isCofactorless({ holds }: Pick<Ed25519Backend, 'holds'>): boolean {
  const { publicKey, good, bad } = COFACTOR_PROBE;
  return holds(publicKey, good.message, good.signature) && !holds(publicKey, bad.message, bad.signature);
}

function loadSodium(): Ed25519Backend | undefined {
  try {
    const loaded: unknown = createRequire(import.meta.url)('sodium-native');
    return isSodium(loaded) ? sodiumBackend(loaded) : undefined;
  } catch {
    return undefined; // an optional dependency: left out, or without a binary for this platform
  }
}

function isSodium(loaded: unknown): loaded is Sodium {
  const functions = loaded as Partial<Record<keyof Sodium, unknown>> | undefined;
  return (
    typeof functions?.crypto_sign_seed_keypair === 'function' &&
    typeof functions.crypto_sign_detached === 'function' &&
    typeof functions.crypto_sign_verify_detached === 'function'
  );
}

function sodiumBackend(sodium: Sodium): Ed25519Backend {
  const pairOf = rememberPerObject((secret) => {
    const pair = { publicKey: Buffer.alloc(32), expanded: Buffer.alloc(64) };
    sodium.crypto_sign_seed_keypair(pair.publicKey, pair.expanded, secret);
    return pair;
  });
  return {
    name: 'sodium',
    publicKeyOf: (secret) => Buffer.from(pairOf(secret).publicKey),
    sign: (secret, message) => {
      const signature = Buffer.alloc(64);
      sodium.crypto_sign_detached(signature, message, pairOf(secret).expanded);
      return signature;
    },
    holds: (publicKey, message, signature) => sodium.crypto_sign_verify_detached(signature, message, publicKey),
  };
}

function nodeBackend(): Ed25519Backend {
  const privateKeyOf = rememberPerObject((secret) =>
    createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, secret]), format: 'der', type: 'pkcs8' }),
  );
  const publicKeys = new Map<string, KeyObject>();
  return {
    name: 'node',
    publicKeyOf: (secret) =>
      createPublicKey(privateKeyOf(secret)).export({ format: 'der', type: 'spki' }).subarray(-32),
    sign: (secret, message) => sign(null, message, privateKeyOf(secret)),
    holds: (publicKey, message, signature) => verify(null, message, publicKeyObject(publicKeys, publicKey), signature),
  };
}

/** Making the object costs as much as a tenth of a verification; dropping the oldest keeps the memory bounded. */
function publicKeyObject(known: Map<string, KeyObject>, publicKey: Uint8Array): KeyObject {
  const x = encodeBase64url(publicKey);
  const found = known.get(x);
  if (found !== undefined) return found;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const [oldest] = known.keys();
  if (oldest !== undefined && known.size >= PUBLIC_KEYS_MAX) known.delete(oldest);
  known.set(x, key);
  return key;
}

/** Keyed by the array itself, so no secret is ever copied into a lookup key or outlives its owner. */
function rememberPerObject<T>(derive: (secret: Uint8Array) => T): (secret: Uint8Array) => T {
  const known = new WeakMap<Uint8Array, T>();
  return (secret) => {
    const found = known.get(secret);
    if (found !== undefined) return found;
    const derived = derive(secret);
    known.set(secret, derived);
    return derived;
  };
}

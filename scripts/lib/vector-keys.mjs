// Keys of the vectors: anyone can make them again, so they are good for nothing else.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

/**
 * @param label what the key is for; the same label always gives the same key
 * @returns `secret` (32 bytes), `publicKey` (32 bytes), `kid` and `sign(bytes)`
 */
export function vectorKey(label) {
  const known = made.get(label) ?? makeKey(label);
  made.set(label, known);
  return known;
}

const made = new Map();

function makeKey(label) {
  const secret = createHash('sha256').update(`payvand vector key: ${label}`).digest();
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const key = createPrivateKey({ key: Buffer.concat([prefix, secret]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { secret, publicKey, kid: thumbprint(publicKey), sign: (bytes) => sign(null, Buffer.from(bytes), key) };
}

function thumbprint(publicKey) {
  const jwk = `{"crv":"Ed25519","kty":"OKP","x":"${publicKey.toString('base64url')}"}`;
  return createHash('sha256').update(jwk).digest('base64url');
}

export const hex = (bytes) => Buffer.from(bytes).toString('hex');

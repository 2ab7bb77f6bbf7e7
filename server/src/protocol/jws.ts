import { decodeBase64url, encodeBase64url } from './base64url.js';
import { signEd25519, verifyEd25519 } from './ed25519.js';
import { parseKeyId } from './identifiers.js';
import type { KeyId } from './identifiers.js';
import type { SigningKey } from './key-thumbprint.js';

export type JwsType =
  | 'payvand-event'
  | 'payvand-seal'
  | 'payvand-denial'
  | 'payvand-import'
  | 'payvand-invite'
  | 'payvand-mail'
  | 'payvand-report'
  | 'payvand-statement'
  | 'payvand-provider';

/** The parts of a JWS whose form is good. Nothing is said about its signature. */
export interface Jws {
  readonly kid: KeyId;
  readonly payload: Buffer;
  /** encoded header, a dot, encoded payload */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

export type JwsFault = 'jws-form' | 'jws-header' | 'jws-too-large' | 'jws-base64';

const HEADER_START = '{"alg":"Ed25519","kid":"';
const KID_END = HEADER_START.length + 43;
const SIGNATURE_LENGTH = 86;

/**
 * Takes a compact JWS of an expected type apart. Looks at form and size only.
 *
 * @param payloadBytesMax most bytes the decoded payload may have
 * @returns the parts, or `jws-form` (not three parts, an empty payload, a signature of another length) ·
 *   `jws-header` (anything but the one exact header) · `jws-too-large` · `jws-base64` (not strict)
 * @see PV-JWS-001 to PV-JWS-006
 */
export function parseJws(
  text: string,
  typ: JwsType,
  payloadBytesMax: number,
): { ok: true; jws: Jws } | { ok: false; code: JwsFault } {
  const headerEnd = text.indexOf('.');
  const payloadEnd = text.indexOf('.', headerEnd + 1);
  const isForm = headerEnd > 0 && payloadEnd > headerEnd + 1 && text.length - payloadEnd - 1 === SIGNATURE_LENGTH;
  if (!isForm || text.includes('.', payloadEnd + 1)) return { ok: false, code: 'jws-form' };
  const kid = readHeader(text.slice(0, headerEnd), typ);
  if (kid === undefined) return { ok: false, code: 'jws-header' };
  const payloadLength = payloadEnd - headerEnd - 1;
  if (payloadLength > Math.ceil((payloadBytesMax * 4) / 3)) return { ok: false, code: 'jws-too-large' };
  const payload = decodeBase64url(text.slice(headerEnd + 1, payloadEnd));
  const signature = decodeBase64url(text.slice(payloadEnd + 1));
  if (payload === undefined || signature === undefined) return { ok: false, code: 'jws-base64' };
  return { ok: true, jws: { kid, payload, signingInput: text.slice(0, payloadEnd), signature } };
}

/**
 * Signs a payload, which travels as exactly these bytes.
 *
 * @returns the compact JWS, and its parts as `parseJws` would give them
 * @see PV-JWS-001, PV-JWS-002
 */
export function signJws(typ: JwsType, key: SigningKey, payload: string): { jws: string; parsed: Jws } {
  const bytes = Buffer.from(payload);
  const signingInput = `${encodeHeader(typ, key.kid)}.${bytes.toString('base64url')}`;
  const signature = signEd25519(key.seed, Buffer.from(signingInput));
  const parsed = { kid: key.kid, payload: bytes, signingInput, signature };
  return { jws: `${signingInput}.${encodeBase64url(signature)}`, parsed };
}

/**
 * Whether the signature is good under a public key; whose key that has to be is the caller's business.
 *
 * @see PV-JWS-007, PV-SIG-001
 */
export function verifyJws(parsed: Jws, publicKey: Uint8Array): boolean {
  return verifyEd25519(publicKey, Buffer.from(parsed.signingInput), parsed.signature);
}

function encodeHeader(typ: JwsType, kid: string): string {
  return Buffer.from(`${HEADER_START}${kid}","typ":"${typ}"}`).toString('base64url');
}

/** The key id, if the header is byte for byte the one there may be. */
function readHeader(encoded: string, typ: JwsType): KeyId | undefined {
  // A stranger's header may be a megabyte: no more is decoded than what can hold the key id.
  const decoded = Buffer.from(encoded.slice(0, 2 * KID_END), 'base64url');
  const kid = parseKeyId(decoded.toString('latin1', HEADER_START.length, KID_END));
  return kid !== undefined && encodeHeader(typ, kid) === encoded ? kid : undefined;
}

import { verifyEd25519, signEd25519 } from './ed25519.js';
import {
  contentDigest,
  readSignatureFields,
  refuse,
  signatureBase,
  signatureParameters,
  splitTarget,
} from './http-signature-fields.js';
import type { RequestHeaders, SignatureFailure } from './http-signature-fields.js';
import type { Domain, KeyId } from './identifiers.js';
import type { SigningKey } from './key-thumbprint.js';

export interface RequestToSign {
  method: string;
  /** public host name of the receiver's endpoint, lower-case, without port */
  authority: string;
  /** the request target as it goes on the wire: path, and `?` with the query if there is one */
  target: string;
  body: Uint8Array | string;
  from: Domain;
  to: Domain;
  nowSeconds: number;
  key: SigningKey;
}

export interface RequestHead {
  method: string;
  /** the request target exactly as received, before any framework normalised it */
  target: string;
  /** by lower-case name, a repeated field joined by a comma or as an array: what node:http gives */
  headers: RequestHeaders;
}

export interface SignatureReceiver {
  /** host name of our endpoint as configured, never as a request claims it */
  authority: string;
  provider: Domain;
  nowSeconds: number;
  clockSkewSeconds?: number;
  lookupKey: (from: Domain, kid: KeyId) => Uint8Array | 'unknown-peer' | 'unknown-key';
}

export type SignedRequest = { ok: true; from: Domain; kid: KeyId } | SignatureFailure;

const LIFETIME_SECONDS = 60;
const CLOCK_SKEW_SECONDS = 30;

/**
 * Signs a request in the one RFC 9421 profile.
 *
 * @param request an empty body is signed too
 * @returns the five fields to send along
 * @throws RangeError the target is not an absolute path of printable ASCII
 * @see PV-RSG-001 to PV-RSG-008
 */
export function signRequest(request: RequestToSign): Record<string, string> {
  const target = splitTarget(request.target);
  if (target === undefined) throw new RangeError('the request target must be an absolute path of printable ASCII');
  const { method, authority, from, to, nowSeconds: created, key } = request;
  const digest = contentDigest(request.body);
  const parameters = signatureParameters({ created, expires: created + LIFETIME_SECONDS, kid: key.kid });
  const base = signatureBase({ method, authority, ...target, digest, from, to, parameters });
  const signature = Buffer.from(signEd25519(key.seed, Buffer.from(base))).toString('base64');
  return {
    'content-digest': digest,
    'payvand-from': from,
    'payvand-to': to,
    'signature-input': `payvand=${parameters}`,
    signature: `payvand=:${signature}:`,
  };
}

/**
 * Decides who sent a request, from its head alone: a stranger's body need not be read. The body is still to be
 * checked with `verifyContentDigest`.
 *
 * @returns the sender and its key, or the first failing part with its code; clock faults carry both clocks
 * @see PV-RSG-009 to PV-RSG-019
 */
export function verifyRequestHead(head: RequestHead, receiver: SignatureReceiver): SignedRequest {
  const fields = readSignatureFields(head.headers);
  if (!fields.ok) return fields;
  const { from, to, created, expires, kid, digest, parameters, signature } = fields;
  const { authority, provider, nowSeconds, clockSkewSeconds = CLOCK_SKEW_SECONDS } = receiver;
  if (to !== provider) return refuse('to', 'mismatch', { expected: provider, received: to });
  if (expires <= created || expires - created > LIFETIME_SECONDS) return refuse('expires', 'malformed');
  const clocks = { senderClock: created, receiverClock: nowSeconds };
  if (created > nowSeconds + clockSkewSeconds) return refuse('created', 'ahead', clocks);
  if (expires < nowSeconds - clockSkewSeconds) return refuse('expires', 'expired', clocks);
  const target = splitTarget(head.target);
  if (target === undefined) return refuse('target', 'malformed');
  const publicKey = receiver.lookupKey(from, kid);
  if (publicKey === 'unknown-peer') return { ok: false, code: 'unknown-peer', part: 'from', reason: 'unknown' };
  if (publicKey === 'unknown-key') return refuse('key', 'unknown');
  const base = signatureBase({ method: head.method, authority, ...target, digest, from, to, parameters });
  if (verifyEd25519(publicKey, Buffer.from(base), signature)) return { ok: true, from, kid };
  return explainMismatch(head.headers['host'], authority);
}

/**
 * Whether the body is the one the signed `Content-Digest` names.
 *
 * @see PV-RSG-003, PV-RSG-010
 */
export function verifyContentDigest(headers: RequestHeaders, body: Uint8Array): { ok: true } | SignatureFailure {
  const isSame = headers['content-digest'] === contentDigest(body);
  return isSame ? { ok: true } : refuse('content-digest', 'mismatch');
}

/**
 * Decides who sent a request, head and body together.
 *
 * @see PV-RSG-009 to PV-RSG-019
 */
export function verifyRequestSignature(
  request: RequestHead & { body: Uint8Array },
  receiver: SignatureReceiver,
): SignedRequest {
  const head = verifyRequestHead(request, receiver);
  if (!head.ok) return head;
  const body = verifyContentDigest(request.headers, request.body);
  return body.ok ? head : body;
}

/** The usual cause of a bad signature between honest servers is a wrongly configured public name: say so. */
function explainMismatch(host: string | string[] | undefined, authority: string): SignatureFailure {
  if (host === undefined || host === authority) return refuse('signature', 'mismatch');
  return refuse('authority', 'mismatch', { expected: authority, received: String(host) });
}

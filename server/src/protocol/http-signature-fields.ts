import { sha256 } from './hash.js';
import { parseDomain, parseKeyId } from './identifiers.js';
import type { Domain, KeyId } from './identifiers.js';

export type SignaturePart =
  | 'signature-input'
  | 'tag'
  | 'signature'
  | 'content-digest'
  | 'from'
  | 'to'
  | 'created'
  | 'expires'
  | 'target'
  | 'key'
  | 'authority';

export type SignatureReason = 'missing' | 'malformed' | 'mismatch' | 'unknown' | 'ahead' | 'expired';

/** Both clocks in seconds since 1970, or what was expected and what came. */
export type SignatureEvidence = { senderClock: number; receiverClock: number } | { expected: string; received: string };

export interface SignatureFailure {
  ok: false;
  code: 'bad-signature' | 'unknown-peer';
  part: SignaturePart;
  reason: SignatureReason;
  evidence?: SignatureEvidence;
}

export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface SignatureFields {
  ok: true;
  from: Domain;
  to: Domain;
  digest: string;
  created: number;
  expires: number;
  kid: KeyId;
  /** the inner list with its parameters, as received and as signed */
  parameters: string;
  signature: Buffer;
}

export interface SignedComponents {
  method: string;
  authority: string;
  path: string;
  query: string;
  digest: string;
  from: string;
  to: string;
  parameters: string;
}

const COMPONENTS = '("@method" "@authority" "@path" "@query" "content-digest" "payvand-from" "payvand-to")';
const TAG = 'payvand';

const FIELDS: readonly (readonly [name: string, part: SignaturePart])[] = [
  ['signature-input', 'signature-input'],
  ['signature', 'signature'],
  ['content-digest', 'content-digest'],
  ['payvand-from', 'from'],
  ['payvand-to', 'to'],
];

const SIGNATURE_INPUT =
  /^payvand=\("@method" "@authority" "@path" "@query" "content-digest" "payvand-from" "payvand-to"\);created=([1-9]\d{0,14});expires=([1-9]\d{0,14});keyid="([\w-]{43})";tag="([^"\\]*)"$/;
const SIGNATURE = /^payvand=:([A-Za-z0-9+/]{86}==):$/;
const CONTENT_DIGEST = /^sha-256=:[A-Za-z0-9+/]{43}=:$/;
const TARGET = /^(\/[!-"$->@-~]*)(\?[!-"$-~]*)?$/;

/**
 * Reads the five fields of a signed request, in the one serialisation there is.
 *
 * @returns the fields, or the first part that is missing or malformed
 * @see PV-RSG-010 to PV-RSG-012
 */
export function readSignatureFields(headers: RequestHeaders): SignatureFields | SignatureFailure {
  for (const [name, part] of FIELDS) if (headers[name] === undefined) return refuse(part, 'missing');
  const input = matchField(headers, 'signature-input', SIGNATURE_INPUT);
  const kid = parseKeyId(input?.[3]);
  if (input === null || kid === undefined) return refuse('signature-input', 'malformed');
  if (input[4] !== TAG) return refuse('tag', 'mismatch');
  const signature = decodeBase64(matchField(headers, 'signature', SIGNATURE)?.[1]);
  if (signature === undefined) return refuse('signature', 'malformed');
  const digest = matchField(headers, 'content-digest', CONTENT_DIGEST);
  if (digest === null) return refuse('content-digest', 'malformed');
  const from = parseDomain(headers['payvand-from']);
  if (from === undefined) return refuse('from', 'malformed');
  const to = parseDomain(headers['payvand-to']);
  if (to === undefined) return refuse('to', 'malformed');
  const [created, expires] = [Number(input[1]), Number(input[2])];
  const parameters = input[0].slice('payvand='.length);
  return { ok: true, from, to, digest: digest[0], created, expires, kid, parameters, signature };
}

/** A refusal naming the part at fault. */
export function refuse(part: SignaturePart, reason: SignatureReason, evidence?: SignatureEvidence): SignatureFailure {
  return { ok: false, code: 'bad-signature', part, reason, ...(evidence && { evidence }) };
}

/**
 * The inner list of covered components with its parameters: the value of `@signature-params`.
 *
 * @see PV-RSG-004
 */
export function signatureParameters({
  created,
  expires,
  kid,
}: Pick<SignatureFields, 'created' | 'expires' | 'kid'>): string {
  return `${COMPONENTS};created=${created};expires=${expires};keyid="${kid}";tag="${TAG}"`;
}

/**
 * The text that is signed.
 *
 * @see PV-RSG-007, RFC 9421 section 2.5
 */
export function signatureBase(signed: SignedComponents): string {
  return [
    `"@method": ${signed.method}`,
    `"@authority": ${signed.authority}`,
    `"@path": ${signed.path}`,
    `"@query": ${signed.query}`,
    `"content-digest": ${signed.digest}`,
    `"payvand-from": ${signed.from}`,
    `"payvand-to": ${signed.to}`,
    `"@signature-params": ${signed.parameters}`,
  ].join('\n');
}

/**
 * The `Content-Digest` of a body.
 *
 * @see PV-RSG-003, RFC 9530
 */
export function contentDigest(body: Uint8Array | string): string {
  return `sha-256=:${sha256(body).toString('base64')}:`;
}

/**
 * Splits a request target at its first question mark; nothing is decoded or normalised.
 *
 * @returns the query with its `?`, which stands alone when there is no query; undefined for anything but an
 *   absolute path of printable ASCII
 * @see PV-RSG-007, PV-RSG-008
 */
export function splitTarget(target: string): { path: string; query: string } | undefined {
  const match = TARGET.exec(target);
  return match === null ? undefined : { path: match[1] ?? '/', query: match[2] ?? '?' };
}

function matchField(headers: RequestHeaders, name: string, form: RegExp): RegExpExecArray | null {
  const value = headers[name];
  return typeof value === 'string' ? form.exec(value) : null;
}

function decodeBase64(text = ''): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 64 && bytes.toString('base64') === text ? bytes : undefined;
}

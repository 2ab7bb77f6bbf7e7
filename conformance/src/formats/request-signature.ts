import { isGoodSignature } from './ed25519.js';
import type { SigningKey } from './ed25519.js';
import { sha256 } from './hash.js';
import { isDomain } from './identifiers.js';

const COVERED = '("@method" "@authority" "@path" "@query" "content-digest" "payvand-from" "payvand-to")';
const escaped = COVERED.replaceAll(/[()]/g, '\\$&');
const time = '(0|[1-9][0-9]{0,14})';
const inputLine = new RegExp(
  `^payvand=(${escaped};created=${time};expires=${time};keyid="([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])";tag="([^"\\\\]*)")$`,
);
const LIFE_S_MAX = 60;
const CLOCK_S = 30;

export interface RequestToSign {
  readonly method: string;
  readonly authority: string;
  readonly target: string;
  readonly body: Uint8Array | string;
  readonly from: string;
  readonly to: string;
  readonly nowSeconds: number;
  /** how long it may be used; 60 seconds at most */
  readonly lifeSeconds?: number;
  readonly key: SigningKey;
}

/** SPEC PV-RSG-001 to PV-RSG-007. */
export function signRequest(request: RequestToSign): { fields: Record<string, string>; base: string } {
  const { nowSeconds: created, lifeSeconds = LIFE_S_MAX, key } = request;
  const params = `${COVERED};created=${created};expires=${created + lifeSeconds};keyid="${key.kid}";tag="payvand"`;
  const signed = { ...request, digest: contentDigest(request.body), params };
  const base = signatureBase(signed);
  const fields = {
    ...{ 'content-digest': signed.digest, 'payvand-from': request.from, 'payvand-to': request.to },
    ...{ 'signature-input': `payvand=${params}`, signature: signatureField(key.sign(base)) },
  };
  return { fields, base };
}

export function contentDigest(body: Uint8Array | string): string {
  return `sha-256=:${sha256(body).toString('base64')}:`;
}

export function signatureField(signature: Buffer): string {
  return `payvand=:${signature.toString('base64')}:`;
}

export interface SignatureParts {
  readonly method: string;
  readonly authority: string;
  readonly target: string;
  readonly digest: string;
  readonly from: string;
  readonly to: string;
  readonly params: string;
}

/** SPEC PV-RSG-007. */
export function signatureBase({ method, authority, target, digest, from, to, params }: SignatureParts): string {
  const mark = target.indexOf('?');
  const [path, query] = mark < 0 ? [target, '?'] : [target.slice(0, mark), target.slice(mark)];
  return [
    `"@method": ${method}`,
    `"@authority": ${authority}`,
    `"@path": ${path}`,
    `"@query": ${query}`,
    `"content-digest": ${digest}`,
    `"payvand-from": ${from}`,
    `"payvand-to": ${to}`,
    `"@signature-params": ${params}`,
  ].join('\n');
}

/** A field that came more than once is an array, or one string with a comma. */
export type ReceivedFields = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  readonly fields: ReceivedFields;
  readonly body: Uint8Array | string;
}

export interface Receiver {
  readonly provider: string;
  readonly authority: string;
  readonly nowSeconds: number;
  /** nothing where the provider is not known at all */
  readonly keysOf: (provider: string) => ReadonlyMap<string, Uint8Array> | undefined;
}

export type RequestVerdict =
  | { readonly ok: true; readonly from: string; readonly kid: string; readonly base: string }
  | {
      readonly ok: false;
      readonly code: 'bad-signature' | 'unknown-peer';
      readonly part: string;
      readonly reason: string;
      readonly more?: Readonly<Record<string, string | number>>;
    };

class Failure extends Error {
  readonly verdict: RequestVerdict;

  constructor(part: string, reason: string, more?: Readonly<Record<string, string | number>>) {
    super(part);
    const code = part === 'from' && reason === 'unknown' ? 'unknown-peer' : 'bad-signature';
    this.verdict = { ok: false, code, part, reason, ...(more && { more }) };
  }
}

function want(holds: boolean, part: string, reason: string): asserts holds {
  if (!holds) throw new Failure(part, reason);
}

/** SPEC PV-RSG-009 to PV-RSG-018. */
export function checkRequest(request: ReceivedRequest, receiver: Receiver): RequestVerdict {
  try {
    return check(request, receiver);
  } catch (cause) {
    if (cause instanceof Failure) return cause.verdict;
    throw cause;
  }
}

const names = [
  ['signature-input', 'signature-input'],
  ['signature', 'signature'],
  ['content-digest', 'content-digest'],
  ['from', 'payvand-from'],
  ['to', 'payvand-to'],
] as const;

function check(request: ReceivedRequest, receiver: Receiver): RequestVerdict {
  for (const [part, name] of names) want(request.fields[name] !== undefined, part, 'missing');
  const [input, signature, digest, from, to] = names.map(([, name]) => single(request.fields[name]));
  const [, params, created, expires, kid = '', tag] = inputLine.exec(input ?? '') ?? [];
  want(params !== undefined, 'signature-input', 'malformed');
  want(tag === 'payvand', 'tag', 'mismatch');
  const signed = unwrap('payvand', signature, 64);
  want(signed !== undefined, 'signature', 'malformed');
  want(digest !== undefined && unwrap('sha-256', digest, 32) !== undefined, 'content-digest', 'malformed');
  want(isDomain(from), 'from', 'malformed');
  want(isDomain(to), 'to', 'malformed');
  if (to !== receiver.provider) throw new Failure('to', 'mismatch', { expected: receiver.provider, received: to });
  checkTimes(Number(created), Number(expires), receiver.nowSeconds);
  want(/^\/[!-"$-~]*$/.test(request.target), 'target', 'malformed');
  const known = receiver.keysOf(from);
  want(known !== undefined, 'from', 'unknown');
  const key = known.get(kid);
  want(key !== undefined, 'key', 'unknown');
  const { method, target } = request;
  const base = signatureBase({ method, authority: receiver.authority, target, digest, from, to, params });
  const host = single(request.fields['host']) ?? '';
  if (!isGoodSignature(key, base, signed)) {
    if (host !== receiver.authority)
      throw new Failure('authority', 'mismatch', { expected: receiver.authority, received: host });
    throw new Failure('signature', 'mismatch');
  }
  want(digest === contentDigest(request.body), 'content-digest', 'mismatch');
  return { ok: true, from, kid, base };
}

function checkTimes(created: number, expires: number, now: number): void {
  want(expires > created && expires <= created + LIFE_S_MAX, 'expires', 'malformed');
  const clocks = { senderClock: created, receiverClock: now };
  if (created > now + CLOCK_S) throw new Failure('created', 'ahead', clocks);
  if (expires < now - CLOCK_S) throw new Failure('expires', 'expired', clocks);
}

function single(field: string | readonly string[] | undefined): string | undefined {
  return typeof field === 'string' ? field : undefined;
}

function unwrap(label: string, text: string | undefined, size: number): Buffer | undefined {
  if (text?.startsWith(`${label}=:`) !== true || !text.endsWith(':')) return undefined;
  const encoded = text.slice(label.length + 2, -1);
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length === size && bytes.toString('base64') === encoded ? bytes : undefined;
}

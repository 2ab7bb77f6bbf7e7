import { decode64, encode64 } from './base64url.js';
import { isGoodSignature } from './ed25519.js';
import type { SigningKey } from './ed25519.js';
import { Fault, need } from './fault.js';
import type { Members } from './strict-json.js';

export type JwsType =
  | 'payvand-event'
  | 'payvand-seal'
  | 'payvand-denial'
  | 'payvand-invite'
  | 'payvand-mail'
  | 'payvand-report'
  | 'payvand-conformance'
  | 'payvand-witness'
  | 'payvand-statement'
  | 'payvand-provider';

export interface ParsedJws {
  readonly text: string;
  readonly kid: string;
  readonly payload: Buffer;
  readonly signature: Buffer;
  readonly signingInput: string;
}

/** The bytes of the first part. SPEC PV-JWS-001. */
export function jwsHeader(kid: string, typ: string): string {
  return `{"alg":"Ed25519","kid":"${kid}","typ":"${typ}"}`;
}

/** SPEC PV-JWS-001, PV-JWS-002. @param payload a string is signed as it is, an object as its JSON */
export function signJws(typ: JwsType, payload: string | Uint8Array | object, key: SigningKey): string {
  const isRaw = typeof payload === 'string' || payload instanceof Uint8Array;
  const bytes = Buffer.from(isRaw ? payload : JSON.stringify(payload));
  const input = `${encode64(Buffer.from(jwsHeader(key.kid, typ)))}.${encode64(bytes)}`;
  return `${input}.${encode64(key.sign(input))}`;
}

/**
 * SPEC PV-JWS-003 to PV-JWS-006.
 *
 * @throws Fault one of the `jws-…` codes
 */
export function parseJws(text: unknown, typ: string, payloadBytesMax: number): ParsedJws {
  const parts = typeof text === 'string' ? text.split('.') : [];
  const [header = '', payload = '', signature = ''] = parts;
  need(parts.length === 3 && header !== '' && payload !== '' && signature.length === 86, 'jws-form');
  const kid = kidOf(header);
  need(header === encode64(Buffer.from(jwsHeader(kid, typ))), 'jws-header');
  need(payload.length <= Math.ceil((payloadBytesMax * 4) / 3), 'jws-too-large');
  try {
    const decoded = { payload: decode64(payload), signature: decode64(signature, 64) };
    return { text: parts.join('.'), kid, ...decoded, signingInput: `${header}.${payload}` };
  } catch {
    throw new Fault('jws-base64');
  }
}

/** SPEC PV-JWS-007. */
export function isSignedBy(jws: ParsedJws, publicKey: Uint8Array | undefined): boolean {
  return publicKey !== undefined && isGoodSignature(publicKey, jws.signingInput, jws.signature);
}

function kidOf(header: string): string {
  const [, kid] = /^\{"alg":"Ed25519","kid":"([^"]*)"/.exec(Buffer.from(header, 'base64url').toString()) ?? [];
  try {
    return encode64(decode64(kid, 32));
  } catch {
    throw new Fault('jws-header');
  }
}

/** The members of a payload, unchecked: for texts that the suite made itself or has checked before. */
export function payloadOf(text: string): Members {
  return JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as Members;
}

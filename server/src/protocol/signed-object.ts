import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import type { KeyId } from './identifiers.js';
import { isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { parseJws, signJws } from './jws.js';
import type { Jws } from './jws.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseStrictJson } from './strict-json.js';

export type SignedType =
  | 'payvand-event'
  | 'payvand-seal'
  | 'payvand-denial'
  | 'payvand-invite'
  | 'payvand-mail'
  | 'payvand-statement'
  | 'payvand-provider';

export interface SignedObject {
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
  readonly payload: JsonObject;
}

export interface SignedObjectForm {
  typ: SignedType;
  /** most bytes of the decoded payload */
  payloadBytesMax: number;
  /** what to refuse with */
  code: string;
}

/**
 * Reads a JWS of one type whose payload is a strict JSON object. The signature is not checked.
 *
 * @returns refused with the given code
 * @see PV-JWS-001, PV-JSON-001
 */
export function parseSignedObject(jws: string, form: SignedObjectForm): Checked<SignedObject> {
  const { typ, payloadBytesMax, code } = form;
  const taken = parseJws(jws, typ, payloadBytesMax);
  if (!taken.ok) return refuse(code, taken.code);
  const parsed = taken.jws;
  const json = parseStrictJson(parsed.payload, { bytesMax: payloadBytesMax });
  if (!json.ok) return refuse(code, json.code);
  if (!isJsonObject(json.value)) return refuse(code, 'payload: not an object');
  return accept({ jws, kid: parsed.kid, parsed, payload: json.value });
}

/** Signs payload text as it will travel. */
export function signPayload(typ: SignedType, payload: string, key: SigningKey): Omit<SignedObject, 'payload'> {
  return { ...signJws(typ, key, payload), kid: key.kid };
}

import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import type { KeyId } from './identifiers.js';
import { isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { parseJws } from './jws.js';
import type { Jws, JwsType } from './jws.js';
import { parseStrictJson } from './strict-json.js';

export interface SignedObject {
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
  readonly payload: JsonObject;
}

export interface SignedObjectForm {
  typ: JwsType;
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

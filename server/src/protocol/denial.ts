import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { parseDomain, parseEventId, parseRoomId } from './identifiers.js';
import type { Domain, EventId, KeyId, RoomId } from './identifiers.js';
import { isCount } from './json-shape.js';
import { signJws } from './jws.js';
import type { Jws } from './jws.js';
import { isSignedUnder } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseSignedObject } from './signed-object.js';

export interface DenialFields {
  readonly hub: Domain;
  readonly room: RoomId;
  readonly event: EventId;
  readonly code: string;
  /** null when it was an admission check */
  readonly rule: string | null;
  readonly at: number;
}

/** A hub's signed word that it will not record an event. Nothing is said about its signature. */
export interface Denial extends DenialFields {
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

const DENIAL_PAYLOAD_BYTES_MAX = 1024;
const CODE = /^[a-z][a-z0-9-]{0,63}$/;
const RULE = /^R[1-9][0-9]?$/;

/**
 * Reads a denial: form and limits, everything but the signature.
 *
 * @returns refused `bad-denial`
 * @see PV-DEN-001, PV-DEN-002
 */
export function parseDenial(jws: string): Checked<Denial> {
  const signed = parseSignedObject(jws, {
    typ: 'payvand-denial',
    payloadBytesMax: DENIAL_PAYLOAD_BYTES_MAX,
    code: 'bad-denial',
  });
  if (!signed.ok) return signed;
  const { payload, kid, parsed } = signed.value;
  const { code, rule, at } = payload;
  const hub = parseDomain(payload['hub']);
  const room = parseRoomId(payload['room']);
  const event = parseEventId(payload['event']);
  if (hub === undefined) return refuse('bad-denial', 'hub');
  if (room === undefined) return refuse('bad-denial', 'room');
  if (event === undefined) return refuse('bad-denial', 'event');
  if (typeof code !== 'string' || !CODE.test(code)) return refuse('bad-denial', 'code');
  if (rule !== null && !(typeof rule === 'string' && RULE.test(rule))) return refuse('bad-denial', 'rule');
  if (!isCount(at)) return refuse('bad-denial', 'at');
  return accept({ hub, room, event, code, rule, at, jws, kid, parsed });
}

/**
 * Writes and signs a denial. `key` is a seal key of the hub.
 *
 * @see PV-DEN-001
 */
export function buildDenial({ hub, room, event, code, rule, at }: DenialFields, key: SigningKey): Denial {
  const payload = JSON.stringify({ hub, room, event, code, rule, at });
  return { hub, room, event, code, rule, at, kid: key.kid, ...signJws('payvand-denial', key, payload) };
}

/**
 * Whether a denial is signed by a key that the hub's statement lists for seals, active or retired.
 *
 * @see PV-DEN-003
 */
export function verifyDenial(denial: Denial, statement: KeyStatement): boolean {
  return statement.provider === denial.hub && isSignedUnder(denial, { statement, use: 'seal' });
}

import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { domainOf, parseAddress, parseDomain, parseEventId, parseRoomId } from './identifiers.js';
import type { Address, Domain, EventId, KeyId, RoomId } from './identifiers.js';
import { isBytes16, isCount } from './json-shape.js';
import { signJws } from './jws.js';
import type { Jws } from './jws.js';
import { isSignedUnder } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseSignedObject } from './signed-object.js';

export interface InviteFields {
  readonly room: RoomId;
  /** where to ask for the join */
  readonly hub: Domain;
  readonly by: Address;
  readonly to: Address;
  readonly until: number;
  readonly nonce: string;
  /** the invited person's `access` entry as of the invitation, where there is one: a later one makes it void */
  readonly after?: EventId;
}

/** A signed right to join a room. Its form is good; nothing is said about its signature. */
export interface Invite extends InviteFields {
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

const INVITE_PAYLOAD_BYTES_MAX = 1024;

/**
 * Reads an invitation: form and limits, everything but the signature.
 *
 * @returns refused `bad-invite`
 * @see PV-INV-001, PV-INV-002
 */
export function parseInvite(jws: string): Checked<Invite> {
  const signed = parseSignedObject(jws, {
    typ: 'payvand-invite',
    payloadBytesMax: INVITE_PAYLOAD_BYTES_MAX,
    code: 'bad-invite',
  });
  if (!signed.ok) return signed;
  const { payload, kid, parsed } = signed.value;
  const { until, nonce } = payload;
  const room = parseRoomId(payload['room']);
  const hub = parseDomain(payload['hub']);
  const by = parseAddress(payload['by']);
  const to = parseAddress(payload['to']);
  if (room === undefined) return refuse('bad-invite', 'room');
  if (hub === undefined) return refuse('bad-invite', 'hub');
  if (by === undefined) return refuse('bad-invite', 'by');
  if (to === undefined || to === by) return refuse('bad-invite', 'to');
  if (!isCount(until)) return refuse('bad-invite', 'until');
  if (!isBytes16(nonce)) return refuse('bad-invite', 'nonce');
  const fields = { room, hub, by, to, until, nonce, jws, kid, parsed };
  if (payload['after'] === undefined) return accept(fields);
  const after = parseEventId(payload['after']);
  return after === undefined ? refuse('bad-invite', 'after') : accept({ ...fields, after });
}

/**
 * Writes and signs an invitation. `key` is an event key of the inviter's provider.
 *
 * @see PV-INV-001
 */
export function buildInvite({ room, hub, by, to, until, nonce, after }: InviteFields, key: SigningKey): Invite {
  const fields = { room, hub, by, to, until, nonce, ...(after !== undefined && { after }) };
  return { ...fields, kid: key.kid, ...signJws('payvand-invite', key, JSON.stringify(fields)) };
}

/**
 * Whether an invitation is signed by a key that the inviter's provider's statement lists for events, active or
 * retired.
 *
 * @see PV-INV-003
 */
export function verifyInvite(invite: Invite, statement: KeyStatement): boolean {
  return statement.provider === domainOf(invite.by) && isSignedUnder(invite, { statement, use: 'event' });
}

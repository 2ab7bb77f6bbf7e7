import { limits } from '@payvand/spec';
import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { isRoleName } from './event-types.js';
import { domainOf, isHashText, parseAddress, parseDomain, parseEventId, parseRoomId } from './identifiers.js';
import type { Address, Domain, EventId, KeyId, RoomId } from './identifiers.js';
import { isBytes16, isCount } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { signJws } from './jws.js';
import type { Jws } from './jws.js';
import { isSignedUnder } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseSignedObject } from './signed-object.js';

interface CommonFields {
  readonly room: RoomId;
  /** where to ask for the join */
  readonly hub: Domain;
  readonly by: Address;
  readonly until: number;
  readonly nonce: string;
}

/** An invitation of one person. */
export interface PersonalFields extends CommonFields {
  readonly to: Address;
  /** the invited person's `access` entry as of the invitation, where there is one: a later one makes it void */
  readonly after?: EventId;
}

/** An invitation of whoever holds the link's key. */
export interface LinkFields extends CommonFields {
  /** base64url of the public key */
  readonly link: string;
  readonly role?: string;
  /** lets its holder ask, not join */
  readonly approve?: true;
  /** how many joins it is good for; any number where it is not said */
  readonly uses?: number;
}

interface Signed {
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

/** A signed right of one person to join a room. Its form is good; nothing is said about its signature. */
export type PersonalInvite = PersonalFields & Signed;
/** The same for whoever holds a key. */
export type LinkInvite = LinkFields & Signed;
export type Invite = PersonalInvite | LinkInvite;

const INVITE_PAYLOAD_BYTES_MAX = 1024;

/**
 * Reads an invitation or a link: form and limits, everything but the signature.
 *
 * @returns refused `bad-invite`
 * @see PV-INV-001, PV-INV-002, PV-LNK-001
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
  if (room === undefined) return refuse('bad-invite', 'room');
  if (hub === undefined) return refuse('bad-invite', 'hub');
  if (by === undefined) return refuse('bad-invite', 'by');
  if (!isCount(until)) return refuse('bad-invite', 'until');
  if (!isBytes16(nonce)) return refuse('bad-invite', 'nonce');
  const common = { room, hub, by, until, nonce, jws, kid, parsed };
  return payload['link'] === undefined ? readPersonal(payload, common) : readLink(payload, common);
}

function readPersonal(payload: JsonObject, common: CommonFields & Signed): Checked<Invite> {
  const to = parseAddress(payload['to']);
  if (to === undefined || to === common.by) return refuse('bad-invite', 'to');
  if (payload['after'] === undefined) return accept({ ...common, to });
  const after = parseEventId(payload['after']);
  return after === undefined ? refuse('bad-invite', 'after') : accept({ ...common, to, after });
}

function readLink(payload: JsonObject, common: CommonFields & Signed): Checked<Invite> {
  const { link, role, approve, uses } = payload;
  if (!isHashText(link)) return refuse('bad-invite', 'link');
  if (payload['to'] !== undefined || payload['after'] !== undefined) return refuse('bad-invite', 'to or after');
  if (role !== undefined && !isRoleName(role)) return refuse('bad-invite', 'role');
  if (approve !== undefined && approve !== true) return refuse('bad-invite', 'approve');
  if (uses !== undefined && !isUses(uses)) return refuse('bad-invite', 'uses');
  return accept({
    ...{ ...common, link },
    ...(role !== undefined && { role }),
    ...(approve !== undefined && { approve }),
    ...(uses !== undefined && { uses }),
  });
}

function isUses(value: unknown): value is number {
  return isCount(value) && value >= 1 && value <= limits.linkUsesMax;
}

/**
 * Writes and signs an invitation. `key` is an event key of the inviter's provider.
 *
 * @see PV-INV-001
 */
export function buildInvite({ room, hub, by, to, until, nonce, after }: PersonalFields, key: SigningKey): Invite {
  return signInvite({ room, hub, by, to, until, nonce, ...(after !== undefined && { after }) }, key);
}

/**
 * Writes and signs a link. `key` is an event key of the issuer's provider, and not the link's.
 *
 * @see PV-LNK-001
 */
export function buildLink({ room, hub, by, link, until, nonce, ...more }: LinkFields, key: SigningKey): LinkInvite {
  const { role, approve, uses } = more;
  const limited = {
    ...(role !== undefined && { role }),
    ...(approve !== undefined && { approve }),
    ...(uses !== undefined && { uses }),
  };
  return signInvite({ room, hub, by, link, until, nonce, ...limited }, key);
}

function signInvite<Fields extends PersonalFields | LinkFields>(fields: Fields, key: SigningKey): Fields & Signed {
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

declare const brand: unique symbol;
type Branded<Kind extends string> = string & { readonly [brand]: Kind };

/** A provider: lower-case DNS name of at least two labels, `soroush.example`. */
export type Domain = Branded<'domain'>;
/** A person: `alice@soroush.example`, at most 128 bytes. */
export type Address = Branded<'address'>;
/** A room's label in a provider's directory: `#news@soroush.example`. */
export type Alias = Branded<'alias'>;
/** `e` and the base64url SHA-256 of the event's payload bytes. */
export type EventId = Branded<'event id'>;
/** `r` and the base64url SHA-256 of the create event's payload bytes. */
export type RoomId = Branded<'room id'>;
/** RFC 7638 thumbprint of an Ed25519 public key. */
export type KeyId = Branded<'key id'>;

const DOMAIN_LENGTH_MAX = 253;
const ADDRESS_LENGTH_MAX = 128;

// The last label starts with a letter: so no IPv4 literal in any spelling (1.2.3.4, 0x7f.1) is a domain.
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const LOCALPART = /^[a-z0-9][a-z0-9._-]{0,63}$/;

// 32 bytes are 256 bits, 43 characters are 258: the two bits left over in the last character must be zero.
const EVENT_ID = /^e[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const ROOM_ID = /^r[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const HASH = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** @see PV-ID-001 to PV-ID-003 */
export function parseDomain(text: unknown): Domain | undefined {
  return isDomain(text) ? text : undefined;
}

/** @see PV-ID-004 to PV-ID-006 */
export function parseAddress(text: unknown): Address | undefined {
  return isAddress(text) ? text : undefined;
}

/** @see PV-CNT-017 */
export function parseAlias(text: unknown): Alias | undefined {
  return typeof text === 'string' && text.startsWith('#') && isAddress(text.slice(1)) ? (text as Alias) : undefined;
}

export function nameOfAlias(alias: Alias): string {
  return alias.slice(1, alias.indexOf('@'));
}

export function domainOfAlias(alias: Alias): Domain {
  return alias.slice(alias.indexOf('@') + 1) as Domain;
}

/**
 * Reads who an event is from: a person, or a provider speaking for itself.
 *
 * @see PV-EVT-009
 */
export function parseSender(text: unknown): Address | Domain | undefined {
  return parseAddress(text) ?? parseDomain(text);
}

/** @see PV-ID-007 */
export function parseEventId(text: unknown): EventId | undefined {
  return isEventId(text) ? text : undefined;
}

/** @see PV-ID-008 */
export function parseRoomId(text: unknown): RoomId | undefined {
  return isRoomId(text) ? text : undefined;
}

/** @see PV-ID-009 */
export function parseKeyId(text: unknown): KeyId | undefined {
  return isHashText(text) ? (text as KeyId) : undefined;
}

/** Whether text is the canonical base64url of 32 bytes. */
export function isHashText(text: unknown): text is string {
  return typeof text === 'string' && text.length === 43 && HASH.test(text);
}

export function isAddressSender(sender: Address | Domain): sender is Address {
  return sender.includes('@');
}

/** The provider that answers for a sender: the part after `@`, or the bare domain itself. */
export function domainOf(sender: Address | Domain): Domain {
  return sender.slice(sender.indexOf('@') + 1) as Domain;
}

export function localpartOf(address: Address): string {
  return address.slice(0, address.indexOf('@'));
}

/** The 32 bytes an event or room id stands for. */
export function idHash(id: EventId | RoomId): Buffer {
  return Buffer.from(id.slice(1), 'base64url');
}

/**
 * Names an event by the SHA-256 of its payload bytes.
 *
 * @param hash 32 bytes
 * @see PV-ID-007
 */
export function eventIdFromHash(hash: Buffer): EventId {
  return `e${hash.toString('base64url')}` as EventId;
}

/**
 * Names the room an event creates.
 *
 * @see PV-ID-008
 */
export function roomIdOf(create: EventId): RoomId {
  return `r${create.slice(1)}` as RoomId;
}

/**
 * The create event a room is named after.
 *
 * @see PV-ID-008
 */
export function createIdOf(room: RoomId): EventId {
  return `e${room.slice(1)}` as EventId;
}

function isDomain(text: unknown): text is Domain {
  return typeof text === 'string' && text.length <= DOMAIN_LENGTH_MAX && DOMAIN.test(text);
}

function isAddress(text: unknown): text is Address {
  if (typeof text !== 'string' || text.length > ADDRESS_LENGTH_MAX) return false;
  const at = text.indexOf('@');
  return at > 0 && LOCALPART.test(text.slice(0, at)) && isDomain(text.slice(at + 1));
}

function isEventId(text: unknown): text is EventId {
  return typeof text === 'string' && text.length === 44 && EVENT_ID.test(text);
}

function isRoomId(text: unknown): text is RoomId {
  return typeof text === 'string' && text.length === 44 && ROOM_ID.test(text);
}

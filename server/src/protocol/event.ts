import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { areRelationsOf, isEventType, isKeyOf } from './event-types.js';
import { sha256 } from './hash.js';
import {
  domainOf,
  eventIdFromHash,
  isAddressSender,
  isHashText,
  parseEventId,
  parseRoomId,
  parseSender,
  roomIdOf,
} from './identifiers.js';
import type { Address, Domain, EventId, KeyId, RoomId } from './identifiers.js';
import { isBytes16, isCount } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { signJws } from './jws.js';
import type { Jws } from './jws.js';
import { isSignedUnder } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import type { SigningKey } from './key-thumbprint.js';
import { isEpoch } from './record.js';
import { parseSignedObject } from './signed-object.js';
import type { SignedObject } from './signed-object.js';

export type RelationKind = (typeof RELATION_KINDS)[number];
export type Relation = readonly [kind: RelationKind, target: EventId];
export type Seen = readonly [epoch: number, seq: number, hash: string];
export type ContentScheme = 'plain' | 'mls';

/** The members of an event's payload. */
export interface EventFields {
  readonly room?: RoomId;
  readonly type: string;
  readonly sender: Address | Domain;
  readonly ts: number;
  readonly until: number;
  readonly nonce: string;
  readonly seen?: Seen;
  readonly rel?: readonly Relation[];
  readonly key?: string;
  readonly prior?: EventId;
  readonly ttl?: number;
  /** base64url SHA-256 of the content string */
  readonly content: string;
  /** bytes of the content string */
  readonly size: number;
  readonly scheme: ContentScheme;
}

/** An event whose form is good. Nothing is said about its signature. */
export interface ParsedEvent {
  readonly id: EventId;
  readonly room: RoomId;
  readonly fields: EventFields;
  readonly jws: string;
  readonly jwsHash: Buffer;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

export const EVENT_PAYLOAD_BYTES_MAX = 4096;
export const CONTENT_BYTES_MAX = 65_536;
const STATE_CONTENT_BYTES_MAX = 4096;
const RELATIONS_MAX = 16;
const TTL_SECONDS_MAX = 31_536_000;
const RELATION_KINDS = ['reply', 'edit', 'delete', 'react', 'thread', 'forward', 'vote'] as const;
const KINDS: ReadonlySet<unknown> = new Set(RELATION_KINDS);
const STATE_KEY = /^[\x20-\x7e]{0,128}$/;

/** Each member's check in the order faults are named; a check sees the whole payload. */
const CHECKS: readonly (readonly [member: string, holds: (payload: JsonObject) => boolean])[] = [
  ['author', (p) => p['author'] === undefined],
  ['type', (p) => isEventType(p['type'])],
  ['room', (p) => (p['type'] === 'room.create' ? p['room'] === undefined : parseRoomId(p['room']) !== undefined)],
  ['sender', (p) => isSender(p)],
  ['ts', (p) => isCount(p['ts'])],
  ['until', (p) => isCount(p['until'])],
  ['nonce', (p) => isBytes16(p['nonce'])],
  ['seen', (p) => p['seen'] === undefined || isSeen(p['seen'])],
  ['rel', (p) => hasRelations(p)],
  ['key', (p) => hasKey(p)],
  ['prior', (p) => p['prior'] === undefined || (p['key'] !== undefined && parseEventId(p['prior']) !== undefined)],
  ['ttl', (p) => p['ttl'] === undefined || (p['key'] === undefined && isTtl(p['ttl']))],
  ['content', (p) => isHashText(p['content'])],
  ['size', (p) => isCount(p['size']) && p['size'] <= contentBytesMax(p)],
  ['scheme', (p) => p['scheme'] === 'plain' || (p['scheme'] === 'mls' && p['key'] === undefined)],
];

/**
 * Reads an event from its JWS: form, limits and ids, everything but the signature.
 *
 * @returns refused `bad-event`, naming the member at fault
 * @see PV-EVT-001 to PV-EVT-024
 */
export function parseEvent(jws: string): Checked<ParsedEvent> {
  const signed = parseSignedObject(jws, {
    typ: 'payvand-event',
    payloadBytesMax: EVENT_PAYLOAD_BYTES_MAX,
    code: 'bad-event',
  });
  if (!signed.ok) return signed;
  const { payload } = signed.value;
  for (const [member, holds] of CHECKS) {
    if (!holds(payload)) return refuse('bad-event', `payload: ${member}`);
  }
  return accept(eventOf(payload as unknown as EventFields, signed.value));
}

/**
 * Writes and signs an event. The fields are taken as they are: whoever makes them keeps to the limits.
 *
 * @see PV-EVT-001, PV-EVT-003
 */
export function buildEvent(fields: EventFields, key: SigningKey): ParsedEvent {
  return eventOf(fields, signJws('payvand-event', key, payloadText(fields)));
}

/**
 * Whether an event is signed by a key that its sender's key statement lists for events, active or retired.
 *
 * @see PV-EVT-005, PV-KEY-012
 */
export function verifyEventSignature(event: ParsedEvent, statement: KeyStatement): boolean {
  return statement.provider === domainOf(event.fields.sender) && isSignedUnder(event, { statement, use: 'event' });
}

/**
 * When the content of an event has to go.
 *
 * @param at of its record
 * @returns ms; undefined: it stays
 * @see PV-EVT-021, PV-SET-011
 */
export function expiryOf({ fields: { ttl } }: ParsedEvent, at: number): number | undefined {
  return ttl === undefined ? undefined : at + ttl * 1000;
}

function eventOf(fields: EventFields, { jws, parsed }: Pick<SignedObject, 'jws' | 'parsed'>): ParsedEvent {
  const id = eventIdFromHash(sha256(parsed.payload));
  return { id, room: fields.room ?? roomIdOf(id), fields, jws, jwsHash: sha256(jws), kid: parsed.kid, parsed };
}

/** Written by hand in one fixed order: half the cost of JSON.stringify. Only `key` can hold what needs escaping. */
function payloadText(fields: EventFields): string {
  const { room, seen, rel, key, prior, ttl } = fields;
  let text = room === undefined ? '{' : `{"room":"${room}",`;
  text += `"type":"${fields.type}","sender":"${fields.sender}","ts":${fields.ts},"until":${fields.until}`;
  text += `,"nonce":"${fields.nonce}"`;
  if (seen !== undefined) text += `,"seen":[${seen[0]},${seen[1]},"${seen[2]}"]`;
  if (rel !== undefined) text += `,"rel":[${rel.map(([kind, target]) => `["${kind}","${target}"]`).join(',')}]`;
  if (key !== undefined) text += `,"key":${JSON.stringify(key)}`;
  if (prior !== undefined) text += `,"prior":"${prior}"`;
  if (ttl !== undefined) text += `,"ttl":${ttl}`;
  return `${text},"content":"${fields.content}","size":${fields.size},"scheme":"${fields.scheme}"}`;
}

function isSender(payload: JsonObject): boolean {
  const sender = parseSender(payload['sender']);
  return sender !== undefined && (payload['type'] !== 'room.create' || isAddressSender(sender));
}

function isSeen(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && isEpoch(value[0]) && isCount(value[1]) && isHashText(value[2]);
}

function hasRelations(payload: JsonObject): boolean {
  const rel: unknown = payload['rel'];
  const listed = rel === undefined || (Array.isArray(rel) && isRelationList(rel));
  return listed && areRelationsOf(payload['type'] as string, (rel ?? []) as Relation[]);
}

function isRelationList(rel: readonly unknown[]): boolean {
  return rel.length >= 1 && rel.length <= RELATIONS_MAX && rel.every(isRelation);
}

function isRelation(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && KINDS.has(value[0]) && parseEventId(value[1]) !== undefined;
}

function hasKey(payload: JsonObject): boolean {
  const key = payload['key'];
  if (key !== undefined && !(typeof key === 'string' && STATE_KEY.test(key))) return false;
  return isKeyOf(payload['type'] as string, key);
}

function isTtl(value: unknown): boolean {
  return isCount(value) && value >= 1 && value <= TTL_SECONDS_MAX;
}

function contentBytesMax(payload: JsonObject): number {
  return payload['key'] === undefined ? CONTENT_BYTES_MAX : STATE_CONTENT_BYTES_MAX;
}

import { randomBytes } from 'node:crypto';
import { encode64 } from './base64url.js';
import type { SigningKey } from './ed25519.js';
import { need, renamed } from './fault.js';
import { hashOf } from './hash.js';
import { domainOf, isAddress, isDomain, isHash } from './identifiers.js';
import { parseJws, signJws } from './jws.js';
import type { ParsedJws } from './jws.js';
import { hasShape, isShapeKnown } from './shapes.js';
import { parseMembers } from './strict-json.js';
import type { Members } from './strict-json.js';

export type Seen = readonly [epoch: number, seq: number, hash: string];

export interface EventPayload {
  readonly room?: string;
  readonly type: string;
  readonly sender: string;
  readonly ts: number;
  readonly until: number;
  readonly nonce: string;
  readonly seen?: Seen;
  readonly rel?: readonly (readonly [kind: string, id: string])[];
  readonly key?: string;
  readonly prior?: string;
  readonly ttl?: number;
  readonly content: string;
  readonly size: number;
  readonly scheme: 'plain' | 'mls';
}

export interface ParsedEvent extends EventPayload {
  readonly jws: ParsedJws;
  readonly id: string;
  readonly room: string;
  /** of its sender */
  readonly domain: string;
}

/** What travels beside each other. */
export interface Item {
  readonly jws: string;
  readonly content: string;
  readonly statement?: string;
}

const isEmpty = (key: string): boolean => key === '';
const isRoleName = (key: string): boolean => /^[a-z0-9-]{1,32}$/.test(key);
const roomTypes = ['create', 'owner', 'info', 'settings', 'pins', 'history', 'superseded'];
/** SPEC PV-EVT-016. */
const keys: Readonly<Record<string, (key: string) => boolean>> = {
  ...Object.fromEntries(roomTypes.map((name) => [`room.${name}`, isEmpty])),
  ...{ member: isAddress, access: isAddress, provider: isDomain, 'room.deny': isDomain },
  ...{ role: isRoleName, 'room.link': isHash },
};
/** SPEC PV-EVT-018: kind and the most there may be. */
const relations: Readonly<Record<string, readonly [kind: string, most: number]>> = {
  'message.edit': ['edit', 1],
  'message.delete': ['delete', 16],
  reaction: ['react', 1],
  'message.vote': ['vote', 1],
  'message.poll-close': ['vote', 1],
};

/** SPEC PV-EVT-001 to PV-EVT-023. @throws Fault `bad-event` */
export function parseEvent(text: unknown): ParsedEvent {
  return renamed('bad-event', () => {
    const jws = parseJws(text, 'payvand-event', 4096);
    const payload: unknown = parseMembers(jws.payload, { bytesMax: 4096 });
    need(hasShape('event-payload', payload), 'bad-event');
    const event = payload as unknown as EventPayload;
    need(isKeyRight(event) && isRelationRight(event) && areMembersRight(event), 'bad-event');
    const id = `e${hashOf(jws.payload)}`;
    return { ...event, jws, id, room: event.room ?? `r${id.slice(1)}`, domain: domainOf(event.sender) };
  });
}

function isKeyRight({ type, key }: EventPayload): boolean {
  const fits = keys[type];
  if (fits !== undefined) return key !== undefined && fits(key);
  return key === undefined || (type !== 'message' && relations[type] === undefined);
}

function isRelationRight({ type, rel = [] }: EventPayload): boolean {
  const wanted = relations[type];
  if (wanted === undefined) return true;
  const [kind, most] = wanted;
  return rel.length >= 1 && rel.length <= most && rel.every(([name]) => name === kind);
}

function areMembersRight(event: EventPayload): boolean {
  const isCreate = event.type === 'room.create';
  if ((event.room === undefined) !== isCreate || (isCreate && !isAddress(event.sender))) return false;
  if (event.key === undefined) return event.prior === undefined;
  return event.size <= 4096 && event.scheme === 'plain' && event.ttl === undefined;
}

/**
 * The members of a content, or nothing for what is not to be read (scheme `mls`).
 *
 * @throws Fault `content-mismatch` · `bad-event`
 * @see PV-CNT-001 to PV-CNT-023
 */
export function checkContent(event: EventPayload, content: string): Members | undefined {
  need(hashOf(content) === event.content, 'content-mismatch');
  need(Buffer.byteLength(content) === event.size, 'bad-event');
  if (event.scheme === 'mls') return undefined;
  const members = renamed('bad-event', () =>
    parseMembers(content, { bytesMax: event.key === undefined ? 65_536 : 4096 }),
  );
  need(hasShape('content-message-delete', members), 'bad-event');
  if (event.key !== undefined) checkStateContent(event, members);
  return members;
}

function checkStateContent({ type, key, sender }: EventPayload, content: Members): void {
  const shape = `content-${type.replaceAll('.', '-')}`;
  need(!isShapeKnown(shape) || hasShape(shape, content), 'bad-event');
  if (type === 'room.create') need(content['with'] !== sender, 'bad-event');
  if (type === 'member')
    need(
      (content['proof'] === undefined || content['invite'] !== undefined) &&
        (content['role'] === undefined || content['proof'] !== undefined),
      'bad-event',
    );
  if (type === 'room.link') need(key === linkId(String(content['by']), String(content['link'])), 'bad-event');
}

/** SPEC PV-LNK-007. */
export function linkId(by: string, link: string): string {
  return hashOf(`${by}\0${link}`);
}

/** 16 random bytes, as a nonce or salt. */
export function freshNonce(): string {
  return encode64(randomBytes(16));
}

export type EventFields = Partial<EventPayload> & Pick<EventPayload, 'type' | 'sender'>;

export const DAY_MS = 86_400_000;

/**
 * An event as an honest provider makes it, but for what the fields say.
 *
 * @param content an object gets a salt; a string is taken as it is
 */
export function makeEvent(
  fields: EventFields,
  content: string | object,
  key: SigningKey,
): Item & { readonly id: string } {
  const text = typeof content === 'string' ? content : JSON.stringify({ salt: freshNonce(), ...content });
  const now = Date.now();
  const payload: EventPayload = {
    ...{ ts: now, until: now + DAY_MS, nonce: freshNonce(), scheme: 'plain' },
    ...{ content: hashOf(text), size: Buffer.byteLength(text), ...fields },
  };
  const bytes = JSON.stringify(payload);
  return { jws: signJws('payvand-event', bytes, key), content: text, id: `e${hashOf(bytes)}` };
}

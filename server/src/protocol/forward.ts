import { checkContent } from './content.js';
import { entitiesOf } from './entities.js';
import { parseEvent, verifyEventSignature } from './event.js';
import type { ParsedEvent, Relation } from './event.js';
import type { Address, EventId } from './identifiers.js';
import { isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import type { KeyStatement } from './key-statement.js';

const BODIES = ['alt', 'location', 'contact', 'poll'] as const;
const TYPES: ReadonlySet<string> = new Set(['message', 'message.edit']);

/** The event that a forward comes from, as the forward has it. */
export interface ForwardSource {
  readonly event: ParsedEvent;
  /** the forward says what the event says, and names it */
  readonly isSame: boolean;
}

/** Who said first what a forward says; `none`: nobody is named. */
export interface ForwardSourceView {
  readonly status: 'verified' | 'unverified' | 'none';
  readonly id?: EventId;
  readonly sender?: Address;
  readonly ts?: number;
}

/** What content of a message says: what is passed on when it is forwarded. @see PV-MSG-062 */
export function saidIn(content: JsonObject): JsonObject {
  const entities = entitiesOf(content);
  const said = ['text', ...BODIES].filter((member) => content[member] !== undefined);
  return {
    ...Object.fromEntries(said.map((member) => [member, content[member]])),
    ...(entities.length > 0 && { entities }),
  };
}

/** Whether content has more to it than its text. */
export function hasBody(content: JsonObject): boolean {
  return BODIES.some((member) => content[member] !== undefined);
}

/**
 * The source that a message names.
 *
 * @returns undefined: it names none, or one that is to be kept quiet
 * @see PV-MSG-061 to PV-MSG-064
 */
export function sourceOf(content: JsonObject, rel: readonly Relation[] = []): ForwardSource | undefined {
  const { forwarded } = content;
  if (!isJsonObject(forwarded)) return undefined;
  const { jws, content: text } = forwarded;
  const event = typeof jws === 'string' && typeof text === 'string' ? parseEvent(jws) : undefined;
  if (event?.ok !== true || typeof text !== 'string') return undefined;
  const said = checkContent(event.value, text);
  const value = said.ok ? said.value : undefined;
  if (value?.['hideSource'] !== undefined) return undefined;
  const { type, key } = event.value.fields;
  const targets = rel.filter(([kind]) => kind === 'forward').map(([, target]) => target);
  const isNamed = targets.length === 1 && targets[0] === event.value.id && TYPES.has(type) && key === undefined;
  const isFaithful = isNamed && value !== undefined && isSameJson(saidIn(content), saidIn(value));
  return { event: event.value, isSame: isFaithful };
}

/** @param statement the newest of the provider of the source's sender @see PV-MSG-063 */
export function isVerifiedSource({ event, isSame }: ForwardSource, statement: KeyStatement): boolean {
  return isSame && verifyEventSignature(event, statement);
}

function isSameJson(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => isSameJson(item, other[index]));
  if (!isJsonObject(one) || !isJsonObject(other)) return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isSameJson(one[name], other[name]));
}

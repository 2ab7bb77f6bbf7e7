import { parseAddress } from './identifiers.js';
import type { Address } from './identifiers.js';
import { isCount, isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';

/** A stretch of a text that is more than text. */
export interface Entity {
  readonly type: string;
  /** UTF-16 units */
  readonly offset: number;
  readonly length: number;
  readonly lang?: string;
  readonly url?: string;
  readonly address?: Address;
  readonly all?: true;
}

const ENTITIES_MAX = 100;
/** Inside these nothing is marked up any further. */
const LITERAL: ReadonlySet<unknown> = new Set(['code', 'pre']);

/**
 * What is wrong with the entities of a text: their order, their place in it and in each other.
 *
 * @param entities undefined: none
 * @returns JSON pointer of the entity at fault; undefined where all are good
 * @see PV-MSG-011 to PV-MSG-015
 */
export function faultOfEntities(text: unknown, entities: unknown): string | undefined {
  if (entities === undefined) return undefined;
  if (typeof text !== 'string' || !Array.isArray(entities) || entities.length > ENTITIES_MAX) return '/entities';
  const around: Entity[] = [];
  let before: Entity | undefined;
  for (const [index, entity] of (entities as unknown[]).entries()) {
    if (!isEntity(entity) || !isInText(text, entity) || !isAfter(before, entity)) return `/entities/${index}`;
    while (endOf(around.at(-1)) <= entity.offset) around.pop();
    const outer = around.at(-1);
    if (endOf(outer) < endOf(entity) || LITERAL.has(outer?.type)) return `/entities/${index}`;
    around.push(entity);
    before = entity;
  }
  return undefined;
}

/**
 * The entities of a content, as far as a reader may trust them.
 *
 * @returns none where one of them is wrong: then the text is plain
 * @see PV-MSG-016
 */
export function entitiesOf(content: JsonObject): readonly Entity[] {
  const { text, entities } = content;
  return entities === undefined || faultOfEntities(text, entities) !== undefined ? [] : (entities as Entity[]);
}

/** Whom a message mentions. */
export interface Mentions {
  readonly addresses: readonly Address[];
  readonly all: boolean;
}

/**
 * @returns undefined where nobody is mentioned
 * @see PV-MSG-018, PV-MSG-070
 */
export function mentionsOf(content: JsonObject): Mentions | undefined {
  // What somebody forwards calls nobody.
  if (content['forwarded'] !== undefined) return undefined;
  const mentions = entitiesOf(content).filter(({ type }) => type === 'mention');
  if (mentions.length === 0) return undefined;
  const addresses = new Set(mentions.flatMap(({ address }) => parseAddress(address) ?? []));
  return { addresses: [...addresses], all: mentions.some(({ all }) => all === true) };
}

function isEntity(value: unknown): value is Entity {
  if (!isJsonObject(value)) return false;
  const { type, offset, length } = value;
  return typeof type === 'string' && isCount(offset) && isCount(length) && length > 0;
}

/** A pair of surrogates is one character: no entity begins or ends inside it. */
function isInText(text: string, entity: Entity): boolean {
  return endOf(entity) <= text.length && !isInPair(text, entity.offset) && !isInPair(text, endOf(entity));
}

function isInPair(text: string, at: number): boolean {
  const [high, low] = [text.charCodeAt(at - 1), text.charCodeAt(at)];
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

/** In order of offset; of those that begin together, the longer comes first. */
function isAfter(before: Entity | undefined, entity: Entity): boolean {
  if (before === undefined || before.offset < entity.offset) return true;
  return before.offset === entity.offset && before.length >= entity.length;
}

function endOf(entity: Entity | undefined): number {
  return entity === undefined ? Infinity : entity.offset + entity.length;
}

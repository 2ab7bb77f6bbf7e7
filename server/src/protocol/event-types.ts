import { isHashText, parseAddress, parseDomain } from './identifiers.js';

/** What the `key` of a registered state type must look like. */
const STATE_KEYS: ReadonlyMap<string, (key: string) => boolean> = new Map([
  ['room.create', isEmpty],
  ['room.owner', isEmpty],
  ['room.info', isEmpty],
  ['room.settings', isEmpty],
  ['room.pins', isEmpty],
  ['room.history', isEmpty],
  ['room.superseded', isEmpty],
  ['member', (key) => parseAddress(key) !== undefined],
  ['access', (key) => parseAddress(key) !== undefined],
  ['provider', isDomainText],
  ['room.deny', isDomainText],
  ['role', isRoleName],
  ['room.link', isHashText],
]);

/** Registered types that are never state, with the relations they carry: kind, fewest, most. */
const MESSAGE_RELATIONS: ReadonlyMap<string, readonly [kind: string, min: number, max: number] | undefined> = new Map([
  ['message', undefined],
  ['message.edit', ['edit', 1, 1]],
  ['message.delete', ['delete', 1, 16]],
  ['message.vote', ['vote', 1, 1]],
  ['message.poll-close', ['vote', 1, 1]],
  ['reaction', ['react', 1, 1]],
]);

const ROLE_NAME = /^[a-z0-9-]{1,32}$/;
const EVENT_TYPE = /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*$/;
const EVENT_TYPE_LENGTH_MAX = 64;

/** @see PV-EVT-008 */
export function isEventType(value: unknown): value is string {
  return typeof value === 'string' && value.length <= EVENT_TYPE_LENGTH_MAX && EVENT_TYPE.test(value);
}

/**
 * Whether an event of this type may have this key; undefined: no key, so not a state event.
 *
 * @see PV-EVT-016, PV-EVT-017
 */
export function isKeyOf(type: string, key: string | undefined): boolean {
  const fits = STATE_KEYS.get(type);
  if (fits !== undefined) return key !== undefined && fits(key);
  return key === undefined || !MESSAGE_RELATIONS.has(type);
}

/**
 * Whether an event of this type may have these relations.
 *
 * @see PV-EVT-018
 */
export function areRelationsOf(type: string, relations: readonly (readonly [string, string])[]): boolean {
  const rule = MESSAGE_RELATIONS.get(type);
  if (rule === undefined) return true;
  const [kind, min, max] = rule;
  return relations.length >= min && relations.length <= max && relations.every((relation) => relation[0] === kind);
}

export function isRoleName(value: unknown): value is string {
  return typeof value === 'string' && ROLE_NAME.test(value);
}

function isDomainText(key: string): boolean {
  return parseDomain(key) !== undefined;
}

function isEmpty(key: string): boolean {
  return key === '';
}

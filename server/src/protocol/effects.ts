import type { Relation } from './event.js';
import type { Address, Domain, EventId } from './identifiers.js';

/** An earlier event as edits and deletes see it. */
export interface EffectTarget {
  readonly type: string;
  readonly sender: Address | Domain;
  /** it has a `key` */
  readonly isState: boolean;
}

export interface Effect {
  readonly kind: 'edit' | 'delete';
  readonly target: EventId;
}

/** The event that wants the effect; its record has been allowed. */
export interface EffectCause {
  readonly type: string;
  readonly sender: Address | Domain;
  readonly rel?: readonly Relation[];
  /** whether the sender had the right `moderate` in the state before this record */
  readonly holdsModerate: boolean;
}

/**
 * Which of its targets an edit or delete changes.
 *
 * @param find earlier events of the same room; undefined where there is none of that id
 * @returns at most one effect per target, in the order of `rel`
 * @see PV-EFF-001 to PV-EFF-006
 */
export function effectsOf(cause: EffectCause, find: (target: EventId) => EffectTarget | undefined): Effect[] {
  const kind = KINDS.get(cause.type);
  if (kind === undefined) return [];
  const targets = new Set((cause.rel ?? []).filter((relation) => relation[0] === kind).map((relation) => relation[1]));
  return [...targets].filter((target) => takesEffect(cause, find(target))).map((target) => ({ kind, target }));
}

const KINDS: ReadonlyMap<string, Effect['kind']> = new Map([
  ['message.edit', 'edit'],
  ['message.delete', 'delete'],
]);

function takesEffect(cause: EffectCause, target: EffectTarget | undefined): boolean {
  if (target === undefined || target.isState || KINDS.has(target.type)) return false;
  const own = target.sender === cause.sender;
  return cause.type === 'message.edit' ? own && target.type === 'message' : own || cause.holdsModerate;
}

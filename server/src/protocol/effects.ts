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
  readonly kind: 'edit' | 'delete' | 'close';
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
 * @see PV-EFF-001 to PV-EFF-006, PV-MSG-047
 */
export function effectsOf(cause: EffectCause, find: (target: EventId) => EffectTarget | undefined): Effect[] {
  const { kind, by } = CHANGES.get(cause.type) ?? {};
  if (kind === undefined) return [];
  const targets = new Set((cause.rel ?? []).filter((relation) => relation[0] === by).map((relation) => relation[1]));
  return [...targets].filter((target) => takesEffect(cause, find(target))).map((target) => ({ kind, target }));
}

/** Types that change others, with the relation that names those. */
const CHANGES: ReadonlyMap<string, { readonly kind: Effect['kind']; readonly by: Relation[0] }> = new Map([
  ['message.edit', { kind: 'edit', by: 'edit' }],
  ['message.delete', { kind: 'delete', by: 'delete' }],
  ['message.poll-close', { kind: 'close', by: 'vote' }],
]);

function takesEffect(cause: EffectCause, target: EffectTarget | undefined): boolean {
  if (target === undefined || target.isState || CHANGES.has(target.type)) return false;
  const own = target.sender === cause.sender;
  if (cause.type !== 'message.delete' && target.type !== 'message') return false;
  return own || (cause.holdsModerate && cause.type !== 'message.edit');
}

import { effectsOf } from '../protocol/effects.js';
import type { EffectTarget } from '../protocol/effects.js';
import { parseEvent } from '../protocol/event.js';
import type { ParsedEvent, RelationKind } from '../protocol/event.js';
import { createIdOf, isAddressSender } from '../protocol/identifiers.js';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import { isJsonObject } from '../protocol/json-shape.js';
import type { JsonObject } from '../protocol/json-shape.js';
import type { RelationRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import type { Effect, RoomDraft } from './draft-room.js';
import type { HeldRecord } from './live-room.js';

/** An event that others edit, delete or react to. */
export interface Target extends EffectTarget {
  readonly deleted: boolean;
  /** it stands in a thread itself */
  readonly isInThread: boolean;
}

export type Targets = ReadonlyMap<EventId, Target>;

const EFFECTS: ReadonlyMap<string, RelationKind> = new Map([
  ['message.edit', 'edit'],
  ['message.delete', 'delete'],
  ['reaction', 'react'],
]);

/**
 * Looks up what edits, deletes and reactions are about, in one question for a whole batch and none when there are
 * no such events.
 */
export async function findTargets(
  { store }: Pick<ServiceDeps, 'store'>,
  events: readonly ParsedEvent[],
): Promise<Targets> {
  const pairs = events.flatMap((event) => targetsOf(event).map((target) => [event.room, target] as const));
  if (pairs.length === 0) return new Map();
  const found = await store.findEvents(pairs);
  const deleted = await findDeleted(store, pairs);
  const effective = found.filter((row) => row.void === null);
  return new Map(effective.map((row) => [row.eventId, targetOf(row, deleted.has(row.eventId))]));
}

/**
 * What an event does to its targets, as every provider finds it; undefined when it has no effect, or is of a type that
 * has none.
 *
 * @param targets those found before; newer ones are looked for in the draft
 * @param value parsed content, where it is held
 * @see PV-EFF-001 to PV-EFF-006, PV-MSG-031
 */
export function effectOf(
  event: ParsedEvent,
  { draft, targets, at, value }: { draft: RoomDraft; targets: Targets; at: number; value: JsonObject | undefined },
): Effect | undefined {
  const kind = effectKindOf(event);
  if (kind === undefined)
    return startsTopic(event, value) ? relate(event, draft, ['topic', [createIdOf(event.room)]]) : undefined;
  const find = (id: EventId): Target | undefined => findTarget(id, { draft, targets });
  const hit = ABOUT_MESSAGES.has(kind) ? answeredBy(event, kind, find) : changedBy(event, { draft, at, find });
  return hit.length === 0 ? undefined : relate(event, draft, [kind, hit]);
}

function relate(event: ParsedEvent, draft: RoomDraft, [kind, hit]: [RelationRow['kind'], EventId[]]): Effect {
  const seq = draft.seq + 1;
  const { sender } = event.fields;
  const relations: RelationRow[] = hit.map((target) => ({ kind, target, eventId: event.id, seq, sender }));
  return { relations, erase: kind === 'delete' ? hit : [] };
}

/** Whether what an event is about is gone already: then its content is not kept either. */
export function isAboutDeleted(
  event: ParsedEvent,
  { draft, targets }: { draft: RoomDraft; targets: Targets },
): boolean {
  if (event.fields.type !== 'message.edit') return false;
  return targetsOf(event).some((id) => findTarget(id, { draft, targets })?.deleted === true);
}

/** Whether an event is one that has no sense without effect: a hub refuses such an edit or delete. */
export function needsEffect(event: ParsedEvent): boolean {
  return EFFECTS.has(event.fields.type);
}

/** What these are about may lie before our copy of the log; what it is, is looked at when it is read. */
export const MAY_BE_OLDER: ReadonlySet<RelationKind> = new Set(['thread']);

const ABOUT_MESSAGES: ReadonlyMap<RelationKind, (target: Target) => boolean> = new Map([
  ['react', isStanding],
  ['thread', (target: Target) => isStanding(target) && !target.isInThread],
]);

function answeredBy(event: ParsedEvent, kind: RelationKind, find: (id: EventId) => Target | undefined): EventId[] {
  return targetsOf(event).filter((id) => {
    const target = find(id);
    return target === undefined ? MAY_BE_OLDER.has(kind) : ABOUT_MESSAGES.get(kind)?.(target);
  });
}

function isStanding(target: Target): boolean {
  return target.type === 'message' && !target.deleted;
}

/** What an event is to those it is about. A message is in one thread at most. */
export function effectKindOf({ fields: { type, rel = [] } }: ParsedEvent): RelationKind | undefined {
  if (type !== 'message') return EFFECTS.get(type);
  return rel.filter(([kind]) => kind === 'thread').length === 1 ? 'thread' : undefined;
}

/** @see PV-MSG-032 */
export function startsTopic({ fields }: ParsedEvent, value: JsonObject | undefined): boolean {
  return fields.type === 'message' && fields.key === undefined && isJsonObject(value?.['topic']);
}

function changedBy(
  event: ParsedEvent,
  { draft, at, find }: { draft: RoomDraft; at: number; find: (id: EventId) => Target | undefined },
): EventId[] {
  const { type, sender, rel } = event.fields;
  const holdsModerate = isAddressSender(sender) && draft.state.roleOf(sender, at).rights.has('moderate');
  return effectsOf({ type, sender, holdsModerate, ...(rel && { rel }) }, find).map(({ target }) => target);
}

export function targetsOf(event: ParsedEvent): EventId[] {
  const kind = effectKindOf(event);
  if (kind === undefined) return [];
  return (event.fields.rel ?? []).filter(([related]) => related === kind).map(([, target]) => target);
}

async function findDeleted(
  store: ServiceDeps['store'],
  pairs: readonly (readonly [RoomId, EventId])[],
): Promise<Set<EventId>> {
  const byRoom = new Map<RoomId, EventId[]>();
  for (const [room, id] of pairs) byRoom.set(room, [...(byRoom.get(room) ?? []), id]);
  const deleted = await Promise.all([...byRoom].map(([room, ids]) => store.deletedAmong(room, ids)));
  return new Set(deleted.flat());
}

function findTarget(id: EventId, { draft, targets }: { draft: RoomDraft; targets: Targets }): Target | undefined {
  const deleted = draft.live.isDeleted(id) || draft.isErased(id);
  const recent = draft.findRecent(id);
  if (recent !== undefined && recent.void !== null) return undefined;
  if (recent !== undefined) return targetOf(recent, deleted || targets.get(id)?.deleted === true);
  const found = targets.get(id);
  return found && { ...found, deleted: found.deleted || deleted };
}

function targetOf(record: HeldRecord, deleted: boolean): Target {
  const { type, sender } = record;
  const event = record.parsed ?? parseEvent(record.jws ?? '');
  const fields = 'fields' in event ? event.fields : event.ok ? event.value.fields : undefined;
  const isInThread = fields?.rel?.some(([kind]) => kind === 'thread') ?? false;
  return { type, sender: sender as Address | Domain, isState: fields?.key !== undefined, deleted, isInThread };
}

import { effectsOf } from '../protocol/effects.js';
import type { EffectTarget } from '../protocol/effects.js';
import { CONTENT_BYTES_MAX, expiryOf, parseEvent } from '../protocol/event.js';
import type { ParsedEvent, RelationKind } from '../protocol/event.js';
import { createIdOf, isAddressSender } from '../protocol/identifiers.js';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import { isJsonObject } from '../protocol/json-shape.js';
import type { JsonObject } from '../protocol/json-shape.js';
import { choicesOf, pollOf } from '../protocol/poll.js';
import { parseStrictJson } from '../protocol/strict-json.js';
import type { RelationRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import type { Effect, RoomDraft } from './draft-room.js';
import { contentOf, GOES_WITH_TARGET } from './live-room.js';
import type { HeldRecord } from './live-room.js';

/** An event that others edit, delete or react to. */
export interface Target extends EffectTarget {
  readonly deleted: boolean;
  /** it stands in a thread itself */
  readonly isInThread: boolean;
  /** undefined where none is held */
  readonly content: string | undefined;
  /** the poll was closed */
  readonly isClosed: boolean;
  /** ms; its content is gone from then on */
  readonly expiresAt: number | undefined;
}

export type Targets = ReadonlyMap<EventId, Target>;

type EffectKind = RelationKind | 'close';

const EFFECTS: ReadonlyMap<string, EffectKind> = new Map<string, EffectKind>([
  ['message.edit', 'edit'],
  ['message.delete', 'delete'],
  ['reaction', 'react'],
  ['message.vote', 'vote'],
  ['message.poll-close', 'close'],
]);

/**
 * Looks up what edits, deletes and reactions are about, in one question for a whole batch and none when there are
 * no such events.
 */
export async function findTargets(
  { store }: Pick<ServiceDeps, 'store'>,
  events: readonly ParsedEvent[],
): Promise<Targets> {
  const pairs = pairsOf(events);
  if (pairs.length === 0) return new Map();
  const found = await store.findEvents(pairs);
  const deleted = await findMarked(store, pairs, 'delete');
  const votedOn = events.filter(({ fields }) => fields.type === 'message.vote');
  const closed = await findMarked(store, pairsOf(votedOn), 'close');
  const effective = found.filter((row) => row.void === null);
  const marksOf = (id: EventId): Marks => ({ deleted: deleted.has(id), isClosed: closed.has(id) });
  return new Map(effective.map((row) => [row.eventId, targetOf(row, marksOf(row.eventId))]));
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
  const older = draft.live.first > 0 && MAY_BE_OLDER.has(kind) ? targetsOf(event).filter((id) => !find(id)) : [];
  const hit = ABOUT_MESSAGES.has(kind) ? answeredBy(event, kind, find) : changedBy(event, { draft, at, find });
  if (hit.length + older.length === 0) return undefined;
  const isUncertain = kind === 'close' && older.length > 0 && !holdsModerate(event, { draft, at });
  return relate(event, draft, [isUncertain ? 'close-own' : kind, [...hit, ...older]]);
}

function relate(event: ParsedEvent, draft: RoomDraft, [kind, hit]: [RelationRow['kind'], EventId[]]): Effect {
  const seq = draft.seq + 1;
  const { sender } = event.fields;
  const relations: RelationRow[] = hit.map((target) => ({ kind, target, eventId: event.id, seq, sender }));
  return { relations, erase: kind === 'delete' ? hit : [] };
}

/** Whether what an event is about is gone already: then its content is not kept either. */
export function isAboutGone(
  event: ParsedEvent,
  { draft, targets, at }: { draft: RoomDraft; targets: Targets; at: number },
): boolean {
  if (!GOES_WITH_TARGET.has(event.fields.type)) return false;
  return targetsOf(event).some((id) => {
    const target = findTarget(id, { draft, targets });
    return target !== undefined && (target.deleted || (target.expiresAt ?? Infinity) <= at);
  });
}

/** Whether an event is one that has no sense without effect: a hub refuses such an edit or delete. */
export function needsEffect(event: ParsedEvent): boolean {
  return EFFECTS.has(event.fields.type);
}

/** What these are about may lie before our copy of the log; what it is, is looked at when it is read. */
export const MAY_BE_OLDER: ReadonlySet<EffectKind> = new Set<EffectKind>(['thread', 'vote', 'close']);

const ABOUT_MESSAGES: ReadonlyMap<EffectKind, (target: Target) => boolean> = new Map<
  EffectKind,
  (target: Target) => boolean
>([
  ['react', isStanding],
  ['vote', isStanding],
  ['thread', (target: Target) => isStanding(target) && !target.isInThread],
]);

function answeredBy(event: ParsedEvent, kind: EffectKind, find: (id: EventId) => Target | undefined): EventId[] {
  return targetsOf(event).filter((id) => {
    const target = find(id);
    return target !== undefined && ABOUT_MESSAGES.get(kind)?.(target);
  });
}

function isStanding(target: Target): boolean {
  return target.type === 'message' && !target.deleted;
}

/** What an event is to those it is about. A message is in one thread at most. */
export function effectKindOf({ fields: { type, rel = [] } }: ParsedEvent): EffectKind | undefined {
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
  const cause = { type, sender, holdsModerate: holdsModerate(event, { draft, at }), ...(rel && { rel }) };
  return effectsOf(cause, find).map(({ target }) => target);
}

function holdsModerate({ fields: { sender } }: ParsedEvent, { draft, at }: { draft: RoomDraft; at: number }): boolean {
  return isAddressSender(sender) && draft.state.roleOf(sender, at).rights.has('moderate');
}

export function targetsOf(event: ParsedEvent): EventId[] {
  const kind = effectKindOf(event);
  if (kind === undefined) return [];
  const named = kind === 'close' ? 'vote' : kind;
  return (event.fields.rel ?? []).filter(([related]) => related === named).map(([, target]) => target);
}

/**
 * Why a hub does not want a vote that would not count.
 *
 * @returns an error code; undefined when it would
 * @see PV-MSG-048
 */
export function voteRefusal(
  event: ParsedEvent,
  { draft, targets, at, value }: { draft: RoomDraft; targets: Targets; at: number; value: JsonObject | undefined },
): string | undefined {
  const [id] = event.fields.type === 'message.vote' ? targetsOf(event) : [];
  const target = id && findTarget(id, { draft, targets });
  if (target?.content === undefined || value === undefined) return undefined;
  const content = parseStrictJson(target.content, { bytesMax: CONTENT_BYTES_MAX });
  const poll = content.ok && isJsonObject(content.value) ? pollOf(content.value) : undefined;
  if (poll === undefined) return 'no-right';
  if (target.isClosed || at > (poll.closes ?? Infinity)) return 'poll-closed';
  return choicesOf(poll, value) === undefined ? 'bad-event' : undefined;
}

function pairsOf(events: readonly ParsedEvent[]): (readonly [RoomId, EventId])[] {
  return events.flatMap((event) => targetsOf(event).map((target) => [event.room, target] as const));
}

async function findMarked(
  store: ServiceDeps['store'],
  pairs: readonly (readonly [RoomId, EventId])[],
  kind: 'delete' | 'close',
): Promise<Set<EventId>> {
  const byRoom = new Map<RoomId, EventId[]>();
  for (const [room, id] of pairs) byRoom.set(room, [...(byRoom.get(room) ?? []), id]);
  const marked = await Promise.all([...byRoom].map(([room, ids]) => store.markedAmong(room, ids, kind)));
  return new Set(marked.flat());
}

function findTarget(id: EventId, { draft, targets }: { draft: RoomDraft; targets: Targets }): Target | undefined {
  const deleted = draft.live.isDeleted(id) || draft.isErased(id);
  const recent = draft.findRecent(id);
  if (recent !== undefined && recent.void !== null) return undefined;
  const found = targets.get(id);
  const marks = { deleted: deleted || found?.deleted === true, isClosed: found?.isClosed === true };
  if (recent !== undefined) return targetOf(recent, marks);
  return found && { ...found, deleted: found.deleted || deleted };
}

type Marks = Pick<Target, 'deleted' | 'isClosed'>;

function targetOf(record: HeldRecord, marks: Marks): Target {
  const { type, sender } = record;
  const event = record.parsed ?? parsedOf(record);
  const content = contentOf(record) ?? undefined;
  return {
    type,
    sender: sender as Address | Domain,
    isState: event?.fields.key !== undefined,
    isInThread: event?.fields.rel?.some(([kind]) => kind === 'thread') ?? false,
    expiresAt: event && expiryOf(event, record.at),
    content,
    ...marks,
  };
}

function parsedOf({ jws }: HeldRecord): ParsedEvent | undefined {
  const event = parseEvent(jws ?? '');
  return event.ok ? event.value : undefined;
}

import { parseEvent } from '../protocol/event.js';
import { entitiesOf } from '../protocol/entities.js';
import { isJsonObject } from '../protocol/json-shape.js';
import type { JsonObject } from '../protocol/json-shape.js';
import type { Address, EventId, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { Effect, LogRow, RelationRow, ThreadCount } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import { missingContent } from './fill-holes.js';
import type { FillHoles } from './fill-holes.js';
import { visibleRange } from './read-rooms.js';
import type { Actor, EventEffects, ReactionCount, TimelineEvent } from './room-services.js';

/**
 * The effective edits of a message, oldest first: with the message itself, everything it ever said.
 *
 * @throws ProtocolError `unknown-room` · `no-right` (the room's settings say that only the latest text is shown)
 * @see PV-MSG-071, PV-MSG-072
 */
export async function listEdits(
  deps: Parameters<typeof readTimeline>[0],
  who: Actor,
  page: Omit<TimelineQuery, 'related'> & { room: RoomId; event: EventId },
): Promise<readonly TimelineEvent[]> {
  const { event: target, ...rest } = page;
  const edits = await readTimeline(deps, who, { ...rest, related: { kind: 'edit', target } });
  const live = await deps.rooms.get(page.room);
  if (live?.state.get('room.settings', '')?.content['edits'] === 'latest') throw new ProtocolError('no-right');
  return edits;
}

export interface TimelineQuery {
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
  /** only events that are this to that event */
  readonly related?: { readonly kind: RelationRow['kind']; readonly target: EventId };
}

const HEADER_FIELDS = { ts: 0 };

/**
 * Reads history for a person, ascending, each event with what later ones made of it.
 *
 * @param page neither bound: the newest page
 * @throws ProtocolError `unknown-room`
 * @see PV-CLI-030 to PV-CLI-033
 */
export async function readTimeline(
  deps: Pick<ServiceDeps, 'store' | 'rooms' | 'unjudged' | 'domain' | 'clock'> & {
    readonly holes: Pick<FillHoles, 'note'>;
  },
  who: Actor,
  page: TimelineQuery & { room: RoomId },
): Promise<readonly TimelineEvent[]> {
  const { room, before, after, limit, related } = page;
  const range = await visibleRange(deps, who, room);
  if (range === undefined) throw new ProtocolError('unknown-room');
  const { rows, effects, threads } = await deps.store.readTimeline(room, {
    ...{ limit, visibleFrom: range.from },
    ...(range.to === undefined ? {} : { visibleTo: range.to }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(related === undefined ? {} : { related }),
  });
  const threadOf = new Map(threads.map((thread) => [thread.target, thread]));
  const isShown = ({ sender }: { sender: string }): boolean => sender !== range.blocked;
  const byTarget = new Map<EventId, Effect[]>();
  for (const effect of effects.filter((one) => one.kind === 'delete' || isShown(one)))
    byTarget.set(effect.target, [...(byTarget.get(effect.target) ?? []), effect]);
  const isDeleted = (id: EventId): boolean => byTarget.get(id)?.some(({ kind }) => kind === 'delete') === true;
  const holes = rows.filter(
    (row) => row.type !== 'message.edit' && missingContent(row, deps.clock.now()) !== undefined,
  );
  deps.holes.note(
    room,
    holes.filter(({ eventId }) => !isDeleted(eventId)).map(({ seq }) => seq),
  );
  const toShow = (row: LogRow): LogRow => {
    const open = isShown(row) || isState(row) ? row : { ...row, content: null };
    return row.type === 'message.vote' ? { ...open, sender: deps.domain, content: null } : open;
  };
  const judged = rows
    .filter(({ jws }) => jws !== null)
    .map(toShow)
    .map((row) => eventOf(who, row, { effects: byTarget.get(row.eventId) ?? [], thread: threadOf.get(row.eventId) }));
  const later = related === undefined && rows.length < limit ? await unjudgedOf(deps, range, page) : [];
  const unjudged = later.map((row) => ({ ...eventOf(who, toShow(row), NOTHING_ELSE), unjudged: true as const }));
  return [...judged, ...unjudged].slice(...(after === undefined ? [-limit] : [0, limit]));
}

const NOTHING_ELSE = { effects: [], thread: undefined };

/** What a partial room shows beyond its log. @see PV-SNAP-011 */
async function unjudgedOf(
  { rooms, unjudged, clock }: Pick<ServiceDeps, 'rooms' | 'unjudged' | 'clock'>,
  { from, to }: { from: number; to?: number },
  { room, after = -1, before = Infinity }: Pick<TimelineQuery, 'after' | 'before'> & { room: RoomId },
): Promise<readonly LogRow[]> {
  const live = to === undefined ? await rooms.get(room) : undefined;
  if (live === undefined) return [];
  return unjudged.after(live, Math.max(after, from - 1), clock.now()).filter(({ seq }) => seq < before);
}

function isState({ type }: LogRow): boolean {
  return type === 'member' || type === 'provider' || type.startsWith('room.');
}

function eventOf(
  who: Actor,
  row: LogRow,
  { effects, thread }: { effects: readonly Effect[]; thread: ThreadCount | undefined },
): TimelineEvent {
  const parsed = parseEvent(row.jws ?? '');
  const fields: { ts: number; key?: string; rel?: TimelineEvent['rel']; ttl?: number; scheme?: string } = parsed.ok
    ? parsed.value.fields
    : HEADER_FIELDS;
  const { seq, at, eventId: id, type, sender } = row;
  const counted = thread && { thread: { count: thread.count, last: thread.last } };
  const folded = { ...effectsOf(who, effects), ...counted };
  return {
    ...{ seq, at, id, type, sender: sender as Address, ts: type === 'message.vote' ? at : fields.ts },
    content: contentOf(row, fields.scheme),
    ...(fields.key === undefined ? {} : { key: fields.key }),
    ...(fields.rel === undefined ? {} : { rel: fields.rel }),
    ...(fields.ttl === undefined ? {} : { ttl: fields.ttl }),
    ...(row.void === null ? {} : { void: row.void }),
    ...(Object.keys(folded).length === 0 ? {} : { effects: folded }),
  };
}

/** Content that is not plain is opaque to us, and so is what broke a rule. */
function contentOf({ content, void: code }: LogRow, scheme: string | undefined): TimelineEvent['content'] {
  if (content === null) return null;
  return scheme === 'mls' || code !== null ? content : (JSON.parse(content) as Record<string, unknown>);
}

function effectsOf(who: Actor, effects: readonly Effect[]): EventEffects {
  const deleted = effects.find(({ kind }) => kind === 'delete');
  const edited = effects.findLast(({ kind, content }) => kind === 'edit' && content !== null);
  const reactions = countReactions(
    who,
    effects.filter(({ kind }) => kind === 'react'),
  );
  return {
    ...(edited === undefined || deleted !== undefined ? {} : { edited: editOf(edited) }),
    ...(deleted === undefined
      ? {}
      : { deleted: { id: deleted.eventId, seq: deleted.seq, by: deleted.sender as Address } }),
    ...(reactions.length === 0 || deleted !== undefined ? {} : { reactions }),
  };
}

function editOf(edit: Effect): NonNullable<EventEffects['edited']> {
  const content = plainOf(edit);
  const entities = entitiesOf(content);
  const { eventId: id, seq, at } = edit;
  return { id, seq, at, text: textOf(edit, 'text'), ...(entities.length === 0 ? {} : { entities }) };
}

/** One person counts once per emoji. */
function countReactions(who: Actor, effects: readonly Effect[]): ReactionCount[] {
  const people = new Map<string, Map<string, EventId>>();
  for (const effect of effects) {
    const emoji = textOf(effect, 'emoji');
    if (emoji === '') continue;
    const by = people.get(emoji) ?? new Map<string, EventId>();
    people.set(emoji, by.set(effect.sender, effect.eventId));
  }
  return [...people].map(([emoji, by]) => {
    const mine = by.get(who.address);
    return { emoji, count: by.size, ...(mine === undefined ? {} : { mine }) };
  });
}

function textOf(effect: Effect, member: string): string {
  const value = plainOf(effect)[member];
  return typeof value === 'string' ? value : '';
}

/** Content that is not plain may be any text. */
function plainOf({ content }: Effect): JsonObject {
  try {
    const value: unknown = JSON.parse(content ?? '{}');
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

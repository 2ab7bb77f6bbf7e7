import { parseEvent } from '../protocol/event.js';
import type { Address, EventId } from '../protocol/identifiers.js';
import type { RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { Effect, LogRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import { visibleRange } from './read-rooms.js';
import type { Actor, EventEffects, ReactionCount, TimelineEvent } from './room-services.js';

const HEADER_FIELDS = { ts: 0 };

/**
 * Reads history for a person, ascending, each event with what later ones made of it.
 *
 * @param page neither bound: the newest page
 * @throws ProtocolError `unknown-room`
 * @see PV-CLI-030 to PV-CLI-033
 */
export async function readTimeline(
  deps: Pick<ServiceDeps, 'store' | 'rooms' | 'domain'>,
  who: Actor,
  page: { room: RoomId; before?: number; after?: number; limit: number },
): Promise<readonly TimelineEvent[]> {
  const { room, before, after, limit } = page;
  const range = await visibleRange(deps, who, room);
  if (range === undefined) throw new ProtocolError('unknown-room');
  const { rows, effects } = await deps.store.readTimeline(room, {
    ...{ limit, visibleFrom: range.from },
    ...(range.to === undefined ? {} : { visibleTo: range.to }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  });
  const isShown = ({ sender }: { sender: string }): boolean => sender !== range.blocked;
  const byTarget = new Map<EventId, Effect[]>();
  for (const effect of effects.filter((one) => one.kind === 'delete' || isShown(one)))
    byTarget.set(effect.target, [...(byTarget.get(effect.target) ?? []), effect]);
  return rows
    .filter(({ jws }) => jws !== null)
    .map((row) => (isShown(row) || isState(row) ? row : { ...row, content: null }))
    .map((row) => eventOf(who, row, byTarget.get(row.eventId) ?? []));
}

function isState({ type }: LogRow): boolean {
  return type === 'member' || type === 'provider' || type.startsWith('room.');
}

function eventOf(who: Actor, row: LogRow, effects: readonly Effect[]): TimelineEvent {
  const parsed = parseEvent(row.jws ?? '');
  const fields: { ts: number; key?: string; rel?: TimelineEvent['rel']; scheme?: string } = parsed.ok
    ? parsed.value.fields
    : HEADER_FIELDS;
  const { seq, at, eventId: id, type, sender } = row;
  const folded = effectsOf(who, effects);
  return {
    ...{ seq, at, id, type, sender: sender as Address, ts: fields.ts, content: contentOf(row, fields.scheme) },
    ...(fields.key === undefined ? {} : { key: fields.key }),
    ...(fields.rel === undefined ? {} : { rel: fields.rel }),
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
    ...(edited === undefined || deleted !== undefined
      ? {}
      : { edited: { id: edited.eventId, seq: edited.seq, at: edited.at, text: textOf(edited, 'text') } }),
    ...(deleted === undefined
      ? {}
      : { deleted: { id: deleted.eventId, seq: deleted.seq, by: deleted.sender as Address } }),
    ...(reactions.length === 0 || deleted !== undefined ? {} : { reactions }),
  };
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

function textOf({ content }: Effect, member: string): string {
  if (content === null) return '';
  const value = (JSON.parse(content) as Record<string, unknown>)[member];
  return typeof value === 'string' ? value : '';
}

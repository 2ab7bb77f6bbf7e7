import { parseEvent } from '../protocol/event.js';
import type { EventFields } from '../protocol/event.js';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { Right } from '../protocol/rights.js';
import type { LogRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import { visibleRange } from './read-rooms.js';
import type { Act, Actor } from './room-services.js';
import { joinedRoom } from './send-event.js';

type ReadDeps = Pick<ServiceDeps, 'store' | 'rooms' | 'domain' | 'clock'>;

const READERS: readonly Right[] = ['remove', 'ban', 'restrict', 'moderate', 'roles'];

/**
 * Reads who did what in a room from its log, the newest first. What people do to themselves is no such act.
 *
 * @returns `next`: the `before` of the next page, absent on the last
 * @throws ProtocolError `unknown-room` · `no-right`
 * @see PV-SET-060, PV-SET-061
 */
export async function readActs(
  deps: ReadDeps,
  who: Actor,
  { room, before, limit }: { room: RoomId; before?: number; limit: number },
): Promise<{ acts: readonly Act[]; next?: number }> {
  const live = await joinedRoom(deps, who, room);
  const { rights } = live.state.roleOf(who.address, deps.clock.now());
  if (!READERS.some((right) => rights.has(right))) throw new ProtocolError('no-right');
  const range = await visibleRange(deps, who, room);
  const part = { from: range?.from ?? 0, before: before ?? live.seq + 1, limit };
  const rows = await deps.store.listActs(room, part);
  const senders = await sendersOf(deps, room, rows);
  const acts = rows.map((row) => actOf(row, senders)).filter((act) => act !== undefined);
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { acts, ...(last !== undefined && { next: last.seq }) };
}

async function sendersOf(
  { store }: ReadDeps,
  room: RoomId,
  rows: readonly LogRow[],
): Promise<ReadonlyMap<EventId, Address | Domain>> {
  const targets = rows.flatMap((row) => (row.type === 'message.delete' ? targetsOf(fieldsOf(row)) : []));
  const found = new Map<EventId, Address | Domain>();
  for (let start = 0; start < targets.length; start += 1024) {
    const pairs = targets.slice(start, start + 1024).map((id) => [room, id] as const);
    for (const { eventId, sender } of await store.findEvents(pairs)) if (sender !== '') found.set(eventId, sender);
  }
  return found;
}

function actOf(row: LogRow, senders: ReadonlyMap<EventId, Address | Domain>): Act | undefined {
  const { seq, at, eventId: id, type, sender, content } = row;
  const fields = fieldsOf(row);
  if (sender === '' || fields === undefined) return undefined;
  const act = { seq, at, id, by: sender, type };
  if (fields.key !== undefined) {
    const { salt, ...entry } = JSON.parse(content ?? '{}') as Record<string, unknown>;
    return { ...act, key: fields.key, content: entry };
  }
  const deleted = targetsOf(fields).flatMap((target) => {
    const author = senders.get(target);
    return author === undefined || author === sender ? [] : [{ id: target, sender: author }];
  });
  return deleted.length === 0 ? undefined : { ...act, deleted };
}

function targetsOf(fields: EventFields | undefined): EventId[] {
  return (fields?.rel ?? []).map(([, target]) => target);
}

function fieldsOf({ jws }: LogRow): EventFields | undefined {
  const event = parseEvent(jws ?? '');
  return event.ok ? event.value.fields : undefined;
}

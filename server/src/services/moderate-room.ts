import { parseEvent } from '../protocol/event.js';
import type { Address, EventId, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { LogRow } from '../storage/room-rows.js';
import { ban, changeRoom } from './change-room.js';
import type { ChangeDeps } from './change-room.js';
import type { ServiceDeps } from './deps.js';
import { visibleRange } from './read-rooms.js';
import type { Actor, Deletion, DeletionAnswer } from './room-services.js';
import { joinedRoom } from './send-event.js';
import { submitEvent } from './submit-event.js';

type ModerateDeps = ChangeDeps & Pick<ServiceDeps, 'store' | 'rooms' | 'domain'>;

const TARGETS_MAX = 256;
const RELATIONS_MAX = 16;

/**
 * Deletes many events at once, the newest first: written as ordinary deletes of up to 16 targets, a bounded number a call.
 *
 * @throws ProtocolError `unknown-room` · `no-right` (events of others, without `moderate`) · the code of the rule that refuses it
 * @see PV-SET-050, PV-SET-051
 */
export async function deleteMany(deps: ModerateDeps, who: Actor, deletion: Deletion): Promise<DeletionAnswer> {
  const { room, sender, from = 0, to = Number.MAX_SAFE_INTEGER } = deletion;
  const live = await joinedRoom(deps, who, room);
  const mayModerate = live.state.roleOf(who.address, deps.clock.now()).rights.has('moderate');
  if (sender !== who.address && !mayModerate) throw new ProtocolError('no-right');
  const range = await visibleRange(deps, who, room);
  const wanted = { from: Math.max(from, range?.from ?? 0), to: Math.min(to, live.seq), max: TARGETS_MAX };
  const found = await deps.store.listDeletable(room, { ...wanted, ...(sender !== undefined && { sender }) });
  const targets = found.rows.filter((row) => !isState(row)).map(({ eventId }) => eventId);
  for (let start = 0; start < targets.length; start += RELATIONS_MAX) {
    const rel = targets.slice(start, start + RELATIONS_MAX).map((id): ['delete', EventId] => ['delete', id]);
    await submitEvent(deps, live, { sender: who.address, type: 'message.delete', content: {}, rel });
  }
  return { deleted: targets.length, ...(found.next !== undefined && { next: found.next }) };
}

/** Bans a person and deletes what they wrote, as `deleteMany` does. @see PV-SET-052 */
export async function banAndDelete(
  deps: ModerateDeps,
  who: Actor,
  { room, address }: { room: RoomId; address: Address },
): Promise<DeletionAnswer> {
  const live = await joinedRoom(deps, who, room);
  if (live.state.access(address)?.ban !== true) await changeRoom(deps, who, { room, change: ban(address) });
  return await deleteMany(deps, who, { room, sender: address });
}

function isState({ jws }: LogRow): boolean {
  const event = parseEvent(jws ?? '');
  return !event.ok || event.value.fields.key !== undefined;
}

import type { Domain, RoomId } from '../protocol/identifiers.js';
import { changeRoom, remove } from './change-room.js';
import type { ChangeDeps } from './change-room.js';
import type { Actor } from './room-services.js';
import { joinedRoom } from './send-event.js';

const REMOVED_AT_ONCE_MAX = 100;

/**
 * Lifts the deny of a provider: removes the people it shut out first, a bounded number a call.
 *
 * @returns `more`: there are people left to remove, and the deny still stands
 * @throws ProtocolError `unknown-room` · the code of the rule that refuses it
 * @see PV-RULE-054, PV-SET-041
 */
export async function liftDeny(
  deps: ChangeDeps,
  who: Actor,
  { room, domain }: { room: RoomId; domain: Domain },
): Promise<{ removed: number; more: boolean }> {
  const { state } = await joinedRoom(deps, who, room);
  const people = [...state.peopleShutOut(domain)];
  const now = people.slice(0, REMOVED_AT_ONCE_MAX);
  for (const person of now) await changeRoom(deps, who, { room, change: remove(person) });
  const more = people.length > now.length;
  const lifted = () => ({ type: 'room.deny', key: domain, content: { denied: false } });
  if (!more) await changeRoom(deps, who, { room, change: lifted });
  return { removed: now.length, more };
}

import type { RoomId } from '../protocol/identifiers.js';
import type { PreferenceRow } from '../storage/account-rows.js';
import { noteOf } from './account-news.js';
import type { ServiceDeps } from './deps.js';
import type { Actor, PreferencesWanted, RoomPreferences, RoomSummary } from './room-services.js';
import { joinedRoom } from './send-event.js';

/**
 * Keeps what a person wants of a room on all their devices (mute, pin, draft) and tells them.
 *
 * @throws ProtocolError `unknown-room` · `quarantined`
 * @see PV-DEV-001 to PV-DEV-005
 */
export async function changePreferences(
  { store, rooms, bells, clock }: Pick<ServiceDeps, 'store' | 'rooms' | 'bells' | 'clock'>,
  who: Actor,
  { room, change }: { room: RoomId; change: PreferencesWanted & { session: string } },
): Promise<void> {
  await joinedRoom({ rooms }, who, room);
  const { muted, pinned, draft, session } = change;
  const { accountId } = who;
  const kept = draft && JSON.stringify({ ...draft, at: clock.now(), session });
  const place = { accountId, room, note: noteOf(accountId, { kind: 'room', room }) };
  await store.changePreferences(place, {
    ...(muted !== undefined && { mutedUntil: muted }),
    ...(pinned !== undefined && { pinned }),
    ...(kept !== undefined && { draft: kept }),
  });
  bells.ringAccount(accountId);
}

/** What a room's summary says of them. */
export function preferencesOf({ mutedUntil, pinned, draft }: PreferenceRow): Pick<RoomSummary, 'preferences'> {
  if (mutedUntil === null && pinned === null && draft === null) return {};
  const preferences: RoomPreferences = {
    ...(mutedUntil !== null && { muted: mutedUntil }),
    ...(pinned !== null && { pinned }),
    ...(draft !== null && { draft: JSON.parse(draft) as NonNullable<RoomPreferences['draft']> }),
  };
  return { preferences };
}

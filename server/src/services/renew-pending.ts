import { parseEvent } from '../protocol/event.js';
import type { EventId } from '../protocol/identifiers.js';
import type { PendingRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import { resignState } from './submit-event.js';

const CLOCK_SKEW_MS = 60_000;

/**
 * Signs a change of state that has waited until its time was over once more, in the place it has among what waits, unless
 * somebody else has changed the same entry meanwhile.
 *
 * @returns the id the change has now; undefined when its author has to be told instead
 * @see PV-SUB-017
 */
export async function renewPending(
  deps: Pick<ServiceDeps, 'store' | 'clock' | 'random' | 'keys'>,
  live: LiveRoom,
  row: PendingRow,
): Promise<EventId | undefined> {
  const event = parseEvent(row.jws);
  if (!event.ok) return undefined;
  const { key, type, prior, until } = event.value.fields;
  // A hub that only says so gets no second event.
  const isOver = until < deps.clock.now() + CLOCK_SKEW_MS;
  if (key === undefined || !isOver || live.state.get(type, key)?.id !== prior) return undefined;
  const renewed = resignState(deps, live, event.value);
  const { hub, room, accountId, requestKey, content, statement } = row;
  await deps.store.replacePending(row.eventId, {
    ...{ hub, room, eventId: renewed.id, accountId, requestKey, jws: renewed.jws, content, statement },
    at: deps.clock.now(),
  });
  return renewed.id;
}

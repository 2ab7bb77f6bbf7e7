import { parseEvent } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import type { EventId } from '../protocol/identifiers.js';
import type { PendingRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import { resignState, signForTimer } from './submit-event.js';

const CLOCK_SKEW_MS = 60_000;

/**
 * Signs once more what the hub has denied, in the place it has among what waits: a change of state that waited until its time was
 * over, unless somebody else has changed the same entry meanwhile, and what was signed before the room's timer became shorter.
 *
 * @returns the id it has now; undefined when its author has to be told instead
 * @see PV-SUB-017, PV-SET-010
 */
export async function renewPending(
  deps: Pick<ServiceDeps, 'store' | 'clock' | 'random' | 'keys'>,
  live: LiveRoom,
  row: PendingRow,
): Promise<EventId | undefined> {
  const event = parseEvent(row.jws);
  if (!event.ok) return undefined;
  const isState = event.value.fields.key !== undefined;
  const renewed = isState ? renewState(deps, live, event.value) : signForTimer(deps, live, event.value);
  if (renewed === undefined) return undefined;
  const { hub, room, accountId, requestKey, content, statement } = row;
  await deps.store.replacePending(row.eventId, {
    ...{ hub, room, eventId: renewed.id, accountId, requestKey, jws: renewed.jws, content, statement },
    at: deps.clock.now(),
  });
  return renewed.id;
}

function renewState(
  deps: Pick<ServiceDeps, 'clock' | 'random' | 'keys'>,
  live: LiveRoom,
  event: ParsedEvent,
): ParsedEvent | undefined {
  const { key = '', type, prior, until } = event.fields;
  // A hub that only says so gets no second event.
  const isOver = until < deps.clock.now() + CLOCK_SKEW_MS;
  return isOver && live.state.get(type, key)?.id === prior ? resignState(deps, live, event) : undefined;
}

import type { EventId, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { FoundEvent } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import { visibleRange } from './read-rooms.js';
import type { Actor } from './room-services.js';

/**
 * An event that has effect and that a person may see.
 *
 * @returns its row, and the last seq that the person may see
 * @throws ProtocolError `unknown-room` · `not-found` (there is none, or the person may not see it)
 */
export async function findVisible(
  deps: Pick<ServiceDeps, 'store' | 'rooms' | 'domain' | 'clock'>,
  who: Actor,
  { room, event }: { room: RoomId; event: EventId },
): Promise<{ row: FoundEvent; to: number }> {
  const range = await visibleRange(deps, who, room);
  if (range === undefined) throw new ProtocolError('unknown-room');
  const [row] = await deps.store.findEvents([[room, event]]);
  const to = range.to ?? Number.MAX_SAFE_INTEGER;
  const isIn = row !== undefined && row.seq >= range.from && row.seq <= to;
  if (!isIn || row.void !== null || row.sender === range.blocked) throw new ProtocolError('not-found');
  return { row, to };
}

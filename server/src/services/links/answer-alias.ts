import type { Alias, Domain, RoomId } from '../../protocol/identifiers.js';
import { domainOfAlias, nameOfAlias } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { ServiceDeps } from '../deps.js';
import type { LiveRoom } from '../live-room.js';

/** What a room shows of itself to people who are not in it. */
export interface RoomFace {
  readonly title: string | null;
  readonly about?: string;
  readonly alias?: string;
  readonly members: number;
  /** `knock`: who asks may be let in */
  readonly join?: 'knock';
}

/**
 * Tells which room a name of our directory stands for, as long as the room agrees.
 *
 * @throws ProtocolError `not-found`
 * @see PV-ALS-001, PV-ALS-002
 */
export async function answerAlias(
  { store, rooms, domain }: Pick<ServiceDeps, 'store' | 'rooms' | 'domain'>,
  alias: Alias,
): Promise<{ alias: { room: RoomId; hub: Domain } }> {
  const row = domainOfAlias(alias) === domain ? await store.findAlias(nameOfAlias(alias)) : undefined;
  const live = row && (await rooms.get(row.room));
  const agrees = live?.state.hasJoined(domain) === true && faceOf(live).alias === alias;
  if (!agrees) throw new ProtocolError('not-found');
  return { alias: { room: live.room, hub: live.hub } };
}

/**
 * Shows a room of which we are the hub to whoever knows its id, if it wants to be shown.
 *
 * @throws ProtocolError `not-found` also for rooms that are not there
 * @see PV-ALS-003
 */
export async function answerRoom(
  { rooms, domain }: Pick<ServiceDeps, 'rooms' | 'domain'>,
  room: RoomId,
): Promise<{ room: RoomFace }> {
  const live = await rooms.get(room);
  const isShown = live?.hub === domain && live.state.get('room.settings', '')?.content['preview'] === true;
  if (!isShown) throw new ProtocolError('not-found');
  return { room: faceOf(live) };
}

export function faceOf({ state }: LiveRoom): RoomFace {
  const { title, about, alias } = state.get('room.info', '')?.content ?? {};
  return {
    title: typeof title === 'string' ? title : null,
    ...(typeof about === 'string' && { about }),
    ...(typeof alias === 'string' && { alias }),
    members: state.joinedCount,
    ...(state.settings.join !== undefined && { join: state.settings.join }),
  };
}

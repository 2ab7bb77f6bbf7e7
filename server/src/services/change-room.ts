import { limits } from '@payvand/spec';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import type { RoomSettings } from '../protocol/state-content.js';
import type { Actor, Restriction, RoomDescription, SendAnswer } from './room-services.js';
import { joinedRoom } from './send-event.js';
import { submitEvent } from './submit-event.js';

export type ChangeDeps = Parameters<typeof submitEvent>[0] & Pick<ServiceDeps, 'rooms'>;

/** The entry a change writes; null: there is nothing to change. */
interface Change {
  readonly type: string;
  readonly key: string;
  readonly content: object;
}

const ATTEMPTS_MAX = 4;

/**
 * Changes one entry of a room's state for a person. When somebody else changed the same entry meanwhile, the change is
 * made again on top of theirs.
 *
 * @throws ProtocolError `unknown-room` · the code of the rule that refuses it
 * @see PV-EVT-019, PV-RULE-001
 */
export async function changeRoom(
  deps: ChangeDeps,
  who: Actor,
  { room, change }: { room: RoomId; change: (live: LiveRoom) => Change },
): Promise<SendAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const live = await joinedRoom(deps, who, room);
    try {
      return await submitEvent(deps, live, { sender: who.address, ...change(live) });
    } catch (cause) {
      const isLost = cause instanceof ProtocolError && cause.code === 'prior-mismatch';
      if (!isLost || attempt >= ATTEMPTS_MAX) throw cause;
    }
  }
}

export const leave = (who: Actor) => (): Change => ({
  type: 'member',
  key: who.address,
  content: { membership: 'left' },
});

/** What a room says of itself is one entry: the rest of it stays as it is. */
export const title =
  (text: string) =>
  (live: LiveRoom): Change => ({
    type: 'room.info',
    key: '',
    content: { ...live.state.get('room.info', '')?.content, title: text },
  });

export const info = (content: RoomDescription) => (): Change => ({ type: 'room.info', key: '', content });

export const settings = (content: RoomSettings) => (): Change => ({ type: 'room.settings', key: '', content });

/** Puts an event in front of the pins, or takes it away. @throws ProtocolError `list-full` · `not-found` */
export const pin =
  (id: EventId, isPinned: boolean) =>
  (live: LiveRoom): Change => {
    const pins = live.state.pins.filter((other) => other !== id);
    if (isPinned && pins.length >= limits.pinsMax) throw new ProtocolError('list-full');
    if (!isPinned && pins.length === live.state.pins.length) throw new ProtocolError('not-found', { part: '/event' });
    return { type: 'room.pins', key: '', content: { pins: isPinned ? [id, ...pins] : pins } };
  };

export const deny = (domain: Domain) => (): Change => ({ type: 'room.deny', key: domain, content: { denied: true } });

export const history = (visible: 'all' | 'joined') => (): Change => ({
  type: 'room.history',
  key: '',
  content: { visible },
});

export const owner = (address: Address) => (): Change => ({ type: 'room.owner', key: '', content: { owner: address } });

export const role =
  ({ name, rank, rights }: { name: string; rank: number; rights: readonly string[] }) =>
  (): Change => ({ type: 'role', key: name, content: { rank, rights } });

export const memberRole = ({ address, role: name }: { address: Address; role: string }) =>
  access(address, { role: name });

/** @param member no `title`: it goes */
export const memberTitle = ({ address, title: text }: { address: Address; title?: string }) =>
  access(address, { title: text });

export const restriction = ({ address, restrict }: { address: Address; restrict: Restriction | null }) =>
  access(address, { restrict: restrict ?? undefined });

/** A ban ends the join there is; lifting it brings nobody back. @see PV-RULE-034 */
export const ban =
  (address: Address) =>
  (live: LiveRoom): Change =>
    access(address, { ban: true, ...joinEnded(live, address) })(live);

export const unban = (address: Address) => access(address, { ban: undefined });

/** Ends the join there is now; a later one is not touched. */
export const remove =
  (address: Address) =>
  (live: LiveRoom): Change => {
    const join = live.state.joinEntry(address);
    if (join === undefined) throw new ProtocolError('not-found', { part: '/address' });
    return access(address, { remove: join.id })(live);
  };

function joinEnded(live: LiveRoom, address: Address): { remove?: string } {
  const join = live.state.joinEntry(address)?.id;
  return join === undefined ? {} : { remove: join };
}

/** What is said of a person is one entry: the rest of it stays as it is. */
function access(address: Address, change: Record<string, unknown>): (live: LiveRoom) => Change {
  return (live) => {
    const merged: Record<string, unknown> = { ...live.state.access(address), ...change };
    const members = Object.entries(merged).filter(([, value]) => value !== undefined);
    return { type: 'access', key: address, content: Object.fromEntries(members) };
  };
}

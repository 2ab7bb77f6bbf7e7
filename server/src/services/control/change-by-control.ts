import type { ControlRequest } from '@payvand/spec';
import { parseAddress, parseRoomId } from '../../protocol/identifiers.js';
import type { Address } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Actor, RoomServices } from '../room-services.js';

type Change = Omit<ControlRequest<'change-room'>, 'as'>;

/** Changes a room as the person's own program would. @throws ProtocolError `bad-request` · `unknown-room` · a rule's code */
export async function changeByControl(rooms: RoomServices, who: Actor, wanted: Change): Promise<unknown> {
  const room = parseRoomId(wanted.room);
  if (room === undefined) throw new ProtocolError('unknown-room');
  switch (wanted.change) {
    case 'leave':
      return await rooms.leaveRoom(who, room);
    case 'remove':
      return await rooms.removeMember(who, room, addressIn(wanted));
    case 'ban':
      return await rooms.ban(who, room, addressIn(wanted));
    case 'unban':
      return await rooms.unban(who, room, addressIn(wanted));
    case 'role':
      return await rooms.setMemberRole(who, room, { address: addressIn(wanted), role: valueIn(wanted) });
    case 'title':
      return await rooms.setTitle(who, room, valueIn(wanted));
    case 'owner':
      return await rooms.setOwner(who, room, addressIn(wanted));
  }
}

function addressIn({ address }: Change): Address {
  const parsed = parseAddress(address);
  if (parsed === undefined) throw new ProtocolError('bad-request', { part: '/address' });
  return parsed;
}

function valueIn({ value }: Change): string {
  if (value === undefined) throw new ProtocolError('bad-request', { part: '/value' });
  return value;
}

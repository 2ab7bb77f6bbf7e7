import type { Address, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { sendInvite } from './create-room.js';
import type { CreateDeps } from './create-room.js';
import type { Actor } from './room-services.js';
import { joinedRoom } from './send-event.js';

/**
 * Invites somebody into a group.
 *
 * @throws ProtocolError `unknown-room` · `no-right` · `list-full` (too much waits for that provider)
 * @see PV-INV-001, PV-MAIL-006
 */
export async function inviteMember(
  deps: CreateDeps & Parameters<typeof joinedRoom>[0],
  who: Actor,
  { room, address }: { room: RoomId; address: Address },
): Promise<{ status: 'sent' }> {
  const live = await joinedRoom(deps, who, room);
  const mayInvite = live.kind === 'group' && live.state.roleOf(who.address, deps.clock.now()).rights.has('invite');
  if (!mayInvite) throw new ProtocolError('no-right');
  await sendInvite(deps, who, { room, to: address });
  return { status: 'sent' };
}

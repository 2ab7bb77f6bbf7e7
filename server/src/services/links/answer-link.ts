import type { LinkInvite } from '../../protocol/invite.js';
import { linkIdOf } from '../../protocol/link.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { ServiceDeps } from '../deps.js';
import type { LiveRoom } from '../live-room.js';
import { faceOf } from './answer-alias.js';
import type { RoomFace } from './answer-alias.js';
import { readLinkRow } from './make-link.js';

/**
 * Tells whoever knows a link's locator what it is for: the link as it was signed, and what a stranger may see of the room.
 *
 * @throws ProtocolError `not-found` also for links that let nobody in any more
 * @see PV-LNK-008, PV-LNK-009
 */
export async function answerLink(
  { store, rooms, clock }: Pick<ServiceDeps, 'store' | 'rooms' | 'clock'>,
  locator: string,
): Promise<{ link: RoomFace & { jws: string } }> {
  const row = await store.findLink(locator);
  const live = row && (await rooms.get(row.room));
  if (row === undefined || live === undefined) throw new ProtocolError('not-found');
  if (!isGoodLink(live, readLinkRow(row.jws), clock.now())) throw new ProtocolError('not-found');
  return { link: { jws: row.jws, ...faceOf(live) } };
}

/** Whether a link of one of our people is still good for anything. */
export function isGoodLink({ state }: LiveRoom, link: LinkInvite, now: number): boolean {
  return (
    link.until >= now &&
    state.isJoined(link.by) &&
    state.roleOf(link.by, now).rights.has('invite') &&
    state.get('room.link', linkIdOf(link)) === undefined
  );
}

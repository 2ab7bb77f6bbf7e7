import { encodeBase64url } from '../../protocol/base64url.js';
import type { Address, RoomId } from '../../protocol/identifiers.js';
import { buildLink, parseInvite } from '../../protocol/invite.js';
import type { LinkInvite } from '../../protocol/invite.js';
import { formatLinkText, linkIdOf, linkKeyOf, linkLocatorOf } from '../../protocol/link.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { faultOfLinkRole } from '../../protocol/rules/link-rules.js';
import type { LinkRow } from '../../storage/links.js';
import { changeRoom } from '../change-room.js';
import type { ChangeDeps } from '../change-room.js';
import type { ServiceDeps } from '../deps.js';
import type { Actor, SendAnswer } from '../room-services.js';
import { joinedRoom } from '../send-event.js';
import type { LinkView, NewLink } from './link-views.js';

export type MakeLinkDeps = ChangeDeps & Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'random' | 'keys' | 'rooms'>;

const LINK_UNTIL_MS = 30 * 24 * 3_600_000;

/**
 * Makes a link to a group: whoever holds its text may join, as far as it says.
 *
 * @param until 30 days from now where it is not said
 * @throws ProtocolError `unknown-room` · `no-right` (to invite, or to give the role) · `until-passed` · `list-full` (100 in the room)
 * @see PV-LNK-001, PV-LNK-013
 */
export async function makeLink(
  deps: MakeLinkDeps,
  who: Actor,
  { room, until: wanted, ...limits }: NewLink & { room: RoomId },
): Promise<LinkView> {
  const live = await joinedRoom(deps, who, room);
  const at = deps.clock.now();
  const until = wanted ?? at + LINK_UNTIL_MS;
  const own = live.state.roleOf(who.address, at);
  if (live.kind !== 'group' || !own.rights.has('invite')) throw new ProtocolError('no-right');
  if (limits.role !== undefined && faultOfLinkRole(live.state, limits.role, own) !== undefined)
    throw new ProtocolError('no-right', { part: '/role' });
  if (until <= at) throw new ProtocolError('until-passed', { part: '/until' });
  const secret = encodeBase64url(deps.random.bytes(16));
  const nonce = encodeBase64url(deps.random.bytes(16));
  const { x: link } = linkKeyOf(secret);
  const fields = { room, hub: live.hub, by: who.address, link, until, nonce, ...limits };
  const { jws } = buildLink(fields, deps.keys.current.event);
  const row = { accountId: who.accountId, room, locator: linkLocatorOf(secret), secret, jws, at, until };
  if (!(await deps.store.addLink(row))) throw new ProtocolError('list-full');
  return viewOf(deps, row);
}

/**
 * The links a person made in a room, that have not ended.
 *
 * @throws ProtocolError `unknown-room`
 * @see PV-LNK-014
 */
export async function listLinks(deps: MakeLinkDeps, who: Actor, room: RoomId): Promise<{ links: readonly LinkView[] }> {
  await joinedRoom(deps, who, room);
  const rows = await deps.store.listLinks(who.accountId, room);
  return { links: rows.filter(({ until }) => until >= deps.clock.now()).map((row) => viewOf(deps, row)) };
}

/**
 * Makes a link useless: at once for those who never asked for it, and by an entry of the room for everybody.
 *
 * @param link its issuer and public key
 * @throws ProtocolError `unknown-room` · `no-right` (somebody else's) · the code of the rule that refuses it
 * @see PV-LNK-007, PV-LNK-015
 */
export async function revokeLink(
  deps: MakeLinkDeps,
  who: Actor,
  { room, ...link }: { room: RoomId; by: Address; link: string },
): Promise<SendAnswer> {
  await joinedRoom(deps, who, room);
  if (link.by === who.address) {
    const rows = await deps.store.listLinks(who.accountId, room);
    const own = rows.find(({ jws }) => readLinkRow(jws).link === link.link);
    if (own !== undefined) await deps.store.removeLink(own.locator);
  }
  const change = (): { type: string; key: string; content: object } => ({
    type: 'room.link',
    key: linkIdOf(link),
    content: link,
  });
  return await changeRoom(deps, who, { room, change });
}

/** A link as it was stored here. */
export function readLinkRow(jws: string): LinkInvite {
  const invite = parseInvite(jws);
  if (!invite.ok || !('link' in invite.value)) throw new ProtocolError('internal');
  return invite.value;
}

function viewOf({ domain }: MakeLinkDeps, { secret, jws, at }: LinkRow): LinkView {
  const { by, link: key, until, role, approve, uses } = readLinkRow(jws);
  return {
    ...{ link: formatLinkText({ provider: domain, secret }), by, key, at, until },
    ...(role !== undefined && { role }),
    ...(approve !== undefined && { approve }),
    ...(uses !== undefined && { uses }),
  };
}

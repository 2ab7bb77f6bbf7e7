import type { FederationAnswer } from '@payvand/spec';
import { domainOf } from '../../protocol/identifiers.js';
import { parseInvite } from '../../protocol/invite.js';
import type { LinkInvite } from '../../protocol/invite.js';
import { linkKeyOf, linkLocatorOf, parseLinkText, proveLink } from '../../protocol/link.js';
import type { LinkText } from '../../protocol/link.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { joinRoom } from '../join-room.js';
import type { JoinDeps } from '../join-room.js';
import { askDirectory } from './ask-directory.js';
import type { AskDeps } from './ask-directory.js';
import type { Actor } from '../room-services.js';
import type { SendMail } from '../send-mail.js';
import type { LinkJoined, LinkPreview } from './link-views.js';

export type UseLinkDeps = JoinDeps & AskDeps & { readonly mail: SendMail };

interface FoundLink {
  readonly invite: LinkInvite;
  readonly secret: string;
  readonly preview: LinkPreview;
}

/**
 * Tells what a link is for, as its issuer's provider tells it.
 *
 * @throws ProtocolError `bad-link` · `hub-unreachable` (that provider does not answer)
 * @see PV-LNK-008, PV-LNK-016
 */
export async function previewLink(deps: UseLinkDeps, text: string): Promise<LinkPreview> {
  return (await findLink(deps, text)).preview;
}

/**
 * Brings a person into the room that a link is for, or asks its issuer where the link wants that.
 *
 * @throws ProtocolError what `previewLink` throws · `used-up` · the code of the rule that refuses it · `list-full` (too much
 * waits for the issuer's provider)
 * @see PV-LNK-010, PV-LNK-011, PV-KNK-001
 */
export async function joinByLink(
  deps: UseLinkDeps,
  who: Actor,
  { text, intro }: { text: string; intro?: string },
): Promise<LinkJoined> {
  const { invite, secret } = await findLink(deps, text);
  const { room, hub, by, role, jws } = invite;
  const live = await deps.rooms.get(room);
  if (live?.state.isJoined(who.address) === true) return { room, status: 'joined' };
  const proof = proveLink(linkKeyOf(secret), { room, person: who.address });
  if (invite.approve === true) {
    // Somebody who made a link and has left since cannot ask themselves.
    if (by === who.address) throw new ProtocolError('bad-link');
    const body = { link: jws, proof, ...(intro !== undefined && { intro }) };
    await deps.mail.send({ from: who.address, to: by, kind: 'knock', body });
    return { room, status: 'asked' };
  }
  const join = { invite: jws, proof, ...(role !== undefined && { role }) };
  await joinRoom(deps, who, { room, hub, creation: { kind: 'group', hub, creator: null, peer: null }, join });
  return { room, status: 'joined' };
}

async function findLink(deps: UseLinkDeps, text: string): Promise<FoundLink> {
  const parsed = parseLinkText(text);
  if (parsed === undefined) throw new ProtocolError('bad-link');
  const { jws, ...shown } = await askFor(deps, parsed);
  const invite = parseInvite(jws);
  if (!invite.ok || !('link' in invite.value)) throw new ProtocolError('bad-link');
  const { room, hub, by, link, until, approve } = invite.value;
  const isOurs = link === linkKeyOf(parsed.secret).x && domainOf(by) === parsed.provider;
  if (!isOurs || until < deps.clock.now()) throw new ProtocolError('bad-link');
  const preview = { room, hub, by, until, ...shown, approve: approve === true };
  return { invite: invite.value, secret: parsed.secret, preview };
}

type LinkAnswer = Extract<FederationAnswer<'directory'>, { link: object }>['link'];

async function askFor(deps: UseLinkDeps, { provider, secret }: LinkText): Promise<LinkAnswer> {
  const body = { link: linkLocatorOf(secret) };
  const answer = await askDirectory(deps, provider, body);
  if (answer === undefined || !('link' in answer)) throw new ProtocolError('bad-link');
  return answer.link;
}

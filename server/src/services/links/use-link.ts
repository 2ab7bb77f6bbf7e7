import type { FederationAnswer } from '@payvand/spec';
import { domainOf } from '../../protocol/identifiers.js';
import { parseInvite } from '../../protocol/invite.js';
import type { LinkInvite } from '../../protocol/invite.js';
import { linkKeyOf, linkLocatorOf, parseLinkText, proveLink } from '../../protocol/link.js';
import type { LinkText } from '../../protocol/link.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { ServiceDeps } from '../deps.js';
import { joinRoom } from '../join-room.js';
import type { JoinDeps } from '../join-room.js';
import { readDirectory } from '../read-directory.js';
import type { Actor, LinkJoined, LinkPreview } from '../room-services.js';
import type { SendMail } from '../send-mail.js';

export type UseLinkDeps = JoinDeps & { readonly mail: SendMail } & Pick<
    ServiceDeps,
    'domain' | 'store' | 'rooms' | 'peers' | 'clock' | 'timers'
  >;

const ATTEMPTS_MAX = 5;
const WAIT_MS_MAX = 2000;

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
  const { jws, title, members } = await askFor(deps, parsed);
  const invite = parseInvite(jws);
  if (!invite.ok || !('link' in invite.value)) throw new ProtocolError('bad-link');
  const { room, hub, by, link, until, approve } = invite.value;
  const isOurs = link === linkKeyOf(parsed.secret).x && domainOf(by) === parsed.provider;
  if (!isOurs || until < deps.clock.now()) throw new ProtocolError('bad-link');
  const preview = { room, hub, by, until, title, members, approve: approve === true };
  return { invite: invite.value, secret: parsed.secret, preview };
}

type LinkAnswer = Extract<FederationAnswer<'directory'>, { link: object }>['link'];

async function askFor(deps: UseLinkDeps, { provider, secret }: LinkText): Promise<LinkAnswer> {
  const body = { link: linkLocatorOf(secret) };
  const answer = provider === deps.domain ? await askHere(deps, body) : await askThere(deps, provider, body);
  if (answer === undefined || !('link' in answer)) throw new ProtocolError('bad-link');
  return answer.link;
}

async function askHere(deps: UseLinkDeps, body: { link: string }): Promise<FederationAnswer<'directory'> | undefined> {
  return await readDirectory(deps, deps.domain, body).catch((cause: unknown) => {
    if (cause instanceof ProtocolError && cause.code === 'not-found') return undefined;
    throw cause;
  });
}

/** A provider that does not know us yet looks us up first and says when to come back: that is worth waiting for. */
async function askThere(
  { peers, timers }: UseLinkDeps,
  provider: LinkText['provider'],
  body: { link: string },
): Promise<FederationAnswer<'directory'> | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await peers.call(provider, 'directory', JSON.stringify(body));
    if (answer.kind === 'ok') return answer.body;
    if (answer.kind === 'problem' && answer.status === 404) return undefined;
    const isNew = answer.kind === 'problem' && answer.code === 'unknown-peer';
    if (!isNew || attempt >= ATTEMPTS_MAX) throw new ProtocolError('hub-unreachable');
    const waitMs = Math.min(answer.retryAfterMs, WAIT_MS_MAX);
    await new Promise<void>((resolve) => void timers.after(waitMs, resolve));
  }
}

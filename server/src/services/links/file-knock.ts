import { limits } from '@payvand/spec';
import { sha256Base64url } from '../../protocol/hash.js';
import { domainOf } from '../../protocol/identifiers.js';
import type { Address } from '../../protocol/identifiers.js';
import type { KnockBody } from '../../protocol/knock-mail.js';
import type { Mail } from '../../protocol/mail.js';
import type { RequestRow, RequestState } from '../../storage/account-rows.js';
import { noteOf } from '../account-news.js';
import type { ServiceDeps } from '../deps.js';
import type { LiveRoom } from '../live-room.js';
import { mayReach, REQUESTS_WAITING_MAX } from '../may-reach.js';
import type { Actor } from '../room-services.js';
import { isGoodLink } from './answer-link.js';

type KnockDeps = Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'rooms' | 'bells' | 'accountIdOf'>;

/**
 * Puts a knock before the issuer of the link and those here who look after the room. One that need not be answered is
 * dropped without a word.
 *
 * @see PV-KNK-003 to PV-KNK-005
 */
export async function fileKnock(deps: KnockDeps, mail: Mail, { link, intro }: KnockBody): Promise<void> {
  const { from, to, hash, until } = mail;
  const { room } = link;
  const live = await deps.rooms.get(room);
  const now = deps.clock.now();
  if (live === undefined || !isGoodLink(live, link, now) || !(await isOwnLink(deps, link))) return;
  if (live.state.isJoined(from) || live.state.access(from)?.ban === true || live.state.isDenied(domainOf(from))) return;
  const told: Actor[] = [];
  for (const who of await keepersOf(deps, live, to)) if (await mayReach(deps, who, from)) told.push(who);
  const body = { mail: mail.jws, told: told.map((who) => who.accountId), ...(intro !== undefined && { intro }) };
  const request = {
    ...{ id: sha256Base64url(`${room}\0${from}`), kind: 'knock' as const, room, hub: live.hub, by: from },
    ...{ body: JSON.stringify(body), at: now, until, state: 'waiting' as const },
  };
  for (const { accountId, address } of told) {
    const seen = address === to ? { mail: { hash: Buffer.from(hash, 'base64url'), until } } : {};
    await tell(deps, { ...request, accountId }, { max: REQUESTS_WAITING_MAX, ...seen });
  }
}

/** One answer is enough: the request is settled for all who were told. @see PV-KNK-006 */
export async function settleKnock(
  deps: Pick<KnockDeps, 'store' | 'bells'>,
  { id, body }: RequestRow,
  state: RequestState,
): Promise<void> {
  const { told } = JSON.parse(body) as { told: readonly number[] };
  for (const accountId of told)
    if (await deps.store.setRequestState(accountId, id, state)) await announce(deps, accountId, id);
}

/** Whether the person really made the link, and has not revoked it. @see PV-LNK-015 */
async function isOwnLink(deps: KnockDeps, { by, room, jws }: KnockBody['link']): Promise<boolean> {
  const accountId = await deps.accountIdOf(by);
  return accountId !== undefined && (await deps.store.listLinks(accountId, room)).some((row) => row.jws === jws);
}

/** The issuer, and people here of a rank above the ordinary who may invite. */
async function keepersOf(deps: KnockDeps, { state }: LiveRoom, issuer: Address): Promise<Actor[]> {
  const now = deps.clock.now();
  const keepers: Actor[] = [];
  for (const address of new Set([issuer, ...state.joinedMembersOf(deps.domain)])) {
    const { rank, rights } = state.roleOf(address, now);
    if (address !== issuer && (rank === 0 || !rights.has('invite'))) continue;
    const accountId = await deps.accountIdOf(address);
    if (accountId !== undefined) keepers.push({ accountId, address });
    if (keepers.length >= limits.knockReadersMax) break;
  }
  return keepers;
}

async function tell(
  deps: KnockDeps,
  request: RequestRow,
  bounds: Parameters<KnockDeps['store']['addRequest']>[1],
): Promise<void> {
  const added = await deps.store.addRequest(request, bounds);
  // Who was let in and has gone since may ask once more; who was turned down may not.
  const before = added === 'present' ? await deps.store.findRequest(request.accountId, request.id) : undefined;
  const isAgain =
    before?.state === 'accepted' && (await deps.store.setRequestState(request.accountId, request.id, 'waiting'));
  if (added === 'added' || isAgain) await announce(deps, request.accountId, request.id);
}

async function announce(
  { store, bells }: Pick<KnockDeps, 'store' | 'bells'>,
  accountId: number,
  id: string,
): Promise<void> {
  await store.addNotes([noteOf(accountId, { kind: 'request', id })]);
  bells.ringAccount(accountId);
}

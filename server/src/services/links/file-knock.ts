import { limits } from '@payvand/spec';
import { sha256Base64url } from '../../protocol/hash.js';
import { domainOf } from '../../protocol/identifiers.js';
import type { Address, RoomId } from '../../protocol/identifiers.js';
import type { KnockBody } from '../../protocol/knock-mail.js';
import type { Mail } from '../../protocol/mail.js';
import type { RoomState } from '../../protocol/room-state.js';
import type { RequestRow, RequestState } from '../../storage/account-rows.js';
import { noteOf } from '../account-news.js';
import type { ServiceDeps } from '../deps.js';
import type { LiveRoom } from '../live-room.js';
import { mayReach, REQUESTS_WAITING_MAX } from '../may-reach.js';
import type { Actor } from '../room-services.js';
import { isGoodLink } from './answer-link.js';

export type KnockDeps = Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'rooms' | 'bells' | 'accountIdOf'>;

/**
 * Puts a knock before the issuer of the link and those here who look after the room. One that need not be answered is
 * dropped without a word.
 *
 * @see PV-KNK-003 to PV-KNK-005
 */
export async function fileKnock(deps: KnockDeps, mail: Mail, { link, intro }: KnockBody): Promise<void> {
  const { from } = mail;
  const { room } = link;
  const live = await deps.rooms.get(room);
  const now = deps.clock.now();
  if (live === undefined || !isGoodLink(live, link, now) || !(await isOwnLink(deps, link))) return;
  if (!mayKnock(live, from)) return;
  await showKnock(deps, live, { mail, ...(intro !== undefined && { intro }), issuer: link.by });
}

/**
 * Puts a knock before those here who may let people into the room, and the issuer of the link it is made with.
 *
 * @param knock without `issuer`: a knock at the room
 * @see PV-KNK-004, PV-KNK-005, PV-KNK-012
 */
export async function showKnock(
  deps: KnockDeps,
  live: LiveRoom,
  { mail, intro, issuer }: { mail: Mail; intro?: string; issuer?: Address },
): Promise<void> {
  const { from, hash, until } = mail;
  const { room, hub } = live;
  const told: Actor[] = [];
  for (const who of await keepersHere(deps, live, issuer)) if (await mayReach(deps, who, from)) told.push(who);
  const body = {
    ...{ mail: mail.jws, told: told.map((who) => who.accountId) },
    ...(intro !== undefined && { intro }),
    ...(issuer === undefined && { isAtRoom: true }),
  };
  const request = {
    ...{ id: knockId(room, from), kind: 'knock' as const, room, hub, by: from },
    ...{ body: JSON.stringify(body), at: deps.clock.now(), until, state: 'waiting' as const },
  };
  for (const { accountId, address } of told) {
    const seen = address === issuer ? { mail: { hash: Buffer.from(hash, 'base64url'), until } } : {};
    await tell(deps, { ...request, accountId }, { max: REQUESTS_WAITING_MAX, ...seen });
  }
}

/** One knock of a person at a room is one request, whichever way it came. */
export function knockId(room: RoomId, person: Address): string {
  return sha256Base64url(`${room}\0${person}`);
}

/** Whether somebody is neither in a room nor kept out of it. */
export function mayKnock({ state }: LiveRoom, person: Address): boolean {
  return !state.isJoined(person) && state.access(person)?.ban !== true && !state.isDenied(domainOf(person));
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
export async function keepersHere(
  deps: Pick<KnockDeps, 'domain' | 'clock' | 'accountIdOf'>,
  { state }: LiveRoom,
  issuer?: Address,
): Promise<Actor[]> {
  const now = deps.clock.now();
  const keepers: Actor[] = [];
  for (const address of new Set([...(issuer === undefined ? [] : [issuer]), ...state.joinedMembersOf(deps.domain)])) {
    if (address !== issuer && !isKeeper(state, address, now)) continue;
    const accountId = await deps.accountIdOf(address);
    if (accountId !== undefined) keepers.push({ accountId, address });
    if (keepers.length >= limits.knockReadersMax) break;
  }
  return keepers;
}

/** Whether a person of a rank above the ordinary may let others in. */
export function isKeeper(state: RoomState, person: Address, now: number): boolean {
  const { rank, rights } = state.roleOf(person, now);
  return rank > 0 && rights.has('invite');
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

import { domainOf } from '../protocol/identifiers.js';
import type { RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { RequestRow } from '../storage/account-rows.js';
import { noteOf } from './account-news.js';
import { findDm, sendInvite } from './create-room.js';
import type { CreateDeps } from './create-room.js';
import { inviteMember } from './invite-member.js';
import { joinRoom } from './join-room.js';
import type { Invitation, JoinDeps } from './join-room.js';
import { settleKnock } from './links/file-knock.js';
import type { Actor } from './room-services.js';
import { submitEvent } from './submit-event.js';

export type AnswerDeps = JoinDeps & CreateDeps;

interface RequestBody {
  readonly creation: Invitation['creation'];
  readonly invite: string;
}

/**
 * Answers a contact request, an invitation or a knock. Accepting is joining, or inviting whoever knocked; ignoring and
 * blocking tell the sender nothing.
 *
 * @throws ProtocolError `not-found` · what `joinRoom` and `inviteMember` throw
 * @see PV-MBX-007, PV-JOIN-001, PV-KNK-006, PV-KNK-007, PV-KNK-014
 */
export async function answerRequest(
  deps: AnswerDeps,
  who: Actor,
  { id, answer }: { id: string; answer: 'accept' | 'ignore' | 'block' },
): Promise<{ room?: RoomId }> {
  const request = await deps.store.findRequest(who.accountId, id);
  if (request === undefined) throw new ProtocolError('not-found');
  if (answer === 'accept') {
    if (request.kind === 'knock') await inviteMember(deps, who, { room: request.room, address: request.by });
    else await joinRoom(deps, who, invitationOf(request));
    await settle(deps, who, { request, state: 'accepted' });
    const isFromPeer = domainOf(request.by) !== deps.domain;
    if (isFromPeer && request.state === 'waiting') await deps.store.countContacts(domainOf(request.by), 'granted');
    return { room: request.room };
  }
  if (answer === 'block') {
    const isAdded = await deps.store.addBlock(who.accountId, request.by, deps.clock.now());
    if (!isAdded) throw new ProtocolError('list-full');
  }
  await settle(deps, who, { request, state: 'ignored' });
  return {};
}

function invitationOf(request: RequestRow): Invitation {
  const { creation, invite } = JSON.parse(request.body) as RequestBody;
  const base = { room: request.room, hub: request.hub, creation: { ...creation, hub: request.hub } };
  return request.kind === 'contact' ? base : { ...base, join: { invite } };
}

async function settle(
  deps: AnswerDeps,
  who: Actor,
  { request, state }: { request: RequestRow; state: 'accepted' | 'ignored' },
): Promise<void> {
  if (request.kind === 'knock') {
    await settleKnock(deps, request, state);
    // Others who were asked need not answer any more: their providers learn it from the hub.
    const { isAtRoom } = JSON.parse(request.body) as { isAtRoom?: true };
    const body = { room: request.room, person: request.by, answer: state };
    if (isAtRoom) await deps.mail.send({ from: who.address, to: request.hub, kind: 'knock-answer', body });
    return;
  }
  const { accountId, id } = request;
  await deps.store.setRequestState(accountId, id, state);
  await deps.store.addNotes([noteOf(accountId, { kind: 'request', id })]);
  deps.bells.ringAccount(accountId);
}

/**
 * Two people asked each other at the same time: the dm with the lower room id stays. Where it is the other's, ours is
 * marked as superseded and theirs joined at once, since our person has asked for this very contact.
 *
 * @param theirs the dm the other person created
 * @returns whether the invitation to it needs no answer any more
 * @see PV-ROOM-027, PV-LIM-006
 */
export async function mergeCrossed(deps: AnswerDeps, who: Actor, theirs: Invitation): Promise<boolean> {
  const { room, creation } = theirs;
  const { kind, creator } = creation;
  if (kind !== 'dm' || creator === null) return false;
  const own = await findDm(deps, who, creator);
  if (own?.room === room) return true;
  if (own?.hub !== deps.domain) return false;
  if (own.state.isJoined(creator)) return true;
  if (own.room < room) {
    // They may never have seen our invitation, as long as they were limited or had blocked our person.
    await sendInvite(deps, who, { room: own.room, to: creator });
    return true;
  }
  await joinRoom(deps, who, theirs);
  await submitEvent(deps, own, { sender: who.address, type: 'room.superseded', key: '', content: { by: room } });
  return true;
}

/** As `mergeCrossed`, for a request that waits: it is settled when it needs no answer any more. */
export async function mergeWaiting(deps: AnswerDeps, who: Actor, request: RequestRow): Promise<void> {
  if (await mergeCrossed(deps, who, invitationOf(request))) await settle(deps, who, { request, state: 'accepted' });
}

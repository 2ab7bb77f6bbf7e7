import { domainOf, parseDomain } from '../protocol/identifiers.js';
import type { Address, RoomId } from '../protocol/identifiers.js';
import type { InviteBody } from '../protocol/invite-mail.js';
import type { Mail } from '../protocol/mail.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { RequestRow } from '../storage/account-rows.js';
import { noteOf } from './account-news.js';
import { findDm } from './create-room.js';
import type { ServiceDeps } from './deps.js';
import { joinRoom } from './join-room.js';
import type { Invitation, JoinDeps } from './join-room.js';
import type { Actor } from './room-services.js';
import { submitEvent } from './submit-event.js';

type AnswerDeps = JoinDeps & Pick<ServiceDeps, 'store' | 'rooms'>;

interface RequestBody {
  readonly creation: Invitation['creation'];
  readonly invite: string;
}

/**
 * Answers a contact request or invitation. Accepting is joining; ignoring and blocking tell the sender nothing.
 *
 * @throws ProtocolError `not-found` · what `joinRoom` throws
 * @see PV-MBX-007, PV-JOIN-001
 */
export async function answerRequest(
  deps: AnswerDeps,
  who: Actor,
  { id, answer }: { id: string; answer: 'accept' | 'ignore' | 'block' },
): Promise<{ room?: RoomId }> {
  const request = await deps.store.findRequest(who.accountId, id);
  if (request === undefined) throw new ProtocolError('not-found');
  if (answer === 'accept') {
    await joinRoom(deps, who, invitationOf(request));
    await settle(deps, who, { id, state: 'accepted' });
    return { room: request.room };
  }
  if (answer === 'block') {
    const isAdded = await deps.store.addBlock(who.accountId, request.by, deps.clock.now());
    if (!isAdded) throw new ProtocolError('list-full');
  }
  await settle(deps, who, { id, state: 'ignored' });
  return {};
}

function invitationOf(request: RequestRow): Invitation {
  const { creation, invite } = JSON.parse(request.body) as RequestBody;
  const base = { room: request.room, hub: request.hub, creation: { ...creation, hub: request.hub } };
  return request.kind === 'contact' ? base : { ...base, invite };
}

async function settle(
  deps: AnswerDeps,
  who: Actor,
  { id, state }: { id: string; state: RequestRow['state'] },
): Promise<void> {
  await deps.store.setRequestState(who.accountId, id, state);
  await deps.store.addNotes([noteOf(who.accountId, { kind: 'request', id })]);
  deps.bells.ringAccount(who.accountId);
}

/**
 * Two people asked each other at the same time: the dm with the lower room id stays. Where it is the other's, ours is
 * marked as superseded and theirs joined at once, since our person has asked for this very contact.
 *
 * @returns whether the invitation needs no answer any more
 * @see PV-ROOM-012
 */
export async function mergeCrossed(
  deps: AnswerDeps,
  mail: Mail,
  { content, invite, create }: InviteBody,
): Promise<boolean> {
  if (content.kind !== 'dm') return false;
  const accountId = await deps.accountIdOf(mail.to);
  if (accountId === undefined) return false;
  const who: Actor = { accountId, address: mail.to };
  const own = await findDm(deps, who, mail.from);
  if (own === undefined || own.room === invite.room || own.hub !== deps.domain) return false;
  if (own.state.isJoined(mail.from) || own.room < invite.room) return true;
  const hub = parseDomain(invite.hub) ?? domainOf(create.fields.sender);
  const creation = { kind: 'dm' as const, hub, creator: create.fields.sender as Address, peer: content.with ?? null };
  await joinRoom(deps, who, { room: invite.room, hub, creation });
  await submitEvent(deps, own, { sender: who.address, type: 'room.superseded', key: '', content: { by: invite.room } });
  return true;
}

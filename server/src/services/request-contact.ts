import type { Address, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { RequestRow } from '../storage/account-rows.js';
import { answerRequest, mergeWaiting } from './answer-request.js';
import type { AnswerDeps } from './answer-request.js';
import { createRoom, findDm, sendInvite } from './create-room.js';
import type { CreateDeps } from './create-room.js';
import { requestHash } from './request-hash.js';
import type { Actor } from './room-services.js';

const REQUESTS_AT_ONCE = 256;

/**
 * Asks somebody for contact: creates the dm here and sends the invitation; nothing enters the other's log before they
 * accept. Asking again gives the room there is; asking somebody who waits for an answer is the answer.
 *
 * @throws ProtocolError `bad-request` (oneself) · what `answerRequest` throws
 * @see PV-ROOM-002, PV-MAIL-006
 */
export async function requestContact(
  deps: CreateDeps & AnswerDeps,
  who: Actor,
  { to, intro, requestKey }: { to: Address; intro?: string; requestKey: string },
): Promise<{ room: RoomId; status: 'sent' }> {
  if (to === who.address) throw new ProtocolError('bad-request', { part: 'to' });
  const known = await findDm(deps, who, to);
  const asked = known === undefined ? await findRequest(deps, who, to) : undefined;
  if (asked !== undefined) {
    await answerRequest(deps, who, { id: asked.id, answer: 'accept' });
    return { room: asked.room, status: 'sent' };
  }
  const request = { accountId: who.accountId, requestKey, requestHash: requestHash(['dm', to]) };
  const room = known?.room ?? (await createRoom(deps, who, { kind: 'dm', with: to, request }));
  // Their request may have come in since ours was made; theirs looks for ours in the same way.
  const crossed = await findRequest(deps, who, to);
  if (crossed !== undefined) await mergeWaiting(deps, who, crossed);
  const dm = await findDm(deps, who, to);
  if (dm?.state.isJoined(to) === true) return { room: dm.room, status: 'sent' };
  await sendInvite(deps, who, { room, to, ...(intro === undefined ? {} : { intro }) });
  return { room, status: 'sent' };
}

/** A request for contact of somebody that waits for this person's answer. */
async function findRequest({ store }: AnswerDeps, who: Actor, by: Address): Promise<RequestRow | undefined> {
  for (let after: string | undefined; ;) {
    const page = { limit: REQUESTS_AT_ONCE, ...(after === undefined ? {} : { after }) };
    const rows = await store.listRequests(who.accountId, { state: 'waiting', ...page });
    const found = rows.find((row) => row.kind === 'contact' && row.by === by);
    after = rows.at(-1)?.id;
    if (found !== undefined || rows.length < REQUESTS_AT_ONCE) return found;
  }
}

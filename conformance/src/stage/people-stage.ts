import { DAY_MS, freshNonce } from '../formats/event.js';
import { parseMail, parseMailBody } from '../formats/letters.js';
import type { Invitation } from '../formats/letters.js';
import { signJws } from '../formats/jws.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import type { Peer } from '../network/peer.js';
import { listOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import type { ClientPerson } from './client-users.js';
import { joinGroup, joinItems } from './group-stage.js';
import { answerPushes, MemberRoom } from './member-room.js';

/** Alice and bob of the target, who use the client API, in a group with mallory, who is of the suite. */
export interface PeopleStage {
  readonly run: Run;
  readonly peer: Peer;
  readonly alice: ClientPerson;
  readonly bob: ClientPerson;
  /** the group, seen by mallory */
  readonly room: MemberRoom;
  readonly followed: Map<string, MemberRoom>;
}

export async function openPeople(run: Run): Promise<PeopleStage> {
  const [alice, bob] = [await run.clients.make(), await run.clients.make()];
  const peer = await run.makeKnownPeer();
  const followed = new Map<string, MemberRoom>();
  peer.answers.set('push', answerPushes(followed));
  const name = await alice.createGroup('people');
  await letIn(alice, bob, name);
  const room = await joinGroup({ run, peer, followed }, { owner: alice, room: name });
  return { run, peer, alice, bob, room, followed };
}

/** Somebody of the target invites somebody else there, who accepts. */
export async function letIn(owner: ClientPerson, guest: ClientPerson, room: string): Promise<void> {
  await owner.invite(room, guest.address);
  const request = await until(
    async () => (await guest.requests()).find((one) => one.room === room),
    'the invitation to be shown',
  );
  await guest.answer(request.id, 'accept');
  await until(async () => await guest.isIn(room), 'the join');
}

/** A dm that somebody of the target asks for, and a person of the suite accepts. */
export async function openDm(
  { run, peer, followed }: PeopleStage,
  { from, localpart }: { from: ClientPerson; localpart: string },
): Promise<MemberRoom> {
  const person = `${localpart}@${peer.domain}`;
  const room = await from.requestContact(person);
  const { invite } = await until(
    () => invitations(peer).find(({ create }) => create.room === room),
    'the contact request',
  );
  const answer = await ask(peer, 'join', {
    room,
    items: joinItems(peer, { room, person }, { invite: invite.jws.text }),
  });
  const last = listOf(answer['results']).at(-1);
  must(last?.['status'] === 'accepted', 'the join to be accepted', answer['results']);
  const place = { id: String(last['id']), seq: Number(last['seq']), hash: String(last['hash']) };
  const joined = new MemberRoom({ room, peer, person, target: run.target, last: place });
  const { head } = joined.checkSealed((answer['snapshot'] as Members)['sealed'], answer['seals']);
  joined.remember({ id: '', seq: head.seq, hash: head.hash });
  followed.set(room, joined);
  return joined;
}

function invitations(peer: Peer): Invitation[] {
  return mailOf(peer).flatMap((text) => parseMailBody(parseMail(text)) ?? []);
}

/** Mailbox items that came to a provider of the suite. */
export function mailOf(peer: Peer): string[] {
  return peer.received.filter(({ verb }) => verb === 'mailbox').flatMap(({ body }) => body['items'] as string[]);
}

/** Signals that came to a provider of the suite. */
export function signalsOf(peer: Peer): Members[] {
  return peer.received.filter(({ verb }) => verb === 'signals').flatMap(({ body }) => listOf(body['items']));
}

/** A mailbox item of a person of the suite. */
export function makeMail(peer: Peer, fields: { from: string; to: string; kind: string; body: Members }): string {
  return signJws('payvand-mail', { nonce: freshNonce(), until: Date.now() + DAY_MS, ...fields }, peer.keys.event);
}

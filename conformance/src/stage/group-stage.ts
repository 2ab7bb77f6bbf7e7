import { DAY_MS, makeEvent } from '../formats/event.js';
import type { Item } from '../formats/event.js';
import { parseMail, parseMailBody } from '../formats/letters.js';
import type { Invitation } from '../formats/letters.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import type { Peer } from '../network/peer.js';
import { listOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { answerPushes, MemberRoom } from './member-room.js';
import type { Person } from './users.js';

/** A group of the target's: its owner lives there, a person of the suite is a member. */
export interface GroupStage {
  readonly run: Run;
  readonly peer: Peer;
  readonly owner: Person;
  readonly room: MemberRoom;
  /** rooms in which the peer follows, by id */
  readonly followed: Map<string, MemberRoom>;
}

/** Makes the group, and has the suite's person invited and join. @throws NotRun · Unexpected · Deviates */
export async function openGroup(run: Run, role?: string, by?: Person): Promise<GroupStage> {
  const owner = by ?? (await run.users.make());
  const peer = await run.makeKnownPeer();
  const followed = new Map<string, MemberRoom>();
  peer.answers.set('push', answerPushes(followed));
  const name = await owner.createGroup('conformance');
  const room = await joinGroup({ run, peer, followed }, { owner, room: name });
  if (role !== undefined) {
    await owner.setRole(name, room.person, role);
    await until(() => room.log.size > 0, 'the change of a role to be pushed');
  }
  return { run, peer, owner, room, followed };
}

export interface Joining {
  readonly run: Run;
  readonly peer: Peer;
  readonly followed: Map<string, MemberRoom>;
}

/** An invitation by mailbox, and the join that it allows. */
export async function joinGroup(
  { run, peer, followed }: Joining,
  { owner, room, localpart = 'mallory' }: { owner: Person; room: string; localpart?: string },
): Promise<MemberRoom> {
  const person = `${localpart}@${peer.domain}`;
  const { invite } = await awaitInvitation(peer, { owner, room, person });
  const items = joinItems(peer, { room, person }, { invite: invite.jws.text });
  const answer = await ask(peer, 'join', { room, items });
  const last = listOf(answer['results']).at(-1);
  must(last?.['status'] === 'accepted', 'an honest join to be accepted', answer['results']);
  must(answer['snapshot'] !== undefined, 'a snapshot with the join', answer);
  const place = { id: String(last['id']), seq: Number(last['seq']), hash: String(last['hash']) };
  const joined = new MemberRoom({ room, peer, person, target: run.target, last: place });
  const { sealed } = answer['snapshot'] as Members;
  const { head } = joined.checkSealed(sealed, answer['seals']);
  joined.remember({ id: '', seq: head.seq, hash: head.hash });
  followed.set(room, joined);
  return joined;
}

/** Has somebody invited, and waits until the target brings the invitation. */
export async function awaitInvitation(
  peer: Peer,
  { owner, room, person }: { owner: Person; room: string; person: string },
): Promise<Invitation> {
  await owner.invite(room, person);
  return await until(
    () =>
      invitationsOf(peer).find(({ invite }) => {
        return invite.payload['room'] === room && invite.payload['to'] === person;
      }),
    'the invitation in the mailbox',
  );
}

function invitationsOf(peer: Peer): Invitation[] {
  return peer.received
    .filter(({ verb }) => verb === 'mailbox')
    .flatMap(({ body }) => (body['items'] as string[]).map((item) => parseMailBody(parseMail(item))))
    .filter((found) => found !== undefined);
}

/** The first join of a provider: its own entry and the person's. @param content of the member event, besides */
export function joinItems(peer: Peer, { room, person }: { room: string; person: string }, content: Members): Item[] {
  const { hash, version, jws } = peer.statement;
  const { event } = peer.keys;
  const until = Date.now() + DAY_MS;
  const fields = { room, until };
  const provider = makeEvent(
    { ...fields, type: 'provider', sender: peer.domain, key: peer.domain },
    { statement: hash, version },
    event,
  );
  const member = makeEvent(
    { ...fields, type: 'member', sender: person, key: person },
    { membership: 'joined', ...content },
    event,
  );
  return [
    { jws: provider.jws, content: provider.content, statement: jws.text },
    { jws: member.jws, content: member.content },
  ];
}

import type { Random } from '../chaos/random.js';
import { hashOf } from '../formats/hash.js';
import { parseJws, signJws } from '../formats/jws.js';
import type { SigningKey } from '../formats/ed25519.js';
import { hasShape } from '../formats/shapes.js';
import { isMembers } from '../formats/strict-json.js';
import type { Members } from '../formats/strict-json.js';
import type { Answer } from '../network/exchange.js';
import type { Peer } from '../network/peer.js';
import { listOf, jsonOf, resultsOf } from '../run/expectations.js';
import { HubRoom } from '../stage/hub-room.js';
import type { FuzzStage } from './fuzz-stage.js';
import { mutate, rewrite } from './mutate.js';
import type { Mutated } from './mutate.js';
import { eventFault, mailFault, pageFault } from './oracle.js';
import type { Knowing, KnownLog, Subject } from './oracle.js';

/** Something to send that is honest but for one place, and what the suite's own rules say of it. */
export interface Trial {
  readonly subject: Subject;
  /** what was changed */
  readonly what: string;
  readonly verb: string;
  readonly body: Members;
  /** why it has to be refused; nothing where it may be taken */
  readonly reason: string | undefined;
  readonly isTaken: (answer: Answer) => boolean;
  readonly requirements: readonly string[];
  /** who sends it, where that is somebody else */
  readonly sender?: Peer;
  /** the object that is judged, where the body does not hold it */
  readonly text?: string;
  /** what a judge has to know */
  readonly knowing?: Knowing | KnownLog;
}

export type TrialMaker = (stage: FuzzStage, random: Random) => Promise<Trial> | Trial;

/** Makers of trials, with how often each is asked. */
export const trialMakers: readonly (readonly [weight: number, TrialMaker])[] = [
  [10, eventTrial],
  [4, joinTrial],
  [6, mailTrial],
  [5, pageTrial],
  [4, requestTrial],
];

function eventTrial(stage: FuzzStage, random: Random): Trial {
  const { peer, follower } = stage;
  const [target] = [...follower.records.keys()].map((seq) => follower.idAt(seq));
  const about = target ?? `e${'A'.repeat(43)}`;
  const honest = random.pick([
    () => follower.message('an honest message'),
    () => follower.message('another'),
    () => follower.make({ type: 'reaction', rel: [['react', about]] }, { emoji: '👍' }),
    () => follower.make({ type: 'message.edit', rel: [['edit', about]] }, { text: 'edited' }),
    () => follower.make({ type: 'x.example.suite', key: 'a' }, { a: { b: [1, 'c'] } }),
    () => follower.make({ type: 'room.info', key: '' }, { title: 'mine' }),
  ])();
  const { item, what } = mutatedItem(honest, random, peer.keys.event);
  const knowing = knowingOf(stage);
  const isTaken = (answer: Answer): boolean => resultsOf(answer)[0]?.['status'] === 'accepted';
  return {
    ...{ subject: 'event', what, verb: 'submit', body: { items: [item] }, knowing, isTaken },
    ...{ reason: eventFault(item, knowing), requirements: ['PV-EVT-023', 'PV-ROOM-002'] },
  };
}

/** What an event of the peer in the room that it follows is judged by. */
function knowingOf({ peer, follower: { room, seen } }: FuzzStage): Knowing {
  return { from: peer.domain, now: Date.now(), statement: peer.statement.jws.text, room, seen };
}

async function joinTrial(stage: FuzzStage, random: Random): Promise<Trial> {
  const { peer, follower } = stage;
  const { person, invite } = await stage.invitation();
  const honest = follower.make({ type: 'member', sender: person, key: person }, { membership: 'joined', invite });
  const { item, what } = mutatedItem(honest, random, peer.keys.event);
  const knowing = knowingOf(stage);
  const isTaken = (answer: Answer): boolean => {
    const isJoined = resultsOf(answer).at(-1)?.['status'] === 'accepted';
    if (isJoined) stage.useInvitation();
    return isJoined;
  };
  return {
    ...{
      subject: 'event',
      what: `join: ${what}`,
      verb: 'join',
      body: { room: follower.room, items: [item] },
      knowing,
      isTaken,
    },
    ...{ reason: eventFault(item, knowing), requirements: ['PV-EVT-023', 'PV-ROOM-002'] },
  };
}

function mailTrial({ peer, guest }: FuzzStage, random: Random): Trial {
  const room = new HubRoom(peer, `mallory@${peer.domain}`);
  const payload = payloadOf(room.invitation(guest.address));
  const key = peer.keys.event;
  const body = payload['body'] as Members;
  const choice = random.below(4);
  const changed = ((): Mutated => {
    if (choice === 0) {
      const { value, what } = mutate(payloadOf(String(body['invite'])), random);
      return {
        value: { ...payload, body: { ...body, invite: signJws('payvand-invite', JSON.stringify(value), key) } },
        what: `invite ${what}`,
      };
    }
    if (choice === 1) {
      const create = body['create'] as { jws: string; content: string };
      const { item, what } = mutatedItem(create, random, key);
      return { value: { ...payload, body: { ...body, create: item } }, what: `create ${what}` };
    }
    return mutate(payload, random);
  })();
  const mail = signJws('payvand-mail', JSON.stringify(changed.value), key);
  const knowing = { from: peer.domain, now: Date.now(), statement: peer.statement.jws.text };
  return {
    ...{ subject: 'mail', what: changed.what, verb: 'mailbox', body: { items: [mail] }, knowing },
    ...{ reason: mailFault(mail, knowing), requirements: ['PV-MAIL-003', 'PV-MAIL-006'] },
    isTaken: (answer) => resultsOf(answer)[0]?.['status'] === 'ok',
  };
}

async function pageTrial(stage: FuzzStage, random: Random): Promise<Trial> {
  const { peer } = stage;
  const room = await stage.hubRoom();
  const known = {
    ...{ hub: peer.domain, statement: peer.statement.jws.text, room: room.room, now: Date.now() },
    ...{ seq: room.seq, hash: room.hashAt(room.seq), state: room.head.state },
  };
  room.append(room.message('an honest page'));
  const from = known.seq + 1;
  const choice = random.below(3);
  let what = '';
  const changed = (value: object): Members => {
    const made = mutate(value, random);
    what = made.what;
    return made.value as Members;
  };
  const honest = { ...room.page(from) };
  const body: Members =
    choice === 0
      ? changed(honest)
      : choice === 1
        ? { ...room.page(from, { shown: (head) => changed(head) as never }) }
        : { ...room.page(from, { records: ([record]) => [changed(record ?? {}) as never] }) };
  stage.touch(room);
  return {
    ...{ subject: 'page', what: `page ${what}`, verb: 'push', body, knowing: known, reason: pageFault(body, known) },
    ...{ requirements: ['PV-PUSH-005'] },
    isTaken: (answer) =>
      listOf(jsonOf(answer)['rooms']).some(({ status, seq }) => status === 'acked' && Number(seq) >= from),
  };
}

function requestTrial({ follower }: FuzzStage, random: Random): Trial {
  const { room } = follower;
  const [verb, honest] = random.pick<readonly [string, Members]>([
    ['heads', { rooms: [room] }],
    ['heads', { digest: { asOf: Date.now() - 60_000, bucket: 3 } }],
    ['log', { room, from: 0, max: 16 }],
    ['snapshot', { room, seq: 0, from: 0 }],
    ['submit', { items: [follower.message('x')] }],
    ['mailbox', { items: ['x'] }],
    ['directory', { statement: 'A'.repeat(43) }],
    ['signals', { items: [{ kind: 'typing', room, from: follower.person, counter: 1 }] }],
  ]);
  const { value, what } = mutate(honest, random);
  const body = isMembers(value) ? value : {};
  return {
    ...{ subject: 'request', what: `${verb} ${what}`, verb, body, requirements: ['PV-HTTP-009'] },
    reason: hasShape(`${verb}-request`, body) ? undefined : 'the body is not of its shape',
    isTaken: ({ status }) => status === 200,
  };
}

/** An item whose event or content is changed in one place, under an honest signature. */
function mutatedItem(
  honest: { readonly jws: string; readonly content: string },
  random: Random,
  key: SigningKey,
): { item: Members; what: string } {
  const payload = payloadOf(honest.jws);
  const choice = random.below(10);
  if (choice === 0) {
    const { value, what } = rewrite(JSON.stringify(payload), random);
    return { item: { ...honest, jws: signJws('payvand-event', String(value), key) }, what: `payload: ${what}` };
  }
  if (choice <= 3) {
    const { value, what } =
      choice === 1 ? rewrite(honest.content, random) : asText(mutate(JSON.parse(honest.content), random));
    const content = String(value);
    const fitting = { ...payload, content: hashOf(content), size: Buffer.byteLength(content) };
    return { item: { ...honest, jws: signJws('payvand-event', fitting, key), content }, what: `content: ${what}` };
  }
  const { value, what } = mutate(payload, random);
  return { item: { ...honest, jws: signJws('payvand-event', JSON.stringify(value), key) }, what };
}

function asText({ value, what }: Mutated): Mutated {
  return { value: JSON.stringify(value), what };
}

/** What a signed object says, its type being taken from its header. */
export function payloadOf(jws: string): Members {
  const [, typ = ''] =
    /"typ":"(payvand-[a-z]+)"/.exec(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()) ?? [];
  return JSON.parse(parseJws(jws, typ, 65_536).payload.toString()) as Members;
}

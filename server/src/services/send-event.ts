import type { Relation } from '../protocol/event.js';
import { parseEventId } from '../protocol/identifiers.js';
import type { RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import type { Actor, ClientRelation, SendAnswer, SendRequest } from './room-services.js';
import { requestHash } from './request-hash.js';
import type { KeyedRequest } from './request-hash.js';
import { slowWait } from './slow-mode.js';
import { refusalOf, submitEvent } from './submit-event.js';

type SendDeps = Parameters<typeof submitEvent>[0] & Pick<ServiceDeps, 'rooms'>;

const CLIENT_TYPES: ReadonlySet<string> = new Set([
  'message',
  'message.edit',
  'message.delete',
  'message.vote',
  'message.poll-close',
  'reaction',
]);
const PRIVATE_TYPE = /^x(\.[a-z][a-z0-9-]*){2,}$/;
const KINDS: ReadonlySet<string> = new Set(['reply', 'edit', 'delete', 'react', 'thread', 'forward', 'vote']);

/**
 * Makes the function by which people send: a message, an edit, a delete, a reaction or a private type.
 *
 * @see PV-CLI-020 to PV-CLI-026
 */
export function createSendEvent(deps: SendDeps): (who: Actor, send: SendRequest) => Promise<SendAnswer> {
  // What is pending will have another answer later, which the database knows.
  const once = createOnce<SendAnswer>(({ status }) => status === 'ordered');
  return (who, send) => {
    const { accountId } = who;
    const { requestKey, room, type, content, rel = null, silent = false, ttl = null } = send;
    const request = {
      accountId,
      requestKey,
      requestHash: requestHash(send.basis ?? [room, type, content, rel, silent, ttl]),
    };
    const name = `${accountId} ${requestKey}`;
    const hash = request.requestHash.toString('base64');
    return once({ name, hash }, () => sendOnce({ ...deps, request }, who, send));
  };
}

async function sendOnce(
  deps: SendDeps & { readonly request: KeyedRequest },
  who: Actor,
  send: SendRequest,
): Promise<SendAnswer> {
  if (!CLIENT_TYPES.has(send.type) && !PRIVATE_TYPE.test(send.type))
    throw new ProtocolError('bad-request', { part: 'type' });
  const live = await joinedRoom(deps, who, send.room);
  const { type, content } = send;
  const { request } = deps;
  const rel = send.rel === undefined ? {} : { rel: readRelations(send.rel) };
  if (live.hub !== deps.domain) {
    const before = await deps.inOrder(`${send.room} ${who.address}`, answeredBefore(deps, request));
    if (before !== undefined) return before;
    // What the hub would say, without troubling it.
    const after = slowWait(live, { type, sender: who.address }, { at: deps.clock.now() });
    if (after > 0) throw new ProtocolError('slow-mode', { retryAfterS: after });
  }
  const { salt, ...members } = content;
  try {
    return await submitEvent(deps, live, {
      sender: who.address,
      type,
      content: withSilence(members, send.silent),
      ...rel,
      ...(send.ttl === undefined ? {} : { ttl: send.ttl }),
      request,
    });
  } catch (cause) {
    const before = isRejected(cause) ? await answeredBefore(deps, request) : undefined;
    if (before === undefined) throw cause;
    return before;
  }
}

/**
 * The room, if the account's person is in it.
 *
 * @throws ProtocolError `unknown-room` · `quarantined`
 */
export async function joinedRoom(
  deps: Pick<ServiceDeps, 'rooms'>,
  who: Pick<Actor, 'address'>,
  room: RoomId,
): Promise<LiveRoom> {
  const live = await deps.rooms.get(room);
  if (live?.state.isJoined(who.address) !== true) throw new ProtocolError('unknown-room');
  if (live.status === 'quarantined') throw new ProtocolError('quarantined');
  return live;
}

/**
 * What a request key was answered with, as the database knows it.
 *
 * @throws ProtocolError the refusal it was answered with · `key-reused` (that was another request)
 * @see PV-CLI-021, PV-CLI-022
 */
export async function answeredBefore(
  { store }: Pick<ServiceDeps, 'store'>,
  { accountId, requestKey, requestHash: hash }: KeyedRequest,
): Promise<SendAnswer | undefined> {
  const sent = await store.findSent(accountId, requestKey);
  if (sent === undefined) return undefined;
  if (sent.requestHash?.equals(hash) === false) throw new ProtocolError('key-reused');
  if (sent.code !== undefined) throw refusalOf(sent.code, null);
  if (sent.seq === undefined || sent.at === undefined) return { status: 'pending', id: sent.eventId };
  return { status: 'ordered', id: sent.eventId, seq: sent.seq, at: sent.at };
}

export function isRejected(cause: unknown): boolean {
  return cause instanceof ProtocolError && cause.code === 'storage-rejected';
}

function withSilence(content: Record<string, unknown>, silent: boolean | undefined): Record<string, unknown> {
  return silent === true ? { ...content, silent: true } : content;
}

function readRelations(rel: readonly ClientRelation[]): Relation[] {
  return rel.map(([kind, target]) => {
    const id = parseEventId(target);
    if (id === undefined || !KINDS.has(kind)) throw new ProtocolError('bad-request', { part: 'rel' });
    return [kind as Relation[0], id];
  });
}

/** Repeats come soon after; the database knows the older ones. */
const REMEMBERED_MAX = 2000;

/**
 * Makes a guard against repeats: the same request under the same key shares one answer, whether the first is still under
 * way or done; a failure, and an answer that is not final, is forgotten.
 */
export function createOnce<Answer>(
  isFinal: (answer: Answer) => boolean = () => true,
): (request: { name: string; hash: string }, run: () => Promise<Answer>) => Promise<Answer> {
  const answers = new Map<string, { hash: string; answer: Promise<Answer> }>();
  return ({ name, hash }, run) => {
    const known = answers.get(name);
    if (known !== undefined && known.hash !== hash) return Promise.reject(new ProtocolError('key-reused'));
    if (known !== undefined) return known.answer;
    const answer = run();
    answers.set(name, { hash, answer });
    const forget = (): void => void answers.delete(name);
    answer.then((given) => isFinal(given) || forget(), forget);
    for (const oldest of answers.keys()) {
      if (answers.size <= REMEMBERED_MAX) break;
      answers.delete(oldest);
    }
    return answer;
  };
}

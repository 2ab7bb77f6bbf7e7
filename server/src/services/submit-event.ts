import { makeContent } from '../protocol/content.js';
import { buildEvent } from '../protocol/event.js';
import type { EventFields, ParsedEvent, Relation } from '../protocol/event.js';
import { encodeBase64url } from '../protocol/base64url.js';
import { isAddressSender } from '../protocol/identifiers.js';
import type { Address, Domain } from '../protocol/identifiers.js';
import type { JsonObject } from '../protocol/json-shape.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { isErrorCode, ProtocolError } from '../protocol/protocol-error.js';
import { localAccountOf } from './append-page.js';
import type { ServiceDeps } from './deps.js';
import { findMentioned } from './find-mentions.js';
import { findTargets } from './find-targets.js';
import type { InOrder } from './in-order.js';
import type { LiveRoom } from './live-room.js';
import { countLinkUses } from './link-uses.js';
import { orderEvent } from './order-event.js';
import type { OrderAnswer } from './order-event.js';
import type { KeyedRequest } from './request-hash.js';
import type { SendAnswer } from './room-services.js';

/** An event to be, as one of our people or our provider itself wants it. */
export interface Draft {
  readonly sender: Address | Domain;
  readonly type: string;
  readonly content: object;
  readonly rel?: readonly Relation[];
  /** s; the room's timer may make it shorter */
  readonly ttl?: number;
  /** makes it a state event */
  readonly key?: string;
  readonly statement?: KeyStatement;
  /** remembered, so that a repeat of the request gets the first answer */
  readonly request?: KeyedRequest;
}

export interface Signed {
  readonly event: ParsedEvent;
  readonly content: string;
  readonly value: JsonObject;
  readonly statement?: KeyStatement;
}

const MESSAGE_UNTIL_MS = 7 * 24 * 3_600_000;
const STATE_UNTIL_MS = 3_600_000;

type SubmitDeps = Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'random' | 'keys' | 'writer' | 'accountIdOf'> & {
  /** keeps the event until the hub has it, and waits a while for that */
  readonly forward: (live: LiveRoom, signed: Signed, draft: Draft) => Promise<SendAnswer>;
  /** what one person sends to a room is handed on in its order, whatever has to be looked up for some of it */
  readonly inOrder: InOrder;
};

/**
 * Puts a draft into a room: signs it once, then orders it here when we are the hub, otherwise submits it to the hub.
 *
 * @param draft content ≤ 65,536 bytes as JSON (4,096 of a state event)
 * @returns its place, or its id when the hub cannot be reached: then it is kept and delivered later, in order
 * @throws ProtocolError the code of the rule that refuses it · `too-large` · `unavailable` (safe to repeat with the same request key)
 * @see PV-HUB-002, PV-EVT-007
 */
export async function submitEvent(deps: SubmitDeps, live: LiveRoom, draft: Draft): Promise<SendAnswer> {
  if (live.hub !== deps.domain) {
    // New keys are announced before anything that is signed with them; submissions keep their order.
    for (const signed of provideStatement(deps, live))
      void deps.forward(live, signed, { sender: deps.domain, type: 'provider', content: {} }).catch(ignore);
    return await deps.forward(live, signDraft(deps, live, draft), draft);
  }
  const answer = await orderOwn(deps, signDraft(deps, live, draft), { draft, live });
  // The timer was changed after we signed.
  const isLate = answer.status === 'denied' && answer.code === 'timer';
  return answerOf(isLate ? await orderOwn(deps, signDraft(deps, live, draft), { draft, live }) : answer);
}

/**
 * Our provider's own entry, when the room has none or an older one.
 *
 * @see PV-KEY-013
 */
export function provideStatement(
  deps: Pick<ServiceDeps, 'domain' | 'keys' | 'clock' | 'random'>,
  live: LiveRoom,
): Signed[] {
  const { statement } = deps.keys.current;
  if (live.state.statementInForce(deps.domain)?.hash === statement.hash) return [];
  const content = { statement: statement.hash, version: statement.version };
  return [
    signDraft(deps, live, {
      sender: deps.domain,
      type: 'provider',
      key: deps.domain,
      content,
      statement: statement.parsed,
    }),
  ];
}

/** A refusal of the announcement shows in what comes after it. */
function ignore(): undefined {
  return undefined;
}

/**
 * Orders an event of our own in a room of our own.
 *
 * @param live the room, unless the event creates it
 * @param fresh the room, when the event creates it
 * @see PV-CLI-026
 */
export async function orderOwn(
  deps: Pick<SubmitDeps, 'store' | 'clock' | 'writer' | 'accountIdOf' | 'domain' | 'inOrder'>,
  signed: Signed,
  { draft, live, fresh }: { draft: Pick<Draft, 'request'>; live?: LiveRoom; fresh?: () => LiveRoom },
): Promise<OrderAnswer> {
  const { event, content, value, statement } = signed;
  const lookUp = Promise.all([
    localAccountOf(deps, event),
    findTargets(deps, [event]),
    findMentioned(deps, event, value),
    live && countLinkUses(deps, live, signed),
  ]);
  const [accountId, targets, mentioned] = await deps.inOrder(`${event.room} ${event.fields.sender}`, lookUp);
  const sent = draft.request && { ...draft.request, room: event.room, eventId: event.id, at: deps.clock.now() };
  const submission = {
    ...{ event, content, value, targets, mentioned },
    ...(statement === undefined ? {} : { statement }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(sent === undefined ? {} : { sent }),
  };
  const answer = await deps.writer.write(orderEvent(deps, submission, fresh));
  // The refusal is what a repeat of the request gets, whatever has changed since.
  if (answer.status === 'denied' && sent !== undefined) await deps.store.addRefused(sent, answer.code);
  return answer;
}

/** @throws ProtocolError the code of a refusal */
export function answerOf(answer: OrderAnswer): SendAnswer {
  if (answer.status === 'retry') throw refusalOf(answer.code, null, answer.after);
  if (answer.status !== 'denied') return { status: 'ordered', id: answer.id, seq: answer.seq, at: answer.at };
  throw refusalOf(answer.code, answer.rule);
}

/** The error a refusal of an event becomes. */
export function refusalOf(code: string, rule: string | null, retryAfterS?: number): ProtocolError {
  const more = { ...(rule !== null && { more: { rule } }), ...(retryAfterS !== undefined && { retryAfterS }) };
  return isErrorCode(code) ? new ProtocolError(code, more) : new ProtocolError('refused', { more: { reason: code } });
}

/**
 * Signs a draft for a room as it stands now: `seen` is the newest sealed record we hold, `prior` the entry it replaces.
 *
 * @throws ProtocolError `too-large`
 */
export function signDraft(deps: Pick<ServiceDeps, 'clock' | 'random' | 'keys'>, live: LiveRoom, draft: Draft): Signed {
  const { type, sender, key, rel, statement } = draft;
  const { event: signingKey } = deps.keys.current;
  const bytes = deps.random.bytes(32);
  const content = makeContent(draft.content, encodeBase64url(bytes.subarray(0, 16)));
  const isState = key !== undefined;
  if (content.size > (isState ? 4096 : 65_536)) throw new ProtocolError('too-large', { part: 'content' });
  const now = deps.clock.now();
  const prior = isState ? live.state.get(type, key)?.id : undefined;
  const fields: EventFields = {
    ...{ room: live.room, type, sender, ts: now },
    ...{ until: now + (isState ? STATE_UNTIL_MS : MESSAGE_UNTIL_MS), nonce: encodeBase64url(bytes.subarray(16)) },
    ...seenOf(live, sender),
    ...(rel === undefined ? {} : { rel }),
    ...(key === undefined ? {} : { key }),
    ...(prior === undefined ? {} : { prior }),
    ...ttlOf(live, draft),
    ...{ content: content.hash, size: content.size, scheme: 'plain' as const },
  };
  const event = buildEvent(fields, signingKey);
  const value = draft.content as JsonObject;
  return { event, content: content.text, value, ...(statement === undefined ? {} : { statement }) };
}

/** The same change of state again, with a new time until which it may be recorded. @see PV-SUB-017 */
export function resignState(
  { clock, random, keys }: Pick<ServiceDeps, 'clock' | 'random' | 'keys'>,
  live: LiveRoom,
  { fields }: ParsedEvent,
): ParsedEvent {
  const now = clock.now();
  const fresh = { ts: now, until: now + STATE_UNTIL_MS, nonce: encodeBase64url(random.bytes(16)) };
  return buildEvent({ ...fields, ...fresh, ...seenOf(live, fields.sender) }, keys.current.event);
}

/** The same event once more, for a room whose timer has become shorter; undefined where, as far as we know, it has not. @see PV-SET-010 */
export function signForTimer(
  { keys, random }: Pick<ServiceDeps, 'keys' | 'random'>,
  { state }: LiveRoom,
  { fields }: ParsedEvent,
): ParsedEvent | undefined {
  const { timer } = state.settings;
  if (timer === undefined || (fields.ttl ?? Infinity) <= timer) return undefined;
  return buildEvent({ ...fields, nonce: encodeBase64url(random.bytes(16)), ttl: timer }, keys.current.event);
}

/** What the author asks for, as far as the room lets it stay. @see PV-SET-010 */
function ttlOf({ state }: LiveRoom, { key, type, ttl }: Draft): Pick<EventFields, 'ttl'> {
  if (key !== undefined || type === 'message.delete') return {};
  const shortest = Math.min(ttl ?? Infinity, state.settings.timer ?? Infinity);
  return shortest === Infinity ? {} : { ttl: shortest };
}

/** @see PV-EVT-017 */
function seenOf(live: LiveRoom, sender: Address | Domain): Pick<EventFields, 'seen'> {
  const head = live.sealed?.head;
  const domain = sender.slice(isAddressSender(sender) ? sender.indexOf('@') + 1 : 0) as Domain;
  if (head === undefined || !live.state.hasJoined(domain)) return {};
  return { seen: [head.epoch, head.seq, encodeBase64url(head.hash)] };
}

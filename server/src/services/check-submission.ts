import { checkContent } from '../protocol/content.js';
import { parseEvent, verifyEventSignature } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import { domainOf } from '../protocol/identifiers.js';
import type { Domain, EventId, RoomId } from '../protocol/identifiers.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { countTaken } from '../protocol/submit-batch.js';
import type { ServiceDeps } from './deps.js';
import { internStatement } from './intern-statement.js';
import type { LiveRoom } from './live-room.js';
import type { OrderAnswer } from './order-event.js';

export type CheckDeps = Pick<ServiceDeps, 'domain' | 'store' | 'rooms' | 'directory'> & {
  /** the peer has cost us a signature check for nothing */
  readonly penalize: (peer: Domain) => void;
};

export interface SubmitItem {
  readonly jws: string;
  readonly content: string;
  readonly statement?: string;
}

type Refusal = { readonly status: 'denied'; readonly code: string; readonly rule: string | null };
type Waiting = { readonly status: 'retry'; readonly after: number };
type Elsewhere = { readonly status: 'not-hub'; readonly hub: Domain; readonly epoch: number };
export type ItemAnswer = OrderAnswer | ((Refusal | Waiting | Elsewhere) & { readonly id: EventId | null });

/** An item that has passed every check that needs no lock. */
export interface Ready {
  readonly event: ParsedEvent;
  readonly item: SubmitItem;
  readonly value: Record<string, unknown> | undefined;
  readonly statement: KeyStatement | undefined;
  readonly live: LiveRoom;
}

interface ItemCheck {
  readonly item: SubmitItem;
  /** key statements that provider events earlier in the batch will have put in force */
  readonly brought: ReadonlyMap<RoomId, KeyStatement>;
  /** whether events of a provider that does not take part yet are looked at */
  readonly isJoin: boolean;
}

/**
 * Checks the items of a submission as far as that needs no lock, in their order. After a bad signature, and beyond what a
 * batch may carry, nothing is looked at.
 *
 * @see PV-SUB-003 to PV-SUB-005, PV-SUB-014, PV-SUB-016, PV-HUB-007, PV-HUB-008
 */
export async function checkItems(
  deps: CheckDeps,
  peer: Domain,
  { items, isJoin }: { items: readonly SubmitItem[]; isJoin: boolean },
): Promise<(Ready | ItemAnswer)[]> {
  const checked: (Ready | ItemAnswer)[] = [];
  const brought = new Map<RoomId, KeyStatement>();
  const taken = countTaken(items.map(({ content }) => Buffer.byteLength(content)));
  let isSpoilt = false;
  for (const [index, item] of items.entries()) {
    if (isSpoilt || index >= taken) {
      checked.push({ id: null, status: 'retry', after: 1 });
      continue;
    }
    const outcome = await checkItem(deps, peer, { item, brought, isJoin });
    if (
      typeof outcome === 'object' &&
      'event' in outcome &&
      outcome.event.fields.type === 'provider' &&
      outcome.statement
    ) {
      brought.set(outcome.event.room, outcome.statement);
    }
    isSpoilt = outcome === 'bad-signature';
    if (outcome === 'bad-signature') deps.penalize(peer);
    checked.push(outcome === 'bad-signature' ? deny(idOf(item), 'bad-event', 'R1') : outcome);
  }
  return checked;
}

/** Everything about an item that needs no lock; cheap checks first, the signature last. */
async function checkItem(
  deps: CheckDeps,
  peer: Domain,
  { item, brought, isJoin }: ItemCheck,
): Promise<Ready | ItemAnswer | 'bad-signature'> {
  const parsed = parseEvent(item.jws);
  if (!parsed.ok) return deny(null, 'bad-event', 'R1');
  const event = parsed.value;
  const { sender, type } = event.fields;
  if (domainOf(sender) !== peer) return deny(event.id, 'wrong-origin', null);
  const live = isJoin ? await deps.rooms.get(event.room) : await findRoom(deps, peer, event.room);
  if (live === undefined || type === 'room.create') return deny(event.id, 'unknown-room', null);
  if (live.hub !== deps.domain) return { id: event.id, status: 'not-hub', hub: live.hub, epoch: live.epoch };
  if (!live.state.hasJoined(peer) && !isJoin) return deny(event.id, 'not-member', 'R6');
  const content = checkContent(event, item.content);
  if (!content.ok && content.code === 'content-mismatch') return deny(event.id, 'content-mismatch', null);
  if (!content.ok) return deny(event.id, 'bad-event', event.fields.key === undefined ? null : 'R1');
  const statement = item.statement === undefined ? undefined : internStatement(item.statement);
  const signedUnder = type === 'provider' ? statement : (brought.get(event.room) ?? statementInForce(live, peer));
  if (signedUnder === undefined) {
    return type === 'provider' ? deny(event.id, 'bad-statement', 'R8') : deny(event.id, 'not-member', 'R6');
  }
  const refusal = refuseKey(deps, peer, { event, signedUnder });
  if (refusal !== undefined) return refusal;
  if (!verifyEventSignature(event, signedUnder)) return 'bad-signature';
  return { event, item, value: content.value, statement, live };
}

/**
 * The room, if the caller may read something of it. For everybody else it takes the same single question whether there is
 * such a room or not.
 *
 * @see PV-SUB-016
 */
async function findRoom(
  { rooms, store }: Pick<CheckDeps, 'rooms' | 'store'>,
  peer: Domain,
  room: RoomId,
): Promise<LiveRoom | undefined> {
  const held = rooms.peek(room);
  const mayRead = held?.state.hasJoined(peer) === true || (await store.readingRanges(room, peer)).length > 0;
  return mayRead ? await rooms.get(room) : undefined;
}

/**
 * A key that was given up is refused for good; one that nobody has told us of may be newer than what we hold.
 *
 * @see PV-HUB-007, PV-HUB-008
 */
function refuseKey(
  { directory }: Pick<CheckDeps, 'directory'>,
  peer: Domain,
  { event, signedUnder }: { event: ParsedEvent; signedUnder: KeyStatement },
): ItemAnswer | undefined {
  const inStatement = signedUnder.keyById.get(event.kid);
  const inDocument = directory.keyStatus(peer, event.kid, 'event');
  if (inStatement?.status === 'retired' || inDocument === 'retired') return deny(event.id, 'retired-key', null);
  if (inDocument === 'unlisted') return { id: event.id, status: 'retry', after: directory.seekKey(peer, event.kid) };
  return inStatement === undefined ? { id: event.id, status: 'retry', after: 1 } : undefined;
}

function statementInForce(live: LiveRoom, peer: Domain): KeyStatement | undefined {
  const name = live.state.statementInForce(peer);
  return name && live.statements.get(name.hash);
}

function idOf({ jws }: SubmitItem): EventId | null {
  const parsed = parseEvent(jws);
  return parsed.ok ? parsed.value.id : null;
}

function deny(id: EventId | null, code: string, rule: string | null): ItemAnswer {
  return { id, status: 'denied', code, rule };
}

import { encodeBase64url } from '../protocol/base64url.js';
import { buildDenial } from '../protocol/denial.js';
import { parseEvent } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import { sealedToWire } from '../protocol/head.js';
import type { Domain, EventId, RoomId } from '../protocol/identifiers.js';
import { ZERO_HASH } from '../protocol/record.js';
import type { FoundEvent } from '../storage/room-rows.js';
import { localAccountOf } from './append-page.js';
import { discardedSender, isDiscarded } from './blocks-in-dm.js';
import { checkItems } from './check-submission.js';
import type { CheckDeps, ItemAnswer, Ready, SubmitItem } from './check-submission.js';
import type { ServiceDeps } from './deps.js';
import { findMentioned } from './find-mentions.js';
import { findTargets } from './find-targets.js';
import type { Targets } from './find-targets.js';
import { countLinkUses, limitedLinkOf } from './link-uses.js';
import { wireHeader } from './live-room.js';
import { readStretch } from './make-page.js';
import { orderEvent } from './order-event.js';
import type { Submission } from './order-event.js';

type AcceptDeps = CheckDeps &
  Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'keys' | 'rooms' | 'writer' | 'accountIdOf' | 'log'>;

type Place = Pick<ParsedEvent, 'room' | 'id'>;

/**
 * Takes submissions of another provider's people for rooms we are the hub of. Each item is answered for itself; what is
 * accepted is on disk, and the answer proves it.
 *
 * @returns JSON text
 * @see PV-SUB-001 to PV-SUB-016
 */
export async function acceptSubmission(
  deps: AcceptDeps,
  peer: Domain,
  body: { items: readonly SubmitItem[] },
): Promise<string> {
  const answers = await orderItems(deps, peer, { items: body.items, isJoin: false });
  const seals: string[] = [];
  const rooms = await receipts(deps, answers, seals);
  const results = answers.map(({ room, answer }) => resultText(deps, room, answer));
  return `{"results":[${results.join(',')}],"rooms":[${rooms.join(',')}],"seals":${JSON.stringify(seals)}}`;
}

export interface AnsweredItem {
  readonly room: RoomId | undefined;
  readonly answer: ItemAnswer;
}

/**
 * Checks and orders the items of a submission, in their order.
 *
 * @param isJoin whether events of a provider that does not take part yet are looked at
 */
export async function orderItems(
  deps: AcceptDeps,
  peer: Domain,
  { items, isJoin }: { items: readonly SubmitItem[]; isJoin: boolean },
): Promise<AnsweredItem[]> {
  const checked = await checkItems(deps, peer, { items, isJoin });
  const ready = checked.flatMap((entry) => ('event' in entry ? [entry] : []));
  const known = await findKnown(deps, [
    ...ready.map(({ event }) => event),
    ...checked.flatMap((entry, index) => late(entry, items[index])),
  ]);
  const targets = await findTargets(
    deps,
    ready.map(({ event }) => event),
  );
  const submissions = new Map<Ready, Submission>();
  const links = ready.map(({ event, value }) => limitedLinkOf(event, value));
  const joinsBy = isJoin ? links.find((link) => link !== undefined) : undefined;
  for (const entry of ready) submissions.set(entry, { ...(await submissionOf(deps, entry, targets)), joinsBy });
  const waiting = new Set<RoomId>();
  // Handed over without a pause, so that items of one room keep their order.
  const answers = checked.map(async (entry, index): Promise<AnsweredItem> => {
    if (!('event' in entry)) {
      const awaited = entry.status === 'retry' ? roomOf(items[index]) : undefined;
      if (awaited !== undefined) waiting.add(awaited);
      const recorded = entry.id === null ? undefined : known.get(entry.id);
      return recorded === undefined
        ? { room: undefined, answer: entry }
        : { room: recorded.room, answer: duplicateOf(recorded.eventId, recorded) };
    }
    const { room, id } = entry.event;
    const before = known.get(id);
    const submission = waiting.has(room) ? undefined : submissions.get(entry);
    if (before !== undefined || submission === undefined) return { room, answer: duplicateOf(id, before) };
    return { room, answer: await order(deps, submission) };
  });
  return keepOrder(items, await Promise.all(answers));
}

/**
 * What is refused now may have been allowed before: its provider has left since, or retired the key.
 *
 * @see PV-HUB-004
 */
function late(entry: Ready | ItemAnswer, item: SubmitItem | undefined): Place[] {
  if ('event' in entry || entry.status !== 'denied' || entry.id === null) return [];
  const room = entry.code === 'not-member' || entry.code === 'retired-key' ? roomOf(item) : undefined;
  return room === undefined ? [] : [{ room, id: entry.id }];
}

/** Which of the events stand in the log already, in one question. */
async function findKnown({ store }: AcceptDeps, events: readonly Place[]): Promise<ReadonlyMap<EventId, FoundEvent>> {
  if (events.length === 0) return new Map();
  const found = await store.findEvents(events.map(({ room, id }) => [room, id] as const));
  return new Map(found.map((row) => [row.eventId, row]));
}

function duplicateOf(id: EventId, before: FoundEvent | undefined): ItemAnswer {
  if (before === undefined) return { id, status: 'retry', after: 1 };
  const { epoch, seq, at, hash } = before;
  return { id, status: 'duplicate', epoch, seq, at, hash };
}

async function submissionOf(deps: AcceptDeps, ready: Ready, targets: Targets): Promise<Submission> {
  const { event, item, value, statement, live } = ready;
  const accountId = event.fields.key === undefined ? undefined : await localAccountOf(deps, event);
  const mentioned = await findMentioned(deps, event, value);
  await countLinkUses(deps, live, { event, value });
  return {
    ...{ event, content: item.content, value, targets, mentioned, seenHash: await hashOfSeen(deps, ready) },
    isDiscarded: isDiscarded(event, await discardedSender(deps, live)),
    ...(statement === undefined ? {} : { statement }),
    ...(accountId === undefined ? {} : { accountId }),
  };
}

async function order(deps: AcceptDeps, submission: Submission): Promise<ItemAnswer> {
  const { room, id } = submission.event;
  try {
    const answer = await deps.writer.write(orderEvent(deps, submission));
    return answer.status === 'denied' && answer.code === 'unavailable' ? { id, status: 'retry', after: 1 } : answer;
  } catch (cause) {
    deps.log.warn('submission-waits', { room, cause: String(cause) });
    return { id, status: 'retry', after: 1 };
  }
}

/** Hash of the record that `seen` names, where it is older than memory goes. */
async function hashOfSeen({ store }: AcceptDeps, { event, live }: Ready): Promise<Buffer | undefined> {
  const { seen } = event.fields;
  if (seen === undefined || seen[1] >= live.seq || live.recordAt(seen[1]) !== undefined) return undefined;
  return (await store.recordHashAt(live.room, seen[1])) ?? ZERO_HASH;
}

/** Once an item of a room has to wait, the later ones of that room wait too, so one person's messages keep their order. */
function keepOrder(items: readonly SubmitItem[], answers: AnsweredItem[]): AnsweredItem[] {
  const waiting = new Set<RoomId>();
  return answers.map((answered, index) => {
    const room = answered.room ?? roomOf(items[index]);
    if (room === undefined) return answered;
    // Slow mode holds up its own author alone.
    if (answered.answer.status === 'retry' && 'code' in answered.answer) return answered;
    if (answered.answer.status === 'retry') waiting.add(room);
    else if (waiting.has(room) && answered.answer.status === 'denied') {
      return { room, answer: { id: answered.answer.id, status: 'retry', after: 1 } };
    }
    return answered;
  });
}

function roomOf(item: SubmitItem | undefined): RoomId | undefined {
  const parsed = item === undefined ? undefined : parseEvent(item.jws);
  return parsed?.ok === true ? parsed.value.room : undefined;
}

/** The answer to one item as it travels. */
export function resultText(
  { domain, keys, clock }: Pick<AcceptDeps, 'domain' | 'keys' | 'clock'>,
  room: RoomId | undefined,
  answer: ItemAnswer,
): string {
  if (answer.status === 'accepted' || answer.status === 'duplicate') {
    const { id, status, epoch, seq, at, hash } = answer;
    return JSON.stringify({ id, status, epoch, seq, at, hash: encodeBase64url(hash) });
  }
  if (answer.status !== 'denied' || answer.id === null || room === undefined) return JSON.stringify(answer);
  const { id: event, code, rule } = answer;
  const denial = buildDenial({ hub: domain, room, event, code, rule, at: clock.now() }, keys.current.seal);
  return JSON.stringify({ ...answer, denial: denial.jws });
}

/** For each room the chain from the lowest record answered for to a sealed head: what makes the answer a proof. */
async function receipts(deps: AcceptDeps, answers: readonly AnsweredItem[], seals: string[]): Promise<string[]> {
  const lowest = new Map<RoomId, number>();
  for (const { room, answer } of answers) {
    if (room === undefined || !('seq' in answer)) continue;
    lowest.set(room, Math.min(answer.seq, lowest.get(room) ?? Infinity));
  }
  const texts = await Promise.all([...lowest].map(async ([room, seq]) => await receipt(deps, { room, seq, seals })));
  return texts.filter((text) => text !== undefined);
}

async function receipt(
  deps: AcceptDeps,
  { room, seq, seals }: { room: RoomId; seq: number; seals: string[] },
): Promise<string | undefined> {
  const live = await deps.rooms.get(room);
  const stretch = live && (await readStretch(deps, live, seq - 1));
  if (live === undefined || stretch === undefined) return undefined;
  const prev = seq === 0 ? ZERO_HASH : (live.recordAt(seq - 1)?.hash ?? (await deps.store.recordHashAt(room, seq - 1)));
  if (prev === undefined) return undefined;
  const headers = stretch.records.map(wireHeader);
  const sealed = JSON.stringify(sealedToWire(stretch.sealed, seals));
  return `{"room":"${room}","prev":"${encodeBase64url(prev)}","headers":[${headers.join(',')}],"sealed":${sealed}}`;
}

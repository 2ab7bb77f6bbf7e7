import type { Checked } from '../protocol/checked.js';
import { parseEvent } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import { domainOf } from '../protocol/identifiers.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { JsonObject } from '../protocol/json-shape.js';
import { readRecord } from '../protocol/read-record.js';
import type { UnreadableEvent, WrongTexts } from '../protocol/read-record.js';
import { loadRoomState } from '../protocol/room-state.js';
import { entryOf, judge } from '../protocol/rules.js';
import { orderItems, resultText } from './accept-submission.js';
import type { AnsweredItem } from './accept-submission.js';
import type { SubmitItem } from './check-submission.js';
import type { ServiceDeps } from './deps.js';
import { internStatement } from './intern-statement.js';
import { countLinkUses, limitedLinkOf } from './link-uses.js';
import type { LiveRoom } from './live-room.js';
import { snapshotText } from './make-snapshot.js';

type JoinDeps = Parameters<typeof orderItems>[0] & Pick<ServiceDeps, 'store' | 'rooms'>;

const HEAD_SEARCH = 255;

/**
 * Lets another provider's person into a room: records the join and answers with the state as of a sealed head that holds
 * it. May be repeated: what is recorded is answered as `duplicate`, with the snapshot again.
 *
 * @returns JSON text
 * @see PV-JOIN-001 to PV-JOIN-008, PV-JOIN-015, PV-JOIN-016
 */
export async function acceptJoin(
  deps: JoinDeps,
  peer: Domain,
  body: { room: string; items: readonly SubmitItem[] },
): Promise<string> {
  const denied = await deniedJoin(deps, peer, body);
  const answers = denied ?? (await orderItems(deps, peer, { items: body.items, isJoin: true }));
  const results = answers.map(({ room, answer }) => resultText(deps, room, answer));
  const last = answers.at(-1)?.answer;
  const seals: string[] = [];
  const seq = last !== undefined && 'seq' in last ? last.seq : undefined;
  const snapshot =
    seq === undefined ? undefined : await snapshotFor(deps, peer, { room: body.room as RoomId, seq, seals });
  const part = snapshot === undefined ? '' : `"snapshot":${snapshot},`;
  return `{"results":[${results.join(',')}],${part}"seals":${JSON.stringify(seals)}}`;
}

interface Refusal {
  readonly code: string;
  readonly rule: string | null;
}

const NOT_INVITED: Refusal = { code: 'not-invited', rule: null };

/**
 * Refuses a join before anything of it is recorded. Who may read nothing of the room is told the same whether there is
 * such a room or not, unless the join shows that they were invited.
 *
 * @returns the answers when the join would be refused
 * @see PV-JOIN-003, PV-JOIN-015, PV-JOIN-016
 */
async function deniedJoin(
  deps: JoinDeps,
  peer: Domain,
  { room, items }: { room: string; items: readonly SubmitItem[] },
): Promise<AnsweredItem[] | undefined> {
  const events = items.map(({ jws }) => parseEvent(jws));
  const tell = (refusal: Refusal): AnsweredItem[] => items.map((one) => denial(one, refusal));
  // Without a word of ours on the room.
  const refuse = (refusal: Refusal): AnsweredItem[] => tell(refusal).map(({ answer }) => ({ room: undefined, answer }));
  if (events.some((event) => event.ok && event.value.room !== room)) return refuse({ code: 'wrong-room', rule: 'R2' });
  const live = await deps.rooms.get(room as RoomId);
  if (live?.state.hasJoined(peer) === true) return undefined;
  const isStranger = (await deps.store.readingRanges(room as RoomId, peer)).length === 0;
  const fault = isStranger ? faultForStranger(events, { peer, now: deps.clock.now() }) : undefined;
  if (fault !== undefined) return refuse(fault);
  if (live?.hub !== deps.domain) return isStranger ? refuse(NOT_INVITED) : undefined;
  const refusal = await refusalOfJoin(deps, live, { peer, items });
  if (refusal === undefined) return undefined;
  const isTold = !isStranger || refusal.code === 'used-up' || (refusal.code === 'state-full' && refusal.isJoin);
  return isTold ? tell(refusal) : refuse(NOT_INVITED);
}

/** What is wrong with items whatever room they are for. */
function faultForStranger(
  events: readonly Checked<ParsedEvent>[],
  { peer, now }: { peer: Domain; now: number },
): Refusal | undefined {
  for (const event of events) {
    if (!event.ok) return { code: 'bad-event', rule: 'R1' };
    const { sender, until } = event.value.fields;
    if (domainOf(sender) !== peer) return { code: 'wrong-origin', rule: null };
    if (until < now) return { code: 'until-passed', rule: 'R3' };
  }
  return undefined;
}

/**
 * A provider's own entry is let in only with a join that will be allowed: both are judged on a copy of the state before
 * either is recorded. What is recorded already is left to be answered as that.
 *
 * @see PV-JOIN-003, PV-ROOM-023
 */
async function refusalOfJoin(
  deps: JoinDeps,
  live: LiveRoom,
  { peer, items }: { peer: Domain; items: readonly SubmitItem[] },
): Promise<(Refusal & { isJoin: boolean }) | undefined> {
  const trial = loadRoomState(live.state.entries(), live.room);
  const statements = new Map(live.statements);
  const ids = items.map(({ jws }) => parseEvent(jws)).flatMap((event) => (event.ok ? [event.value.id] : []));
  const known = new Set((await deps.store.findEvents(ids.map((id) => [live.room, id]))).map(({ eventId }) => eventId));
  if (ids.every((id) => known.has(id))) return undefined;
  let seq = live.seq;
  for (const item of items) {
    const read = readRecord(item, internStatement);
    if (read.kind !== 'event') return { ...faultOfTexts(read), isJoin: false };
    if (known.has(read.event.id)) continue;
    if (read.attachedStatement !== undefined) statements.set(read.attachedStatement.hash, read.attachedStatement);
    const input = {
      ...{ room: live.room, event: read.event, content: read.content, attachedStatement: read.attachedStatement },
      record: { epoch: live.epoch, seq: (seq += 1), at: Math.max(deps.clock.now(), live.at) },
      statements: (hash: string) => statements.get(hash),
      seenHash: () => undefined,
    };
    const isJoin = read.event.fields.type === 'member';
    const verdict = judge(trial, input);
    if (verdict.kind === 'deny') return { code: verdict.code, rule: verdict.rule, isJoin };
    if (await isUsedUp(deps, live, read)) return { code: 'used-up', rule: null, isJoin };
    const entry = entryOf(input);
    if (entry !== undefined) trial.apply(entry);
  }
  return trial.hasJoined(peer) ? undefined : { ...NOT_INVITED, isJoin: false };
}

function faultOfTexts(read: UnreadableEvent | WrongTexts): Refusal {
  const isOther = read.kind === 'wrong' && read.code === 'content-mismatch';
  return isOther ? { code: read.code, rule: null } : { code: 'bad-event', rule: 'R1' };
}

async function isUsedUp(
  deps: JoinDeps,
  live: LiveRoom,
  { event, content: value }: { event: ParsedEvent; content: JsonObject | undefined },
): Promise<boolean> {
  const link = limitedLinkOf(event, value);
  if (link === undefined) return false;
  await countLinkUses(deps, live, { event, value });
  return (live.linkUses.get(link.jws) ?? 0) >= link.uses;
}

function denial(item: SubmitItem, { code, rule }: Refusal): AnsweredItem {
  const event = parseEvent(item.jws);
  const id = event.ok ? event.value.id : null;
  return { room: event.ok ? event.value.room : undefined, answer: { id, status: 'denied', code, rule } };
}

async function snapshotFor(
  deps: JoinDeps,
  peer: Domain,
  { room, seq, seals }: { room: RoomId; seq: number; seals: string[] },
): Promise<string | undefined> {
  const live = await deps.rooms.get(room);
  if (live === undefined || !live.state.hasJoined(peer)) return undefined;
  const sealed = await deps.store.nextHead(room, seq, seq + HEAD_SEARCH);
  return sealed === undefined ? undefined : await snapshotText(deps, live, { sealed, seals });
}

import type { ParsedEvent } from '../protocol/event.js';
import type { EventId } from '../protocol/identifiers.js';
import type { JsonObject } from '../protocol/json-shape.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { judge } from '../protocol/rules.js';
import type { SentRow } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import type { RoomDraft } from './draft-room.js';
import { effectOf, isAboutGone, needsEffect, voteRefusal } from './find-targets.js';
import type { Targets } from './find-targets.js';
import { mentionsAllUnduly, mentionsIn } from './find-mentions.js';
import type { Mentioned } from './find-mentions.js';
import { limitedLinkOf } from './link-uses.js';
import type { LimitedLink } from './link-uses.js';
import type { LiveRoom } from './live-room.js';
import type { WriteJob } from './deps.js';
import { slowWait } from './slow-mode.js';

/** An event whose form, content and signature are good, on its way to a place in the log of a room we are the hub of. */
export interface Submission {
  readonly event: ParsedEvent;
  readonly content: string;
  /** parsed content */
  readonly value: JsonObject | undefined;
  readonly statement?: KeyStatement;
  readonly targets: Targets;
  readonly mentioned?: Mentioned | undefined;
  /** hash of the record `seen` names, where it is older than memory goes */
  readonly seenHash?: Buffer | undefined;
  /** our account behind the `key` of a member or access event */
  readonly accountId?: number;
  /** the link by which somebody joins whose provider this event introduces: it comes in with them or not at all */
  readonly joinsBy?: LimitedLink | undefined;
  /** whether its content is passed on to the other participants without being kept */
  readonly isDiscarded?: boolean;
  /** what to remember of the request of one of our own people */
  readonly sent?: SentRow;
}

export interface RecordPlace {
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly hash: Buffer;
}

export type OrderAnswer =
  | ({ readonly status: 'accepted' | 'duplicate'; readonly id: EventId } & RecordPlace)
  | { readonly status: 'denied'; readonly id: EventId; readonly code: string; readonly rule: string | null }
  /** the room lets people speak only now and then; `after` in s */
  | { readonly status: 'retry'; readonly id: EventId; readonly after: number; readonly code: 'slow-mode' };

const UNTIL_AHEAD_MS_MAX = 31 * 24 * 3_600_000;

/**
 * Makes the job that puts an event into the next place of a room, or refuses it with the code of the rule it breaks.
 *
 * @param fresh the room, when the event creates it
 * @see PV-HUB-002 to PV-HUB-006
 */
export function orderEvent(
  { clock }: Pick<ServiceDeps, 'clock'>,
  submission: Submission,
  fresh?: () => LiveRoom,
): WriteJob<OrderAnswer> {
  const { event, content } = submission;
  return {
    room: event.room,
    events: 1,
    bytes: event.jws.length + content.length,
    ...(fresh === undefined ? {} : { fresh }),
    prepare: (draft) => placeEvent(draft, submission, clock.now()),
  };
}

/** Judges an event in a draft and, when nothing speaks against it, gives it the next place. @see PV-HUB-003 */
export function placeEvent(draft: RoomDraft, submission: Submission, now: number): OrderAnswer {
  const { event, content, value, statement, targets, mentioned, sent, accountId } = submission;
  const known = draft.findRecent(event.id);
  if (known !== undefined) return { status: 'duplicate', id: event.id, ...placeOf(known) };
  const record = { epoch: draft.epoch, seq: draft.seq + 1, at: Math.max(now, draft.at) };
  const verdict = judge(draft.state, {
    ...{ room: draft.live.room, record, event, content: value, signatureTrusted: true },
    statements: (hash) => (statement?.hash === hash ? statement : draft.live.statements.get(hash)),
    attachedStatement: statement,
    seenHash: (seq) => draft.hashAt(seq) ?? submission.seenHash,
  });
  if (verdict.kind === 'deny') return { status: 'denied', id: event.id, code: verdict.code, rule: verdict.rule };
  const effect = effectOf(event, { draft, targets, at: record.at, value });
  const context = { draft, mentioned, at: record.at };
  const isAllowed = (effect !== undefined || !needsEffect(event)) && !mentionsAllUnduly(event, context);
  const link = limitedLinkOf(event, value);
  const refusal =
    admissionRefusal(event, { at: record.at, isAllowed }) ??
    voteRefusal(event, { draft, targets, at: record.at, value }) ??
    refusalOfUses(draft, link ?? submission.joinsBy);
  if (refusal !== undefined) return { status: 'denied', id: event.id, code: refusal, rule: null };
  const after = slowWait(draft.live, event.fields, { at: record.at, last: draft.spokeAt(event.fields.sender) });
  if (after > 0) return { status: 'retry', id: event.id, after, code: 'slow-mode' };
  const wanted = isAboutGone(event, { draft, targets, at: record.at }) ? null : content;
  const isPassing = submission.isDiscarded === true && wanted !== null;
  const held = draft.append({
    ...{ event, epoch: record.epoch, at: record.at, content: isPassing ? null : wanted, void: null },
    ...(isPassing ? { passing: wanted } : {}),
    ...(value === undefined || event.fields.key === undefined ? {} : { value }),
    ...(statement === undefined ? {} : { statement }),
    ...(effect === undefined ? {} : { effect }),
    ...(mentioned === undefined ? {} : { mentions: mentionsIn(event, context) }),
    ...(accountId === undefined ? {} : { accountId }),
  });
  if (link !== undefined) draft.countUse(link.jws);
  if (sent !== undefined) draft.sent.push(sent);
  return { status: 'accepted', id: event.id, ...placeOf(held) };
}

/** What a hub asks for beyond the rules; it looks at what rules may not read. @see PV-HUB-007 */
function admissionRefusal(
  event: ParsedEvent,
  { at, isAllowed }: { at: number; isAllowed: boolean },
): string | undefined {
  if (event.fields.until > at + UNTIL_AHEAD_MS_MAX) return 'until-too-far';
  return isAllowed ? undefined : 'no-right';
}

/** A link that was not counted lets nobody in: that happens only when the room was loaded anew since then. @see PV-LNK-012 */
function refusalOfUses(draft: RoomDraft, link: LimitedLink | undefined): string | undefined {
  if (link === undefined) return undefined;
  const used = draft.usesOf(link.jws);
  if (used === undefined) return 'unavailable';
  return used < link.uses ? undefined : 'used-up';
}

function placeOf({ epoch, seq, at, hash }: RecordPlace): RecordPlace {
  return { epoch, seq, at, hash };
}

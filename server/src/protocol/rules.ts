import type { RoomState, StateEntry } from './room-state.js';
import { faultOfRank } from './rules/access-change.js';
import { faultOfForm, faultOfPrior, faultOfRoom, faultOfSeen, faultOfUntil } from './rules/event-rules.js';
import { faultOfJoin, faultOfStatement } from './rules/join-rules.js';
import { entryBytes } from './rules/rule-input.js';
import type { Deny, Fault, RuleId, RuleInput, Verdict } from './rules/rule-input.js';
import { faultOfMembership, faultOfRight, faultOfSender } from './rules/sender-rules.js';
import { faultOfSize } from './rules/state-size.js';
import { faultOfTimer } from './rules/timer.js';

export type { Deny, RuleInput, Verdict } from './rules/rule-input.js';

interface Rule {
  readonly id: RuleId;
  readonly code: string;
  readonly faultOf: (state: RoomState, input: RuleInput) => Fault;
}

/** The rules of `rules: 1`. A rule may lean on those before it having been kept. */
export const RULES: readonly Rule[] = [
  { id: 'R1', code: 'bad-event', faultOf: faultOfForm },
  { id: 'R2', code: 'wrong-room', faultOf: faultOfRoom },
  { id: 'R3', code: 'until-passed', faultOf: faultOfUntil },
  { id: 'R4', code: 'seen-mismatch', faultOf: faultOfSeen },
  { id: 'R5', code: 'prior-mismatch', faultOf: faultOfPrior },
  { id: 'R6', code: 'not-member', faultOf: faultOfMembership },
  { id: 'R7', code: 'wrong-sender', faultOf: faultOfSender },
  { id: 'R8', code: 'bad-statement', faultOf: faultOfStatement },
  { id: 'R9', code: 'not-invited', faultOf: faultOfJoin },
  { id: 'R10', code: 'no-right', faultOf: faultOfRight },
  { id: 'R11', code: 'rank', faultOf: faultOfRank },
  { id: 'R12', code: 'state-full', faultOf: faultOfSize },
  { id: 'R13', code: 'timer', faultOf: faultOfTimer },
];

const ALLOW: Verdict = { kind: 'allow' };

/**
 * Judges a record by the rules in order; the first one broken decides. The same at the hub and at every follower.
 *
 * @param state the room's state before the record
 * @throws Error a statement in force is not among `input.statements`
 * @see PV-RULE-001, PV-RULE-002
 */
export function judge(state: RoomState, input: RuleInput): Verdict {
  for (const { id, code, faultOf } of RULES) {
    const fault = faultOf(state, input);
    if (fault !== undefined) return { kind: 'deny', rule: id, code, detail: fault };
  }
  return ALLOW;
}

/**
 * The verdict on a record whose event cannot be read.
 *
 * @see PV-RULE-003
 */
export function denyUnreadable(detail: string): Deny {
  return { kind: 'deny', rule: 'R1', code: 'bad-event', detail };
}

/**
 * What an allowed state event leaves in the state; `state.apply` puts it there.
 *
 * @returns undefined for events that are not state
 * @see PV-ROOM-003
 */
export function entryOf(input: RuleInput): StateEntry | undefined {
  const { event, record, content = {} } = input;
  const { type, key, sender } = event.fields;
  if (key === undefined) return undefined;
  return { type, key, id: event.id, sender, seq: record.seq, content, bytes: entryBytes(input) };
}

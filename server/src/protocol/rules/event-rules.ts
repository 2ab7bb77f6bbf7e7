import { verifyEventSignature } from '../event.js';
import type { ParsedEvent } from '../event.js';
import { domainOf } from '../identifiers.js';
import type { Domain } from '../identifiers.js';
import type { KeyStatement } from '../key-statement.js';
import type { RoomState } from '../room-state.js';
import type { Fault, RuleInput, StatementLookup } from './rule-input.js';

/**
 * R1: a state event's content is good, and the event is signed by a key its provider has in use for events.
 *
 * @see PV-RULE-003 to PV-RULE-006
 */
export function faultOfForm(state: RoomState, input: RuleInput): Fault {
  const { event, content } = input;
  if (event.fields.key !== undefined && content === undefined) return 'content';
  const statement = statementFor(state, input);
  // Without a statement nothing can be verified, and nothing is allowed: R6 to R8 refuse what comes so far.
  return statement === undefined ? undefined : faultOfSignature(input, statement);
}

/**
 * R2: create stands at seq 0 and nowhere else, and every event belongs to this room.
 *
 * @see PV-RULE-007
 */
export function faultOfRoom(_state: RoomState, { room, record, event }: RuleInput): Fault {
  if (event.room !== room) return 'another room';
  return (event.fields.type === 'room.create') === (record.seq === 0) ? undefined : 'create at seq 0 only';
}

/**
 * R3: recorded no later than the sender allowed.
 *
 * @see PV-RULE-008
 */
export function faultOfUntil(_state: RoomState, { record, event }: RuleInput): Fault {
  return record.at <= event.fields.until ? undefined : 'until has passed';
}

/**
 * R4: the sender's provider has seen this log, not a fork of it.
 *
 * @see PV-RULE-009 to PV-RULE-011
 */
export function faultOfSeen(state: RoomState, { record, event, seenHash }: RuleInput): Fault {
  const { seen, sender, type } = event.fields;
  if (seen === undefined) {
    return type === 'room.create' || !state.hasJoined(domainOf(sender)) ? undefined : 'no seen';
  }
  const [epoch, seq, hash] = seen;
  if (seq >= record.seq || epoch > record.epoch) return 'seen is not earlier';
  if (epoch !== record.epoch) return undefined;
  const held = seenHash(seq);
  return held === undefined || held.toString('base64url') === hash ? undefined : 'seen is not of this log';
}

/**
 * R5: a state event names the entry it replaces.
 *
 * @see PV-RULE-012
 */
export function faultOfPrior(state: RoomState, { event }: RuleInput): Fault {
  const { type, key, prior } = event.fields;
  if (key === undefined) return undefined;
  return state.get(type, key)?.id === prior ? undefined : 'prior is not the present entry';
}

/** Whether an event of this type brings the statement it is signed under: its domain may have none in force yet. */
export function carriesStatement(event: ParsedEvent): boolean {
  return event.fields.type === 'provider' || event.fields.type === 'room.create';
}

/**
 * The statement in force for a domain.
 *
 * @throws Error the state names a statement that the lookup does not have
 */
export function statementOf(state: RoomState, domain: Domain, statements: StatementLookup): KeyStatement | undefined {
  const name = state.statementInForce(domain);
  if (name === undefined) return undefined;
  const statement = statements(name.hash);
  if (statement === undefined) throw new Error(`statement ${name.hash} of ${domain} is in force but not held`);
  return statement;
}

/** The statement an event is signed under: the one it brings where it brings one, else the one in force. */
function statementFor(state: RoomState, input: RuleInput): KeyStatement | undefined {
  const domain = domainOf(input.event.fields.sender);
  if (!carriesStatement(input.event)) return statementOf(state, domain, input.statements);
  return input.attachedStatement?.provider === domain ? input.attachedStatement : undefined;
}

function faultOfSignature({ event, signatureTrusted }: RuleInput, statement: KeyStatement): Fault {
  const key = statement.keyById.get(event.kid);
  if (key?.use !== 'event') return 'not a key for events';
  if (key.status !== 'active') return 'retired key';
  return signatureTrusted === true || verifyEventSignature(event, statement) ? undefined : 'signature';
}

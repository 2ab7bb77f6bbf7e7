import { domainOf } from '../identifiers.js';
import type { Address } from '../identifiers.js';
import { parseInvite, verifyInvite } from '../invite.js';
import type { Invite } from '../invite.js';
import { verifyFirstStatement, verifySuccessor } from '../key-statement.js';
import { DEFAULT_ROLE } from '../rights.js';
import type { RoomState } from '../room-state.js';
import type { MemberContent, ProviderContent } from '../state-content.js';
import { carriesStatement, statementOf } from './event-rules.js';
import type { Fault, RuleInput } from './rule-input.js';

/**
 * R8: the statement that a create or provider event brings is the one it names, is of its sender's domain, and
 * follows the one in force.
 *
 * @see PV-RULE-019, PV-RULE-020
 */
export function faultOfStatement(state: RoomState, input: RuleInput): Fault {
  const { event, attachedStatement: brought } = input;
  if (!carriesStatement(event)) return undefined;
  const named = input.content as unknown as ProviderContent;
  const domain = domainOf(event.fields.sender);
  if (brought === undefined) return 'malformed';
  if (brought.hash !== named.statement || brought.version !== named.version) return 'not the one named';
  if (brought.provider !== domain) return 'of another provider';
  const inForce = statementOf(state, domain, input.statements);
  const isGood = inForce === undefined ? verifyFirstStatement(brought) : verifySuccessor(brought, inForce);
  return isGood ? undefined : 'not signed by a root in force, or not newer';
}

/**
 * R9: nobody joins uninvited, twice, or while banned or denied.
 *
 * @see PV-RULE-021 to PV-RULE-026, PV-RULE-051
 */
export function faultOfJoin(state: RoomState, input: RuleInput): Fault {
  if (input.event.fields.type !== 'member') return undefined;
  const { membership, invite } = input.content as unknown as MemberContent;
  if (membership !== 'joined') return undefined;
  const person = input.event.fields.sender as Address;
  if (state.isJoined(person)) return 'already joined';
  if (state.access(person)?.ban === true) return 'banned';
  if (state.isDenied(domainOf(person))) return 'denied';
  if (state.kind === 'dm') return undefined;
  if (state.creation?.creator === person && state.get('member', person) === undefined) return undefined;
  if (invite === undefined) return 'no invite';
  const read = parseInvite(invite);
  return read.ok ? faultOfInvite(state, input, read.value) : read.detail;
}

function faultOfInvite(state: RoomState, { room, record, event, statements }: RuleInput, invite: Invite): Fault {
  const { sender } = event.fields;
  if (invite.room !== room || invite.to !== sender) return 'an invite for another room or person';
  if (invite.until < record.at) return 'the invite has expired';
  if (invite.after !== state.get('access', sender)?.id) return 'the invite is older than what was said of the person';
  if (!state.isJoined(invite.by)) return 'the inviter is not joined';
  const inviter = state.roleOf(invite.by, record.at);
  const invited = state.roleOf(invite.to, record.at);
  if (!inviter.rights.has('invite')) return 'the inviter may not invite';
  if (invited.name !== DEFAULT_ROLE && invited.rank >= inviter.rank)
    return 'the person holds a role that the inviter does not outrank';
  const statement = statementOf(state, domainOf(invite.by), statements);
  return statement !== undefined && verifyInvite(invite, statement) ? undefined : 'signature of the invite';
}

import { domainOf } from '../identifiers.js';
import type { Address } from '../identifiers.js';
import { parseInvite, verifyInvite } from '../invite.js';
import type { Invite, LinkInvite, PersonalInvite } from '../invite.js';
import { verifyFirstStatement, verifySuccessor } from '../key-statement.js';
import { DEFAULT_ROLE } from '../rights.js';
import type { RoomState } from '../room-state.js';
import type { MemberContent, ProviderContent } from '../state-content.js';
import { carriesStatement, statementOf } from './event-rules.js';
import { faultOfLink } from './link-rules.js';
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
 * @see PV-RULE-021 to PV-RULE-026, PV-RULE-051, PV-RULE-070 to PV-RULE-075
 */
export function faultOfJoin(state: RoomState, input: RuleInput): Fault {
  if (input.event.fields.type !== 'member') return undefined;
  const { membership, invite, role } = input.content as unknown as MemberContent;
  if (membership !== 'joined') return undefined;
  const person = input.event.fields.sender as Address;
  if (state.isJoined(person)) return 'already joined';
  if (state.access(person)?.ban === true) return 'banned';
  if (state.isDenied(domainOf(person))) return 'denied';
  if (role === undefined && mayJoinUnasked(state, person)) return undefined;
  if (invite === undefined) return 'no invite';
  const read = parseInvite(invite);
  if (!read.ok) return read.detail;
  // A personal invite has no role.
  if (role !== (read.value as Partial<LinkInvite>).role) return 'not the role of the link';
  return faultOfInvite(state, input, read.value);
}

function mayJoinUnasked(state: RoomState, person: Address): boolean {
  if (state.kind === 'dm') return true;
  return state.creation?.creator === person && state.get('member', person) === undefined;
}

function faultOfInvite(state: RoomState, input: RuleInput, invite: Invite): Fault {
  const { room, record, event, statements } = input;
  const person = event.fields.sender as Address;
  if (invite.room !== room) return 'an invite for another room';
  if (invite.until < record.at) return 'the invite has expired';
  if (!state.isJoined(invite.by)) return 'the inviter is not joined';
  const inviter = state.roleOf(invite.by, record.at);
  const invited = state.roleOf(person, record.at);
  if (!inviter.rights.has('invite')) return 'the inviter may not invite';
  if (invited.name !== DEFAULT_ROLE && invited.rank >= inviter.rank)
    return 'the person holds a role that the inviter does not outrank';
  const fault = 'link' in invite ? faultOfLink(state, input, invite) : faultOfPersonal(state, input, invite);
  if (fault !== undefined) return fault;
  const statement = statementOf(state, domainOf(invite.by), statements);
  return statement !== undefined && verifyInvite(invite, statement) ? undefined : 'signature of the invite';
}

function faultOfPersonal(state: RoomState, { event }: RuleInput, invite: PersonalInvite): Fault {
  const { sender } = event.fields;
  if (invite.to !== sender) return 'an invite for another person';
  return invite.after === state.get('access', sender)?.id ? undefined : 'older than what was said of the person';
}

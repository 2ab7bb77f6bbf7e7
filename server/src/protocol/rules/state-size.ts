import { limits } from '@payvand/spec';
import { domainOf } from '../identifiers.js';
import type { RoomState } from '../room-state.js';
import { isPagedType } from '../room-state.js';
import { faultOfLinkCount } from './link-rules.js';
import { entryBytes } from './rule-input.js';
import type { Fault, RuleInput } from './rule-input.js';

/**
 * R12: the state stays within its limits.
 *
 * @see PV-RULE-038 to PV-RULE-043, PV-RULE-077, PV-RULE-078
 */
export function faultOfSize(state: RoomState, input: RuleInput): Fault {
  const { type, key } = input.event.fields;
  if (key === undefined) return undefined;
  const replaced = state.get(type, key);
  if (type === 'member' && input.content?.['membership'] === 'joined' && state.joinedCount >= limits.joinedMembersMax)
    return 'joined members';
  const fault = replaced === undefined ? faultOfCount(state, input) : undefined;
  return fault ?? (isPagedType(type) ? undefined : faultOfBytes(state, input, replaced?.bytes));
}

function faultOfCount(state: RoomState, input: RuleInput): Fault {
  const { type } = input.event.fields;
  if (state.size >= limits.stateEntriesMax) return 'entries';
  if (type === 'member' && state.countOf('member') >= limits.memberEntriesMax) return 'member entries';
  if (type === 'role' && state.countOf('role') >= limits.roleEntriesMax) return 'role entries';
  if (type === 'room.link') return faultOfLinkCount(state, input);
  const isCounted = !isPagedType(type) && !isEssential(state, input);
  return isCounted && state.sharedCount >= limits.otherEntriesMax ? 'shared entries' : undefined;
}

function faultOfBytes(state: RoomState, input: RuleInput, replacedBytes = 0): Fault {
  const added = entryBytes(input) - replacedBytes;
  if (input.event.fields.type === 'role' && state.roleBytes + added > limits.roleEntriesBytesMax)
    return 'bytes of roles';
  const bytesMax = isEssential(state, input) ? limits.otherEntriesReserveBytesMax : limits.otherEntriesBytesMax;
  return state.sharedBytes + added > bytesMax ? 'bytes of shared entries' : undefined;
}

/** What must go through however full the state is: else a lost key or a lost owner stays for ever. */
function isEssential(state: RoomState, { event }: RuleInput): boolean {
  const { type, sender } = event.fields;
  return type === 'room.owner' || (type === 'provider' && state.statementInForce(domainOf(sender)) !== undefined);
}

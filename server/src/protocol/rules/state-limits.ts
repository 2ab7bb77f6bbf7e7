import { domainOf } from '../identifiers.js';
import type { RoomState } from '../room-state.js';
import { isPersonType } from '../room-state.js';
import { entryBytes } from './rule-input.js';
import type { Fault, RuleInput } from './rule-input.js';

/** What one room's state can hold. @see PV-RULE-039 to PV-RULE-044 */
export const STATE_LIMITS = {
  entries: 20_000,
  /** entries of type `member`, joined or not: half of all, so that there is room for an `access` entry of each */
  memberEntries: 9_500,
  joinedMembers: 5_000,
  /** entries not about one person, and their bytes: what every join answer carries */
  sharedEntries: 256,
  sharedBytes: 196_608,
  /** for a provider's next statement and the room's next owner, which must not be kept out by a full state */
  sharedBytesReserve: 32_768,
  roleEntries: 32,
  roleBytes: 32_768,
} as const;

/**
 * R12: the state stays within its limits.
 *
 * @see PV-RULE-039 to PV-RULE-044
 */
export function faultOfSize(state: RoomState, input: RuleInput): Fault {
  const { type, key } = input.event.fields;
  if (key === undefined) return undefined;
  const replaced = state.get(type, key);
  if (
    type === 'member' &&
    input.content?.['membership'] === 'joined' &&
    state.joinedCount >= STATE_LIMITS.joinedMembers
  )
    return 'joined members';
  const fault = replaced === undefined ? faultOfCount(state, input) : undefined;
  return fault ?? (isPersonType(type) ? undefined : faultOfBytes(state, input, replaced?.bytes));
}

function faultOfCount(state: RoomState, input: RuleInput): Fault {
  const { type } = input.event.fields;
  const { entries, memberEntries, sharedEntries, roleEntries } = STATE_LIMITS;
  if (state.size >= entries) return 'entries';
  if (type === 'member' && state.countOf('member') >= memberEntries) return 'member entries';
  if (type === 'role' && state.countOf('role') >= roleEntries) return 'role entries';
  const isCounted = !isPersonType(type) && !isEssential(state, input);
  return isCounted && state.sharedCount >= sharedEntries ? 'shared entries' : undefined;
}

function faultOfBytes(state: RoomState, input: RuleInput, replacedBytes = 0): Fault {
  const { sharedBytes, sharedBytesReserve, roleBytes } = STATE_LIMITS;
  const added = entryBytes(input) - replacedBytes;
  if (input.event.fields.type === 'role' && state.roleBytes + added > roleBytes) return 'bytes of roles';
  const bytesMax = sharedBytes + (isEssential(state, input) ? sharedBytesReserve : 0);
  return state.sharedBytes + added > bytesMax ? 'bytes of shared entries' : undefined;
}

/** What must go through however full the state is: else a lost key or a lost owner stays for ever. */
function isEssential(state: RoomState, { event }: RuleInput): boolean {
  const { type, sender } = event.fields;
  return type === 'room.owner' || (type === 'provider' && state.statementInForce(domainOf(sender)) !== undefined);
}

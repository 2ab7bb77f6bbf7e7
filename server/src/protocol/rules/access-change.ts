import { domainOf } from '../identifiers.js';
import type { Address, Domain } from '../identifiers.js';
import { DEFAULT_ROLE, includesRights, role } from '../rights.js';
import type { Right, Role } from '../rights.js';
import type { RoomState } from '../room-state.js';
import type { AccessContent, OwnerContent, Restriction, RoleContent } from '../state-content.js';
import type { Fault, RuleInput } from './rule-input.js';

/**
 * R11: one acts on lower ranks only, gives only what one has, and never touches oneself.
 *
 * @see PV-RULE-031 to PV-RULE-037, PV-RULE-053, PV-RULE-054
 */
export function faultOfRank(state: RoomState, input: RuleInput): Fault {
  switch (input.event.fields.type) {
    case 'access':
      return faultOfAccess(state, input);
    case 'room.deny':
      return faultOfDeny(state, input);
    case 'role':
      return faultOfRole(state, input);
    case 'room.owner':
      return state.isJoined((input.content as unknown as OwnerContent).owner) ? undefined : 'new owner not joined';
    default:
      return undefined;
  }
}

/**
 * The rights that the changes of an `access` event need: none when it changes nothing.
 *
 * @see PV-RULE-030
 */
export function rightsForAccess(state: RoomState, input: RuleInput): Right[] {
  const { present, next } = accessChange(state, input);
  const bans = next.ban === true && present.ban === undefined;
  const removes = next.remove !== undefined && next.remove !== present.remove;
  const needed: Right[] = [];
  if (next.ban !== present.ban) needed.push('ban');
  if (removes && !bans) needed.push('remove');
  if (next.role !== present.role || next.title !== present.title) needed.push('roles');
  if (!isSameRestriction(next.restrict, present.restrict)) needed.push('restrict');
  return needed;
}

function faultOfAccess(state: RoomState, input: RuleInput): Fault {
  const { target, present, next } = accessChange(state, input);
  const sender = input.event.fields.sender as Address;
  const { at } = input.record;
  if (target === sender) return 'oneself';
  const own = state.roleOf(sender, at);
  if (state.roleOf(target, at).rank >= own.rank) return 'rank of the target';
  return (
    faultOfRemoval(state, input) ??
    (next.role === present.role ? undefined : faultOfGrant(state, own, next.role ?? state.roleByLink(target)))
  );
}

/** An ended join stays ended, whatever else `access` comes to say: the way back is another join. */
function faultOfRemoval(state: RoomState, input: RuleInput): Fault {
  const { target, present, next } = accessChange(state, input);
  const join = state.joinEntry(target)?.id;
  const ends = join !== undefined && (present.remove === join || next.ban === true);
  if (ends) return next.remove === join ? undefined : 'remove must name the join';
  const isKept = next.remove === undefined || next.remove === present.remove || next.remove === join;
  return isKept ? undefined : 'remove names no join';
}

function faultOfGrant(state: RoomState, own: Role, name: string | undefined): Fault {
  const granted = state.role(name ?? DEFAULT_ROLE);
  if (granted === undefined) return 'no such role';
  if (granted.rank >= own.rank) return 'rank of the role';
  return name === undefined || includesRights(own, granted) ? undefined : 'rights of the role';
}

function faultOfRole(state: RoomState, input: RuleInput): Fault {
  const { sender, key = '' } = input.event.fields;
  const own = state.roleOf(sender as Address, input.record.at);
  const { rank, rights } = input.content as unknown as RoleContent;
  if (rank >= own.rank || (state.role(key)?.rank ?? 0) >= own.rank) return 'rank of the role';
  return includesRights(own, role(key, rank, rights)) ? undefined : 'rights of the role';
}

/** A provider is denied like people are banned, all of them at once; room and hub must stay reachable. */
function faultOfDeny(state: RoomState, { event, record, content }: RuleInput): Fault {
  const domain = event.fields.key as Domain;
  if (content?.['denied'] !== true) return state.peopleShutOut(domain).size === 0 ? undefined : 'people not removed';
  if (domain === state.hub || (state.owner !== undefined && domain === domainOf(state.owner))) return 'of owner or hub';
  const { rank } = state.roleOf(event.fields.sender as Address, record.at);
  const isAbove = (person: Address): boolean => state.roleOf(person, record.at).rank >= rank;
  return [...state.joinedMembersOf(domain)].some(isAbove) ? 'rank of its people' : undefined;
}

function accessChange(
  state: RoomState,
  input: RuleInput,
): { target: Address; present: AccessContent; next: AccessContent } {
  const target = input.event.fields.key as Address;
  return { target, present: state.access(target) ?? {}, next: input.content as unknown as AccessContent };
}

function isSameRestriction(one: Restriction | undefined, other: Restriction | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.until !== other.until || one.rights.length !== other.rights.length) return false;
  return one.rights.every((right) => other.rights.includes(right));
}

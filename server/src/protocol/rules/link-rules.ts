import { limits } from '@payvand/spec';
import type { Address } from '../identifiers.js';
import type { LinkInvite } from '../invite.js';
import { linkIdOf, verifyLinkProof } from '../link.js';
import { includesRights } from '../rights.js';
import type { Role } from '../rights.js';
import type { RoomState } from '../room-state.js';
import type { LinkContent, MemberContent } from '../state-content.js';
import type { Fault, RuleInput } from './rule-input.js';

/**
 * R9 for a join by link: its holder may join, was not sent away, and the link was not revoked.
 *
 * @see PV-RULE-071 to PV-RULE-075
 */
export function faultOfLink(state: RoomState, { room, record, event, content }: RuleInput, link: LinkInvite): Fault {
  const person = event.fields.sender as Address;
  const { proof } = content as unknown as MemberContent;
  if (link.approve === true) return 'the link asks for approval';
  if (state.access(person)?.remove !== undefined) return 'the person was removed';
  if (state.get('room.link', linkIdOf(link)) !== undefined) return 'the link was revoked';
  if (proof === undefined || !verifyLinkProof(link.link, { room, person, proof })) return 'proof of the link';
  return link.role === undefined ? undefined : faultOfLinkRole(state, link.role, state.roleOf(link.by, record.at));
}

/** Whether a person of a role may make a link that gives another. @see PV-RULE-075 */
export function faultOfLinkRole(state: RoomState, name: string, issuer: Role): Fault {
  const given = state.role(name);
  if (given === undefined) return 'no such role';
  if (!issuer.rights.has('roles')) return 'the issuer may not give roles';
  if (given.rank >= issuer.rank) return 'rank of the role';
  return includesRights(issuer, given) ? undefined : 'rights of the role';
}

/**
 * R10 for revoking: one's own links with the right `invite`, others' with `remove`.
 *
 * @see PV-RULE-076
 */
export function faultOfRevoking(state: RoomState, { event, record, content }: RuleInput): Fault {
  const sender = event.fields.sender as Address;
  const { rights } = state.roleOf(sender, record.at);
  const isOwn = (content as unknown as LinkContent).by === sender;
  return rights.has('remove') || (isOwn && rights.has('invite')) ? undefined : 'remove';
}

/**
 * R12 for revoking: members cannot fill the room with it; the last places are for those who look after it.
 *
 * @see PV-RULE-077, PV-RULE-078
 */
export function faultOfLinkCount(state: RoomState, { event, record }: RuleInput): Fault {
  const isKeeper = state.roleOf(event.fields.sender as Address, record.at).rights.has('remove');
  const max = isKeeper ? limits.linkEntriesMax : limits.linkEntriesOfMembersMax;
  return state.countOf('room.link') >= max ? 'link entries' : undefined;
}

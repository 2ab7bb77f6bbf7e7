import { domainOf, isAddressSender } from '../identifiers.js';
import type { Address, Domain } from '../identifiers.js';
import type { Right } from '../rights.js';
import type { RoomState } from '../room-state.js';
import { rightsForAccess } from './access-change.js';
import { faultOfRevoking } from './link-rules.js';
import type { Fault, RuleInput } from './rule-input.js';

/**
 * R6: people speak as members. Create, a person's own join and what providers say for themselves come from outside.
 *
 * @see PV-RULE-013, PV-RULE-014, PV-RULE-050
 */
export function faultOfMembership(state: RoomState, { event, content }: RuleInput): Fault {
  const { type, key, sender } = event.fields;
  if (type === 'room.create') return undefined;
  if (!isAddressSender(sender)) return state.isDenied(sender) ? 'denied' : undefined;
  if (state.statementInForce(domainOf(sender)) === undefined) return 'no statement in force';
  if (state.isJoined(sender)) return undefined;
  const isOwnJoin = type === 'member' && key === sender && content?.['membership'] === 'joined';
  return isOwnJoin ? undefined : 'not joined';
}

/**
 * R7: some events come from one sender only; in a dm all come from its two people and their providers.
 *
 * @see PV-RULE-015 to PV-RULE-018
 */
export function faultOfSender(state: RoomState, { event }: RuleInput): Fault {
  const { type, key, sender } = event.fields;
  if (isAddressSender(sender) === (type === 'provider')) return 'a provider speaks for itself, and only so';
  if ((type === 'provider' || type === 'member') && key !== sender) return 'key is not the sender';
  if (type === 'room.owner' && sender !== state.owner) return 'not the owner';
  const { creation } = state;
  if (creation?.with === undefined) return undefined;
  const pair: readonly Address[] = [creation.creator, creation.with];
  const isOfPair = isAddressSender(sender) ? pair.includes(sender) : pair.some((one) => domainOf(one) === sender);
  return isOfPair ? undefined : 'not of this dm';
}

/**
 * R10: the sender has the right that the event needs.
 *
 * @see PV-RULE-027 to PV-RULE-030, PV-RULE-052, PV-RULE-076
 */
export function faultOfRight(state: RoomState, input: RuleInput): Fault {
  const { type, key, sender } = input.event.fields;
  if (state.kind === 'dm' && key !== undefined && !DM_STATE.has(type)) return 'not in a dm';
  if (type === 'member') return faultOfLeaving(state, input);
  if (type === 'access') return faultOfAccessRights(state, input);
  if (type === 'room.deny' && state.isDenied(key as Domain) === input.content?.['denied']) return 'changes nothing';
  if (type === 'room.link') return faultOfRevoking(state, input);
  const needed = neededRight(type, key !== undefined, state);
  if (needed === undefined) return undefined;
  return state.roleOf(sender as Address, input.record.at).rights.has(needed) ? undefined : needed;
}

const DM_STATE: ReadonlySet<string> = new Set([
  'room.create',
  'member',
  'provider',
  'room.settings',
  'room.pins',
  'room.superseded',
]);

const NEEDED: ReadonlyMap<string, Right | undefined> = new Map<string, Right | undefined>([
  ['message', 'send'],
  ['message.edit', 'send'],
  ['message.delete', undefined],
  ['message.vote', 'react'],
  ['message.poll-close', undefined],
  ['reaction', 'react'],
  ['room.create', undefined],
  ['room.owner', undefined],
  ['provider', undefined],
  ['room.info', 'info'],
  ['room.settings', 'info'],
  ['room.pins', 'pin'],
  ['room.deny', 'ban'],
  ['role', 'roles'],
]);

function neededRight(type: string, isState: boolean, state: RoomState): Right | undefined {
  if (isState && state.kind === 'dm') return undefined;
  if (NEEDED.has(type)) return NEEDED.get(type);
  return isState ? 'manage' : 'send';
}

/** A group whose owner has gone could never again change its owner, so the owner goes last. */
function faultOfLeaving(state: RoomState, { event, content }: RuleInput): Fault {
  if (content?.['membership'] !== 'left' || event.fields.sender !== state.owner) return undefined;
  return state.joinedCount === 1 ? undefined : 'the owner leaves last';
}

function faultOfAccessRights(state: RoomState, input: RuleInput): Fault {
  const own = state.roleOf(input.event.fields.sender as Address, input.record.at);
  const needed = rightsForAccess(state, input);
  if (needed.length === 0) return 'changes nothing';
  return needed.find((right) => !own.rights.has(right));
}

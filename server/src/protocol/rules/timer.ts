import type { RoomState } from '../room-state.js';
import type { Fault, RuleInput } from './rule-input.js';

/**
 * R13: in a room with a timer nothing is said that stays longer. A delete says nothing.
 *
 * @see PV-RULE-055
 */
export function faultOfTimer(state: RoomState, { event }: RuleInput): Fault {
  const { timer } = state.settings;
  const { type, key, ttl = Infinity } = event.fields;
  if (timer === undefined || key !== undefined || type === 'message.delete') return undefined;
  return ttl <= timer ? undefined : `longer than ${timer} s`;
}

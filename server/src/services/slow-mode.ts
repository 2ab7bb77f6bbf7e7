import { isAddressSender } from '../protocol/identifiers.js';
import type { LiveRoom } from './live-room.js';
import { isCounted } from './spoken.js';
import type { Said } from './spoken.js';

/**
 * How long a person has to wait before saying the next thing in a room with slow mode.
 *
 * @param last when the person spoke last, if it is known otherwise than from the room
 * @returns s, 0 where there is nothing to wait for
 * @see PV-SET-020 to PV-SET-022
 */
export function slowWait(live: LiveRoom, said: Said, { at, last }: { at: number; last?: number | undefined }): number {
  const { slow } = live.state.settings;
  const { sender } = said;
  if (slow === undefined || !isCounted(said) || !isAddressSender(sender)) return 0;
  const before = last ?? live.spokeAt(sender);
  if (before === undefined || live.state.roleOf(sender, at).rights.has('moderate')) return 0;
  return Math.max(0, Math.ceil((before + slow * 1000 - at) / 1000));
}

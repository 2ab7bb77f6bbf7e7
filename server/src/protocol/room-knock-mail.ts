import { limits } from '@payvand/spec';
import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { isAddressSender, parseAddress, parseRoomId } from './identifiers.js';
import type { Address, RoomId } from './identifiers.js';
import { isLine } from './json-shape.js';
import type { Mail } from './mail.js';

/** What a knock at a room brings, that is one without a link. */
export interface RoomKnock {
  readonly room: RoomId;
  /** what they say of themselves */
  readonly intro?: string;
}

/** What one of those who were asked has decided. */
export interface KnockAnswer {
  readonly room: RoomId;
  readonly person: Address;
  readonly answer: 'accepted' | 'ignored';
}

/** @returns refused `bad-mail` @see PV-KNK-008, PV-KNK-009 */
export function parseRoomKnock({ to, body }: Mail): Checked<RoomKnock> {
  const { intro } = body;
  const room = parseRoomId(body['room']);
  if (isAddressSender(to) || 'link' in body) return refuse('bad-mail', 'to');
  if (room === undefined) return refuse('bad-mail', 'room');
  if (intro !== undefined && !isLine(intro, limits.introCharactersMax)) return refuse('bad-mail', 'intro');
  return accept(intro === undefined ? { room } : { room, intro });
}

/** @returns refused `bad-mail` @see PV-KNK-014, PV-KNK-015 */
export function parseKnockAnswer({ from, to, body }: Mail): Checked<KnockAnswer> {
  const { answer } = body;
  const room = parseRoomId(body['room']);
  const person = parseAddress(body['person']);
  if (isAddressSender(to)) return refuse('bad-mail', 'to');
  if (room === undefined) return refuse('bad-mail', 'room');
  if (person === undefined || person === from) return refuse('bad-mail', 'person');
  if (answer !== 'accepted' && answer !== 'ignored') return refuse('bad-mail', 'answer');
  return accept({ room, person, answer });
}

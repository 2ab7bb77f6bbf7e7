import type { Mail } from '../../protocol/mail.js';
import type { KnockAnswer, RoomKnock } from '../../protocol/room-knock-mail.js';
import { isKeeper, keepersHere, knockId, mayKnock, settleKnock, showKnock } from './file-knock.js';
import type { KnockDeps } from './file-knock.js';
import type { PassOn } from './pass-on.js';

type RoomKnockDeps = KnockDeps & { readonly passOn: PassOn };

/**
 * Takes a knock at a room that lets people knock: as its hub, or from it. What need not be answered is dropped without a
 * word.
 *
 * @see PV-KNK-011 to PV-KNK-013
 */
export async function fileRoomKnock(deps: RoomKnockDeps, mail: Mail, { room, intro }: RoomKnock): Promise<void> {
  const live = await deps.rooms.get(room);
  if (live === undefined || live.hub !== mail.to || live.state.settings.join !== 'knock') return;
  if (!mayKnock(live, mail.from)) return;
  await showKnock(deps, live, { mail, ...(intro !== undefined && { intro }) });
  await deps.passOn(live, mail, '');
}

/**
 * Takes the answer that somebody gave to a knock elsewhere: it need not be answered here any more.
 *
 * @see PV-KNK-015
 */
export async function fileKnockAnswer(
  deps: RoomKnockDeps,
  mail: Mail,
  { room, person, answer }: KnockAnswer,
): Promise<void> {
  const live = await deps.rooms.get(room);
  if (live === undefined || live.hub !== mail.to) return;
  if (!live.state.isJoined(mail.from) || !isKeeper(live.state, mail.from, deps.clock.now())) return;
  for (const { accountId } of await keepersHere(deps, live)) {
    const request = await deps.store.findRequest(accountId, knockId(room, person));
    if (request?.state === 'waiting') await settleKnock(deps, request, answer);
  }
  await deps.passOn(live, mail, person);
}

import type { Address } from '../protocol/identifiers.js';
import { noteOf } from './account-news.js';
import { changePreferences } from './change-preferences.js';
import type { ServiceDeps } from './deps.js';
import type { ExchangeSignals } from './exchange-signals.js';
import type { LiveRoom } from './live-room.js';
import type { Presence } from './presence.js';
import type { RoomServices } from './room-services.js';
import { createSearch } from './search/create-search.js';
import { joinedRoom } from './send-event.js';

type Personal = Pick<
  RoomServices,
  'markRead' | 'listReads' | 'setTyping' | 'changePreferences' | 'watchPresence' | 'streamOpened' | 'search'
>;
type PersonalDeps = ServiceDeps & { readonly signals: ExchangeSignals; readonly presence: Presence };

const RECEIPT_MEMBERS_MAX = 100;
const MARKS_AT_ONCE = 500;

/** What people do in rooms that stands in no log: they read, type, mute, pin, begin to write, and look things up. */
export function makePersonalServices(deps: PersonalDeps): Personal {
  return {
    async markRead(who, room, seq) {
      const live = await joinedRoom(deps, who, room);
      if (!(await deps.store.setReadSeq(who.accountId, room, Math.min(seq, live.seq)))) return;
      const account = await deps.store.findAccountById(who.accountId);
      const isTold = account?.receipts === true && live.state.joinedCount <= RECEIPT_MEMBERS_MAX;
      await deps.store.addNotes([noteOf(who.accountId, { kind: 'room', room })]);
      deps.bells.ringAccount(who.accountId);
      if (isTold) await deps.signals.send(live, { kind: 'read', from: who.address, seq });
    },
    async listReads(who, room) {
      const live = await joinedRoom(deps, who, room);
      return { reads: live.state.joinedCount > RECEIPT_MEMBERS_MAX ? [] : await readsIn(deps, live) };
    },
    async setTyping(who, room) {
      await deps.signals.send(await joinedRoom(deps, who, room), { kind: 'typing', from: who.address });
    },
    changePreferences: (who, room, change) => changePreferences(deps, who, { room, change }),
    watchPresence: (who, addresses) => deps.presence.watch(who, addresses),
    streamOpened: (who) => deps.presence.opened(who),
    search: createSearch(deps),
  };
}

/** How far those have read who are in the room and let it be known. @see PV-RCP-002 */
async function readsIn(
  { store }: PersonalDeps,
  { room, state }: LiveRoom,
): Promise<{ address: Address; seq: number }[]> {
  const reads: { address: Address; seq: number }[] = [];
  for (let after: Address | undefined; ;) {
    const marks = await store.listReadMarks(room, { limit: MARKS_AT_ONCE, ...(after !== undefined && { after }) });
    for (const { address, seq } of marks) if (state.isJoined(address)) reads.push({ address, seq });
    if (marks.length < MARKS_AT_ONCE) return reads;
    after = marks.at(-1)?.address;
  }
}

import { noteOf } from './account-news.js';
import { changePreferences } from './change-preferences.js';
import type { ServiceDeps } from './deps.js';
import type { ExchangeSignals } from './exchange-signals.js';
import type { RoomServices } from './room-services.js';
import { createSearch } from './search/create-search.js';
import { joinedRoom } from './send-event.js';

type Personal = Pick<RoomServices, 'markRead' | 'setTyping' | 'changePreferences' | 'search'>;

const RECEIPT_MEMBERS_MAX = 100;

/** What people do in rooms that stands in no log: they read, type, mute, pin, begin to write, and look things up. */
export function makePersonalServices(deps: ServiceDeps & { readonly signals: ExchangeSignals }): Personal {
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
    async setTyping(who, room) {
      await deps.signals.send(await joinedRoom(deps, who, room), { kind: 'typing', from: who.address });
    },
    changePreferences: (who, room, change) => changePreferences(deps, who, { room, change }),
    search: createSearch(deps),
  };
}

import type { RoomId } from '../protocol/identifiers.js';
import { noteOf } from './account-news.js';
import type { ServiceDeps } from './deps.js';

/** Puts a word into the account log of everyone here who is in the room. */
export async function tellMembers(deps: Pick<ServiceDeps, 'store' | 'bells'>, room: RoomId): Promise<void> {
  let after: number | undefined;
  for (;;) {
    const accounts = await deps.store.listRoomAccounts(room, { limit: 256, ...(after === undefined ? {} : { after }) });
    const joined = accounts.filter(({ membership }) => membership === 'joined');
    await deps.store.addNotes(joined.map(({ accountId }) => noteOf(accountId, { kind: 'room', room })));
    for (const { accountId } of joined) deps.bells.ringAccount(accountId);
    after = accounts.at(-1)?.accountId;
    if (accounts.length < 256) return;
  }
}

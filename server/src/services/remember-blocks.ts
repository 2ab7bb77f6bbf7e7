import { BoundedMap } from '../bounded-map.js';
import type { Address } from '../protocol/identifiers.js';
import type { RoomCreation } from '../storage/room-rows.js';
import type { Store } from '../storage/store-types.js';
import type { Actor } from './room-services.js';

const REMEMBERED_MAX = 50_000;

/** Keeps in memory who has blocked whom: it is asked for every message of a dm. */
export function rememberBlocks(store: Store): Store {
  const known = new BoundedMap<string, Promise<boolean>>(REMEMBERED_MAX);
  const forget = (accountId: number, address: Address): void => void known.delete(`${accountId} ${address}`);
  return {
    ...store,
    isBlocked(accountId, address) {
      const name = `${accountId} ${address}`;
      const asked = known.get(name) ?? store.isBlocked(accountId, address);
      void known.set(name, asked);
      asked.catch(() => forget(accountId, address));
      return asked;
    },
    addBlock: (accountId, address, at) =>
      store.addBlock(accountId, address, at).finally(() => forget(accountId, address)),
    removeBlock: (accountId, address) =>
      store.removeBlock(accountId, address).finally(() => forget(accountId, address)),
  };
}

/** The other person of a dm, where this one has blocked them: nothing they say is shown. @see PV-ACC-014 */
export async function blockedIn(
  { store }: { readonly store: Pick<Store, 'isBlocked'> },
  who: Actor,
  { kind, creator, peer }: Pick<RoomCreation, 'kind' | 'creator' | 'peer'>,
): Promise<Address | undefined> {
  const other = peer === who.address ? creator : peer;
  if (kind !== 'dm' || other === null) return undefined;
  return (await store.isBlocked(who.accountId, other)) ? other : undefined;
}

import { domainOf, localpartOf, type Address, type Domain } from '../protocol/identifiers.js';
import type { Store } from '../storage/store-types.js';
import type { ServiceDeps } from './deps.js';

const ACCOUNTS_MAX = 50_000;

/** Finds accounts by address and remembers those that exist: addresses are never given to someone else. */
export function makeAccountFinder(
  store: Pick<Store, 'findAccount'>,
  domain: Domain,
): Pick<ServiceDeps, 'accountIdOf' | 'forgetAccount'> {
  const known = new Map<Address, number>();
  return {
    async accountIdOf(address) {
      if (domainOf(address) !== domain) return undefined;
      const remembered = known.get(address);
      if (remembered !== undefined) return remembered;
      const account = await store.findAccount(localpartOf(address));
      if (account === undefined || account.closedAt !== null) return undefined;
      if (known.size >= ACCOUNTS_MAX) known.clear();
      known.set(address, account.accountId);
      return account.accountId;
    },
    forgetAccount: (address) => void known.delete(address),
  };
}

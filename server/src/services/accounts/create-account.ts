import { ProtocolError } from '../../protocol/protocol-error.js';
import { parseAddress, type Address } from '../../protocol/identifiers.js';
import type { AccountDeps } from './account-deps.js';

/**
 * Makes an account.
 *
 * @param account `code`: hash of the sign-up code that is used up with it
 * @throws ProtocolError `bad-request` (no address can be made of the localpart) · `taken` · `bad-code` · `overloaded`
 * @see PV-ACC-001, PV-ACC-002
 */
export async function createAccount(
  { domain, store, clock, passwords }: Pick<AccountDeps, 'domain' | 'store' | 'clock' | 'passwords'>,
  account: { localpart: string; password: string; name: string; code?: Buffer },
): Promise<{ accountId: number; address: Address }> {
  const address = parseAddress(`${account.localpart}@${domain}`);
  if (!address) throw new ProtocolError('bad-request', { part: '/localpart' });
  const password = await passwords.hash(account.password);
  const created = await store.createAccount({ ...account, password, at: clock.now() });
  if (created.status !== 'created') throw new ProtocolError(created.status);
  return { accountId: created.accountId, address };
}

import type { AccountDeps, Authenticated } from './account-deps.js';
import { verifyPassword } from './log-in.js';

/**
 * Closes an account by its own person: its sessions end at once, its name and password are gone, and what is left to do in
 * its rooms is written down to be done.
 *
 * @param wanted `content`: whether others keep what the person wrote
 * @throws ProtocolError `wrong-credentials` · `too-many-attempts` · `overloaded`
 * @see PV-CLS-001, PV-CLS-002
 */
export async function closeAccount(
  deps: AccountDeps,
  { who, localpart }: Authenticated,
  wanted: { password: string; content: 'keep' | 'delete'; source: string },
): Promise<void> {
  const { password, content, source } = wanted;
  await verifyPassword(deps, { localpart, password, source });
  await deps.store.closeAccount({ ...who, at: deps.clock.now(), content });
  deps.bells.ringAccount(who.accountId);
}

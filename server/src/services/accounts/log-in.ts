import { ProtocolError } from '../../protocol/protocol-error.js';
import { parseAddress } from '../../protocol/identifiers.js';
import type { AccountRow } from '../../storage/account-rows.js';
import type { AccountDeps, Authenticated } from './account-deps.js';
import { startSession, type LoggedIn } from './sessions.js';

/**
 * Starts a session for whoever knows the password. An account that does not exist, or was closed, costs the same time
 * and the same attempts as a wrong password.
 *
 * @param source address the request came from
 * @throws ProtocolError `wrong-credentials` · `too-many-attempts` · `overloaded`
 * @see PV-ACC-007 to PV-ACC-010
 */
export async function logIn(
  deps: AccountDeps,
  login: { localpart: string; password: string; device?: string },
  source: string,
): Promise<LoggedIn> {
  const { localpart, password, device = '' } = login;
  const address = parseAddress(`${localpart}@${deps.domain}`);
  const account = await verifyPassword(deps, { localpart, password, source });
  if (!address) throw new ProtocolError('wrong-credentials');
  return startSession(deps, { accountId: account.accountId, address, device });
}

/**
 * Changes the password; all other sessions end.
 *
 * @throws ProtocolError `wrong-credentials` (the old password) · `too-many-attempts` · `overloaded`
 * @see PV-ACC-011
 */
export async function changePassword(
  deps: AccountDeps,
  { who, localpart, sessionId }: Authenticated,
  change: { old: string; new: string; source: string },
): Promise<void> {
  const { accountId } = await verifyPassword(deps, { localpart, password: change.old, source: change.source });
  await deps.store.setPassword(accountId, await deps.passwords.hash(change.new));
  await deps.store.revokeSessions(accountId, sessionId);
  deps.bells.ringAccount(who.accountId);
}

/** @throws ProtocolError `wrong-credentials` · `too-many-attempts` · `overloaded` */
export async function verifyPassword(
  { store, passwords, attempts }: AccountDeps,
  { localpart, password, source }: { localpart: string; password: string; source: string },
): Promise<AccountRow> {
  attempts.begin({ localpart, source });
  const found = await store.findAccount(localpart);
  const account = found?.closedAt === null ? found : undefined;
  const isRight = await passwords.verify(password, account?.password);
  if (!account || !isRight) throw new ProtocolError('wrong-credentials');
  attempts.succeed({ localpart, source });
  return account;
}

import { DisplayName, Localpart, Password } from '@payvand/spec';
import { Compile } from 'typebox/compile';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Address } from '../../protocol/identifiers.js';
import type { AccountDeps } from './account-deps.js';
import { createAccount } from './create-account.js';

type Deps = Pick<AccountDeps, 'domain' | 'store' | 'clock' | 'passwords' | 'bells'>;

const shapes = { localpart: Compile(Localpart), password: Compile(Password), name: Compile(DisplayName) };

/**
 * Makes an account for somebody, whatever the sign-up mode; reserved names too. For the operator.
 *
 * @throws ProtocolError `bad-request` with the part at fault · `taken`
 */
export async function createUser(
  deps: Deps,
  user: { localpart: string; password: string; name?: string },
): Promise<{ accountId: number; address: Address }> {
  const account = { ...user, name: user.name ?? user.localpart };
  for (const part of ['localpart', 'password', 'name'] as const) checkPart(part, account[part]);
  return createAccount(deps, account);
}

/**
 * Gives an account a new password; all its sessions end. For the operator.
 *
 * @throws ProtocolError `bad-request` · `not-found`
 */
export async function resetPassword(deps: Deps, localpart: string, password: string): Promise<void> {
  checkPart('password', password);
  const accountId = await findOpenAccount(deps, localpart);
  await deps.store.setPassword(accountId, await deps.passwords.hash(password));
  await deps.store.revokeSessions(accountId);
  deps.bells.ringAccount(accountId);
}

/**
 * Closes an account: its sessions end, and its address is never given to anybody else. What is left to do in its rooms is
 * done by the running server. For the operator.
 *
 * @param content whether others keep what the person wrote
 * @throws ProtocolError `not-found`
 * @see PV-ACC-002, PV-CLS-001
 */
export async function closeUser(deps: Deps, localpart: string, content: 'keep' | 'delete' = 'keep'): Promise<void> {
  const accountId = await findOpenAccount(deps, localpart);
  const address = `${localpart}@${deps.domain}` as Address;
  await deps.store.closeAccount({ accountId, address, at: deps.clock.now(), content });
  deps.bells.ringAccount(accountId);
}

/**
 * Limits an account or lifts the limit, and says who else may; `none` is nobody. For the operator.
 *
 * @throws ProtocolError `not-found`, with the part `/guardian` when it is theirs
 * @see PV-LIM-005
 */
export async function limitUser(
  deps: Deps,
  localpart: string,
  { limited, guardian }: { limited: boolean; guardian?: string },
): Promise<void> {
  const accountId = await findOpenAccount(deps, localpart);
  if (guardian === 'none') await deps.store.setGuardian(accountId, null);
  else if (guardian !== undefined) {
    const found = await deps.store.findAccount(guardian);
    if (found?.closedAt !== null) throw new ProtocolError('not-found', { part: '/guardian' });
    await deps.store.setGuardian(accountId, `${guardian}@${deps.domain}` as Address);
  }
  await deps.store.setLimited(accountId, limited);
}

async function findOpenAccount({ store }: Deps, localpart: string): Promise<number> {
  const account = await store.findAccount(localpart);
  if (!account || account.closedAt !== null) throw new ProtocolError('not-found');
  return account.accountId;
}

function checkPart(part: keyof typeof shapes, text: string): void {
  if (!shapes[part].Check(text)) throw new ProtocolError('bad-request', { part: `/${part}` });
}

import { ProtocolError } from '../../protocol/protocol-error.js';
import type { AccountDeps } from './account-deps.js';
import { sourceKey, takeOrThrow } from './attempt-limits.js';
import { createAccount } from './create-account.js';
import { startSession, type LoggedIn } from './sessions.js';
import { hashCode, isOwnerCode } from './sign-up-codes.js';

export interface SignUp {
  readonly localpart: string;
  readonly password: string;
  readonly name?: string;
  readonly device?: string;
  readonly code?: string;
}

/** Names people take for the provider's own voice; only the operator gives them out. */
const RESERVED = new Set(
  [
    ['abuse', 'admin', 'administrator', 'hostmaster', 'info', 'mailer-daemon', 'noc', 'postmaster', 'root', 'security'],
    ['support', 'sysadmin', 'system', 'webmaster', 'help', 'no-reply', 'noreply', 'notice', 'official', 'operator'],
    ['owner', 'moderator', 'server', 'service', 'bot', 'api', 'www', 'payvand', 'all', 'everyone', 'here', 'me'],
    ['anonymous', 'deleted', 'nobody', 'null', 'undefined', 'unknown'],
  ].flat(),
);

/**
 * Makes an account for a stranger, and its first session.
 *
 * @param source address the request came from
 * @throws ProtocolError `sign-up-closed` · `bad-code` · `taken` (also reserved names and those of closed accounts) ·
 *   `too-many-attempts` · `overloaded`
 * @see PV-ACC-001 to PV-ACC-006
 */
export async function signUp(
  deps: AccountDeps,
  { localpart, password, name, device = '', code }: SignUp,
  source: string,
): Promise<LoggedIn> {
  checkMode(deps, code);
  if (isReserved(localpart) || (await deps.store.findAccount(localpart))) throw new ProtocolError('taken');
  // A code is a budget of its own; guessing one is limited like guessing a password.
  if (code === undefined) takeOrThrow(deps.signUps, sourceKey(source));
  else deps.attempts.begin({ localpart: 'code', source });
  const account = await createAccount(deps, {
    ...{ localpart, password, name: name ?? localpart },
    ...(code !== undefined && { code: hashCode(code) }),
  });
  if (code !== undefined) deps.attempts.succeed({ localpart: 'code', source });
  return startSession(deps, { ...account, device });
}

/** Whether a localpart is kept back from strangers. */
function isReserved(localpart: string): boolean {
  return RESERVED.has(localpart.replace(/[._-]/g, '')) || RESERVED.has(localpart);
}

function checkMode({ signUpMode }: AccountDeps, code: string | undefined): void {
  if (signUpMode === 'open' || (code !== undefined && isOwnerCode(code))) return;
  if (signUpMode === 'closed') throw new ProtocolError('sign-up-closed');
  if (code === undefined) throw new ProtocolError('sign-up-closed', { detail: 'a code is needed' });
}

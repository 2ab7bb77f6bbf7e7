import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Address } from '../../protocol/identifiers.js';
import type { SessionRow } from '../../storage/account-rows.js';
import type { AccountDeps, Authenticated } from './account-deps.js';
import { SESSION_SECRET_BYTES, formatSessionId, formatSessionToken, parseSessionId } from './session-token.js';
import { sha256 } from '../../protocol/hash.js';

export interface LoggedIn {
  readonly address: Address;
  readonly token: string;
  readonly session: string;
}

export interface SessionView {
  readonly id: string;
  readonly device: string;
  readonly createdAt: number;
  readonly usedAt: number;
  readonly current: boolean;
}

/**
 * Starts a session; beyond 64 of an account the least used ones end.
 *
 * @param account `device`: what its owner calls it, ≤ 64 characters
 */
export async function startSession(
  { store, clock, random, bells }: Pick<AccountDeps, 'store' | 'clock' | 'random' | 'bells'>,
  account: { accountId: number; address: Address; device: string },
): Promise<LoggedIn> {
  const { accountId, address, device } = account;
  const secret = random.bytes(SESSION_SECRET_BYTES);
  const sessionId = await store.createSession({ accountId, tokenHash: sha256(secret), device, at: clock.now() });
  bells.ringAccount(accountId);
  return {
    address,
    token: formatSessionToken({ accountId, sessionId, secret }),
    session: formatSessionId(sessionId),
  };
}

/** Lists the sessions of the account, the one that asks marked as `current`. */
export async function listSessions(
  { store }: Pick<AccountDeps, 'store'>,
  { who, sessionId }: Authenticated,
): Promise<SessionView[]> {
  const rows = await store.listSessions(who.accountId);
  return rows.map((row) => viewOf(row, sessionId));
}

/**
 * Ends a session of the account; its streams close at once.
 *
 * @param id as `listSessions` gives it, or `current`
 * @throws ProtocolError `not-found`
 */
export async function endSession(
  { store, bells }: Pick<AccountDeps, 'store' | 'bells'>,
  { who, sessionId }: Authenticated,
  id: string,
): Promise<void> {
  const ending = id === 'current' ? sessionId : parseSessionId(id);
  const isEnded = ending !== undefined && (await store.revokeSession(who.accountId, ending));
  bells.ringAccount(who.accountId);
  if (!isEnded) throw new ProtocolError('not-found');
}

function viewOf({ sessionId, device, createdAt, usedAt }: SessionRow, current: number): SessionView {
  return { id: formatSessionId(sessionId), device, createdAt, usedAt, current: sessionId === current };
}

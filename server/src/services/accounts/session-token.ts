import { decodeBase64url } from '../../protocol/base64url.js';
import { sha256 } from '../../protocol/hash.js';

export interface SessionToken {
  readonly accountId: number;
  readonly sessionId: number;
  /** SHA-256 of the secret part: all that is stored of it */
  readonly secretHash: Buffer;
}

/** Bytes of the secret part. */
export const SESSION_SECRET_BYTES = 32;

const TOKEN = /^([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([A-Za-z0-9_-]{43})$/;

/** Writes the token of a session: where to find it, and the secret that proves it. */
export function formatSessionToken(session: { accountId: number; sessionId: number; secret: Buffer }): string {
  const { accountId, sessionId, secret } = session;
  return `${accountId.toString(36)}.${formatSessionId(sessionId)}.${secret.toString('base64url')}`;
}

/** @returns undefined for text `formatSessionToken` never wrote */
export function parseSessionToken(text: string): SessionToken | undefined {
  const [, account = '', session = '', secretText = ''] = TOKEN.exec(text) ?? [];
  const secret = decodeBase64url(secretText);
  const accountId = parseInt(account, 36);
  const sessionId = parseSessionId(session);
  if (!Number.isSafeInteger(accountId) || sessionId === undefined || secret?.length !== SESSION_SECRET_BYTES)
    return undefined;
  return { accountId, sessionId, secretHash: sha256(secret) };
}

export function formatSessionId(sessionId: number): string {
  return sessionId.toString(36);
}

export function parseSessionId(text: string): number | undefined {
  const id = /^[0-9a-z]{1,11}$/.test(text) ? parseInt(text, 36) : NaN;
  return Number.isSafeInteger(id) ? id : undefined;
}

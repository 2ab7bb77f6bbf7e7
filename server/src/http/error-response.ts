import type { IncomingMessage } from 'node:http';
import { errorCodes, problemType } from '@payvand/spec';
import type { ErrorCode } from '@payvand/spec';
import type { Log } from '../log.js';
import { asProtocolError } from '../services/as-protocol-error.js';
import type { ProblemMembers } from '../protocol/protocol-error.js';

export interface Problem {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** JSON text */
  readonly body: string;
}

/** For those who come again after a failure of which nobody knows how long it lasts. */
const WAIT_S = 5;
/** A body this small is read and dropped, so that the connection can be kept. */
const SKIPPED_BYTES_MAX = 65_536;

/**
 * Turns whatever was thrown into an answer. Faults of ours are logged under the request's id and told as `internal`.
 *
 * @see PV-ERR-001 to PV-ERR-005, RFC 9457
 */
export function problemOf(
  cause: unknown,
  request: { log: Log; requestId: string; incoming?: IncomingMessage },
): Problem {
  const closing = request.incoming !== undefined && isLongUnread(request.incoming) ? { connection: 'close' } : {};
  const known = asProtocolError(cause);
  if (known !== undefined) return writeProblem(known.code, known.members, closing);
  request.log.error('request-failed', { requestId: request.requestId, cause });
  return writeProblem('internal', {}, closing);
}

/** Writes a problem of a code of the registry. */
export function writeProblem(
  code: ErrorCode,
  members: ProblemMembers = {},
  headers: Record<string, string> = {},
): Problem {
  const { status, en: title } = errorCodes[code];
  const { detail, part, more } = members;
  const retryAfterS = members.retryAfterS ?? (status === 429 || status === 503 ? WAIT_S : undefined);
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(status === 401 && { 'www-authenticate': code === 'bad-token' ? 'Bearer' : 'Signature' }),
      ...(typeof more?.['allow'] === 'string' && { allow: more['allow'] }),
      ...(retryAfterS !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterS))) }),
      ...headers,
    },
    body: JSON.stringify({ ...more, type: problemType(code), title, status, code, detail, part }),
  };
}

/** Whether much of the request's body has not come yet; the rest is not worth reading. */
function isLongUnread(incoming: IncomingMessage): boolean {
  if (incoming.complete) return false;
  const length = Number(incoming.headers['content-length'] ?? Infinity);
  return incoming.headers['transfer-encoding'] !== undefined || length > SKIPPED_BYTES_MAX;
}

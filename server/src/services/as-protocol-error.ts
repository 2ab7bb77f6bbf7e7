import { ProtocolError } from '../protocol/protocol-error.js';
import { StorageError } from '../storage/storage-error.js';

/** What a failure is to whoever asked; undefined for a fault of this program. A database that is away is worth another try. */
export function asProtocolError(cause: unknown): ProtocolError | undefined {
  if (cause instanceof ProtocolError) return cause;
  const isAway = cause instanceof StorageError && cause.code === 'connection';
  return isAway ? new ProtocolError('unavailable', { retryAfterS: 1 }, { cause }) : undefined;
}

/**
 * Why a statement did not happen.
 * - `connection`: the database could not be reached or the connection broke. Retryable. When `ambiguous`, a commit was on its way and may have
 *   taken effect: ask `settleRooms` (or look the row up) before trying again.
 * - `rejected`: the database refused the values (U+0000, a constraint, a number out of range). The same call will fail again.
 */
export type StorageErrorCode = 'connection' | 'rejected';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly ambiguous: boolean;

  constructor(code: StorageErrorCode, message: string, options: { ambiguous?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.ambiguous = options.ambiguous ?? false;
  }
}

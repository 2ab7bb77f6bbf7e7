/**
 * Why a statement did not happen.
 * - `connection`: the database could not be reached, broke off, or is in trouble (no disk space, too many connections, a deadlock, a time-out).
 *   Retryable. When `ambiguous`, it may have happened all the same: look the rows up before trying again.
 * - `rejected`: the database refuses these values (U+0000, a constraint, a number out of range). The same call will fail again.
 */
export type StorageErrorCode = 'connection' | 'rejected';

// SQLSTATE classes that speak of the database and not of the values: connection, read-only, log-in, no such database, rollback,
// resources, limits, operator, system, internal.
const troubleClasses = /^(08|25|28|3D|40|53|55|57|58|XX)/;
// The request never left: nothing can have happened.
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'CONNECT_TIMEOUT',
  'CONNECTION_ENDED',
  '57P03',
  '53300',
]);

const uniqueViolation = '23505';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;
  readonly ambiguous: boolean;
  /** The connection is good for nothing any more. */
  readonly broken: boolean;
  /** The row is there already. */
  readonly repeated: boolean;

  constructor(
    code: StorageErrorCode,
    message: string,
    options: { ambiguous?: boolean; broken?: boolean; repeated?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.ambiguous = options.ambiguous ?? false;
    this.broken = options.broken ?? false;
    this.repeated = options.repeated ?? false;
  }

  /** Tells trouble with the database from trouble with the values. @param options.ambiguous false where nothing can have been committed */
  static from(error: unknown, options: { ambiguous?: boolean } = {}): StorageError {
    if (error instanceof StorageError) return error;
    const cause = deepestCause(error);
    const { code, severity } = cause as { code?: unknown; severity?: unknown };
    const text = typeof code === 'string' ? code : '';
    const answered = severity !== undefined;
    // Messages of the database may quote values, and values are people's words: only code and constraint are told.
    if (answered && !troubleClasses.test(text))
      return new StorageError('rejected', `refused: ${nameRefusal(cause, text)}`, {
        repeated: text === uniqueViolation,
      });
    if (!answered && text === '') return new StorageError('rejected', 'not a statement', { cause });
    const sent = !unsentCodes.has(text) && !(answered && severity === 'ERROR');
    const ambiguous = sent && options.ambiguous !== false;
    // A connection whose first words were held up is good for nothing any more.
    const broken = sent || text === 'CONNECT_TIMEOUT';
    return new StorageError('connection', `database unavailable: ${text}`, { ambiguous, broken });
  }
}

function deepestCause(error: unknown): object {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return typeof cause === 'object' && cause !== null ? cause : new Error(String(cause));
}

function nameRefusal(cause: object, code: string): string {
  const { constraint_name: constraint } = cause as { constraint_name?: unknown };
  return typeof constraint === 'string' ? `${code} ${constraint}` : code;
}

/** Why storage cannot be opened: for the operator, never sent to a stranger. */
export type StartErrorCode =
  | 'data-directory-foreign'
  | 'data-directory-in-use'
  | 'database-connections'
  | 'database-missing'
  | 'database-refused'
  | 'database-start-failed'
  | 'database-unreachable'
  | 'database-version'
  | 'migration-edited'
  | 'migration-failed'
  | 'migration-missing'
  | 'no-embedded-database'
  | 'schema-newer';

/** A refusal to open storage; `message` says what to do about it. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

import { ConfigError } from '../config.js';
import { CommandError } from './command.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: 1 | 2 | 3;
}

/** Puts an error in words for the operator: its code, and what to do about it. */
export function describeFailure(cause: unknown): Failure {
  if (cause instanceof CommandError) return { code: cause.code, message: cause.message, exitCode: cause.exitCode };
  if (cause instanceof ConfigError) return { code: cause.code, message: cause.problems.join('; '), exitCode: 2 };
  const text = cause instanceof Error ? cause.message : String(cause);
  const code = codeOf(cause);
  if (code === 'internal') return { code, message: `something is wrong with this program: ${text}`, exitCode: 1 };
  const advice = ADVICE[code];
  return { code, message: advice === undefined ? text : `${text}: ${advice}`, exitCode: 1 };
}

/** What to do, where the error does not say it itself. */
const ADVICE: Readonly<Record<string, string>> = {
  'data-directory-in-use': 'end that one first, or name another folder with --data-dir',
  'foreign-key-file': 'start it under that name, or name another folder with --data-dir',
  'bad-key-file': 'bring it back from a backup; nothing else can prove who this provider is',
  connection: 'see that PostgreSQL runs and DATABASE_URL leads to it',
};

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return 'internal';
  return typeof cause.code === 'string' ? cause.code : 'internal';
}

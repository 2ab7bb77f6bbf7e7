import { ConfigError } from '../config.js';
import { CommandError } from './command.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: 1 | 2;
}

/** Puts an error in words for the operator: its code, and what to do about it. */
export function describeFailure(cause: unknown): Failure {
  if (cause instanceof CommandError) return { code: cause.code, message: cause.message, exitCode: cause.exitCode };
  if (cause instanceof ConfigError) return { code: cause.code, message: cause.problems.join('; '), exitCode: 2 };
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = codeOf(cause);
  return {
    code,
    message: code === 'internal' ? `something is wrong with this program: ${message}` : message,
    exitCode: 1,
  };
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return 'internal';
  return typeof cause.code === 'string' ? cause.code : 'internal';
}

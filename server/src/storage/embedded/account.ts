import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The operating-system account the database runs as; undefined means our own. */
export type Account = { readonly uid: number; readonly gid: number };

/** PostgreSQL refuses to run as root, so root hands it to the account that owns nothing else. */
const nobody: Account = { uid: 65534, gid: 65534 };

/** Names the account the database runs as when this process has the user id `uid`. */
export function databaseAccount(uid: number | undefined): Account | undefined {
  return uid === 0 ? nobody : undefined;
}

/** Spawn options of everything that belongs to the database: its account, and nothing of our environment. */
export function runAs(account: Account | undefined) {
  // PG* variables and locale of whoever started us must not reach it; its working directory must be one it can enter.
  return { cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }, ...account };
}

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  readonly account: Account | undefined;
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Runs one of the database's programs to its end.
 *
 * @returns what it wrote to standard output, ≤ 1 MiB
 * @throws Error when it cannot be started, exits with anything but 0, or `signal` aborts; with `code` and `stderr` of `execFile`
 */
export async function runCommand({ file, args, account, input, signal }: Command): Promise<string> {
  const running = promisify(execFile)(file, args, { ...runAs(account), ...(signal && { signal }) });
  // A program that ends without reading its input says why in its own words; the broken pipe adds nothing.
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(input);
  return (await running).stdout;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, runAs, runCommand } from './account.js';
import { hasCode } from './has-code.js';
import { type Cluster, postmasterCommand } from './postmaster-command.js';

/** A running PostgreSQL server: its first process. */
export type Postmaster = {
  readonly pid: number;
  /** fulfilled when it has ended, with its last lines as far as we heard them */
  readonly ended: Promise<string>;
};

/** What PostgreSQL says of itself in `postmaster.pid`; `status` is `ready` when it takes connections. */
export type PidFile = { readonly pid: number; readonly status: string };

const pollMs = 200;
const heardLinesMax = 20;
const patience = [
  ['SIGINT', 30_000],
  ['SIGQUIT', 10_000],
  ['SIGKILL', 10_000],
] as const;

/** Starts a server as our child; it lives on when we are killed, and a terminal's Ctrl-C does not reach it. */
export async function launchPostmaster(
  cluster: Cluster,
  account: Account | undefined,
  log: (line: string) => void,
): Promise<Postmaster> {
  const [file, ...args] = postmasterCommand(cluster);
  const child = spawn(file, args, { ...runAs(account), detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = listen(child, log);
  await once(child, 'spawn');
  return { pid: Number(child.pid), ended };
}

/**
 * Finds a server that already runs on the cluster, left by a process that was killed.
 *
 * The process id in the file may by now be anybody's: after a reboot, or in a new container. Such a file, which PostgreSQL
 * itself would take for a running server, is removed.
 *
 * @returns `isOurs`: whether it runs with exactly the programs and settings we would start it with
 */
export async function findPostmaster(cluster: Cluster): Promise<(Postmaster & { isOurs: boolean }) | undefined> {
  const { pid } = (await readPidFile(cluster)) ?? {};
  if (pid === undefined || !isSignalable(pid)) return undefined;
  const command = await commandLine(pid);
  if (!command.includes(` -D ${cluster.directory} `)) {
    await rm(join(cluster.directory, 'postmaster.pid'), { force: true });
    return undefined;
  }
  return { pid, ended: watch(pid), isOurs: command === postmasterCommand(cluster).join(' ') };
}

/** @returns nothing when there is none, or when it is just being written */
export async function readPidFile({ directory }: Cluster): Promise<PidFile | undefined> {
  const text = await readFile(join(directory, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
    return '';
  });
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, status: lines[7] ?? '' } : undefined;
}

/**
 * Stops a server: open transactions are rolled back and everything is written (fast shutdown); when that takes longer
 * than 30 s, without writing (the next start recovers).
 */
export async function stopPostmaster({ pid, ended }: Postmaster): Promise<void> {
  for (const [signal, patienceMs] of patience) {
    signalPostmaster(pid, signal);
    const timer = new AbortController();
    const late = sleep(patienceMs, false, { signal: timer.signal }).catch(() => false);
    const hasEnded = await Promise.race([ended.then(() => true), late]);
    timer.abort();
    if (hasEnded) return;
  }
}

/** Sends a signal to a server that may have ended. */
export function signalPostmaster(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

/** All processes of a server hold its error output, so it closes when the last one, not only the first, has ended. */
async function listen(child: ChildProcess, log: (line: string) => void): Promise<string> {
  const heard: string[] = [];
  if (child.stderr)
    createInterface({ input: child.stderr }).on('line', (line) => {
      heard.push(line);
      if (heard.length > heardLinesMax) heard.shift();
      log(line);
    });
  await new Promise((resolve) => child.once('close', resolve));
  return heard.join('\n');
}

async function watch(pid: number): Promise<string> {
  while (await isAlive(pid)) await sleep(pollMs);
  return '';
}

async function isAlive(pid: number): Promise<boolean> {
  // A process that nobody has waited for can still be signalled, but has no command line.
  return isSignalable(pid) && (process.platform !== 'linux' || (await commandLine(pid)) !== '');
}

function isSignalable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

async function commandLine(pid: number): Promise<string> {
  const text =
    process.platform === 'linux'
      ? (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')
      : await runCommand({ file: 'ps', args: ['-ww', '-o', 'command=', '-p', String(pid)], account: undefined }).catch(
          () => '',
        );
  return text.trim();
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, runAs } from './account.js';
import { hasCode } from './has-code.js';
import { type Cluster, postmasterCommand } from './postmaster-command.js';

/** A running PostgreSQL server: its first process. */
export type Postmaster = {
  readonly pid: number;
  /** fulfilled when it has ended, with its last lines as far as we heard them */
  readonly ended: Promise<string>;
  /** does nothing once it has ended, when its number may be another process's */
  readonly signal: (name: NodeJS.Signals) => void;
};

/** What PostgreSQL says of itself in `postmaster.pid`; `status` is `ready` when it takes connections. */
export type PidFile = { readonly pid: number; readonly status: string };

// Elsewhere a look at another process costs a process.
const pollMs = process.platform === 'linux' ? 200 : 2000;
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
  return { pid: Number(child.pid), ended, signal: (name) => void child.kill(name) };
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
  // Of a process that is gone PostgreSQL needs the file: it names the memory that others of its processes may still hold.
  if (pid === undefined || !isRunning(pid)) return undefined;
  const command = commandLine(pid);
  if (!command.includes(` -D ${cluster.directory} `)) {
    await rm(join(cluster.directory, 'postmaster.pid'), { force: true });
    return undefined;
  }
  const isAlive = () => commandLine(pid) === command;
  return {
    pid,
    ended: watch(isAlive),
    signal: (name) => {
      if (isAlive()) signalProcess(pid, name);
    },
    isOurs: command === postmasterCommand(cluster).join(' '),
  };
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
export async function stopPostmaster({ signal, ended }: Postmaster): Promise<void> {
  for (const [name, patienceMs] of patience) {
    signal(name);
    const timer = new AbortController();
    const late = sleep(patienceMs, false, { signal: timer.signal }).catch(() => false);
    const hasEnded = await Promise.race([ended.then(() => true), late]);
    timer.abort();
    if (hasEnded) return;
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

async function watch(isAlive: () => boolean): Promise<string> {
  while (isAlive()) await sleep(pollMs);
  return '';
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}

/** @returns nothing for a process that is gone, or has ended and is only waiting to be collected */
function commandLine(pid: number): string {
  try {
    const text =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return text.trim();
  } catch {
    return '';
  }
}

import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalProvider } from '@payvand/server/local-network';
import { cpuSeconds, machineSeconds } from './process-times.js';

/** Processes of one run, each with its own share of the bill. */
export interface Measured {
  readonly a: LocalProvider;
  readonly b: LocalProvider;
}

export interface Sample {
  readonly atS: number;
  readonly a: number;
  readonly b: number;
  readonly postgres: number;
  readonly generator: number;
  readonly machine: number;
  readonly wireBytes: number;
}

/** Takes the meters' readings; PostgreSQL is counted apart from the server that started it. */
export async function sample({ a, b }: Measured): Promise<Sample> {
  const postgresA = await databaseSeconds(a);
  const postgresB = await databaseSeconds(b);
  const { user, system } = process.cpuUsage();
  return {
    atS: performance.now() / 1000,
    a: cpuSeconds(a.pid ?? 0) - postgresA.inTree,
    b: cpuSeconds(b.pid ?? 0) - postgresB.inTree,
    postgres: postgresA.seconds + postgresB.seconds,
    generator: (user + system) / 1e6,
    machine: machineSeconds(),
    wireBytes: wireBytes(b.port, a.pid) + wireBytes(a.port, b.pid),
  };
}

async function databaseSeconds(provider: LocalProvider): Promise<{ seconds: number; inTree: number }> {
  const pid = await provider.databasePid();
  if (pid === undefined) return { seconds: 0, inTree: 0 };
  const seconds = cpuSeconds(pid);
  return { seconds, inTree: isDescendant(pid, provider.pid) ? seconds : 0 };
}

function isDescendant(pid: number, ancestor: number | undefined): boolean {
  const parent = Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));
  return parent === ancestor;
}

/** TCP payload, TLS included and in both directions, of the connections that a process has to a port; 0 without `ss`. */
function wireBytes(port: number, pid: number | undefined): number {
  try {
    const text = execFileSync('ss', ['-tinpH', `( dport = :${port} )`], { encoding: 'utf8' });
    const own = text
      .split(/\n(?=\S)/)
      .filter((entry) => entry.includes(`pid=${pid},`))
      .join('\n');
    return [...own.matchAll(/bytes_(?:sent|received):(\d+)/g)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
  } catch {
    return 0;
  }
}

/** Thousands of SHA-256 of 1 KiB per CPU second: how fast this machine is right now. */
export function hashCalibration(): number {
  const block = Buffer.alloc(1024, 7);
  const before = process.cpuUsage();
  const endMs = performance.now() + 300;
  let count = 0;
  while (performance.now() < endMs) {
    for (let turn = 0; turn < 200; turn += 1) createHash('sha256').update(block).digest();
    count += 200;
  }
  const { user, system } = process.cpuUsage(before);
  return count / ((user + system) / 1e6) / 1000;
}

/** Milliseconds of one fdatasync of 8 KiB, median of 100. */
export function syncCalibration(): number {
  const file = join(tmpdir(), `payvand-bench-${process.pid}`);
  const descriptor = openSync(file, 'w');
  const block = Buffer.alloc(8192, 1);
  const times: number[] = [];
  for (let turn = 0; turn < 100; turn += 1) {
    writeSync(descriptor, block, 0, block.length, 0);
    const startMs = performance.now();
    fdatasyncSync(descriptor);
    times.push(performance.now() - startMs);
  }
  closeSync(descriptor);
  rmSync(file);
  return times.sort((one, other) => one - other)[50] ?? 0;
}

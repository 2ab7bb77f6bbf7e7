import type { Run } from './run.js';

/** The best durable peer measured on such a machine, per work; see the conditions in docs/benchmarks.md. */
const PEERS = {
  W1: { name: 'ejabberd, archive in PostgreSQL', perSecond: 1121, cpuPer1000: 1.65, p99Ms: 8.4, residentMiB: 112 },
  W2: { name: 'ejabberd, archive in PostgreSQL', perSecond: 395, cpuPer1000: 3.69, p99Ms: 8.5, residentMiB: 112 },
} as const;

/** Prints best and median of the runs of each work, the conditions, and the peers' figures beside them. */
export function printReport(runs: readonly Run[], machine: { cores: number; model: string; sends: string }): void {
  const lines = [
    `${machine.cores} cores, ${machine.model}, Node ${process.version}; sends by ${machine.sends}; fsync and synchronous_commit on`,
  ];
  for (const work of ['W1', 'W2'] as const) {
    const own = runs.filter((run) => run.work === work);
    if (own.length > 0) lines.push('', ...describe(work, own));
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function describe(work: Run['work'], runs: readonly Run[]): string[] {
  const peer = PEERS[work];
  const cpu = (run: Run): number => run.cpuPer1000.servers + run.cpuPer1000.postgres;
  const best = runs.reduce((one, other) => (other.perSecond > one.perSecond ? other : one));
  const row = (name: string, of: (run: Run) => number, digits = 2): string => {
    const sorted = runs.map(of).sort((one, other) => one - other);
    const median = sorted[sorted.length >> 1] ?? 0;
    return `  ${name.padEnd(44)} ${of(best).toFixed(digits).padStart(9)} ${median.toFixed(digits).padStart(9)}`;
  };
  return [
    `${work}: ${work === 'W1' ? 'fifty dms A to B' : 'one room on A, ten members on each side'} (${runs.length} runs)                    best    median`,
    row('delivered msg/s', (run) => run.perSecond, 0),
    row('CPU s per 1,000: servers and PostgreSQL', cpu),
    row('CPU s per 1,000: servers', (run) => run.cpuPer1000.servers),
    row('CPU s per 1,000: PostgreSQL', (run) => run.cpuPer1000.postgres),
    row('CPU s per 1,000: generator', (run) => run.cpuPer1000.generator),
    row('latency at 20 msg/s, p50 ms', (run) => run.latencyMs.p50),
    row('latency at 20 msg/s, p95 ms', (run) => run.latencyMs.p95),
    row('latency at 20 msg/s, p99 ms', (run) => run.latencyMs.p99),
    row('bytes between the servers per message', (run) => run.wireBytes, 0),
    row('RSS after the run, A, MiB', (run) => run.residentMiB.a, 0),
    row('RSS after the run, B, MiB', (run) => run.residentMiB.b, 0),
    row('cores taken by neighbours', (run) => run.otherCores),
    row('SHA-256 calibration, thousands per CPU s', (run) => run.calibration.kiloHashes, 0),
    row('fdatasync of 8 KiB, ms', (run) => run.calibration.syncMs),
    `  lost ${runs.map((run) => run.lost).join(' ')}; duplicates ${runs.map((run) => run.duplicates).join(' ')}; rows sent/A/B ${runs.map(({ rows }) => `${rows.sent}/${rows.a}/${rows.b}`).join(' ')}`,
    `  beside it, measured before: ${peer.name}: ${peer.perSecond} msg/s, ${peer.cpuPer1000} CPU s per 1,000, p99 ${peer.p99Ms} ms, RSS ${peer.residentMiB} MiB`,
    `  ratio to it, best runs: ${(best.perSecond / peer.perSecond).toFixed(2)} in rate, ${(cpu(best) / peer.cpuPer1000).toFixed(2)} in CPU per message`,
  ];
}

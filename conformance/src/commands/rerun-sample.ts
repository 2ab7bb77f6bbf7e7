import type { ConformanceReport } from '@payvand/spec';
import { hashOf } from '../formats/hash.js';
import { Misuse } from '../misuse.js';
import type { Lane } from '../run/check.js';
import { runChecks } from '../run/run-checks.js';
import type { Verdict } from '../run/run-checks.js';
import type { Run } from '../run/run.js';

export interface Rerun {
  /** checks that were decided again */
  readonly asked: readonly string[];
  readonly differences: readonly { readonly id: string; readonly reported: Verdict; readonly now: Verdict }[];
}

export interface Sampling {
  readonly lanes: readonly Lane[];
  /** 0 to 1 */
  readonly share: number;
  /** decides which; whoever verifies chooses it */
  readonly seed: string;
}

/** @returns 0 to 1 @throws Misuse */
export function parseShare(text: string): number {
  const share = Number(/^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1]) / 100;
  if (!(share > 0 && share <= 1)) throw new Misuse(`${text} is no share such as 5%`);
  return share;
}

/** Asks the target a share of the decided checks of a report again. What cannot be asked here gives its place to the next. */
export async function rerunSample(
  run: Run,
  report: ConformanceReport,
  { lanes, share, seed }: Sampling,
): Promise<Rerun> {
  const known = new Set(lanes.flatMap(({ checks }) => checks.map(({ id }) => id)));
  const decided = report.checks.filter(({ id, verdict }) => known.has(id) && isDecided(verdict));
  const reported = new Map(decided.map(({ id, verdict }) => [id, verdict]));
  const waiting = [...reported.keys()].sort((a, b) => (hashOf(`${seed} ${a}`) < hashOf(`${seed} ${b}`) ? -1 : 1));
  const wanted = Math.ceil(decided.length * share);
  const asked: string[] = [];
  const differences: Rerun['differences'][number][] = [];
  while (asked.length < wanted && waiting.length > 0) {
    const batch = new Set(waiting.splice(0, wanted - asked.length));
    const results = await runChecks(run, lanes, {
      isWanted: ({ id }) => batch.has(id),
      profiles: report.profiles.filter(({ basic }) => basic !== 'unclaimed').map(({ name }) => name),
      onResult: () => undefined,
    });
    for (const { id, verdict } of results.filter((result) => isDecided(result.verdict))) {
      asked.push(id);
      const before = reported.get(id);
      if (before !== undefined && isGood(before) !== isGood(verdict))
        differences.push({ id, reported: before, now: verdict });
    }
  }
  return { asked, differences };
}

function isDecided(verdict: Verdict): boolean {
  return isGood(verdict) || verdict === 'fail' || verdict === 'warn';
}

function isGood(verdict: Verdict): boolean {
  return verdict === 'pass' || verdict === 'info';
}

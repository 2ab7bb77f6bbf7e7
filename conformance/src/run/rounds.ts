import type { Lane } from './check.js';
import { runChecks } from './run-checks.js';
import type { Result, RunOptions, Verdict } from './run-checks.js';
import type { Run } from './run.js';

/** Verdicts of rounds that are over, by check. */
export type Rounds = ReadonlyMap<string, readonly Verdict[]>;

export interface RoundsOptions {
  readonly times: number;
  /** everything anew: names, keys, people */
  readonly makeRun: () => Run;
  readonly lanes: readonly Lane[];
  readonly options: Omit<RunOptions, 'onResult'>;
  readonly progress: (text: string) => void;
}

/** Runs all checks so many times, one round after the other. */
export async function runRounds({ times, makeRun, lanes, options, progress }: RoundsOptions): Promise<Rounds> {
  const rounds = new Map<string, Verdict[]>();
  for (let round = 1; round <= times; round += 1) {
    const run = makeRun();
    const startedAt = Date.now();
    const results = await runChecks(run, lanes, { ...options, onResult: () => undefined });
    await run.stop();
    for (const { id, verdict } of results) rounds.set(id, [...(rounds.get(id) ?? []), verdict]);
    const bad = results.filter(({ verdict }) => verdict !== 'pass' && verdict !== 'unclaimed');
    progress(`round ${round}: ${results.length} checks in ${Date.now() - startedAt} ms${bad.map(named).join('')}\n`);
  }
  return rounds;
}

function named({ id, verdict }: Result): string {
  return `; ${id} ${verdict}`;
}

/** The last round's result of a check; flaky where another round had another verdict. */
export function withRounds(result: Result, earlier: Rounds): Result {
  const verdicts = [...(earlier.get(result.id) ?? []), result.verdict];
  if (new Set(verdicts).size === 1) return result;
  return {
    ...result,
    verdict: 'flaky',
    again: verdicts,
    found: `verdicts of ${verdicts.length} rounds: ${verdicts.join(', ')}`,
  };
}

import type { Result, Verdict } from './run-checks.js';

/** 0 conformant · 1 a MUST failed · 2 fault of the suite · 3 flaky, blocked, not run, or only a part was run */
export function exitCodeOf(results: readonly Result[], isPartial: boolean): 0 | 1 | 2 | 3 {
  const has = (...verdicts: readonly Verdict[]): boolean => results.some(({ verdict }) => verdicts.includes(verdict));
  if (has('fail')) return 1;
  if (has('error')) return 2;
  return has('flaky', 'blocked', 'not-run') || isPartial ? 3 : 0;
}

import type { Result, Verdict } from './run-checks.js';

/**
 * 0 conformant · 1 a MUST failed, or a known failure passes or has expired · 2 fault of the suite ·
 * 3 flaky, blocked, not run, known to fail, or only a part was run
 */
export function exitCodeOf(results: readonly Result[], isPartial: boolean): 0 | 1 | 2 | 3 {
  const has = (...verdicts: readonly Verdict[]): boolean => results.some(({ verdict }) => verdicts.includes(verdict));
  const states = results.map(({ known }) => known?.state);
  const isNew = results.some(({ verdict, known }) => verdict === 'fail' && known?.state !== 'fails');
  if (isNew || states.includes('passes') || states.includes('expired')) return 1;
  if (has('error')) return 2;
  return has('fail', 'flaky', 'blocked', 'not-run') || isPartial ? 3 : 0;
}

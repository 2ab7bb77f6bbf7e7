import { Unexpected } from '../network/ask.js';
import { Recorder } from '../network/recorder.js';
import type { Recorded } from '../network/recorder.js';
import type { CheckTitle, Lane, OpenLane } from './check.js';
import type { KnownState } from './known-failures.js';
import type { Run } from './run.js';
import { Blocked, Deviates, NotRun, Unclaimed } from './verdict.js';
import { WaitedInVain } from './wait.js';

export type Verdict = 'pass' | 'fail' | 'warn' | 'info' | 'blocked' | 'not-run' | 'unclaimed' | 'flaky' | 'error';

export interface Result extends CheckTitle {
  readonly verdict: Verdict;
  readonly ms: number;
  readonly expected?: string;
  readonly found?: string;
  /** the exchange after which it stood so */
  readonly sent?: string;
  readonly got?: string;
  /** the operator knows of it */
  readonly known?: KnownState;
  /** verdicts of the repetitions alone, where there were any */
  readonly again?: readonly Verdict[];
}

export interface RunOptions {
  readonly isWanted: (check: CheckTitle) => boolean;
  /** claimed by the target's document; hardening and resilience are asked of everybody */
  readonly profiles: readonly string[];
  readonly onResult: (result: Result) => void;
  /** gets what was sent and answered in a check that failed again and again */
  readonly onFailure?: (result: Result, exchanges: readonly Recorded[]) => Promise<void>;
}

const LANES_AT_ONCE = 4;
const REPETITIONS = 2;
const everybodys = new Set(['hardening', 'resilience']);

/** Runs lanes beside each other, then every failure again, alone and with fresh identities. */
export async function runChecks(run: Run, lanes: readonly Lane[], options: RunOptions): Promise<Result[]> {
  const waiting = lanes.filter(({ isAlone }) => isAlone !== true);
  const results: Result[] = [];
  const failed: { lane: Lane; result: Result }[] = [];
  const work = async (): Promise<void> => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift())
      for (const result of await runLane(run, lane, options)) {
        if (isFailure(result)) failed.push({ lane, result });
        else results.push(result);
        if (!isFailure(result)) options.onResult(result);
      }
  };
  await Promise.all(Array.from({ length: LANES_AT_ONCE }, work));
  waiting.push(...lanes.filter(({ isAlone }) => isAlone === true));
  await work();
  for (const { lane, result } of failed) {
    const recorder = new Recorder();
    const again = await recorder.within(async () => await repeat(run, lane, result));
    results.push(again);
    options.onResult(again);
    if (isFailure(again)) await options.onFailure?.(again, recorder.exchanges);
  }
  return results;
}

function isFailure({ verdict }: Result): boolean {
  return verdict === 'fail' || verdict === 'warn';
}

async function runLane(run: Run, lane: Lane, options: RunOptions): Promise<Result[]> {
  const wanted = lane.checks.filter(options.isWanted);
  const claimed = wanted.filter(({ profile }) => options.profiles.includes(profile) || everybodys.has(profile));
  const results: Result[] = wanted
    .filter((check) => !claimed.includes(check))
    .map((check) => ({
      ...check,
      verdict: 'unclaimed',
      ms: 0,
      expected: `profile ${check.profile}`,
      found: 'not claimed',
    }));
  if (claimed.length === 0) return results;
  const open = await openLane(run, lane, claimed);
  for (const check of claimed)
    results.push('why' in open ? unopened(check, open) : await runOne(run, open.lane, check));
  return results;
}

type Opened = { readonly lane: OpenLane } | { readonly why: unknown };

async function openLane(run: Run, lane: Lane, checks: readonly CheckTitle[]): Promise<Opened> {
  try {
    const ids = checks.map(({ id }) => id);
    const transcript = run.transcripts.open(lane.name);
    return { lane: await transcript.within(async () => await lane.open(run, ids)) };
  } catch (why) {
    return { why };
  }
}

function unopened(check: CheckTitle, { why }: { why: unknown }): Result {
  const verdict = why instanceof NotRun ? 'not-run' : why instanceof Unclaimed ? 'unclaimed' : 'blocked';
  return { ...check, verdict, ms: 0, expected: 'a stage for the check', found: messageOf(why) };
}

async function runOne(run: Run, lane: OpenLane, check: CheckTitle): Promise<Result> {
  const started = Date.now();
  const transcript = run.transcripts.open(check.id);
  try {
    await transcript.within(async () => await lane.check(check.id));
    return { ...check, verdict: 'pass', ms: Date.now() - started };
  } catch (cause) {
    return { ...check, ...verdictOf(cause, check), ...transcript.last, ms: Date.now() - started };
  }
}

function verdictOf(cause: unknown, { level }: CheckTitle): Pick<Result, 'verdict' | 'expected' | 'found'> {
  const verdict = level === 'MUST' ? 'fail' : 'warn';
  if (cause instanceof Deviates) return { verdict, expected: cause.expected, found: cause.found };
  if (cause instanceof Blocked) return { verdict: 'blocked', found: cause.message };
  if (cause instanceof NotRun) return { verdict: 'not-run', found: cause.message };
  if (cause instanceof Unclaimed) return { verdict: 'unclaimed', found: cause.message };
  if (cause instanceof WaitedInVain || cause instanceof Unexpected)
    return { verdict, expected: 'an honest provider to be answered in time', found: cause.message };
  const isFault = cause instanceof Error && (cause.name === 'Fault' || cause.constructor.name === 'Refused');
  if (isFault) return { verdict, expected: 'what an honest provider answers', found: messageOf(cause) };
  return { verdict: 'error', found: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
}

/** The same check on stages of its own. What passes once and fails once is flaky. */
async function repeat(run: Run, lane: Lane, result: Result): Promise<Result> {
  const again: Verdict[] = [];
  for (let time = 0; time < REPETITIONS; time += 1) {
    const open = await openLane(run, lane, [result]);
    again.push('why' in open ? 'blocked' : (await runOne(run, open.lane, result)).verdict);
  }
  return { ...result, again, verdict: again.includes('pass') ? 'flaky' : result.verdict };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

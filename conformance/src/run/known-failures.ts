import { isMembers } from '../formats/strict-json.js';
import { Misuse } from '../misuse.js';

/** A failure that the operator knows of, as its file has it. */
export interface KnownFailure {
  readonly check: string;
  readonly reason: string;
  /** the last day on which it is known, such as 2026-12-31, in UTC */
  readonly until: string;
}

export interface KnownState extends KnownFailure {
  readonly state: 'fails' | 'passes' | 'expired' | 'not-run';
}

/** As much of a result as matters here. */
interface Judged {
  readonly id: string;
  readonly verdict: string;
  readonly known?: KnownState;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads a list of known failures.
 *
 * @param checks ids of all there are
 * @throws Misuse
 */
export function parseKnownFailures(text: string, checks: readonly string[]): KnownFailure[] {
  const list = parse(text);
  for (const entry of list) {
    if (!isKnownFailure(entry))
      throw new Misuse(`a known failure is {"check", "reason", "until": "2026-12-31"}, not ${JSON.stringify(entry)}`);
    if (!checks.includes(entry.check)) throw new Misuse(`there is no check ${entry.check}: it is no known failure`);
  }
  return list as KnownFailure[];
}

/** How it stands with a known failure after its check has run: what expired, and what passes, is one no longer. */
export function withKnown<Result extends Judged>(result: Result, known: readonly KnownFailure[], now: number): Result {
  const entry = known.find(({ check }) => check === result.id);
  if (entry === undefined) return result;
  const isExpired = new Date(now).toISOString().slice(0, 10) > entry.until;
  const state = result.verdict === 'pass' ? 'passes' : !isFailure(result) ? 'not-run' : isExpired ? 'expired' : 'fails';
  return { ...result, known: { ...entry, state } };
}

function isFailure({ verdict }: Judged): boolean {
  return verdict === 'fail' || verdict === 'warn' || verdict === 'flaky';
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Said below.
  }
  throw new Misuse('known failures are a list in JSON');
}

function isKnownFailure(entry: unknown): entry is KnownFailure {
  if (!isMembers(entry)) return false;
  const { check, reason, until } = entry;
  return (
    typeof check === 'string' &&
    typeof reason === 'string' &&
    /^\P{Cc}{1,500}$/u.test(reason) &&
    typeof until === 'string' &&
    DAY.test(until)
  );
}

import type { ConformanceReport } from '@payvand/spec';
import type { Tier } from '../run/check.js';
import type { KnownState } from '../run/known-failures.js';
import type { Result } from '../run/run-checks.js';
import type { Run } from '../run/run.js';
import { thisMaker } from './digests.js';
import { countsOf, profilesOf, resultOf, transcriptOf } from './outcomes.js';

type ReportedCheck = ConformanceReport['checks'][number];

export interface ReportInput {
  readonly run: Run;
  readonly results: readonly Result[];
  readonly tier: Tier;
  readonly isPartial: boolean;
  readonly startedAt: number;
  readonly seed: string;
  /** of the deadlines, 1 for the usual ones */
  readonly timeScale: number;
  /** by which beginnings of ids the checks were chosen */
  readonly chosen: { readonly only: readonly string[]; readonly skip: readonly string[] };
  readonly mutants?: { readonly killed: number; readonly total: number };
}

const SAID_MAX = 4096;

/** All that a run found. SPEC PV-CFR-001 to PV-CFR-008. */
export function makeReport(input: ReportInput): ConformanceReport {
  const { run, results, tier, isPartial } = input;
  const { spec, suite } = thisMaker();
  const ordered = [...results].sort((a, b) => (a.id < b.id ? -1 : 1));
  const checks = ordered.map((result) => reported(result, run));
  const scope = { tier, partial: isPartial };
  const profiles = profilesOf(checks, scope);
  const stages = stagesOf(run, ordered);
  return {
    ...{ format: 1, spec, suite: { ...suite, ...(input.mutants && { mutants: input.mutants }) } },
    target: targetOf(run),
    run: { ...scope, ...howOf(input) },
    ...{ result: resultOf(profiles), counts: countsOf(checks), profiles, checks, stages },
    knownFailures: ordered.flatMap(({ known }): KnownState[] => (known === undefined ? [] : [known])),
    undeclared: undeclaredOf(run),
    transcript: transcriptOf({ stages, checks }),
  };
}

function howOf({
  run,
  startedAt,
  seed,
  timeScale,
  chosen,
}: ReportInput): Omit<ConformanceReport['run'], 'tier' | 'partial'> {
  const { requests, bytes } = run.target;
  const [only, skip] = [[...chosen.only], [...chosen.skip]];
  return {
    seed,
    began: startedAt,
    ended: Date.now(),
    timeScale: Math.ceil(100 * timeScale),
    only,
    skip,
    requests,
    bytes,
  };
}

function targetOf({ target }: Run): ConformanceReport['target'] {
  const { domain, document } = target;
  const { host: endpoint, statement, version: documentVersion, profiles } = document;
  const { jws, hash } = statement;
  return { domain, endpoint, root: jws.kid, statement: hash, documentVersion, profiles: [...profiles] };
}

function reported(result: Result, run: Run): ReportedCheck {
  const { id, title, tier, profile, level, covers, verdict, ms, again } = result;
  const transcript = run.transcripts.get(id);
  const said = { expected: result.expected, found: result.found, sent: result.sent, got: result.got };
  return {
    ...{ id, title: title.slice(0, 300), tier, profile, level, requirements: [...covers], verdict, ms },
    ...Object.fromEntries(
      Object.entries(said).flatMap(([name, text]) => (text === undefined ? [] : [[name, cut(text)]])),
    ),
    ...(again && { again: [...again] }),
    ...(transcript?.last && { transcript: transcript.digest }),
  };
}

/** Exchanges of stages: what no single check can be said to have made. */
function stagesOf({ transcripts }: Run, results: readonly Result[]): ConformanceReport['stages'] {
  const ids = new Set(results.map(({ id }) => id));
  return transcripts.names().flatMap((name) => {
    const transcript = transcripts.get(name);
    return ids.has(name) || transcript?.last === undefined ? [] : [{ name, transcript: transcript.digest }];
  });
}

function undeclaredOf({ peers }: Run): string[] {
  const all = new Set(peers.flatMap(({ undeclared }) => undeclared.map(({ what }) => cut(what))));
  return [...all].slice(0, 1000);
}

/** Texts of strangers, at most as long as the shape lets them be, and without what strict JSON does not hold. */
function cut(text: string): string {
  const whole = text.length <= SAID_MAX ? text : `${text.slice(0, SAID_MAX - 1)}…`;
  return Buffer.from(whole.replaceAll('\0', '␀')).toString();
}

/** One line on how it went. */
export function summaryOf({ counts, run, result }: ConformanceReport): string {
  const numbers = Object.entries(counts).map(([verdict, number]) => `${number} ${verdict}`);
  return `${result}: ${numbers.join(', ')}${run.partial ? ' (partial run)' : ''}`;
}

import type { Tier } from '../run/check.js';
import type { Result, Verdict } from '../run/run-checks.js';
import type { Run } from '../run/run.js';

export interface ReportInput {
  readonly run: Run;
  readonly results: readonly Result[];
  readonly tier: Tier;
  readonly isPartial: boolean;
  readonly startedAt: number;
}

export interface ProfileResult {
  readonly name: string;
  readonly result: 'conformant' | 'not-conformant' | 'unclaimed';
  readonly counts: Readonly<Partial<Record<Verdict, number>>>;
}

export interface Report {
  readonly reportVersion: '1';
  readonly generated: string;
  readonly partial: boolean;
  readonly target: { readonly domain: string; readonly documentVersion: number; readonly root: string };
  readonly run: {
    readonly tier: Tier;
    readonly startedAt: string;
    readonly durationMs: number;
    readonly requests: number;
    readonly bytes: number;
  };
  readonly profiles: readonly ProfileResult[];
  readonly checks: readonly Result[];
  /** what providers of the suite were asked that nobody had said would be asked */
  readonly undeclared: readonly string[];
  readonly summary: string;
}

const harmless = new Set<Verdict>(['pass', 'info', 'warn', 'unclaimed']);

export function makeReport({ run, results, tier, isPartial, startedAt }: ReportInput): Report {
  const { target } = run;
  const now = Date.now();
  const { version, statement } = target.document;
  return {
    ...{ reportVersion: '1', generated: new Date(now).toISOString(), partial: isPartial },
    target: { domain: target.domain, documentVersion: version, root: statement.jws.kid },
    run: {
      ...{ tier, startedAt: new Date(startedAt).toISOString(), durationMs: now - startedAt },
      ...{ requests: target.requests, bytes: target.bytes },
    },
    profiles: profilesOf(results, isPartial),
    checks: [...results].sort((a, b) => (a.id < b.id ? -1 : 1)),
    undeclared: [...new Set(run.peers.flatMap(({ undeclared }) => undeclared.map(({ what }) => what)))],
    summary: summaryOf(results, isPartial),
  };
}

function profilesOf(results: readonly Result[], isPartial: boolean): ProfileResult[] {
  return [...new Set(results.map(({ profile }) => profile))].sort().map((name) => {
    const own = results.filter(({ profile }) => profile === name);
    const isUnclaimed = own.every(({ verdict }) => verdict === 'unclaimed');
    const isGood = !isPartial && own.every(({ verdict }) => harmless.has(verdict));
    return { name, result: isUnclaimed ? 'unclaimed' : isGood ? 'conformant' : 'not-conformant', counts: count(own) };
  });
}

function count(results: readonly Result[]): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const { verdict } of results) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

function summaryOf(results: readonly Result[], isPartial: boolean): string {
  const counts = Object.entries(count(results)).map(([verdict, number]) => `${number} ${verdict}`);
  return `${counts.join(', ')}${isPartial ? ' (partial run)' : ''}`;
}

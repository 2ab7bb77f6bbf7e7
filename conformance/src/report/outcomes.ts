import type { ConformanceReport } from '@payvand/spec';
import { hashOf } from '../formats/hash.js';

export type Counts = ConformanceReport['counts'];
export type Outcome = ConformanceReport['result'];
type Judged = Pick<ConformanceReport['checks'][number], 'profile' | 'level' | 'verdict'>;
type Scope = Pick<ConformanceReport['run'], 'partial' | 'tier'>;
type ProfileOutcome = ConformanceReport['profiles'][number];

/** What does not keep a profile from being conformant. */
const fine: readonly string[] = ['pass', 'info', 'unclaimed'];

export function countsOf(checks: readonly Judged[]): Counts {
  const counts: Counts = {};
  for (const { verdict } of checks) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

/** SPEC PV-CFR-004, PV-CFR-005: what the verdicts of a run say of each profile, by name. */
export function profilesOf(checks: readonly Judged[], scope: Scope): ProfileOutcome[] {
  return [...new Set(checks.map(({ profile }) => profile))].sort().map((name) => {
    const own = checks.filter(({ profile }) => profile === name);
    const musts = own.filter(({ level }) => level === 'MUST');
    const shoulds = own.filter(({ level }) => level === 'SHOULD');
    const isUnclaimed = own.every(({ verdict }) => verdict === 'unclaimed');
    return {
      name,
      basic: isUnclaimed ? 'unclaimed' : outcomeOf(musts, scope, ['fail']),
      full: isUnclaimed ? 'unclaimed' : outcomeOf(own, scope, ['fail', 'warn']),
      ...{ must: countsOf(musts), should: countsOf(shoulds) },
    };
  });
}

/** SPEC PV-CFR-005. */
export function resultOf(profiles: readonly Pick<ProfileOutcome, 'basic'>[]): Outcome {
  const has = (outcome: Outcome): boolean => profiles.some(({ basic }) => basic === outcome);
  if (has('not-conformant')) return 'not-conformant';
  return has('incomplete') || !has('conformant') ? 'incomplete' : 'conformant';
}

/** SPEC PV-CFR-007. */
export function transcriptOf({ stages, checks }: Pick<ConformanceReport, 'stages' | 'checks'>): string {
  const named = checks.flatMap(({ id, transcript }) => (transcript === undefined ? [] : [{ name: id, transcript }]));
  const lines = [...stages, ...named].map(({ name, transcript }) => `${name} ${transcript}\n`);
  return hashOf(lines.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join(''));
}

function outcomeOf(checks: readonly Judged[], { partial, tier }: Scope, bad: readonly string[]): Outcome {
  if (checks.some(({ verdict }) => bad.includes(verdict))) return 'not-conformant';
  const isWhole = !partial && tier !== 'T0';
  return isWhole && checks.every(({ verdict }) => fine.includes(verdict)) ? 'conformant' : 'incomplete';
}

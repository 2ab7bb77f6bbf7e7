import { Type } from 'typebox';
import type { Static, TSchema } from 'typebox';
import { Bytes32, Count, Domain, Version, line, oneOf } from './format-parts.js';

/** Shapes of what a conformance suite reports, and of what a witness signs about it. */

const Verdict = oneOf('pass', 'fail', 'warn', 'info', 'blocked', 'not-run', 'unclaimed', 'flaky', 'error');
const Level = oneOf('MUST', 'SHOULD');
const Tier = oneOf('T0', 'T1', 'T2');
const Outcome = oneOf('conformant', 'not-conformant', 'incomplete', 'unclaimed');
const Counts = Type.Record(Type.String({ pattern: '^[a-z-]{1,16}$' }), Count, { maxProperties: 9 });
const CheckId = Type.String({ maxLength: 160, pattern: '^[a-z0-9-]+/[A-Za-z0-9._-]+$' });
const Day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
/** what the target said or what is said of it; anything may be in it */
const Said = Type.String({ maxLength: 4096 });
const Names = Type.Array(line(0, 160), { maxItems: 1000 });

const ReportedCheck = Type.Object({
  id: CheckId,
  title: line(1, 300),
  tier: Tier,
  profile: line(1, 64),
  level: Level,
  requirements: Type.Array(Type.String({ pattern: '^PV-[A-Z0-9]+-[0-9]{3}$' }), { maxItems: 64 }),
  verdict: Verdict,
  ms: Count,
  expected: Type.Optional(Said),
  found: Type.Optional(Said),
  /** verdicts of the repetitions alone */
  again: Type.Optional(Type.Array(Verdict, { maxItems: 16 })),
  /** the exchange it ended with */
  sent: Type.Optional(Said),
  got: Type.Optional(Said),
  transcript: Type.Optional(Bytes32),
});

const KnownFailure = Type.Object({
  check: CheckId,
  reason: line(1, 500),
  /** last day on which it is known */
  until: Day,
  state: oneOf('fails', 'passes', 'expired', 'not-run'),
});

const ConformanceReportShape = Type.Object({
  format: Type.Literal(1),
  spec: Type.Object({ version: line(1, 64), digest: Bytes32 }),
  suite: Type.Object({
    name: line(1, 64),
    version: line(1, 64),
    digest: Bytes32,
    mutants: Type.Optional(Type.Object({ killed: Count, total: Count })),
  }),
  target: Type.Object({
    domain: Domain,
    endpoint: Domain,
    root: Bytes32,
    statement: Bytes32,
    documentVersion: Version,
    profiles: Type.Array(line(1, 64), { maxItems: 16 }),
  }),
  run: Type.Object({
    tier: Tier,
    seed: line(1, 64),
    began: Count,
    ended: Count,
    /** of the deadlines, in percent of what they usually are */
    timeScale: Type.Integer({ minimum: 1, maximum: 100_000 }),
    partial: Type.Boolean(),
    only: Names,
    skip: Names,
    requests: Count,
    bytes: Count,
  }),
  result: Outcome,
  counts: Counts,
  profiles: Type.Array(
    Type.Object({ name: line(1, 64), basic: Outcome, full: Outcome, must: Counts, should: Counts }),
    { maxItems: 64 },
  ),
  checks: Type.Array(ReportedCheck, { maxItems: 5000 }),
  stages: Type.Array(Type.Object({ name: line(1, 160), transcript: Bytes32 }), { maxItems: 1000 }),
  knownFailures: Type.Array(KnownFailure, { maxItems: 1000 }),
  /** requests of the target that nobody had said would come */
  undeclared: Type.Array(Said, { maxItems: 1000 }),
  transcript: Bytes32,
});

const ConformanceWitnessShape = Type.Object({ witness: Domain, report: Bytes32, at: Count });

export type ConformanceReport = Static<typeof ConformanceReportShape>;
export type ConformanceWitness = Static<typeof ConformanceWitnessShape>;

export const conformanceFormats: Readonly<Record<string, TSchema>> = {
  'conformance-report': ConformanceReportShape,
  'conformance-witness': ConformanceWitnessShape,
};

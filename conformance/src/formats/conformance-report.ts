import type { ConformanceReport, ConformanceWitness } from '@payvand/spec';
import { isDeepStrictEqual } from 'node:util';
import { countsOf, profilesOf, resultOf, transcriptOf } from '../report/outcomes.js';
import { keyId } from './ed25519.js';
import { decode64 } from './base64url.js';
import { need, renamed } from './fault.js';
import { hashOf } from './hash.js';
import { isSignedBy, parseJws } from './jws.js';
import type { ParsedJws } from './jws.js';
import type { KeyStatement } from './key-statement.js';
import { hasShape } from './shapes.js';
import { parseMembers } from './strict-json.js';

export const REPORT_BYTES_MAX = 4_194_304;
const WITNESS_BYTES_MAX = 4096;
const CLOCK_AHEAD_MS = 60_000;

export interface SignedReport {
  readonly jws: ParsedJws;
  readonly report: ConformanceReport;
}

/** SPEC PV-CFR-001. @throws Fault `bad-report` */
export function parseReport(bytes: Uint8Array | string): ConformanceReport {
  return renamed('bad-report', () => {
    const payload: unknown = parseMembers(bytes, { bytesMax: REPORT_BYTES_MAX });
    need(hasShape('conformance-report', payload), 'bad-report');
    return payload as unknown as ConformanceReport;
  });
}

/** SPEC PV-CFR-009, the form alone. @throws Fault `bad-report` */
export function parseSignedReport(text: string): SignedReport {
  return renamed('bad-report', () => {
    const jws = parseJws(text, 'payvand-conformance', REPORT_BYTES_MAX);
    return { jws, report: parseReport(jws.payload) };
  });
}

/** SPEC PV-CFR-010. @param now ms @throws Fault with a code of the table there */
export function checkSignedReport({ jws, report }: SignedReport, statement: KeyStatement, now: number): void {
  checkSigner(jws, statement, report.target.domain);
  const roots = statement.roots.map((x) => keyId(decode64(x, 32)));
  need(roots.includes(report.target.root), 'wrong-root');
  checkReport(report, now);
}

/** SPEC PV-CFR-010: what has to fit in a report, whoever signed it. @throws Fault */
export function checkReport(report: ConformanceReport, now: number): void {
  const { run, checks, profiles } = report;
  need(run.began <= run.ended && run.ended <= now + CLOCK_AHEAD_MS, 'wrong-times');
  need(new Set(checks.map(({ id }) => id)).size === checks.length, 'wrong-checks');
  const wanted = profilesOf(checks, run);
  const numbers = (list: typeof profiles): object[] => list.map(({ name, must, should }) => ({ name, must, should }));
  const byName = [...profiles].sort((a, b) => (a.name < b.name ? -1 : 1));
  need(
    isDeepStrictEqual(report.counts, countsOf(checks)) && isDeepStrictEqual(numbers(byName), numbers(wanted)),
    'wrong-counts',
  );
  const outcomes = (list: typeof profiles): string[] => list.map(({ basic, full }) => `${basic} ${full}`);
  need(isDeepStrictEqual(outcomes(byName), outcomes(wanted)) && report.result === resultOf(wanted), 'wrong-result');
  need(report.transcript === transcriptOf(report), 'wrong-transcript');
}

export interface Witness {
  readonly jws: ParsedJws;
  readonly said: ConformanceWitness;
}

/** SPEC PV-CFR-013. @throws Fault `bad-witness` */
export function parseWitness(text: string): Witness {
  return renamed('bad-witness', () => {
    const jws = parseJws(text, 'payvand-witness', WITNESS_BYTES_MAX);
    const said: unknown = parseMembers(jws.payload, { bytesMax: WITNESS_BYTES_MAX });
    need(hasShape('conformance-witness', said), 'bad-witness');
    return { jws, said: said as unknown as ConformanceWitness };
  });
}

/** SPEC PV-CFR-014. @throws Fault `other-report` · `own-witness` · `wrong-provider` · `unknown-key` · `bad-signature` */
export function checkWitness({ jws, said }: Witness, signed: SignedReport, statement: KeyStatement): void {
  need(said.report === hashOf(signed.jws.text), 'other-report');
  need(said.witness !== signed.report.target.domain, 'own-witness');
  checkSigner(jws, statement, said.witness);
}

/** SPEC PV-KEY-012, with a name for each thing that is not so. */
function checkSigner(jws: ParsedJws, statement: KeyStatement, domain: string): void {
  need(statement.provider === domain, 'wrong-provider');
  const key = statement.keys.find(({ kid, use }) => kid === jws.kid && use === 'event');
  need(key !== undefined, 'unknown-key');
  need(isSignedBy(jws, key.publicKey), 'bad-signature');
}

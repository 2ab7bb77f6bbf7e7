import type { ConformanceReport } from '@payvand/spec';
import { isDeepStrictEqual } from 'node:util';
import { checkSignedReport, checkWitness, parseWitness } from '../formats/conformance-report.js';
import { Fault, need } from '../formats/fault.js';
import { thisMaker } from '../report/digests.js';
import type { CheckTitle } from '../run/check.js';
import type { DocumentFinder, FoundDocument } from './find-document.js';
import type { ReportFile } from './signed-file.js';

const OLD_MS = 90 * 86_400_000;

/** A signed report that fits, and what that rests on. */
export interface Examined {
  readonly report: ConformanceReport;
  readonly kid: string;
  readonly found: FoundDocument;
  readonly witnesses: readonly { readonly domain: string; readonly kid: string; readonly from: string }[];
  /** made by another specification or suite than this one */
  readonly isForeign: boolean;
  /** SPEC PV-CFR-012 */
  readonly isOld: boolean;
}

export interface Examination {
  readonly find: DocumentFinder;
  /** ms */
  readonly now: number;
  /** all there are in this suite */
  readonly titles: readonly CheckTitle[];
}

/**
 * Whether a report is what its provider signed and says nothing that cannot be. SPEC PV-CFR-010, PV-CFR-014.
 *
 * @throws Fault the code of the refusal · Unreachable
 */
export async function examineReport(file: ReportFile, { find, now, titles }: Examination): Promise<Examined> {
  const { signed, report } = file;
  if (signed === undefined) throw new Fault('unsigned');
  const found = await find(report.target.domain);
  checkSignedReport(signed, found.document.statement, now);
  const witnesses = [];
  for (const line of file.witnesses) {
    const witness = parseWitness(line);
    const { witness: domain } = witness.said;
    const { document, from } = await find(domain);
    checkWitness(witness, signed, document.statement);
    witnesses.push({ domain, kid: witness.jws.kid, from });
  }
  const isForeign = !isOurs(report);
  if (!isForeign) checkTitles(report, titles);
  return { report, kid: signed.jws.kid, found, witnesses, isForeign, isOld: now - report.run.ended > OLD_MS };
}

function isOurs({ spec, suite }: ConformanceReport): boolean {
  const own = thisMaker();
  return spec.digest === own.spec.digest && suite.digest === own.suite.digest;
}

/** SPEC PV-CFR-006, for a report of this very suite. @throws Fault `missing-checks` · `other-checks` */
export function checkTitles({ checks, run }: ConformanceReport, titles: readonly CheckTitle[]): void {
  const facts = (of: CheckTitle | ConformanceReport['checks'][number]): unknown[] => {
    const requirements = 'covers' in of ? of.covers : of.requirements;
    return [of.id, of.tier, of.profile, of.level, of.title.slice(0, 300), [...requirements]];
  };
  const own = new Map(titles.map((title) => [title.id, facts(title)]));
  need(
    checks.every((check) => isDeepStrictEqual(own.get(check.id), facts(check)) && check.tier <= run.tier),
    'other-checks',
  );
  const asked = titles.filter(({ tier }) => tier <= run.tier);
  need(run.partial || asked.length === checks.length, 'missing-checks');
}

import { writeFile } from 'node:fs/promises';
import { checkReport } from '../formats/conformance-report.js';
import { Fault } from '../formats/fault.js';
import { Misuse } from '../misuse.js';
import { Unreachable } from '../network/target.js';
import { readRequirements } from '../report/coverage.js';
import { matrixPage } from '../report/html/matrix-page.js';
import type { MatrixRow } from '../report/html/matrix-page.js';
import { reportPage } from '../report/html/report-page.js';
import type { CheckTitle } from '../run/check.js';
import { examineReport } from './examine-report.js';
import type { Examination } from './examine-report.js';
import { documentFinder } from './find-document.js';
import { lookOf, readWitness, signedLines } from './prepare-outputs.js';
import { readSigner } from './read-signer.js';
import type { ReportValues } from './report-options.js';
import { readReportFile, signWitness } from './signed-file.js';
import type { ReportFile } from './signed-file.js';
import { whereIs } from './where-is.js';
import type { WhereValues } from './where-is.js';

export interface PublishParts {
  readonly values: ReportValues & WhereValues;
  readonly titles: readonly CheckTitle[];
  readonly out: (text: string) => void;
}

/**
 * Signs a report that was made elsewhere, or seconds a signed one.
 *
 * @throws Misuse · Fault `bad-report`
 */
export async function signCommand(path: string | undefined, { values, out }: PublishParts): Promise<number> {
  if (path === undefined || values.jws === undefined) throw new Misuse('which report, and where to (--jws)?');
  const { report, bytes, signed, witnesses } = await readReportFile(path);
  checkReport(report, Date.now());
  const witness = await readWitness(values);
  if (values.sign !== undefined) {
    const operator = await readSigner(values.sign);
    const { domain } = report.target;
    if (operator.provider !== undefined && operator.provider !== domain)
      throw new Misuse(`the report is about ${domain}, the key is that of ${operator.provider}`);
    await writeFile(values.jws, signedLines(bytes.toString(), { operator, ...(witness && { witness }) }));
  } else {
    if (signed === undefined || witness === undefined)
      throw new Misuse('with which key (--sign, or --witness for a signed report)?');
    const lines = [signed.jws.text, ...witnesses, signWitness(signed.jws.text, witness, Date.now())];
    await writeFile(values.jws, `${lines.join('\n')}\n`);
  }
  out(`${values.jws}: ${report.target.domain} ${report.result}\n`);
  return 0;
}

/** A report as a page; what a signed one says is looked at before. @throws Misuse · Fault · Unreachable */
export async function pageCommand(path: string | undefined, parts: PublishParts): Promise<number> {
  const { values, out } = parts;
  if (path === undefined || values.html === undefined) throw new Misuse('which report, and where to (--html)?');
  const { language, specUrl } = lookOf(values);
  const row = await rowOf(path, { ...parts, ...(await examinationOf(parts)), isUnsignedFine: true });
  if (row.report === undefined || (row.refused !== undefined && row.refused !== 'partial' && row.refused !== 'old'))
    return refuse(out, row);
  const signatures = row.kid === undefined ? {} : { signatures: { kid: row.kid, witnesses: row.witnesses } };
  const page = reportPage({ report: row.report, requirements: readRequirements(), specUrl, ...signatures }, language);
  await writeFile(values.html, page);
  return 0;
}

/** Many reports as one table. @returns 1 when one of them was refused @throws Misuse */
export async function matrixCommand(paths: readonly string[], parts: PublishParts): Promise<number> {
  const { values, out } = parts;
  if (paths.length === 0 || values.html === undefined) throw new Misuse('which reports, and where to (--html)?');
  const { language } = lookOf(values);
  const examination = { ...parts, ...(await examinationOf(parts)), isUnsignedFine: values['allow-unsigned'] };
  const rows: MatrixRow[] = [];
  for (const path of paths) rows.push(await rowOf(path, examination));
  await writeFile(values.html, matrixPage(rows, language));
  const refused = rows.filter((row) => row.refused !== undefined);
  for (const row of refused) refuse(out, row);
  return refused.length === 0 ? 0 : 1;
}

function refuse(out: PublishParts['out'], { source, refused = '' }: MatrixRow): number {
  out(`refused     ${source}: ${refused}\n`);
  return 1;
}

async function examinationOf({ values, titles }: PublishParts): Promise<Examination> {
  const { place } = await whereIs(values);
  return { find: documentFinder(values.document, place), now: Date.now(), titles };
}

type Examining = Examination & { readonly isUnsignedFine: boolean };

async function rowOf(source: string, examining: Examining): Promise<MatrixRow & { readonly kid?: string }> {
  const nothing = { source, witnesses: [], isSigned: false };
  let file: ReportFile | undefined;
  try {
    file = await readReportFile(source);
    if (file.signed === undefined && examining.isUnsignedFine) return unsignedRow(file.report, nothing, examining);
    const { report, kid, witnesses, isOld } = await examineReport(file, examining);
    const refused = report.run.partial ? 'partial' : isOld ? 'old' : undefined;
    const names = witnesses.map(({ domain }) => domain);
    return { ...nothing, report, kid, witnesses: names, isSigned: true, ...(refused !== undefined && { refused }) };
  } catch (cause) {
    const code = cause instanceof Fault ? cause.code : cause instanceof Unreachable ? 'unreachable' : undefined;
    if (code === undefined) throw cause;
    return { ...nothing, ...(file && { report: file.report }), refused: code };
  }
}

/** @throws Fault */
function unsignedRow(
  report: ReportFile['report'],
  nothing: Omit<MatrixRow, 'report'>,
  { now }: Examination,
): MatrixRow {
  checkReport(report, now);
  return { ...nothing, report, ...(report.run.partial && { refused: 'partial' }) };
}

import type { ConformanceReport } from '@payvand/spec';
import { readFile } from 'node:fs/promises';
import { REPORT_BYTES_MAX, parseReport, parseSignedReport } from '../formats/conformance-report.js';
import type { SignedReport } from '../formats/conformance-report.js';
import { need } from '../formats/fault.js';
import { hashOf } from '../formats/hash.js';
import { signJws } from '../formats/jws.js';
import { Misuse } from '../misuse.js';
import type { Signer } from './read-signer.js';

/** A report as it lies in a file: signed, with what its witnesses say, or not. */
export interface ReportFile {
  readonly report: ConformanceReport;
  /** the JSON that is the report */
  readonly bytes: Buffer;
  readonly signed?: SignedReport;
  readonly witnesses: readonly string[];
}

const WITNESSES_MAX = 16;

/** @throws Misuse where there is no file · Fault `bad-report` */
export async function readReportFile(path: string): Promise<ReportFile> {
  const raw = await readFile(path).catch(() => {
    throw new Misuse(`${path} cannot be read`);
  });
  need(raw.length <= 2 * REPORT_BYTES_MAX, 'bad-report');
  const text = raw.toString();
  if (text.trimStart().startsWith('{')) return { report: parseReport(raw), bytes: raw, witnesses: [] };
  const [first = '', ...witnesses] = text.split('\n').filter((line) => line !== '');
  need(witnesses.length <= WITNESSES_MAX, 'bad-report');
  const signed = parseSignedReport(first);
  return { report: signed.report, bytes: signed.jws.payload, signed, witnesses };
}

/** SPEC PV-CFR-009: the line of a signed report. */
export function signReport(bytes: Uint8Array, { key }: Signer): string {
  return signJws('payvand-conformance', bytes, key);
}

/** SPEC PV-CFR-013: the line of a witness. @param line that of the report @param now ms */
export function signWitness(line: string, { key, provider }: Signer, now: number): string {
  return signJws('payvand-witness', { witness: provider, report: hashOf(line), at: now }, key);
}

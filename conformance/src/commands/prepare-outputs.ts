import type { ConformanceReport } from '@payvand/spec';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { KeyStatement } from '../formats/key-statement.js';
import { isMembers } from '../formats/strict-json.js';
import { Misuse } from '../misuse.js';
import { readRequirements } from '../report/coverage.js';
import { reportPage } from '../report/html/report-page.js';
import type { Language } from '../report/html/words.js';
import { toJunit } from '../report/junit.js';
import { parseKnownFailures } from '../run/known-failures.js';
import type { KnownFailure } from '../run/known-failures.js';
import { Transcripts } from '../run/transcripts.js';
import { readSigner, requireListed } from './read-signer.js';
import type { Signer } from './read-signer.js';
import type { ReportValues } from './report-options.js';
import { signReport, signWitness } from './signed-file.js';

/** What goes into a report from outside, and where it is written to. */
export interface Outputs {
  readonly known: readonly KnownFailure[];
  readonly seed: string;
  readonly transcripts: Transcripts;
  readonly mutants?: { readonly killed: number; readonly total: number };
  write(report: ConformanceReport): Promise<void>;
}

/**
 * Reads all that is needed after a run before it begins, so that no run is for nothing.
 *
 * @param of ids of the checks there are, and the key statement of the target
 * @throws Misuse
 */
export async function prepareOutputs(
  values: ReportValues,
  of: { readonly checks: readonly string[]; readonly statement: KeyStatement },
): Promise<Outputs> {
  const { seed = randomBytes(8).toString('hex') } = values;
  if (!/^\P{Cc}{1,64}$/u.test(seed)) throw new Misuse('a seed is one line of at most 64 characters');
  const known =
    values['known-failures'] === undefined ? [] : parseKnownFailures(await read(values['known-failures']), of.checks);
  const mutants = values.mutants === undefined ? undefined : scoreOf(await read(values.mutants), values.mutants);
  const signers = await readSigners(values, of.statement);
  const look = lookOf(values);
  const lines: string[] = [];
  const onLine = (name: string, line: string): void =>
    void lines.push(`{"of":${JSON.stringify(name)},"line":${line.trimEnd()}}\n`);
  return {
    ...{ known, seed, ...(mutants && { mutants }) },
    transcripts: new Transcripts(values.transcripts === undefined ? undefined : onLine),
    async write(report) {
      const text = `${JSON.stringify(report, null, 2)}\n`;
      if (values.report !== undefined) await writeFile(values.report, text);
      if (values.junit !== undefined) await writeFile(values.junit, toJunit(report));
      if (values.transcripts !== undefined) await writeFile(values.transcripts, lines.join(''), { mode: 0o600 });
      const { operator } = signers;
      if (operator !== undefined)
        await writeFile(
          values.jws ?? `${report.target.domain}.jws`,
          signedLines(JSON.stringify(report), { ...signers, operator }),
        );
      if (values.html !== undefined) await writeFile(values.html, pageOf(report, signers, look));
    },
  };
}

export interface Signers {
  readonly operator?: Signer;
  readonly witness?: Signer;
}

/** The lines of a signed report. */
export function signedLines(payload: string, { operator, witness }: Signers & { readonly operator: Signer }): string {
  const line = signReport(Buffer.from(payload), operator);
  return witness === undefined ? `${line}\n` : `${line}\n${signWitness(line, witness, Date.now())}\n`;
}

/** @throws Misuse */
export async function readWitness(values: ReportValues): Promise<Signer | undefined> {
  if (values.witness === undefined) return undefined;
  const { key, provider = values['witness-domain'] } = await readSigner(values.witness);
  if (provider === undefined) throw new Misuse('whose key is the one of --witness? (--witness-domain)');
  return { key, provider };
}

export interface Look {
  readonly language: Language;
  readonly specUrl: string | undefined;
}

/** @throws Misuse */
export function lookOf({ lang, 'spec-url': specUrl }: ReportValues): Look {
  if (lang !== 'en' && lang !== 'fa') throw new Misuse(`pages speak en and fa, not ${lang}`);
  if (specUrl !== undefined && !/^https?:\/\/[^\s"<>]+\/$/.test(specUrl))
    throw new Misuse('--spec-url is an http(s) address that ends in /');
  return { language: lang, specUrl };
}

async function readSigners(values: ReportValues, statement: KeyStatement): Promise<Signers> {
  const witness = await readWitness(values);
  if (values.sign === undefined) {
    if (witness !== undefined) throw new Misuse('there is nothing to witness without --sign');
    return {};
  }
  const operator = await readSigner(values.sign);
  requireListed(operator, statement);
  if (witness?.provider === statement.provider) throw new Misuse('a provider cannot be its own witness');
  return { operator, ...(witness && { witness }) };
}

function pageOf(report: ConformanceReport, { operator, witness }: Signers, { language, specUrl }: Look): string {
  const witnesses = witness?.provider === undefined ? [] : [witness.provider];
  const signatures = operator === undefined ? {} : { signatures: { kid: operator.key.kid, witnesses } };
  return reportPage({ report, requirements: readRequirements(), specUrl, ...signatures }, language);
}

async function read(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => {
    throw new Misuse(`${path} cannot be read`);
  });
}

/** What `run-mutants.mjs --json` wrote. */
function scoreOf(text: string, path: string): { killed: number; total: number } {
  try {
    const { results } = JSON.parse(text) as { results: unknown[] };
    const killed = results.filter((one) => isMembers(one) && one['verdict'] === 'killed').length;
    return { killed, total: results.length };
  } catch {
    throw new Misuse(`${path} is no result of the mutants`);
  }
}

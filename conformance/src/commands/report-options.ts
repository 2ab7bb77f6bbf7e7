import type { parseArgs } from 'node:util';

/** What can be made of a report, and what goes into it. */
export const reportOptions = {
  report: { type: 'string' },
  junit: { type: 'string' },
  html: { type: 'string' },
  lang: { type: 'string', default: 'en' },
  'spec-url': { type: 'string' },
  transcripts: { type: 'string' },
  sign: { type: 'string' },
  witness: { type: 'string' },
  'witness-domain': { type: 'string' },
  jws: { type: 'string' },
  'known-failures': { type: 'string' },
  mutants: { type: 'string' },
  seed: { type: 'string' },
  document: { type: 'string', multiple: true, default: [] as string[] },
  rerun: { type: 'string' },
  'allow-unsigned': { type: 'boolean', default: false },
} as const;

export type ReportValues = ReturnType<typeof parseArgs<{ options: typeof reportOptions }>>['values'];

export const reportCommandUsage = `       payvand-conformance verify report.jws [--document FILE] [--rerun 5%]    who says it, and whether it fits
       payvand-conformance sign report.json --sign KEY --jws FILE             signs a report, or (--witness) seconds one
       payvand-conformance page report.jws --html FILE [--lang fa]            a report as a page
       payvand-conformance matrix REPORT… --html FILE [--lang fa]             many reports as one table
`;

export const reportUsage = `  --report FILE       writes the report as JSON
  --junit FILE        writes the report as JUnit XML
  --html FILE         writes the report as a page for people
  --lang en|fa        language of pages
  --spec-url URL      where the chapters of the specification lie, for links in pages
  --transcripts FILE  writes all that was sent and got, one JSON a line
  --sign KEY          signs the report: the data folder or key file of the reference server, or a PEM file
  --jws FILE          where the signed report goes (default: DOMAIN.jws)
  --witness KEY       key of another provider, which signs that it was there (--witness-domain for a PEM file)
  --known-failures F  [{"check", "reason", "until": "2026-12-31"}]: shown as known; one that passes or has expired fails the run
  --mutants FILE      what the mutants of the suite came to, for the report
  --seed TEXT         stands in the report; chooses the sample of --rerun
  --document FILE     provider document to rely on instead of fetching it (repeatable)
  --rerun SHARE       asks the provider a sample of the same checks again
  --allow-unsigned    matrix: takes reports that nobody signed
`;

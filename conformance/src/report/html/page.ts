import type { ConformanceReport } from '@payvand/spec';
import type { Requirement } from '../coverage.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import { own } from './speak-in.js';
import type { Speech } from './speak-in.js';
import type { Outcome, Verdict } from './words.js';

export interface PageInput {
  readonly report: ConformanceReport;
  readonly requirements: readonly Requirement[];
  /** of the operator and of witnesses, where the report is signed; checked by whoever makes the page */
  readonly signatures?: { readonly kid: string; readonly witnesses: readonly string[] };
  /** under which the chapters of the specification lie */
  readonly specUrl?: string | undefined;
}

export interface Page extends PageInput {
  readonly speech: Speech;
}

export const signs: Readonly<Record<Verdict, string>> = {
  ...{
    pass: '✓',
    fail: '✕',
    warn: '!',
    info: 'i',
    blocked: '◌',
    'not-run': '–',
    unclaimed: '–',
    flaky: '≈',
    error: '?',
  },
};
export const outcomeSigns: Readonly<Record<Outcome, string>> = {
  ...{ conformant: '✓', 'not-conformant': '✕', incomplete: '◌', unclaimed: '–' },
};

/** Where a requirement stands in the specification. */
export function chapterLink(file: string, id: string, specUrl: string | undefined): Markup {
  const name = file.split('/').at(-1) ?? file;
  if (specUrl === undefined) return own(file);
  return html`<a href="${specUrl}${name}#:~:text=${encodeURIComponent(id)}">${own(name)}</a>`;
}

/** Of the requirements of each check, by its id, the one that fewest checks are about: it says most about the fault. */
export function mainRequirements(checks: ConformanceReport['checks']): ReadonlyMap<string, string> {
  const times = new Map<string, number>();
  for (const id of checks.flatMap(({ requirements }) => requirements)) times.set(id, (times.get(id) ?? 0) + 1);
  return new Map(
    checks.map(({ id, requirements }) => {
      const [rarest = id] = [...requirements].sort((a, b) => (times.get(a) ?? 0) - (times.get(b) ?? 0));
      return [id, rarest];
    }),
  );
}

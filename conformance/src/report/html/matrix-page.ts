import type { ConformanceReport } from '@payvand/spec';
import { allWords } from './all-words.js';
import { areaName, areaOf } from './checks-list.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import { outcomeSigns } from './page.js';
import { pageFrame } from './page-frame.js';
import { own, speakIn } from './speak-in.js';
import type { Speech } from './speak-in.js';
import type { Language, Outcome } from './words.js';

/** One report of the matrix: what it says, or why it is not taken. */
export interface MatrixRow {
  /** file it was read from */
  readonly source: string;
  readonly report?: ConformanceReport;
  /** code of the refusal */
  readonly refused?: string;
  readonly witnesses: readonly string[];
  readonly isSigned: boolean;
}

type Reported = ConformanceReport['checks'][number];

/** Many reports as one table: rows are providers, columns profiles and groups of checks. */
export function matrixPage(rows: readonly MatrixRow[], language: Language): string {
  const words = allWords[language];
  const speech = speakIn(words);
  const { text } = words;
  const taken = rows.flatMap(({ report, refused }) => (report === undefined || refused !== undefined ? [] : [report]));
  const profiles = distinct(taken.flatMap((report) => report.profiles.map(({ name }) => name)));
  const areas = distinct(taken.flatMap(({ checks }) => checks.map(areaOf)));
  const good = taken.filter(({ result }) => result === 'conformant').length;
  const counted = { good: speech.number(good), all: speech.number(rows.length) };
  const columns = profiles.length + areas.length + 1;
  const main = html`<main class="wide">
    <header>
      <p class="eyebrow">${text.report}</p>
      <h1>${text.matrix}</h1>
      <p>${speech.say(text.matrixLead, counted)}</p>
      <p class="soft">${text.legend}</p>
    </header>
    <div class="scroll card">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">${text.provider}</th>
            <th scope="col">${text.outcome}</th>
            ${profiles.map((name) => html`<th scope="col">${words.profiles[name] ?? own(name)}</th>`)}
            ${areas.map((area) => html`<th scope="col" class="turned"><span>${areaName(area, words)}</span></th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${head(row, speech)}${cells(row, { speech, profiles, areas, columns })}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </main>`;
  return pageFrame(words, { title: text.matrix, main });
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function head({ report, source, isSigned, witnesses }: MatrixRow, { words, say, number, day }: Speech): Markup {
  const { text } = words;
  if (report === undefined) return html`<th scope="row">${own(source)}</th>`;
  const signature = !isSigned
    ? html`${text.notSigned}`
    : witnesses.length === 0
      ? html`${text.signed}`
      : say(text.witnessed, { count: number(witnesses.length) });
  const { domain } = report.target;
  const when = day(new Date(report.run.ended).toISOString().slice(0, 10));
  return html`<th scope="row">
    ${own(domain)}<small>${when} · ${own(`${report.suite.version} ${report.run.tier}`)} · ${signature}</small>
  </th>`;
}

interface Columns {
  readonly speech: Speech;
  readonly profiles: readonly string[];
  readonly areas: readonly string[];
  readonly columns: number;
}

function cells({ report, refused }: MatrixRow, { speech, profiles, areas, columns }: Columns): Markup {
  const { words } = speech;
  if (report === undefined || refused !== undefined) {
    const why = words.refusals[refused ?? 'bad-report'] ?? words.text.refused;
    return html`<td class="refused" colspan="${columns}">
      <strong>${words.text.refused}</strong> (${own(refused ?? 'bad-report')}): ${why}
    </td>`;
  }
  const outcomes = profiles.map((name) => report.profiles.find((one) => one.name === name)?.basic ?? 'unclaimed');
  return html`${[report.result, ...outcomes].map((outcome) => outcomeCell(outcome, speech))}
  ${areas.map((area) =>
    groupCell(
      report.checks.filter((check) => areaOf(check) === area),
      speech,
    ),
  )}`;
}

function outcomeCell(outcome: Outcome, { words }: Speech): Markup {
  const look = { conformant: 'good', 'not-conformant': 'bad', incomplete: 'some', unclaimed: '' }[outcome];
  return html`<td class="${look}">
    <span aria-hidden="true">${outcomeSigns[outcome]}</span><span class="hidden">${words.outcomes[outcome]}</span>
  </td>`;
}

function groupCell(checks: readonly Reported[], { words, say, number }: Speech): Markup {
  const asked = checks.filter(({ verdict }) => verdict !== 'unclaimed');
  if (asked.length === 0) return html`<td>–</td>`;
  const failed = asked.filter(({ verdict }) => verdict === 'fail').length;
  const passed = asked.filter(({ verdict }) => verdict === 'pass' || verdict === 'info' || verdict === 'warn').length;
  const share = say(words.text.ofAll, { count: number(passed), all: number(asked.length) });
  const [look, sign] = failed > 0 ? ['bad', number(failed)] : passed < asked.length ? ['some', '◌'] : ['good', '✓'];
  return html`<td class="${look}" title="${share}">${sign}</td>`;
}

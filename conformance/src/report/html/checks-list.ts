import { evidence } from './fix-list.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import { signs } from './page.js';
import type { Page } from './page.js';
import { code, own } from './speak-in.js';
import { table } from './table.js';
import type { Words } from './words.js';

type Reported = Page['report']['checks'][number];

const silent = ['error', 'flaky', 'blocked', 'not-run', 'unclaimed'] as const;
/** Reasons that are shown of one verdict; hostile servers find many. */
const REASONS_MAX = 30;

/** What was not decided, by its reason. */
export function openQuestions(page: Page): Markup {
  const { report, speech } = page;
  const { words, number } = speech;
  const { text } = words;
  const groups = silent.map((verdict) => ({ verdict, checks: report.checks.filter((one) => one.verdict === verdict) }));
  const shown = groups.filter(({ checks }) => checks.length > 0);
  if (shown.length === 0 && report.undeclared.length === 0) return html``;
  const cards = shown.map(
    ({ verdict, checks }) =>
      html`<div class="card open">
        <h3><span aria-hidden="true">${signs[verdict]} </span>${words.verdicts[verdict]}: ${number(checks.length)}</h3>
        <p class="soft">${words.meanings[verdict]}</p>
        ${reasonsOf(checks).map(
          ([reason, own]) =>
            html`<details>
              <summary><bdi>${reason}</bdi> <span class="soft">(${number(own.length)})</span></summary>
              <p>${own.map(({ id }) => html`${code(id)} `)}</p>
            </details>`,
        )}
      </div>`,
  );
  const undeclared = report.undeclared.slice(0, REASONS_MAX).map((what) => html`<li>${code(what)}</li>`);
  return html`<section>
    <h2>${text.untested}</h2>
    ${shown.length === 0 ? undefined : html`<p class="soft">${text.untestedLead}</p>`}${cards}
    ${
      undeclared.length === 0
        ? undefined
        : html`<div class="card">
            <h3>${text.undeclared}</h3>
            <p class="soft">${text.undeclaredLead}</p>
            <ul>
              ${undeclared}
            </ul>
          </div>`
    }
  </section>`;
}

/** Every check, folded by its area. */
export function allChecks(page: Page): Markup {
  const { report, speech } = page;
  const { words, number, say } = speech;
  const areas = [...new Set(report.checks.map(areaOf))];
  const folded = areas.map((area) => {
    const checks = report.checks.filter((check) => areaOf(check) === area);
    const passed = checks.filter(({ verdict }) => verdict === 'pass').length;
    const failed = checks.filter(({ verdict }) => verdict === 'fail').length;
    const share = say(words.text.ofAll, { count: number(passed), all: number(checks.length) });
    const mark = failed > 0 ? html` <span class="tag fail">${signs.fail} ${number(failed)}</span>` : undefined;
    return html`<details>
      <summary>${areaName(area, words)} <span class="soft">${share}</span>${mark}</summary>
      ${tableOf(page, checks)}
    </details>`;
  });
  return html`<section>
    <h2>${words.text.checks}</h2>
    <div class="card">${folded}</div>
  </section>`;
}

/** An area in the language of the page, or by its own name. */
export function areaName(area: string, words: Words): Markup {
  const known = words.areas[area];
  if (known !== undefined) return html`${known}`;
  return words.language === 'en' ? html`${area.replaceAll('-', ' ')}` : code(area);
}

export function areaOf({ id }: Pick<Reported, 'id'>): string {
  return id.slice(0, id.indexOf('/'));
}

function tableOf(page: Page, checks: readonly Reported[]): Markup {
  const { words, duration } = page.speech;
  const { text } = words;
  const rows = checks.map((check) => {
    const { id, verdict, requirements, ms } = check;
    const isQuiet = check.expected === undefined && check.found === undefined;
    const why = isQuiet
      ? undefined
      : html`<details>
          <summary class="soft">${text.found}</summary>
          ${evidence(page, check)}
        </details>`;
    return html`<tr>
      <td>
        <span class="tag ${verdict}"><span aria-hidden="true">${signs[verdict]} </span>${words.verdicts[verdict]}</span>
      </td>
      <td>${code(id)}${why}</td>
      <td>${requirements.map((one) => html`${own(one)} `)}</td>
      <td class="number">${duration(ms)}</td>
    </tr>`;
  });
  const heads = [text.verdict, text.check, text.requirements, text.time];
  return table(heads, rows);
}

function reasonsOf(checks: readonly Reported[]): [string, Reported[]][] {
  const byReason = new Map<string, Reported[]>();
  for (const check of checks) {
    const reason = (check.found ?? '').split('\n')[0]?.slice(0, 300) ?? '';
    byReason.set(reason, [...(byReason.get(reason) ?? []), check]);
  }
  return [...byReason].sort(([, a], [, b]) => b.length - a.length).slice(0, REASONS_MAX);
}

import { html } from './markup.js';
import type { Markup } from './markup.js';
import { mainRequirements } from './page.js';
import type { Page } from './page.js';
import { code, own, sentence } from './speak-in.js';

type Reported = Page['report']['checks'][number];

/** Checks of one requirement that are not folded away. */
const SHOWN = 6;

/** What fails, by the sentence of the specification it breaks; the sentence that most checks fail on comes first. */
export function fixList(page: Page, verdict: 'fail' | 'warn'): Markup {
  const { text } = page.speech.words;
  const bad = page.report.checks.filter((check) => check.verdict === verdict);
  if (bad.length === 0) return html``;
  const main = mainRequirements(page.report.checks);
  const byRequirement = new Map<string, Reported[]>();
  for (const check of bad) {
    const id = main.get(check.id) ?? check.id;
    byRequirement.set(id, [...(byRequirement.get(id) ?? []), check]);
  }
  const ordered = [...byRequirement].sort(([, a], [, b]) => b.length - a.length);
  const [title, lead] = verdict === 'fail' ? [text.mustFix, text.mustFixLead] : [text.shouldFix, text.shouldFixLead];
  return html`<section>
    <h2>${title}</h2>
    <p class="soft">${lead}</p>
    ${ordered.map(([id, checks]) => broken(page, id, checks))}
  </section>`;
}

function broken(page: Page, id: string, checks: readonly Reported[]): Markup {
  const { words, number, say } = page.speech;
  const { text } = words;
  const requirement = page.requirements.find((one) => one.id === id);
  const title = requirement === undefined ? code(id) : sentence(requirement.sentence);
  const isOpen = checks.length === 1 ? html` open` : html``;
  const folded = checks.map(
    (check) => html`<details${isOpen}><summary>${code(check.id)}</summary>${evidence(page, check)}</details>`,
  );
  const rest = folded.slice(SHOWN);
  const more = html`<details>
    <summary class="soft">${say(text.more, { count: number(rest.length) })}</summary>
    ${rest}
  </details>`;
  return html`<article class="card ${checks[0]?.verdict === 'warn' ? 'open' : 'bad'}">
    <p class="tags"><a href="#${id}">${code(id)}</a><span>${text.failing}: ${number(checks.length)}</span></p>
    <h3>${title}</h3>
    ${folded.slice(0, SHOWN)}${rest.length === 0 ? undefined : more}
  </article>`;
}

/** What was expected, found, sent and seen. */
export function evidence({ speech }: Page, check: Reported): Markup {
  const { words } = speech;
  const { text, verdicts } = words;
  const { expected, found, sent, got, again, requirements, verdict } = check;
  const isNamed = verdict === 'fail' || verdict === 'warn';
  const pair = [
    [text.expected, expected],
    [text.found, found],
  ].filter(([, value]) => value !== undefined);
  const ids = requirements.map((id) => html`${isNamed ? html`<a href="#${id}">${code(id)}</a>` : code(id)} `);
  return html`<p class="soft"><bdi lang="en" dir="ltr">${check.title}</bdi></p>
    <dl class="pair">
      ${pair.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${own(value ?? '')}</dd>
          </div>`,
      )}
    </dl>
    ${quoted(text.sent, sent)}${quoted(text.got, got)}
    ${again === undefined ? undefined : html`<p class="soft">${text.again}: ${again.map((one) => verdicts[one]).join(' · ')}</p>`}
    <p class="soft">${text.requirements}: ${ids}</p>`;
}

function quoted(title: string, bytes: string | undefined): Markup {
  if (bytes === undefined) return html``;
  return html`<p class="tag">${title}</p>
    <pre dir="ltr" tabindex="0">${bytes.replaceAll('\r\n', '\n')}</pre>`;
}

import { allWords } from './all-words.js';
import { allChecks, openQuestions } from './checks-list.js';
import { facts } from './facts.js';
import { fixList } from './fix-list.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import { chapterLink, mainRequirements, outcomeSigns, signs } from './page.js';
import type { Page, PageInput } from './page.js';
import { pageFrame } from './page-frame.js';
import { code, own, sentence, speakIn } from './speak-in.js';
import { table } from './table.js';
import { verifySection } from './verify-section.js';
import type { Language, Outcome, Verdict } from './words.js';

const order: readonly Verdict[] = ['pass', 'info', 'warn', 'flaky', 'blocked', 'error', 'fail', 'not-run', 'unclaimed'];
/** A report as one HTML file for people: what to mend comes first. */
export function reportPage(input: PageInput, language: Language): string {
  const words = allWords[language];
  const page: Page = { ...input, speech: speakIn(words) };
  const { report } = page;
  const main = html`<main>
    ${verdict(page)} ${fixList(page, 'fail')} ${fixList(page, 'warn')} ${knownFailures(page)} ${openQuestions(page)}
    ${profiles(page)} ${allChecks(page)} ${namedRequirements(page)} ${verifySection(page)}
  </main>`;
  return pageFrame(words, { title: `${words.text.report} · ${report.target.domain}`, main });
}

function verdict(page: Page): Markup {
  const { report, speech } = page;
  const { words, say } = speech;
  const { result, target, spec } = report;
  const headline = say(words.headlines[result], { domain: own(target.domain), version: own(spec.version) });
  return html`<header>
    <p class="eyebrow">${words.text.report}</p>
    <div class="verdict ${result}">
      <h1><span aria-hidden="true">${outcomeSigns[result]} </span>${headline}</h1>
      ${lead(page).map((text) => html`<p>${text}</p>`)}
    </div>
    ${bar(page)} ${factsOf(page)}
  </header>`;
}

function lead({ report, speech }: Page): Markup[] {
  const { words, say, number } = speech;
  const { text } = words;
  const { checks, counts, run, result } = report;
  const failed = checks.filter(({ verdict, level }) => verdict === 'fail' && level === 'MUST');
  const main = mainRequirements(checks);
  const broken = new Set(failed.map(({ id }) => main.get(id))).size;
  const claimed = checks.length - (counts['unclaimed'] ?? 0);
  const gaps = { count: number(broken), checks: number(failed.length), all: number(claimed) };
  const silent = ['blocked', 'not-run', 'flaky', 'error'].reduce((sum, verdict) => sum + (counts[verdict] ?? 0), 0);
  const passed = number(counts['pass'] ?? 0);
  const first =
    result === 'not-conformant'
      ? say(broken === 1 ? text.brokenOne : text.broken, gaps)
      : say(silent === 0 && result === 'conformant' ? text.passedAll : text.passedSome, {
          ...{ count: passed, all: number(claimed) },
        });
  return [
    first,
    ...(run.partial ? [html`${text.partialRun}`] : []),
    ...(run.tier === 'T0' && !run.partial ? [html`${text.onlyProbe}`] : []),
    ...(silent > 0 ? [say(text.silent, { count: number(silent) })] : []),
  ];
}

function bar({ report, speech }: Page): Markup {
  const { words, number } = speech;
  const { counts, checks } = report;
  const present = order.filter((verdict) => (counts[verdict] ?? 0) > 0);
  let x = 0;
  const parts = present.map((verdict) => {
    const width = (1000 * (counts[verdict] ?? 0)) / Math.max(1, checks.length);
    const rect = html`<rect class="${verdict}" x="${x}" y="0" width="${width}" height="10" />`;
    x += width;
    return rect;
  });
  const items = present.map(
    (verdict) =>
      html`<li>
        <span class="tag ${verdict}" aria-hidden="true">${signs[verdict]}</span> ${number(counts[verdict] ?? 0)}
        ${words.verdicts[verdict]}
      </li>`,
  );
  return html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>
    <ul class="counts">
      ${items}
    </ul>`;
}

function factsOf({ report, speech }: Page): Markup {
  const { words, say, number, time, duration, bytes } = speech;
  const { run, suite, target } = report;
  const { text } = words;
  const rows: [string, Markup | string][] = [
    [text.when, time(run.ended)],
    [text.duration, duration(run.ended - run.began)],
    [text.depth, words.tiers[run.tier] ?? run.tier],
    [
      text.claimed,
      html`${target.profiles.map((name, at) => html`${at === 0 ? '' : text.comma}${words.profiles[name] ?? own(name)}`)}`,
    ],
    [text.traffic, say(text.requests, { count: number(run.requests), bytes: bytes(run.bytes) })],
    [text.suite, own(`${suite.name} ${suite.version}`)],
  ];
  const { mutants } = suite;
  if (mutants !== undefined)
    rows.push([text.mutants, say(text.mutantsOf, { killed: number(mutants.killed), total: number(mutants.total) })]);
  return facts(rows);
}

function profiles({ report, speech }: Page): Markup {
  const { words, say, number } = speech;
  const { text, outcomes } = words;
  const outcome = (value: Outcome): Markup =>
    html`<td>
      <span class="${value}-text"><span aria-hidden="true">${outcomeSigns[value]} </span>${outcomes[value]}</span>
    </td>`;
  const share = (counts: Readonly<Record<string, number>>): Markup => {
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const cell = all === 0 ? '–' : say(text.ofAll, { count: number(counts['pass'] ?? 0), all: number(all) });
    return html`<td class="number">${cell}</td>`;
  };
  const rows = report.profiles.map(
    ({ name, basic, full, must, should }) =>
      html`<tr>
        <th scope="row">${words.profiles[name] ?? own(name)}</th>
        ${outcome(basic)}${outcome(full)}${share(must)}${share(should)}
      </tr>`,
  );
  const heads = [text.profile, text.basic, text.full, text.musts, text.shoulds];
  return html`<section>
    <h2>${text.profiles}</h2>
    ${table(heads, rows)}
  </section>`;
}

function knownFailures({ report, speech }: Page): Markup {
  const { words, say, day } = speech;
  if (report.knownFailures.length === 0) return html``;
  const items = report.knownFailures.map(
    ({ check, reason, until, state }) =>
      html`<div class="card open">
        <p>${code(check)} · ${words.known[state]} · ${say(words.text.until, { day: day(until) })}</p>
        <p><bdi>${reason}</bdi></p>
      </div>`,
  );
  return html`<section>
    <h2>${words.text.known}</h2>
    <p class="soft">${words.text.knownLead}</p>
    ${items}
  </section>`;
}

/** The sentences that failing checks are about, to be linked to. */
function namedRequirements({ report, requirements, speech, specUrl }: Page): Markup {
  const bad = report.checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn');
  const cited = new Set(bad.flatMap((check) => check.requirements));
  const named = requirements.filter(({ id }) => cited.has(id));
  if (named.length === 0) return html``;
  const items = named.map(
    ({ id, file, sentence: text }) =>
      html`<div class="card" id="${id}">
        <p class="tags">${code(id)} ${chapterLink(file, id, specUrl)}</p>
        <p>${sentence(text)}</p>
      </div>`,
  );
  return html`<section>
    <details>
      <summary><h2>${speech.words.text.named}</h2></summary>
      ${items}
    </details>
  </section>`;
}

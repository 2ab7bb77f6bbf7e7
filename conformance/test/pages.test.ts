import type { ConformanceReport } from '@payvand/spec';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { hashOf } from '../src/formats/hash.js';
import { html } from '../src/report/html/markup.js';
import { matrixPage } from '../src/report/html/matrix-page.js';
import { reportPage } from '../src/report/html/report-page.js';
import { wordsEn } from '../src/report/html/words-en.js';
import { wordsFa } from '../src/report/html/words-fa.js';
import { readRequirements } from '../src/report/coverage.js';
import { startBrowser } from './support/browser.js';
import { findProgram } from './support/find-program.js';
import { fitted } from './support/reported.js';

/** What a hostile provider would like to see in a page. */
const hostile = [
  '<script>document.title = "owned"</script>',
  '"><img src="http://127.0.0.1:9/x" onerror="document.title=1">',
  "' onmouseover='document.title=2' x='",
  '</pre></style></title><iframe src="http://127.0.0.1:9/"></iframe>',
  '<a href="javascript:document.title=3">{domain}</a> $& ${1}',
  '\u202egnp.exe\u202c\u0000\u001b[31m\u2028',
  '<style>@import "http://127.0.0.1:9/x.css"</style><base href="http://127.0.0.1:9/">',
].join(' ');
const line = hostile.replaceAll(/[\u0000-\u001f]/g, '');
const requirements = readRequirements();

function hostileReport(): ConformanceReport {
  const verdicts = [
    'pass',
    'fail',
    'fail',
    'warn',
    'info',
    'blocked',
    'not-run',
    'unclaimed',
    'flaky',
    'error',
  ] as const;
  const checks = verdicts.map((verdict, at) => ({
    ...{
      id: `signature/number-${at}`,
      title: line.slice(0, 300),
      tier: 'T0' as const,
      profile: at > 7 ? line.slice(0, 64) : 'core',
    },
    ...{
      level: verdict === 'warn' ? ('SHOULD' as const) : ('MUST' as const),
      requirements: ['PV-RSG-010', 'PV-RSG-011'],
    },
    ...{ verdict, ms: 1234 * at, again: ['fail' as const], transcript: hashOf(String(at)) },
    ...(verdict === 'pass' ? {} : { expected: hostile, found: hostile, sent: hostile, got: hostile }),
  }));
  const report: ConformanceReport = {
    format: 1,
    spec: { version: line.slice(0, 64), digest: hashOf('spec') },
    suite: {
      name: line.slice(0, 64),
      version: line.slice(0, 64),
      digest: hashOf('suite'),
      mutants: { killed: 1, total: 2 },
    },
    target: {
      ...{
        domain: 'xn--hostile.example',
        endpoint: 'xn--hostile.example',
        root: hashOf('root'),
        statement: hashOf('s'),
      },
      ...{ documentVersion: 1, profiles: ['core', line.slice(0, 64)] },
    },
    run: {
      ...{ tier: 'T1', seed: line.slice(0, 64), began: 1_795_000_000_000, ended: 1_795_000_090_000, timeScale: 100 },
      ...{ partial: false, only: [], skip: [], requests: 4000, bytes: 3_000_000 },
    },
    ...{ result: 'not-conformant', counts: {}, profiles: [], checks, stages: [], transcript: '' },
    knownFailures: [{ check: 'signature/number-1', reason: line, until: '2027-03-21', state: 'fails' }],
    undeclared: [hostile],
  };
  return fitted(report, {});
}

t.test('what is filled into a page is text', async (t) => {
  t.equal(html`<p>${'<b>&"\''}</p>`.text, '<p>&lt;b&gt;&amp;&quot;&#39;</p>');
  t.equal(html`${'\u202ea\u0000b\u200bc'}`.text, '⟨U+202E⟩a␀b⟨U+200B⟩c');
  t.equal(html`${'می‌خواهم'}`.text, 'می‌خواهم', 'what Persian is written with stays');
});

t.test('both languages have the same words, with the same gaps', async (t) => {
  const gaps = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const part of ['text', 'headlines', 'verdicts', 'meanings', 'outcomes', 'refusals', 'known', 'tiers'] as const) {
    const [en, fa] = [wordsEn[part], wordsFa[part]] as Record<string, string>[];
    t.same(Object.keys(fa ?? {}).sort(), Object.keys(en ?? {}).sort(), part);
    for (const [name, text] of Object.entries(en ?? {})) t.same(gaps(fa?.[name] ?? ''), gaps(text), `${part}.${name}`);
  }
});

t.test('pages', { skip: findProgram('chromium') === undefined && 'chromium is not installed' }, async (t) => {
  const browser = await startBrowser();
  if (browser === undefined) throw new Error('chromium does not start');
  t.teardown(async () => await browser.stop());
  const folder = await mkdtemp(join(tmpdir(), 'payvand-pages-'));
  t.teardown(async () => await rm(folder, { recursive: true, force: true }));
  const report = hostileReport();
  const rows = [
    { source: 'a.jws', report, witnesses: ['b.example'], isSigned: true },
    { source: hostile, refused: 'bad-signature', witnesses: [], isSigned: false },
  ];
  for (const language of ['en', 'fa'] as const) {
    const pages = {
      report: reportPage({ report, requirements, specUrl: 'https://spec.example/' }, language),
      matrix: matrixPage(rows, language),
    };
    for (const [name, text] of Object.entries(pages))
      await t.test(`${name} in ${language}`, async (t) => {
        const file = join(folder, `${name}.${language}.html`);
        await writeFile(file, text);
        const page = await browser.load(pathToFileURL(file).href, { width: 360 });
        const ask = async (expression: string): Promise<unknown> => await page.evaluate(expression);
        t.equal(await ask('document.documentElement.dir'), language === 'fa' ? 'rtl' : 'ltr');
        t.equal(await ask('document.documentElement.lang'), language);
        t.match(await ask('document.title'), language === 'fa' ? /پیوند/ : /Payvand/);
        t.equal(await ask('document.querySelectorAll("script,img,iframe,base,object,link").length'), 0);
        t.equal(await ask('document.querySelectorAll("style").length'), 1);
        t.equal(
          await ask(
            '[...document.querySelectorAll("*")].some((e) => [...e.attributes].some((a) => /^on/.test(a.name)))',
          ),
          false,
        );
        t.equal(
          await ask(
            '[...document.links].every((a) => /^(#|https:\\/\\/spec\\.example\\/)/.test(a.getAttribute("href")))',
          ),
          true,
        );
        t.match(await ask('document.body.textContent'), '<script>document.title = "owned"</script>');
        t.notMatch(await ask('document.body.textContent'), /[\u0000\u001b\u202e]/);
        t.equal(
          await ask('getComputedStyle(document.querySelector("h1")).direction'),
          language === 'fa' ? 'rtl' : 'ltr',
        );
        t.equal(await ask('document.documentElement.scrollWidth <= innerWidth'), true, 'nothing sticks out at 360 px');
        t.equal(await ask('document.querySelectorAll("h1").length'), 1);
        t.not(
          await ask('getComputedStyle(document.documentElement).backgroundColor'),
          'rgba(0, 0, 0, 0)',
          'the style is let in',
        );
        if (language === 'fa') t.match(await ask('document.querySelector("h1").parentElement.textContent'), /[۰-۹]/);
        if (language === 'fa' && name === 'report') t.match(await ask('document.body.textContent'), '۱ فروردین ۱۴۰۶');
        t.same(page.requests, [], 'nothing is fetched');
        t.same(page.complaints, [], 'nothing is complained about');
      });
  }
});

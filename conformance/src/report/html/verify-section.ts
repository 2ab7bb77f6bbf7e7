import { facts } from './facts.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';
import type { Page } from './page.js';
import { code, own } from './speak-in.js';

/** By what the report can be checked, and how. */
export function verifySection({ report, signatures, speech }: Page): Markup {
  const { text } = speech.words;
  const { spec, suite, target, run, transcript } = report;
  const rows: [string, Markup][] = [
    [text.rootKey, code(target.root)],
    [text.specDigest, html`${own(spec.version)} · ${code(spec.digest)}`],
    [text.suiteDigest, html`${own(suite.version)} · ${code(suite.digest)}`],
    [text.seed, code(run.seed)],
    [text.transcript, code(transcript)],
  ];
  if (signatures !== undefined) rows.unshift([text.signer, code(signatures.kid)]);
  const witnesses = signatures?.witnesses ?? [];
  if (witnesses.length > 0) rows.push([text.witnesses, html`${witnesses.map((domain) => html`${own(domain)} `)}`]);
  const commands = ['verify report.jws', 'verify report.jws --rerun 5%'].map(
    (args) => `npx payvand-conformance ${args}`,
  );
  return html`<section>
    <h2>${text.verify}</h2>
    ${signatures === undefined ? html`<p class="open">${text.unsigned}</p>` : undefined}
    <p>${text.verifyLead}</p>
    <pre dir="ltr" tabindex="0">${commands.join('\n')}</pre>
    ${facts(rows)}
  </section>`;
}

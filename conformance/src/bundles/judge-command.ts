import { readFile } from 'node:fs/promises';
import { isMembers } from '../formats/strict-json.js';
import { Misuse } from '../misuse.js';
import { parseOptions } from '../modes/parse-options.js';
import type { Bundle } from './bundle.js';
import { judgeBundle } from './judge.js';
import type { Streams } from '../streams.js';

const USAGE = `usage: payvand-conformance judge BUNDLE.json [BUNDLE.json …]

Looks again at bundles that a run (--bundles) or fuzz wrote: documents, signatures of requests, sentences of the specification, and
whether what was sent had to be refused. It asks nobody. Answers are not signed: that they came from the target is the word of
whoever made the bundle.

exit status: 0 all upheld, 1 one was dismissed, 3 one is undecided without the provider, 4 wrong use
`;

/** @returns the exit status */
export async function judgeCommand(args: readonly string[], { out }: Streams): Promise<number> {
  const { values, positionals } = parseOptions(args, { help: { type: 'boolean', default: false } });
  if (values.help) {
    out(USAGE);
    return 0;
  }
  if (positionals.length === 0) throw new Misuse('which bundle?');
  const verdicts = new Set<string>();
  for (const file of positionals) {
    const { verdict, reasons } = judgeBundle(await readBundle(file));
    verdicts.add(verdict);
    out(`${verdict} ${file}\n${reasons.map((reason) => `  ${reason}\n`).join('')}`);
  }
  return verdicts.has('dismissed') ? 1 : verdicts.has('undecided') ? 3 : 0;
}

async function readBundle(file: string): Promise<Bundle> {
  try {
    const bundle: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isMembers(bundle) && bundle['bundleVersion'] === '1' && isMembers(bundle['claim']))
      return bundle as unknown as Bundle;
  } catch (cause) {
    throw new Misuse(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  throw new Misuse(`${file} is no bundle of version 1`);
}

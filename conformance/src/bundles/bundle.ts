import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knowing, KnownLog, Subject } from '../fuzz/oracle.js';
import type { Members } from '../formats/strict-json.js';
import type { Recorded } from '../network/recorder.js';
import { readRequirements } from '../report/coverage.js';

/** What is said to be wrong with the last answer. */
export interface Claim {
  readonly kind:
    'accepted' | 'server-error' | 'no-answer' | 'no-problem' | 'wrong-shape' | 'different-state' | 'dead' | 'check';
  readonly expected: string;
  readonly found: string;
  readonly subject?: Subject;
  readonly verb?: string;
  readonly body?: Members;
  /** the object itself, where the body does not hold it */
  readonly text?: string;
  /** what a judge has to know to come to the same verdict */
  readonly knowing?: Knowing | KnownLog;
}

/** Everything that somebody needs who has to say who is right, in one file. Bytes are base64. */
export interface Bundle {
  readonly bundleVersion: '1';
  readonly made: string;
  readonly suite: string;
  /** the check or trial it comes from */
  readonly source: string;
  readonly seed?: number;
  readonly target: { readonly domain: string; readonly document: string };
  readonly peers: readonly { readonly domain: string; readonly document: string }[];
  readonly sentences: readonly { readonly id: string; readonly sentence: string; readonly sha256: string }[];
  readonly claim: Claim;
  readonly exchanges: readonly {
    readonly at: number;
    readonly sent: string;
    readonly got: string;
    readonly end: string;
  }[];
}

export interface BundleParts {
  readonly source: string;
  readonly seed?: number;
  readonly target: Bundle['target'];
  readonly peers: Bundle['peers'];
  readonly requirements: readonly string[];
  readonly claim: Claim;
  readonly exchanges: readonly Recorded[];
}

export function makeBundle({ requirements, exchanges, ...parts }: BundleParts): Bundle {
  const sentences = readRequirements()
    .filter(({ id }) => requirements.includes(id))
    .map(({ id, sentence, sha256 }) => ({ id, sentence, sha256 }));
  return {
    ...{ bundleVersion: '1', made: new Date().toISOString(), suite: suiteVersion(), ...parts, sentences },
    exchanges: exchanges.map(({ at, sent, got, end }) => {
      return { at, sent: withoutSecrets(sent).toString('base64'), got: withoutSecrets(got).toString('base64'), end };
    }),
  };
}

/** @returns the name of the file */
export async function writeBundle(folder: string, bundle: Bundle): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = `${bundle.source.replaceAll(/[^a-z0-9-]+/gi, '-')}-${Date.now().toString(36)}.json`;
  await writeFile(join(folder, name), `${JSON.stringify(bundle, null, 2)}\n`);
  return join(folder, name);
}

/** Sessions and passwords of people are nobody else's business. */
function withoutSecrets(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const hidden = text
    .replaceAll(/^(authorization: )(.*?)(\r?)$/gim, '$1(hidden)$3')
    .replaceAll(/("(?:password|token|secret)"\s*:\s*")[^"]*/g, '$1(hidden)');
  return hidden === text ? bytes : Buffer.from(hidden, 'latin1');
}

function suiteVersion(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

import type { ConformanceReport } from '@payvand/spec';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../src/command-line.js';
import { encode64 } from '../../src/formats/base64url.js';
import { keyFromSeed } from '../../src/formats/ed25519.js';
import type { SigningKey } from '../../src/formats/ed25519.js';
import { sha256 } from '../../src/formats/hash.js';
import { signJws } from '../../src/formats/jws.js';
import { prepareNetwork } from '../../src/network/network-folder.js';
import { Peer } from '../../src/network/peer.js';
import { Target } from '../../src/network/target.js';
import { countsOf, profilesOf, resultOf, transcriptOf } from '../../src/report/outcomes.js';
import { startArchetype } from './archetypes.js';
import { freePort } from './free-port.js';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly progress: string;
}

/** A provider that accepts everything, its keys, and a report of the whole suite about it. */
export interface Reported {
  readonly folder: string;
  /** options by which the suite finds it */
  readonly where: readonly string[];
  readonly key: SigningKey;
  readonly run: Said;
  readonly report: ConformanceReport;
  /** file of its provider document */
  readonly document: string;
  path(name: string): string;
  stop(): Promise<void>;
}

export const domain = 'archetype.test';
export const witnessDomain = 'witness.test';

export async function command(...args: string[]): Promise<Said> {
  const said = { out: '', progress: '' };
  const code = await runCommand(args, {
    out: (text) => void (said.out += text),
    progress: (text) => void (said.progress += text),
  });
  return { code, ...said };
}

export async function reportArchetype(
  options: (path: (name: string) => string) => Promise<string[]>,
): Promise<Reported> {
  const folder = await mkdtemp(join(tmpdir(), 'payvand-reported-'));
  const path = (name: string): string => join(folder, name);
  await prepareNetwork(path('network'), { address: '127.0.0.1', port: await freePort(), target: domain });
  const archetype = await startArchetype('accept-all', { domain, network: path('network') });
  const key = archetypeKey('event');
  await writeKeyFile(path('data'), domain, key);
  await writeKeyFile(path('witness'), witnessDomain, witnessPeer().keys.event);
  await writeFile(path('witness-document.jws'), witnessPeer().makeDocument());
  const where = ['--at', archetype.at, '--network', path('network'), '--time-scale', '0.05'];
  const target = new Target({
    ...{ url: `https://${domain}`, ca: await readFile(path('network/ca.pem'), 'utf8') },
    address: { address: '127.0.0.1', port: Number(archetype.at.split(':')[1]) },
  });
  await target.meet();
  await writeFile(path('document.jws'), target.document.jws.text);
  const run = await command(
    ...[`https://${domain}`, ...where, '--tier', 'T1', '--report', path('report.json')],
    ...(await options(path)),
  );
  const report = JSON.parse(await readFile(path('report.json'), 'utf8')) as ConformanceReport;
  return {
    ...{ folder, where, key, run, report, path, document: path('document.jws') },
    async stop() {
      await archetype.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function archetypeKey(use: string): SigningKey {
  return keyFromSeed(sha256(`archetype ${domain} ${use}`));
}

export function witnessPeer(): Peer {
  const target = new Target({ url: `https://${domain}` });
  return new Peer(witnessDomain, { target, issued: 1_790_000_000_000, secretOf: (what) => sha256(`witness ${what}`) });
}

/** As the reference server keeps its keys. */
async function writeKeyFile(folder: string, provider: string, key: SigningKey): Promise<void> {
  await mkdir(join(folder, 'keys'), { recursive: true });
  const keys = [
    { seed: encode64(Buffer.alloc(32, 1)), use: 'event', status: 'retired' },
    { seed: encode64(key.seed), use: 'event', status: 'active' },
  ];
  const file = { provider, roots: [], keys, statement: '', documentVersion: 1 };
  await writeFile(join(folder, 'keys', 'provider.json'), JSON.stringify(file));
}

/** A report that a lying operator signs: changed, and made to fit wherever that can be done. */
export function fitted(report: ConformanceReport, changes: Partial<ConformanceReport>): ConformanceReport {
  const changed = { ...report, ...changes };
  const profiles = profilesOf(changed.checks, changed.run);
  return {
    ...{ ...changed, profiles, counts: countsOf(changed.checks), result: resultOf(profiles) },
    transcript: transcriptOf(changed),
  };
}

export function signedBy(report: object, key: SigningKey): string {
  return signJws('payvand-conformance', report, key);
}

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../formats/hash.js';
import { issueCertificate, makeAuthority } from './certificates.js';
import type { Certificate } from './certificates.js';

const DOMAINS = 2000;

/** Where the providers of the suite can be reached by the target, and what they are made from. */
export interface NetworkFolder {
  readonly folder: string;
  readonly authority: Certificate;
  readonly address: string;
  readonly port: number;
  /** when it was made; key statements are of that time */
  readonly issued: number;
  /** the next domain that no run has used; each is used once, since providers remember what they were told under a name */
  takeDomain(): Promise<string>;
  /** 32 secret bytes for a purpose, the same in every run */
  secretOf(purpose: string): Buffer;
}

interface Saved {
  readonly address: string;
  readonly port: number;
  readonly issued: number;
  readonly seed: string;
  readonly used: number;
}

export interface TargetPlace {
  readonly domain: string;
  readonly address: string;
  readonly port: number;
}

export interface NetworkPlan {
  /** where targets reach the suite */
  readonly address: string;
  readonly port: number;
  /** a target that gets a certificate */
  readonly target?: string;
  /** targets that find each other, too, and get certificates under their names */
  readonly targets?: readonly TargetPlace[];
  /** they find each other where the suite is, which passes on what they say */
  readonly isProxied?: boolean;
}

/** Makes the files of a network: the authority, the map of names for targets (`peers.json`), certificates for them. */
export async function prepareNetwork(folder: string, plan: NetworkPlan): Promise<void> {
  await mkdir(folder, { recursive: true });
  const authority = makeAuthority();
  const { address, port, target, targets = [], isProxied = false } = plan;
  const saved: Saved = { address, port, issued: Date.now(), seed: randomBytes(32).toString('hex'), used: 0 };
  const peers = Object.fromEntries([
    ...targets.map((one) => [one.domain, { ...(isProxied ? { address, port } : placeIn(one)), ca: 'ca.pem' }] as const),
    ...Array.from({ length: DOMAINS }, (_, place) => [domainName(place), { address, port, ca: 'ca.pem' }] as const),
  ]);
  await writeFile(join(folder, 'ca.pem'), authority.cert);
  await writeFile(join(folder, 'ca-key.pem'), authority.key, { mode: 0o600 });
  await writeFile(join(folder, 'network.json'), JSON.stringify(saved), { mode: 0o600 });
  await writeFile(join(folder, 'peers.json'), `${JSON.stringify(peers, null, 1)}\n`);
  const certified = targets.map(({ domain }) => [domain, domain] as const);
  for (const [domain, name] of target === undefined ? certified : [[target, 'target'] as const, ...certified]) {
    const { cert, key } = issueCertificate(authority, { names: [domain] });
    await writeFile(join(folder, `${name}.pem`), cert);
    await writeFile(join(folder, `${name}-key.pem`), key, { mode: 0o600 });
  }
}

function placeIn({ address, port }: TargetPlace): { address: string; port: number } {
  return { address, port };
}

/** Opens what `prepareNetwork` made. */
export async function openNetwork(folder: string): Promise<NetworkFolder> {
  const read = async (name: string): Promise<string> => await readFile(join(folder, name), 'utf8');
  const saved = JSON.parse(await read('network.json')) as Saved;
  const authority = { cert: await read('ca.pem'), key: await read('ca-key.pem') };
  let used = saved.used;
  return {
    ...{ folder, authority, address: saved.address, port: saved.port, issued: saved.issued },
    async takeDomain() {
      if (used >= DOMAINS) throw new Error(`every name of ${folder} was used: prepare a new network`);
      const domain = domainName(used);
      used += 1;
      await writeFile(join(folder, 'network.json'), JSON.stringify({ ...saved, used }), { mode: 0o600 });
      return domain;
    },
    secretOf: (purpose) => sha256(`${saved.seed} ${purpose}`),
  };
}

function domainName(place: number): string {
  return `peer${place}.conformance.test`;
}

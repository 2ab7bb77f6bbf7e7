import { createPrivateKey } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decode64 } from '../formats/base64url.js';
import { keyFromSeed } from '../formats/ed25519.js';
import type { SigningKey } from '../formats/ed25519.js';
import type { KeyStatement } from '../formats/key-statement.js';
import { isMembers } from '../formats/strict-json.js';
import type { Members } from '../formats/strict-json.js';
import { Misuse } from '../misuse.js';

/** A key of use `event`, and whose it is where its file says so. */
export interface Signer {
  readonly key: SigningKey;
  readonly provider?: string;
}

/**
 * Reads the key a provider signs with.
 *
 * @param path a PEM file, a key file of the reference server, or a folder with one (its data folder, or `keys` in it)
 * @throws Misuse
 */
export async function readSigner(path: string): Promise<Signer> {
  const text = await readKeyText(path);
  return text.startsWith('-----BEGIN') ? { key: keyOfPem(text, path) } : signerOfFile(text, path);
}

/** SPEC PV-KEY-014. @throws Misuse where the key is not one a report can be signed with now */
export function requireListed({ key, provider }: Signer, statement: KeyStatement): void {
  const domain = statement.provider;
  if (provider !== undefined && provider !== domain)
    throw new Misuse(`the key is that of ${provider}, not of ${domain}`);
  if (!statement.keys.some(({ kid, use, status }) => kid === key.kid && use === 'event' && status === 'active'))
    throw new Misuse(`${domain} does not list the key ${key.kid} as an active one of use event`);
}

async function readKeyText(path: string): Promise<string> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const places = isFolder ? [join(path, 'keys', 'provider.json'), join(path, 'provider.json')] : [path];
  for (const place of places) {
    const text = await readFile(place, 'utf8').catch(() => undefined);
    if (text !== undefined) return text.trim();
  }
  throw new Misuse(`no key can be read at ${places.join(' or ')}`);
}

function keyOfPem(text: string, path: string): SigningKey {
  try {
    const { d } = createPrivateKey(text).export({ format: 'jwk' });
    return keyFromSeed(decode64(d, 32));
  } catch {
    throw new Misuse(`${path} is no Ed25519 private key in PEM`);
  }
}

function signerOfFile(text: string, path: string): Signer {
  try {
    const file = JSON.parse(text) as Members;
    const keys: unknown[] = Array.isArray(file['keys']) ? file['keys'] : [];
    const own = keys.filter(isMembers).find(({ use, status }) => use === 'event' && status === 'active');
    return { key: keyFromSeed(decode64(own?.['seed'], 32)), provider: String(file['provider']) };
  } catch {
    throw new Misuse(`${path} is no key file with an active key of use event`);
  }
}

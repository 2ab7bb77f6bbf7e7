import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { decodeBase64url, encodeBase64url } from './protocol/base64url.js';
import type { Domain } from './protocol/identifiers.js';
import { signingKeyFromSeed } from './protocol/key-thumbprint.js';
import type { SigningKey } from './protocol/key-thumbprint.js';
import { buildKeyStatement, parseKeyStatement } from './protocol/key-statement.js';
import type { KeyStatement, KeyStatus, KeyUse } from './protocol/key-statement.js';

/** A provider's secrets as its key file keeps them: roots sign statements and documents, online keys the rest. */
export interface KeyFile {
  readonly provider: Domain;
  /** base64url seeds: the root in use, then the next one */
  readonly roots: readonly string[];
  readonly keys: readonly { readonly seed: string; readonly use: KeyUse; readonly status: KeyStatus }[];
  /** the key statement these keys were announced with */
  readonly statement: string;
  /** of the last provider document that was signed */
  readonly documentVersion: number;
}

/** The provider's own online keys and the statement that lists them. */
export interface OwnKeys {
  readonly event: SigningKey;
  readonly seal: SigningKey;
  readonly statement: {
    readonly hash: string;
    readonly version: number;
    readonly jws: string;
    readonly parsed: KeyStatement;
  };
}

const USES: readonly KeyUse[] = ['event', 'seal', 'request'];
/** A statement holds 12 keys; older retired ones are dropped first, and with them what only they can verify. */
const KEYS_MAX = 12;

export class KeyFileError extends Error {
  readonly code: 'bad-key-file' | 'foreign-key-file';

  constructor(code: KeyFileError['code'], message: string) {
    super(message);
    this.name = 'KeyFileError';
    this.code = code;
  }
}

/** Where the keys lie in a data directory. */
export function keyFilePath(dataDir: string): string {
  return join(dataDir, 'keys', 'provider.json');
}

/**
 * Reads the keys of a provider, or makes them when there are none yet.
 *
 * @throws KeyFileError `bad-key-file` · `foreign-key-file` (made for another domain)
 */
export async function openKeyFile(
  dataDir: string,
  { provider, now }: { provider: Domain; now: number },
): Promise<KeyFile> {
  const path = keyFilePath(dataDir);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (text === undefined) {
    const made = makeKeyFile(provider, now);
    await writeKeyFile(dataDir, made);
    return made;
  }
  const file = parseKeyFile(text);
  if (file === undefined) throw new KeyFileError('bad-key-file', `${path} is not a key file of this program`);
  if (file.provider !== provider) {
    throw new KeyFileError('foreign-key-file', `${path} belongs to ${file.provider}, not to ${provider}`);
  }
  return file;
}

/** Writes the key file whole or not at all, readable by its owner only. */
export async function writeKeyFile(dataDir: string, file: KeyFile): Promise<void> {
  const path = keyFilePath(dataDir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  const handle = await open(temporary, 'w', 0o600);
  await handle.writeFile(`${JSON.stringify(file, undefined, 2)}\n`);
  await handle.sync();
  await handle.close();
  await rename(temporary, path);
}

/**
 * New online keys, listed before the present ones. Those stay active until the next rotation, so that nothing on its way is
 * refused; older ones are retired and go on verifying what they signed.
 *
 * @param revoke retire the present keys at once: for when they may be known to others
 * @see PV-KEY-011
 */
export function rotateKeys(file: KeyFile, { now, revoke }: { now: number; revoke: boolean }): KeyFile {
  const fresh = USES.map((use) => ({ seed: newSeed(), use, status: 'active' as const }));
  const present = new Set(USES.map((use) => file.keys.find((key) => key.use === use && key.status === 'active')));
  const older = file.keys.map((key) => {
    const status: KeyStatus = present.has(key) && !revoke ? 'active' : 'retired';
    return { ...key, status };
  });
  const keys = [...fresh, ...older].slice(0, KEYS_MAX);
  const version = statementOf(file).version + 1;
  return { ...file, keys, statement: signStatement({ ...file, keys }, { version, now }) };
}

/** The statement that announces the keys of a file. */
export function statementOf(file: KeyFile): KeyStatement {
  const parsed = parseKeyStatement(file.statement);
  if (!parsed.ok)
    throw new KeyFileError('bad-key-file', `the key statement in the key file is damaged: ${parsed.detail}`);
  return parsed.value;
}

/** The active key of one use. */
export function activeKey(file: KeyFile, use: KeyUse): SigningKey {
  const key = file.keys.find((candidate) => candidate.use === use && candidate.status === 'active');
  if (key === undefined) throw new KeyFileError('bad-key-file', `no active key of use ${use}`);
  return keyOf(key.seed);
}

/** The root that signs. */
export function rootKey(file: KeyFile): SigningKey {
  const [seed = ''] = file.roots;
  return keyOf(seed);
}

function makeKeyFile(provider: Domain, now: number): KeyFile {
  const keys = USES.map((use) => ({ seed: newSeed(), use, status: 'active' as const }));
  const file = { provider, roots: [newSeed(), newSeed()], keys, statement: '', documentVersion: 0 };
  return { ...file, statement: signStatement(file, { version: 1, now }) };
}

function signStatement(file: KeyFile, { version, now }: { version: number; now: number }): string {
  const roots = file.roots.map((seed) => publicKey(seed));
  const keys = file.keys.map(({ seed, use, status }) => ({ x: publicKey(seed), use, status }));
  return buildKeyStatement({ provider: file.provider, version, issued: now, roots, keys }, rootKey(file));
}

function parseKeyFile(text: string): KeyFile | undefined {
  try {
    const file = JSON.parse(text) as KeyFile;
    const isWhole = Array.isArray(file.roots) && Array.isArray(file.keys) && typeof file.statement === 'string';
    return isWhole && typeof file.documentVersion === 'number' ? file : undefined;
  } catch {
    return undefined;
  }
}

function keyOf(seed: string): SigningKey {
  const bytes = decodeBase64url(seed);
  if (bytes?.length !== 32)
    throw new KeyFileError('bad-key-file', 'a seed in the key file is not 32 bytes of base64url');
  return signingKeyFromSeed(bytes);
}

function publicKey(seed: string): Uint8Array {
  return Buffer.from(keyOf(seed).x, 'base64url');
}

function newSeed(): string {
  return encodeBase64url(randomBytes(32));
}

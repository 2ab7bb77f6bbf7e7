import { createHash } from 'node:crypto';
import { decodeBase64url, encodeBase64url } from './base64url.js';
import { isCount } from './json-shape.js';
import { signJws, verifyJws } from './jws.js';
import { keyThumbprint } from './key-thumbprint.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseSignedObject } from './signed-object.js';

const PAYLOAD_BYTES_MAX = 256;
const TYP = 'payvand-import';

/** The hash over an imported archive's lines, in their order. @see PV-IMP-007 */
export class ImportedChain {
  #hash: Buffer = Buffer.alloc(32);
  #lines = 0;

  /** @param line its bytes, without the line feed */
  add(line: string | Uint8Array): void {
    this.#hash = createHash('sha256').update(`${TYP}\0`).update(this.#hash).update(line).digest();
    this.#lines += 1;
  }

  get hash(): string {
    return encodeBase64url(this.#hash);
  }

  get lines(): number {
    return this.#lines;
  }
}

/** What the importer vouches for: these lines and no others. @see PV-IMP-008 */
export function sealImported({ hash, lines }: Pick<ImportedChain, 'hash' | 'lines'>, key: SigningKey): string {
  return signJws(TYP, key, JSON.stringify({ hash, lines })).jws;
}

/**
 * @param key base64url of the public key the header names
 * @returns undefined where the seal is not signed by it
 * @see PV-IMP-010
 */
export function openImportedSeal(seal: string, key: string): { hash: string; lines: number } | undefined {
  const x = decodeBase64url(key);
  const signed = parseSignedObject(seal, { typ: TYP, payloadBytesMax: PAYLOAD_BYTES_MAX, code: 'bad-seal' });
  if (x?.length !== 32 || !signed.ok || signed.value.kid !== keyThumbprint(x)) return undefined;
  const { parsed, payload } = signed.value;
  const { hash, lines } = payload;
  if (typeof hash !== 'string' || !isCount(lines)) return undefined;
  return verifyJws(parsed, x) ? { hash, lines } : undefined;
}

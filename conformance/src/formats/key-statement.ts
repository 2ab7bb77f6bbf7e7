import { decode64 } from './base64url.js';
import { isGoodKey, keyId } from './ed25519.js';
import { need, renamed } from './fault.js';
import { hashOf } from './hash.js';
import { isSignedBy, parseJws } from './jws.js';
import type { ParsedJws } from './jws.js';
import { hasShape } from './shapes.js';
import { parseMembers } from './strict-json.js';

export type KeyUse = 'event' | 'seal' | 'request';

export interface ListedKey {
  readonly kid: string;
  readonly publicKey: Buffer;
  readonly use: KeyUse;
  readonly status: 'active' | 'retired';
}

export interface KeyStatement {
  readonly jws: ParsedJws;
  readonly hash: string;
  readonly provider: string;
  readonly version: number;
  readonly issued: number;
  readonly roots: readonly string[];
  readonly keys: readonly ListedKey[];
  readonly root: Buffer;
}

interface StatementPayload {
  readonly provider: string;
  readonly version: number;
  readonly issued: number;
  readonly roots: readonly string[];
  readonly keys: readonly { x: string; use: KeyUse; status: 'active' | 'retired' }[];
}

/** SPEC PV-KEY-001 to PV-KEY-008. @throws Fault `bad-statement` */
export function parseStatement(text: unknown): KeyStatement {
  return renamed('bad-statement', () => {
    need(typeof text === 'string' && text.length <= 2048, 'bad-statement');
    const jws = parseJws(text, 'payvand-statement', 2048);
    const payload: unknown = parseMembers(jws.payload, { bytesMax: 2048 });
    need(hasShape('statement-payload', payload), 'bad-statement');
    const { provider, version, issued, roots, keys } = payload as unknown as StatementPayload;
    const listed = keys.map(({ x, use, status }) => {
      const publicKey = decode64(x, 32);
      return { kid: keyId(publicKey), publicKey, use, status };
    });
    const all = [...roots.map((root) => decode64(root, 32)), ...listed.map(({ publicKey }) => publicKey)];
    need(new Set(all.map((key) => key.toString('hex'))).size === all.length && all.every(isGoodKey), 'bad-statement');
    const [root = Buffer.alloc(0)] = all;
    need(jws.kid === keyId(root), 'bad-statement');
    return { jws, hash: hashOf(text), provider, version, issued, roots, keys: listed, root };
  });
}

/** SPEC PV-KEY-010. */
export function isFirstStatement({ jws, root }: KeyStatement): boolean {
  return isSignedBy(jws, root);
}

/** SPEC PV-KEY-011. */
export function succeeds(next: KeyStatement, last: KeyStatement): boolean {
  const [root = ''] = next.roots;
  return (
    isFirstStatement(next) &&
    next.provider === last.provider &&
    next.version > last.version &&
    last.roots.includes(root)
  );
}

export interface SignedBy {
  /** whose key it has to be */
  readonly domain: string;
  readonly use: KeyUse;
}

/** SPEC PV-KEY-012: a key, active or retired, that the statement of that domain lists with that use. */
export function isSignedUnder(statement: KeyStatement, jws: ParsedJws, { domain, use }: SignedBy): boolean {
  const key = statement.keys.find((one) => one.kid === jws.kid && one.use === use);
  return statement.provider === domain && isSignedBy(jws, key?.publicKey);
}

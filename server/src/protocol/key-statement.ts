import { encodeBase64url } from './base64url.js';
import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { isAcceptablePublicKey } from './ed25519.js';
import { sha256Base64url } from './hash.js';
import { parseDomain } from './identifiers.js';
import type { Domain, KeyId } from './identifiers.js';
import { bytes32, isCount, isJsonObject } from './json-shape.js';
import { signJws, verifyJws } from './jws.js';
import type { Jws } from './jws.js';
import { keyThumbprint } from './key-thumbprint.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseSignedObject } from './signed-object.js';

export type KeyUse = 'event' | 'seal' | 'request';
export type KeyStatus = 'active' | 'retired';

export interface StatementKey {
  readonly id: KeyId;
  readonly x: Buffer;
  readonly use: KeyUse;
  readonly status: KeyStatus;
}

/** The keys of a provider, as its root signed them. Its own signature is not implied; ask `verifyFirstStatement`. */
export interface KeyStatement {
  readonly provider: Domain;
  readonly version: number;
  readonly issued: number;
  /** the root in use, then the next one if it is announced */
  readonly roots: readonly Buffer[];
  readonly keys: readonly StatementKey[];
  readonly keyById: ReadonlyMap<KeyId, StatementKey>;
  /** base64url SHA-256 of the JWS text */
  readonly hash: string;
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

export interface StatementFields {
  readonly provider: Domain;
  readonly version: number;
  readonly issued: number;
  readonly roots: readonly Uint8Array[];
  readonly keys: readonly { readonly x: Uint8Array; readonly use: KeyUse; readonly status: KeyStatus }[];
}

const STATEMENT_BYTES_MAX = 2048;
const ROOTS_MAX = 2;
const KEYS_MAX = 12;
const USES: ReadonlySet<unknown> = new Set<KeyUse>(['event', 'seal', 'request']);
const STATUSES: ReadonlySet<unknown> = new Set<KeyStatus>(['active', 'retired']);

/**
 * Reads a key statement: form, limits, and that every key in it is fit for use.
 *
 * @returns refused `bad-statement`
 * @see PV-KEY-001 to PV-KEY-009
 */
export function parseKeyStatement(jws: string): Checked<KeyStatement> {
  if (jws.length > STATEMENT_BYTES_MAX) return bad('longer than 2048 bytes');
  const signed = parseSignedObject(jws, {
    typ: 'payvand-statement',
    payloadBytesMax: STATEMENT_BYTES_MAX,
    code: 'bad-statement',
  });
  if (!signed.ok) return signed;
  const { payload, kid, parsed } = signed.value;
  const { version, issued } = payload;
  const provider = parseDomain(payload['provider']);
  if (provider === undefined) return bad('provider');
  if (!isCount(version) || version < 1) return bad('version');
  if (!isCount(issued)) return bad('issued');
  const roots = readRoots(payload['roots']);
  if (roots === undefined) return bad('roots');
  const keys = readKeys(payload['keys']);
  if (keys === undefined || hasRepeats([...roots, ...keys.map((key) => key.x)])) return bad('keys');
  if (keyThumbprint(roots[0]) !== kid) return bad('kid is not of the first root');
  const keyById = new Map(keys.map((key) => [key.id, key]));
  return accept({ provider, version, issued, roots, keys, keyById, hash: sha256Base64url(jws), jws, kid, parsed });
}

/**
 * Whether a statement is signed by its own first root: all that can be known of a provider's first statement.
 *
 * @see PV-KEY-010
 */
export function verifyFirstStatement(statement: KeyStatement): boolean {
  const [root] = statement.roots;
  return root !== undefined && verifyJws(statement.parsed, root);
}

/**
 * Whether a statement may take the place of another: same provider, higher version, and signed by its own first
 * root, which the previous one lists.
 *
 * @see PV-KEY-011
 */
export function verifySuccessor(statement: KeyStatement, previous: KeyStatement): boolean {
  return (
    statement.provider === previous.provider &&
    statement.version > previous.version &&
    previous.roots.some((root) => statement.roots[0]?.equals(root) === true) &&
    verifyFirstStatement(statement)
  );
}

/**
 * Writes and signs a key statement. `key` is the secret of the first root.
 *
 * @see PV-KEY-001
 */
export function buildKeyStatement(fields: StatementFields, key: SigningKey): string {
  const { provider, version, issued } = fields;
  const roots = fields.roots.map(encodeBase64url);
  const keys = fields.keys.map(({ x, use, status }) => ({ x: encodeBase64url(x), use, status }));
  return signJws('payvand-statement', key, JSON.stringify({ provider, version, issued, roots, keys })).jws;
}

/**
 * Whether something is signed by a key that a statement lists for one use, active or retired.
 *
 * @see PV-KEY-012
 */
export function isSignedUnder(
  signed: { readonly kid: KeyId; readonly parsed: Jws },
  { statement, use }: { statement: KeyStatement; use: KeyUse },
): boolean {
  const key = statement.keyById.get(signed.kid);
  return key?.use === use && verifyJws(signed.parsed, key.x);
}

function bad(detail: string): Checked<never> {
  return refuse('bad-statement', detail);
}

function readRoots(value: unknown): [Buffer, ...Buffer[]] | undefined {
  if (!Array.isArray(value) || value.length < 1 || value.length > ROOTS_MAX) return undefined;
  const [current, next] = value.map(readPublicKey);
  if (current === undefined) return undefined;
  if (value.length === 1) return [current];
  return next === undefined ? undefined : [current, next];
}

function readKeys(value: unknown): StatementKey[] | undefined {
  if (!Array.isArray(value) || value.length < 1 || value.length > KEYS_MAX) return undefined;
  const keys = value.map(readKey);
  return keys.every((key) => key !== undefined) ? keys : undefined;
}

function readKey(value: unknown): StatementKey | undefined {
  if (!isJsonObject(value) || !USES.has(value['use']) || !STATUSES.has(value['status'])) return undefined;
  const x = readPublicKey(value['x']);
  if (x === undefined) return undefined;
  return { id: keyThumbprint(x), x, use: value['use'] as KeyUse, status: value['status'] as KeyStatus };
}

function readPublicKey(value: unknown): Buffer | undefined {
  const key = bytes32(value);
  return key !== undefined && isAcceptablePublicKey(key) ? key : undefined;
}

/** A key has one use: neither two uses nor root and online key at once. */
function hasRepeats(keys: readonly Buffer[]): boolean {
  return new Set(keys.map(encodeBase64url)).size < keys.length;
}

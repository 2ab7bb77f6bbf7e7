import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { parseDomain } from './identifiers.js';
import type { Domain, KeyId } from './identifiers.js';
import { isCount, isJsonObject, isLine } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { signJws, verifyJws } from './jws.js';
import type { Jws } from './jws.js';
import { keyThumbprint } from './key-thumbprint.js';
import type { SigningKey } from './key-thumbprint.js';
import { parseKeyStatement, verifyFirstStatement } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import { parseSignedObject } from './signed-object.js';

/** What a provider says of itself at `/.well-known/payvand`, its signatures checked. */
export interface ProviderDocument {
  readonly provider: Domain;
  readonly version: number;
  readonly issued: number;
  readonly expires: number;
  /** `https://` and a host, nothing more */
  readonly endpoint: string;
  readonly statement: KeyStatement;
  readonly versions: readonly string[];
  readonly profiles: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly contacts: Readonly<Record<string, string>>;
  readonly status: 'ok' | 'draining';
  readonly jws: string;
  readonly kid: KeyId;
  readonly parsed: Jws;
}

export interface DocumentFields extends Omit<ProviderDocument, 'statement' | 'jws' | 'kid' | 'parsed'> {
  /** JWS */
  readonly statement: string;
}

/** `new-provider`: whoever held the domain before is gone; nothing known of it counts for this one. */
export type DocumentVerdict =
  { readonly kind: 'accept' } | { readonly kind: 'new-provider' } | { readonly kind: 'refuse'; readonly code: string };

const DOCUMENT_BYTES_MAX = 65_536;
const DOCUMENT_LIFETIME_MS_MAX = 604_800_000;
const RETURN_AS_NEW_MS = 2_592_000_000;
const CLOCK_TOLERANCE_MS = 60_000;
const NAMES_MAX = 16;
const MEMBERS_MAX = 64;
const WORD_LENGTH_MAX = 64;
const CONTACT_LENGTH_MAX = 256;
const PROTOCOL_VERSION = '0.1';

/**
 * Reads a provider document fetched for a domain, and verifies it and the statement in it.
 *
 * @returns refused `wrong-provider` · `wrong-endpoint` · `wrong-statement` (of another domain) ·
 *   `document-too-long` (more than 7 days) · `no-common-version` · `bad-document` (anything else)
 * @see PV-DOC-001 to PV-DOC-012
 */
export function parseProviderDocument(jws: string, domain: Domain): Checked<ProviderDocument> {
  if (jws.length > DOCUMENT_BYTES_MAX) return bad('longer than 65536 bytes');
  const signed = parseSignedObject(jws, {
    typ: 'payvand-provider',
    payloadBytesMax: DOCUMENT_BYTES_MAX,
    code: 'bad-document',
  });
  if (!signed.ok) return signed;
  const { payload, kid, parsed } = signed.value;
  if (payload['provider'] !== domain) return refuse('wrong-provider', 'provider');
  const fields = readFields(payload, domain);
  if (!fields.ok) return fields;
  const statement = readStatement(payload['statement'], domain);
  if (!statement.ok) return statement;
  const [root] = statement.value.roots;
  if (root === undefined || keyThumbprint(root) !== kid) return bad('kid is not of the first root');
  if (!verifyJws(parsed, root) || !verifyFirstStatement(statement.value)) return bad('signature');
  return accept({ ...fields.value, statement: statement.value, jws, kid, parsed });
}

/**
 * Decides whether a provider document counts, given the last one accepted for that domain.
 *
 * @param now ms
 * @returns refuse with `document-expired` · `document-not-yet-valid` (issued over 60 s ahead) · `wrong-provider` ·
 *   `unlisted-root` · `lower-version` · `version-reused` (other bytes under the same version)
 * @see PV-DOC-013 to PV-DOC-019
 */
export function acceptDocument(
  candidate: ProviderDocument,
  last: ProviderDocument | undefined,
  now: number,
): DocumentVerdict {
  if (candidate.expires <= now) return { kind: 'refuse', code: 'document-expired' };
  if (candidate.issued > now + CLOCK_TOLERANCE_MS) return { kind: 'refuse', code: 'document-not-yet-valid' };
  if (last === undefined) return { kind: 'accept' };
  if (candidate.provider !== last.provider) return { kind: 'refuse', code: 'wrong-provider' };
  if (!isRootListed(candidate, last)) {
    return now >= last.expires + RETURN_AS_NEW_MS
      ? { kind: 'new-provider' }
      : { kind: 'refuse', code: 'unlisted-root' };
  }
  const code =
    versionFault(candidate, last) ??
    versionFault(
      { version: candidate.statement.version, jws: candidate.statement.jws },
      { version: last.statement.version, jws: last.statement.jws },
    );
  return code === undefined ? { kind: 'accept' } : { kind: 'refuse', code };
}

/**
 * Writes and signs a provider document. `key` is the secret of the statement's first root.
 *
 * @see PV-DOC-001
 */
export function buildProviderDocument(fields: DocumentFields, key: SigningKey): string {
  const { provider, version, issued, expires, endpoint, statement, versions, profiles, limits, contacts, status } =
    fields;
  const payload = {
    provider,
    version,
    issued,
    expires,
    endpoint,
    statement,
    versions,
    profiles,
    limits,
    contacts,
    status,
  };
  return signJws('payvand-provider', key, JSON.stringify(payload)).jws;
}

type PlainFields = Omit<ProviderDocument, 'statement' | 'jws' | 'kid' | 'parsed'>;

function readFields(payload: JsonObject, provider: Domain): Checked<PlainFields> {
  const { version, issued, expires, endpoint, versions, profiles, limits, contacts, status } = payload;
  if (!isCount(version) || version < 1) return bad('version');
  if (!isCount(issued)) return bad('issued');
  if (!isCount(expires) || expires <= issued) return bad('expires');
  if (expires - issued > DOCUMENT_LIFETIME_MS_MAX) return refuse('document-too-long', 'expires');
  if (!isEndpoint(endpoint, provider)) return refuse('wrong-endpoint', 'endpoint');
  if (!areWords(versions)) return bad('versions');
  if (!versions.includes(PROTOCOL_VERSION)) return refuse('no-common-version', 'versions');
  if (!areWords(profiles)) return bad('profiles');
  if (!isRecordOf(limits, isCount)) return bad('limits');
  if (!isRecordOf(contacts, isContact)) return bad('contacts');
  if (!isLine(status, WORD_LENGTH_MAX)) return bad('status');
  return accept({
    provider,
    version,
    issued,
    expires,
    endpoint,
    versions,
    profiles,
    limits,
    contacts,
    status: status === 'draining' ? 'draining' : 'ok',
  });
}

function readStatement(jws: unknown, domain: Domain): Checked<KeyStatement> {
  if (typeof jws !== 'string') return bad('statement');
  const statement = parseKeyStatement(jws);
  if (!statement.ok) return bad(`statement: ${statement.detail}`);
  return statement.value.provider === domain ? statement : refuse('wrong-statement', 'statement: provider');
}

function isEndpoint(value: unknown, provider: Domain): value is string {
  if (typeof value !== 'string' || !value.startsWith('https://')) return false;
  const host = parseDomain(value.slice('https://'.length));
  return host !== undefined && (host === provider || host.endsWith(`.${provider}`));
}

function isRootListed(candidate: ProviderDocument, last: ProviderDocument): boolean {
  const [root] = candidate.statement.roots;
  return last.statement.roots.some((listed) => root?.equals(listed) === true);
}

interface Versioned {
  readonly version: number;
  readonly jws: string;
}

function versionFault(candidate: Versioned, last: Versioned): string | undefined {
  if (candidate.version < last.version) return 'lower-version';
  return candidate.version === last.version && candidate.jws !== last.jws ? 'version-reused' : undefined;
}

function areWords(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= NAMES_MAX && value.every((word) => isLine(word, WORD_LENGTH_MAX));
}

function isContact(value: unknown): value is string {
  return isLine(value, CONTACT_LENGTH_MAX);
}

function isRecordOf<T>(value: unknown, holds: (member: unknown) => member is T): value is Record<string, T> {
  if (!isJsonObject(value)) return false;
  const members = Object.values(value);
  return members.length <= MEMBERS_MAX && members.every(holds);
}

function bad(detail: string): Checked<never> {
  return refuse('bad-document', detail);
}

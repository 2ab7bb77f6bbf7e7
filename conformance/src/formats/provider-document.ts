import { need, renamed } from './fault.js';
import { isDomain } from './identifiers.js';
import { isSignedBy, parseJws } from './jws.js';
import type { ParsedJws } from './jws.js';
import { isFirstStatement, parseStatement } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import { hasShape } from './shapes.js';
import { parseMembers } from './strict-json.js';

export const DOCUMENT_LIFE_MS_MAX = 604_800_000;
const NEW_PROVIDER_MS = 2_592_000_000;
const CLOCK_AHEAD_MS = 60_000;

export interface ProviderDocument {
  readonly jws: ParsedJws;
  readonly provider: string;
  readonly version: number;
  readonly issued: number;
  readonly expires: number;
  /** host name of the endpoint */
  readonly host: string;
  readonly statement: KeyStatement;
  readonly versions: readonly string[];
  readonly profiles: readonly string[];
  readonly status: string;
}

/**
 * SPEC PV-DOC-001 to PV-DOC-012.
 *
 * @throws Fault `wrong-provider` · `document-too-long` · `wrong-endpoint` · `wrong-statement` · `no-common-version` · `bad-document`
 */
export function parseDocument(text: unknown, domain: string): ProviderDocument {
  const { jws, payload } = renamed('bad-document', () => {
    need(typeof text === 'string' && text.length <= 65_536, 'bad-document');
    const parsed = parseJws(text, 'payvand-provider', 65_536);
    return { jws: parsed, payload: parseMembers(parsed.payload, { bytesMax: 65_536 }) };
  });
  need(payload['provider'] === domain, 'wrong-provider');
  const host = hostOf(payload['endpoint'], domain);
  need(host !== undefined, 'wrong-endpoint');
  need(hasShape('provider-payload', payload), 'bad-document');
  const { version, issued, expires, versions, profiles, status } = payload as unknown as ProviderDocument;
  need(expires > issued, 'bad-document');
  need(expires - issued <= DOCUMENT_LIFE_MS_MAX, 'document-too-long');
  const statement = renamed('bad-document', () => parseStatement(payload['statement']));
  need(statement.provider === domain, 'wrong-statement');
  need(versions.includes('0.1'), 'no-common-version');
  need(isSignedBy(jws, statement.root) && isFirstStatement(statement), 'bad-document');
  return { jws, provider: domain, version, issued, expires, host, statement, versions, profiles, status };
}

function hostOf(endpoint: unknown, domain: string): string | undefined {
  const [, host] = /^https:\/\/([^/:?#]+)$/.exec(typeof endpoint === 'string' ? endpoint : '') ?? [];
  return isDomain(host) && `.${host}`.endsWith(`.${domain}`) ? host : undefined;
}

/**
 * SPEC PV-DOC-013 to PV-DOC-019.
 *
 * @throws Fault
 * @returns whether it is that of a new provider under a known name
 */
export function acceptDocument(next: ProviderDocument, last: ProviderDocument | undefined, now: number): boolean {
  need(next.expires > now, 'document-expired');
  need(next.issued <= now + CLOCK_AHEAD_MS, 'document-not-yet-valid');
  if (last === undefined) return false;
  const [root = ''] = next.statement.roots;
  if (!last.statement.roots.includes(root)) {
    need(now >= last.expires + NEW_PROVIDER_MS, 'unlisted-root');
    return true;
  }
  for (const [a, b] of [[next, last] as const, [next.statement, last.statement] as const]) {
    need(a.version >= b.version, 'lower-version');
    need(a.version > b.version || a.jws.text === b.jws.text, 'version-reused');
  }
  return false;
}

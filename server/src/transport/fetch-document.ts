import type { IncomingHttpHeaders } from 'node:http';
import { limits } from '@payvand/spec';
import type { Domain } from '../protocol/identifiers.js';
import { parseProviderDocument } from '../protocol/provider-document.js';
import type { ProviderDocument } from '../protocol/provider-document.js';
import type { HttpClient } from './http-client.js';
import { PeerError } from './peer-error.js';

/**
 * Asks a provider for its document. Whether the document may take the place of the one held is not looked at.
 *
 * @throws PeerError what the request throws · `peer-problem` · `document-refused`
 */
export async function fetchDocument(
  http: HttpClient,
  domain: Domain,
  signal?: AbortSignal,
): Promise<{ document: ProviderDocument; headers: IncomingHttpHeaders }> {
  const { status, headers, body } = await http.request({
    host: domain,
    method: 'GET',
    path: '/.well-known/payvand',
    headers: { accept: 'application/jose' },
    bytesMax: limits.documentBytesMax,
    deadlineMs: limits.documentFetchMsMax,
    signal,
  });
  if (status !== 200) throw new PeerError('peer-problem', domain, { problem: { status, code: 'no-document' } });
  const parsed = parseProviderDocument(body.toString('latin1'), domain);
  if (!parsed.ok) throw new PeerError('document-refused', domain, { detail: parsed.code });
  return { document: parsed.value, headers };
}

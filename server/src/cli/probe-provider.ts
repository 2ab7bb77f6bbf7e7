import { connect } from 'node:tls';
import type { PeerMap } from '../config.js';
import type { Domain } from '../protocol/identifiers.js';
import type { ProviderDocument } from '../protocol/provider-document.js';
import { fetchDocument } from '../transport/fetch-document.js';
import type { HttpClient } from '../transport/http-client.js';

/** What a provider answers who is asked for its document. */
export interface Probe {
  readonly document: ProviderDocument;
  readonly tookMs: number;
  /** how far its clock is ahead of ours, in ms, to about a second; undefined when its answer has no date */
  readonly aheadMs: number | undefined;
}

const CONNECT_MS = 5_000;

/**
 * Fetches a provider's document as any provider would, and keeps nothing.
 *
 * @throws PeerError
 */
export async function probeProvider(http: HttpClient, domain: Domain, now: () => number): Promise<Probe> {
  const startedAt = now();
  const { document, headers } = await fetchDocument(http, domain);
  const endedAt = now();
  const date = Date.parse(headers.date ?? '');
  // A date is cut to its second.
  const aheadMs = Number.isNaN(date) ? undefined : date + 500 - (startedAt + endedAt) / 2;
  return { document, tookMs: endedAt - startedAt, aheadMs };
}

/** The certificate a host shows, whether it holds or not. */
export interface ShownCertificate {
  readonly until: Date;
  /** why clients refuse it */
  readonly fault: string | undefined;
}

/** @throws Error no connection, or one that did not come about in 5 s */
export async function readShownCertificate(host: string, peers: PeerMap): Promise<ShownCertificate> {
  const { address, port, ca } = peers.get(host) ?? { address: host, port: 443, ca: undefined };
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, servername: host, rejectUnauthorized: false, ...(ca && { ca }) });
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error(`no answer within ${CONNECT_MS / 1000} s`)));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const { valid_to: until } = socket.getPeerCertificate();
      const fault = socket.authorized ? undefined : String(socket.authorizationError);
      socket.destroy();
      resolve({ until: new Date(until), fault });
    });
  });
}

import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { limits } from '@payvand/spec';
import type { Log } from '../log.js';
import { CertificateFiles } from './certificate-files.js';
import type { CertificatePaths } from './certificate-files.js';

export interface HttpTimeouts {
  handshakeMs: number;
  headersMs: number;
  /** from the first byte of a request to the last of its body */
  requestMs: number;
  /** a connection on which nothing moves in the middle of a request or answer */
  stalledMs: number;
  keepAliveMs: number;
  /** how often these are looked at */
  checkMs: number;
}

export interface NodeServerOptions {
  /** plain HTTP when absent */
  tls?: CertificatePaths | undefined;
  /** how often the certificate files are looked at */
  certificatePollMs?: number | undefined;
  timeouts?: Partial<HttpTimeouts> | undefined;
  log: Log;
}

const TIMEOUTS: HttpTimeouts = {
  handshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: limits.requestMsMax,
  stalledMs: 60_000,
  keepAliveMs: 65_000,
  checkMs: 1_000,
};

const VERSIONS = { minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] } as const;

/**
 * Makes the server of node:http or node:https with every timeout and limit set; a certificate that changes is taken up
 * for new connections.
 *
 * @throws Error of node:fs or node:tls: the certificate cannot be read, or does not fit its key
 * @see PV-HTTP-001, PV-HTTP-006, PV-HTTP-009
 */
export async function createNodeServer(
  options: NodeServerOptions,
): Promise<{ server: Server; certificate: CertificateFiles | undefined }> {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const common = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    connectionsCheckingInterval: timeouts.checkMs,
    // A missing Host gets our own answer instead of an empty one.
    requireHostHeader: false,
  };
  const { tls, certificatePollMs: pollMs, log } = options;
  if (tls === undefined) return { server: createServer(common).setTimeout(timeouts.stalledMs), certificate: undefined };

  const certificate = new CertificateFiles({ paths: tls, log, pollMs });
  const pair = await certificate.start((next) => server.setSecureContext({ ...next, ...VERSIONS }));
  const server = createTlsServer({ ...common, ...VERSIONS, ...pair, handshakeTimeout: timeouts.handshakeMs });
  server.setTimeout(timeouts.stalledMs);
  return { server, certificate };
}

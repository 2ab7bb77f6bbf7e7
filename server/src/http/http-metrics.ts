import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Metrics } from '../metrics.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const ROUTE = /^\/(?:payvand\/v1|client\/v1|\.well-known)\/[a-z]{1,20}|^\/(?:healthz|readyz|metrics)$/;

export interface HttpMetrics {
  /** follows one request to its end */
  follow(outgoing: ServerResponse, target: string): void;
  connection(what: 'refused' | 'tls-failed' | 'malformed'): void;
}

/** Counts requests by the first part of their path, which is all that is bounded and tells no room or person. */
export function createHttpMetrics(metrics: Metrics): HttpMetrics {
  const requests = metrics.counter('payvand_http_requests_total', 'Requests answered, by route and status');
  const seconds = metrics.histogram('payvand_http_request_seconds', 'From head to end of answer', SECONDS);
  const connections = metrics.counter('payvand_http_connections_failed_total', 'Connections that came to nothing');
  return {
    follow(outgoing, target) {
      const startedMs = performance.now();
      const route = ROUTE.exec(target)?.[0] ?? 'other';
      outgoing.once('close', () => {
        requests.add({ route, status: outgoing.writableFinished ? String(outgoing.statusCode) : 'cut' });
        seconds.observe((performance.now() - startedMs) / 1000, { route });
      });
    },
    connection: (what) => connections.add({ what }),
  };
}

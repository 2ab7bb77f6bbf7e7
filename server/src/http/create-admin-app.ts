import { Hono } from 'hono';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { HttpApp } from './create-http-app.js';
import { answerErrors } from './create-http-app.js';
import type { EdgeEnv } from './edge.js';

export interface AdminAppOptions {
  metrics: Metrics;
  /** why the server should get no traffic now; empty when it should */
  unreadyReasons: () => Promise<readonly string[]>;
  log: Log;
}

/**
 * What operators' tools ask, on a listener of its own that strangers do not reach.
 */
export function createAdminApp({ metrics, unreadyReasons, log }: AdminAppOptions): HttpApp {
  const app = new Hono<EdgeEnv>();
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', async (c) => {
    const reasons = await unreadyReasons();
    return reasons.length === 0 ? c.json({ status: 'ready' }) : c.json({ status: 'unready', reasons }, 503);
  });
  app.get('/metrics', async (c) =>
    c.text(await metrics.render(), 200, { 'content-type': 'text/plain; version=0.0.4' }),
  );
  answerErrors(app, log);
  return (request, bindings) => app.fetch(request, bindings);
}

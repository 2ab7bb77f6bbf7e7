import { Hono } from 'hono';
import type { Context } from 'hono';
import type { StatusCode } from 'hono/utils/http-status';
import type { Log } from '../log.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { EdgeBindings, EdgeEnv } from './edge.js';
import { problemOf } from './error-response.js';
import { createFederationEdge } from './federation/federation-edge.js';
import type { FederationDeps } from './federation/federation-edge.js';

export interface HttpAppOptions {
  federation: FederationDeps;
  /** this provider's present document, a JWS */
  providerDocument: () => string;
  /** the client API, mounted as it is: its paths start with `/client/v1` */
  client?: Hono<EdgeEnv>;
  log: Log;
}

const DOCUMENT_HEADERS = { 'content-type': 'application/jose', 'cache-control': 'max-age=300' };
const JSON_HEADERS = { 'content-type': 'application/json' };

/** Answers a request in the web's types; errors are answers too, it never throws. */
export type HttpApp = (request: Request, bindings: EdgeBindings) => Response | Promise<Response>;

/**
 * Puts together everything this server answers on its public port.
 *
 * @see PV-DISC-001, PV-HTTP-012, PV-ERR-001
 */
export function createHttpApp({ federation, providerDocument, client, log }: HttpAppOptions): HttpApp {
  const app = new Hono<EdgeEnv>();
  const answerPeer = createFederationEdge(federation);
  app.all('/payvand/*', async ({ env }) => new Response(await answerPeer(env), { headers: JSON_HEADERS }));
  app.get('/.well-known/payvand', (c) => c.body(providerDocument(), 200, DOCUMENT_HEADERS));
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  if (client !== undefined) app.route('/', client);
  answerErrors(app, log);
  return (request, bindings) => app.fetch(request, bindings);
}

/** Gives an app this server's way of saying that something is wrong or missing. */
export function answerErrors(app: Hono<EdgeEnv>, log: Log): void {
  const answer = (cause: unknown, c: Context<EdgeEnv>): Response => {
    const { status, headers, body } = problemOf(cause, { log, requestId: c.env.requestId, incoming: c.env.incoming });
    return c.body(body, status as Exclude<StatusCode, 101 | 204 | 205 | 304>, headers);
  };
  app.onError(answer);
  app.notFound((c) => answer(new ProtocolError('not-supported'), c));
}

import { createHash, timingSafeEqual } from 'node:crypto';
import { clientSendBytesMax, controlBase, controlOperations } from '@payvand/spec';
import type { ControlOperation } from '@payvand/spec';
import { Hono } from 'hono';
import type { Log } from '../../log.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { parseStrictJson } from '../../protocol/strict-json.js';
import type { ControlServices } from '../../services/control/control-services.js';
import { requireOwnContent } from '../client/client-call.js';
import { answerErrors } from '../create-http-app.js';
import type { HttpApp } from '../create-http-app.js';
import type { EdgeEnv } from '../edge.js';
import { readBody, requireJson } from '../read-body.js';
import { requireShape } from '../shape.js';

export interface ControlAppOptions {
  readonly services: ControlServices;
  readonly secret: string;
  readonly log: Log;
}

type Operation = (request: unknown) => Promise<object>;

/**
 * The test controls, on a listener of their own: the secret, then the shape, then one service.
 *
 * @see PV-CTL-003 to PV-CTL-005
 */
export function createControlApp({ services, secret, log }: ControlAppOptions): HttpApp {
  const app = new Hono<EdgeEnv>();
  const expected = digest(`Bearer ${secret}`);
  const operations = new Map(Object.entries(services) as [ControlOperation, Operation][]);
  const shapes = new Map([...operations.keys()].map((name) => [name, requireShape(controlOperations[name].request)]));
  app.post(`${controlBase}/:operation`, async (context) => {
    const { incoming } = context.env;
    if (!timingSafeEqual(digest(incoming.headers.authorization ?? ''), expected)) throw new ProtocolError('bad-token');
    const name = context.req.param('operation') as ControlOperation;
    const operation = operations.get(name);
    if (operation === undefined) throw new ProtocolError('unsupported');
    requireJson(incoming);
    const bytes = await readBody(incoming, clientSendBytesMax);
    const json = parseStrictJson(bytes, { bytesMax: clientSendBytesMax });
    if (!json.ok) throw new ProtocolError('bad-json', { detail: json.code });
    const request = shapes.get(name)?.(json.value);
    if (name === 'send') requireSendable(request as { type: string; content: Record<string, unknown> });
    return context.json(await operation(request), 200, { 'cache-control': 'no-store' });
  });
  app.all('*', ({ env }) => {
    if (!timingSafeEqual(digest(env.incoming.headers.authorization ?? ''), expected))
      throw new ProtocolError('bad-token');
    throw new ProtocolError('unsupported');
  });
  answerErrors(app, log);
  return (request, bindings) => app.fetch(request, bindings);
}

function requireSendable({ type, content }: { type: string; content: Record<string, unknown> }): void {
  requireOwnContent(type, content);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

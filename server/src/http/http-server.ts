import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { ErrorCode } from '@payvand/spec';
import type { ListenAddress } from '../config.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { CertificateFiles } from './certificate-files.js';
import type { HttpApp } from './create-http-app.js';
import { writeProblem } from './error-response.js';
import type { HttpMetrics } from './http-metrics.js';
import { createNodeServer } from './node-server.js';
import type { NodeServerOptions } from './node-server.js';
import { SocketLimits } from './socket-limits.js';
import type { StreamGate } from './stream-gate.js';

export interface HttpServerOptions extends NodeServerOptions {
  app: HttpApp;
  listen: ListenAddress;
  connectionsMax: number;
  /** addresses of the proxy in front; when there are any, nobody else may connect */
  proxyFrom?: readonly string[];
  streams?: StreamGate;
  metrics: HttpMetrics;
  /** unlike any other process's, so that request ids in the logs are too */
  requestIdPrefix: string;
}

/** What the parser of node:http and its timers complain of; anything else is malformed. */
const CLIENT_ERRORS: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
};
const DRAIN_RETRY_S = 5;

/**
 * A listener with limits on everything a stranger can make long, slow or many, and an orderly end.
 *
 * @see PV-HTTP-001, PV-HTTP-006 to PV-HTTP-009
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #limits: SocketLimits;
  readonly #sockets = new Set<Socket>();
  readonly #underWay = new Set<ServerResponse>();
  #server: Server | undefined;
  #certificate: CertificateFiles | undefined;
  #requests = 0;
  #isDraining = false;
  #onIdle: (() => void) | undefined;

  constructor(options: HttpServerOptions) {
    const { connectionsMax, proxyFrom = [] } = options;
    this.#options = options;
    this.#limits = new SocketLimits({ connectionsMax, proxyFrom });
  }

  /** requests that have not been answered to the end */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** @throws Error of node:net, node:fs or node:tls: the address is taken, or the certificate is no good */
  async start(): Promise<AddressInfo> {
    const { server, certificate } = await createNodeServer(this.#options);
    this.#server = server;
    this.#certificate = certificate;
    const { metrics, listen, connectionsMax } = this.#options;
    server.maxConnections = connectionsMax;
    server.on('connection', (socket: Socket) => this.#admit(socket));
    server.on('request', this.#createListener());
    server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) =>
      this.#upgrade(incoming, socket, head),
    );
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => this.#refuse(error, socket));
    server.on('tlsClientError', () => metrics.connection('tls-failed'));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ ...listen }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return server.address() as AddressInfo;
  }

  /** Ends in order: no new connections, requests under way are answered, streams told to go; late ones are cut. */
  async stop(deadlineMs: number): Promise<void> {
    const server = this.#server;
    if (server === undefined || this.#isDraining) return;
    this.#isDraining = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const outgoing of this.#underWay) if (!outgoing.headersSent) outgoing.setHeader('connection', 'close');
    await within(deadlineMs, Promise.all([this.#idle(), this.#options.streams?.close()]));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await this.#certificate?.stop();
  }

  #idle(): Promise<void> {
    if (this.#underWay.size === 0) return Promise.resolve();
    return new Promise((resolve) => (this.#onIdle = resolve));
  }

  #admit(socket: Socket): void {
    if (!this.#limits.admit(socket)) {
      this.#options.metrics.connection('refused');
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #createListener(): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
    const { app } = this.#options;
    const answer = getRequestListener(
      (request, env) => {
        // This listener is only ever on HTTP/1.1 servers.
        const { incoming, outgoing } = env as { incoming: IncomingMessage; outgoing: ServerResponse };
        return app(request, { incoming, outgoing, ...this.#identify(incoming, outgoing) });
      },
      { autoCleanupIncoming: false, errorHandler: (cause) => this.#answerUnreadable(cause) },
    );
    return (incoming, outgoing) => {
      this.#follow(incoming, outgoing);
      if (this.#isDraining) sendProblem(outgoing, new ProtocolError('overloaded', { retryAfterS: DRAIN_RETRY_S }));
      else if (incoming.headers.host === undefined)
        sendProblem(outgoing, new ProtocolError('bad-http', { part: 'host' }));
      else void answer(incoming, outgoing);
    };
  }

  #follow(incoming: IncomingMessage, outgoing: ServerResponse): void {
    outgoing.setHeader('request-id', this.#nextRequestId());
    this.#options.metrics.follow(outgoing, incoming.url ?? '');
    this.#underWay.add(outgoing);
    outgoing.once('close', () => {
      this.#underWay.delete(outgoing);
      if (this.#underWay.size === 0) this.#onIdle?.();
    });
  }

  #identify(incoming: IncomingMessage, outgoing: ServerResponse): { requestId: string; clientAddress: string } {
    const clientAddress = this.#limits.clientAddress(incoming.socket, incoming.headers['x-forwarded-for']);
    return { requestId: String(outgoing.getHeader('request-id')), clientAddress };
  }

  #nextRequestId(): string {
    this.#requests += 1;
    return `${this.#options.requestIdPrefix}-${this.#requests.toString(36)}`;
  }

  /** A Host or target that makes no URL. */
  #answerUnreadable(cause: unknown): Response {
    this.#options.log.debug('request-unreadable', { cause });
    const { status, headers, body } = writeProblem('bad-http');
    return new Response(body, { status, headers });
  }

  #upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    const { streams } = this.#options;
    const refusal = this.#isDraining
      ? 'overloaded'
      : streams === undefined
        ? 'not-supported'
        : streams.refusal(incoming);
    const requestId = this.#nextRequestId();
    if (refusal !== undefined || streams === undefined) {
      endWithProblem(socket, refusal ?? 'not-supported', requestId);
      return;
    }
    const clientAddress = this.#limits.clientAddress(socket, incoming.headers['x-forwarded-for']);
    streams.upgrade(incoming, { socket, head }, { requestId, clientAddress });
  }

  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    this.#options.metrics.connection('malformed');
    const isAnswering = [...this.#underWay].some((outgoing) => outgoing.socket === socket && outgoing.headersSent);
    if (!socket.writable || isAnswering) socket.destroy(error);
    else endWithProblem(socket, CLIENT_ERRORS[error.code ?? ''] ?? 'bad-http', this.#nextRequestId());
  }
}

function sendProblem(outgoing: ServerResponse, cause: ProtocolError): void {
  const { status, headers, body } = writeProblem(cause.code, cause.members, { connection: 'close' });
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** Answers on a socket that has no response object. */
function endWithProblem(socket: Socket, code: ErrorCode, requestId: string): void {
  const { status, headers, body } = writeProblem(code, {}, { connection: 'close', 'request-id': requestId });
  const fields = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
  const head = [`HTTP/1.1 ${status} ${code}`, ...fields.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
}

function within(ms: number, done: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void done.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

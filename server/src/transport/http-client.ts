import type { IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { limits } from '@payvand/spec';
import { BoundedMap } from '../bounded-map.js';
import type { PeerMap } from '../config.js';
import { parseDomain } from '../protocol/identifiers.js';
import { createGuardedConnect } from './guarded-connect.js';
import type { LookupAll } from './guarded-connect.js';
import { PeerError } from './peer-error.js';

export interface HttpRequest {
  /** name of the peer's endpoint; always port 443 unless the configuration maps the name */
  readonly host: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly bytesMax: number;
  /** from now until the last byte of the answer */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpClient {
  /**
   * Sends one request and reads the whole answer, of whatever status but a redirect.
   *
   * @throws PeerError `peer-unreachable` · `peer-timeout` · `peer-busy` · `answer-too-large` · `redirect-refused` ·
   *   `address-refused`; the signal's reason when aborted
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends all connections; requests under way fail. */
  close(): Promise<void>;
}

export interface HttpClientOptions {
  peers: PeerMap;
  lookup?: LookupAll;
  connectMs?: number;
}

interface Settle {
  resolve: (answer: HttpAnswer) => void;
  reject: (reason: unknown) => void;
}

interface PeerPool {
  pool: Pool;
  underWay: number;
}

const POOLS_MAX = 512;
const CONNECTIONS = 6;
const UNDER_WAY_MAX = 128;
const CONNECT_MS = 5_000;
/** Shorter than servers keep an idle connection, so that a request rarely meets one that is being closed. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Builds the client for all talk with peers: one small pool of kept connections each, HTTP/1.1, no redirects.
 *
 * @see PV-HTTP-001 to PV-HTTP-009
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const pools = new BoundedMap<string, PeerPool>(POOLS_MAX);
  const closing = new Set<Promise<void>>();

  const retire = ({ pool }: PeerPool): void => {
    const closed: Promise<void> = pool.close().then(
      () => void closing.delete(closed),
      () => void closing.delete(closed),
    );
    closing.add(closed);
  };
  const poolOf = (host: string): PeerPool => {
    const known = pools.get(host);
    if (known !== undefined) return known;
    const added = { pool: createPool(host, options), underWay: 0 };
    const evicted = pools.set(host, added);
    if (evicted !== undefined) retire(evicted);
    return added;
  };

  return {
    async request(request) {
      const { host, signal } = request;
      signal?.throwIfAborted();
      if (parseDomain(host) === undefined) throw new PeerError('address-refused', host);
      const peer = poolOf(host);
      if (peer.underWay >= UNDER_WAY_MAX) throw new PeerError('peer-busy', host);
      peer.underWay += 1;
      try {
        return await exchange(peer.pool, request);
      } finally {
        peer.underWay -= 1;
      }
    },
    async close() {
      const all = [...pools.values()];
      pools.clear();
      await Promise.all([...all.map(({ pool }) => pool.destroy()), ...closing]);
    },
  };
}

function createPool(host: string, { peers, lookup, connectMs = CONNECT_MS }: HttpClientOptions): Pool {
  return new Pool(`https://${host}`, {
    connect: createGuardedConnect({ mapped: peers.get(host), lookup, timeoutMs: connectMs }),
    connections: CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: limits.headerBytesMax,
    // One deadline over everything replaces these two.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function exchange(pool: Pool, request: HttpRequest): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const answer = new AnswerReader(request, { resolve, reject });
    const { method, path, headers = {}, body = null } = request;
    pool.dispatch({ method, path, headers, body }, answer);
  });
}

/** Collects one answer; the first of end, fault, deadline and abort decides. */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest;
  readonly #settle: Settle;
  readonly #deadline: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  #fault: Error | undefined;

  constructor(request: HttpRequest, settle: Settle) {
    this.#request = request;
    this.#settle = settle;
    this.#deadline = setTimeout(() => this.#abort(new PeerError('peer-timeout', request.host)), request.deadlineMs);
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#fault !== undefined) controller.abort(this.#fault);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    const { host, bytesMax } = this.#request;
    this.#status = status;
    this.#headers = headers;
    if (status >= 300 && status < 400) this.#abort(new PeerError('redirect-refused', host));
    else if (Number(headers['content-length'] ?? 0) > bytesMax) this.#abort(new PeerError('answer-too-large', host));
  }

  // eslint-disable-next-line house/banned-names -- undici calls it by this name
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#request.bytesMax) this.#abort(new PeerError('answer-too-large', this.#request.host));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#fault !== undefined) return;
    this.#release();
    this.#settle.resolve({
      status: this.#status,
      headers: this.#headers,
      body: Buffer.concat(this.#chunks, this.#bytes),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(this.#fault ?? explain(error, this.#request.host));
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#request.signal?.reason;
    this.#abort(
      reason instanceof Error ? reason : new PeerError('peer-unreachable', this.#request.host, { detail: 'aborted' }),
    );
  };

  /** Fails at once, even while the request still waits for a connection. */
  #abort(fault: Error): void {
    if (this.#fault !== undefined) return;
    this.#fail(fault);
    this.#controller?.abort(fault);
  }

  #fail(fault: Error): void {
    this.#fault ??= fault;
    this.#release();
    this.#settle.reject(this.#fault);
  }

  #release(): void {
    clearTimeout(this.#deadline);
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
  }
}

function explain(error: Error, host: string): PeerError {
  const causes: unknown[] = [error, ...(error instanceof AggregateError ? (error.errors as unknown[]) : [])];
  const known = causes.find((cause) => cause instanceof PeerError);
  if (known !== undefined) return known;
  const code = causes.map((cause) => (cause as NodeJS.ErrnoException).code).find((each) => each !== undefined);
  const isLate = code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT';
  return new PeerError(isLate ? 'peer-timeout' : 'peer-unreachable', host, {
    detail: code ?? error.message,
    cause: error,
  });
}

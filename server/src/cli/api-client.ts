import { Agent, request } from 'undici';
import WebSocket from 'ws';

export type Json = Record<string, unknown>;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Where a provider answers, and whose certificate to trust. */
export interface ApiPlace {
  /** `https://host:port`; the certificate must be for this host */
  readonly url: string;
  /** PEM text of an authority beside the system's */
  readonly ca?: string;
  /** connect to this address instead of looking the host up */
  readonly address?: string;
}

/** An answer that is an error, or no answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: Json;

  constructor(status: number, body: Json, what: string) {
    super(`${what}: ${textIn(body, 'title') ?? 'refused'}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = textIn(body, 'code') ?? 'internal';
    this.body = body;
  }
}

/** A person's session at a provider, by the client API. */
export class ApiClient {
  readonly #place: ApiPlace;
  readonly #agent: Agent;
  readonly token: string | undefined;
  readonly address: string;

  constructor(place: ApiPlace, session: { address: string; token?: string; agent?: Agent } = { address: '' }) {
    this.#place = place;
    this.#agent = session.agent ?? makeAgent(place);
    this.token = session.token;
    this.address = session.address;
  }

  /** Signs up or logs in, and goes on as that session. @throws ApiError */
  async enter(path: '/accounts' | '/sessions', body: Json): Promise<ApiClient> {
    const account = await this.call('POST', path, body);
    const session = { address: String(account['address']), token: String(account['token']), agent: this.#agent };
    return new ApiClient(this.#place, session);
  }

  /** @throws ApiError · Error of undici when nobody answers */
  async call(method: Method, path: string, body?: Json): Promise<Json> {
    const headers = {
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const url = `${this.#place.url}/client/v1${path}`;
    const answer = await request(url, { method, dispatcher: this.#agent, headers, ...text });
    const answerText = await answer.body.text();
    const json = answerText === '' ? {} : (JSON.parse(answerText) as Json);
    if (answer.statusCode >= 400) throw new ApiError(answer.statusCode, json, `${method} ${path}`);
    return json;
  }

  /** An answer that is read as it comes. @throws ApiError · Error of undici when nobody answers */
  async read(path: string): Promise<AsyncIterable<Buffer>> {
    const headers = { authorization: `Bearer ${this.token ?? ''}` };
    const url = `${this.#place.url}/client/v1${path}`;
    const { statusCode, body } = await request(url, { dispatcher: this.#agent, headers });
    if (statusCode >= 400) throw new ApiError(statusCode, (await body.json()) as Json, `GET ${path}`);
    return body;
  }

  /**
   * Opens the live stream.
   *
   * @param cursor where the last one had come to; null: from now on
   */
  openStream(cursor: Json | null, on: { frame: (frame: Json) => void; end: (code: number) => void }): LiveStream {
    const { url, ca, address } = this.#place;
    const { hostname, port } = new URL(url);
    const target = `wss://${address ?? hostname}:${port === '' ? '443' : port}/client/v1/stream`;
    const socket = new WebSocket(target, { ...(ca === undefined ? {} : { ca }), ...{ servername: hostname } });
    socket.on('open', () => socket.send(JSON.stringify({ op: 'open', token: this.token, cursor })));
    socket.on('message', (data: Buffer) => {
      const frames = JSON.parse(data.toString()) as Json | Json[];
      for (const frame of Array.isArray(frames) ? frames : [frames]) on.frame(frame);
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => on.end(code));
    return { send: (op) => socket.send(JSON.stringify(op)), close: () => socket.terminate() };
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}

/** A member of an answer, if it is text. */
export function textIn(json: Json | null | undefined, member: string): string | undefined {
  const value = json?.[member];
  return typeof value === 'string' ? value : undefined;
}

export interface LiveStream {
  send(op: Json): void;
  close(): void;
}

/** A pool of HTTPS connections. */
export type HttpAgent = Agent;

/** Whether a provider answers at all. */
export async function isAnswering(agent: HttpAgent, url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${url}/healthz`, { dispatcher: agent });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

/** Connections to loopback, whatever the name. */
export function loopbackAgent(ca: string): HttpAgent {
  return makeAgent({ url: '', ca, address: '127.0.0.1' });
}

function makeAgent({ ca, address }: ApiPlace): Agent {
  const trusted = ca === undefined ? {} : { ca };
  if (address === undefined) return new Agent({ connect: trusted });
  return new Agent({
    connect: {
      ...trusted,
      lookup: (_host, options, done) => {
        if (options.all === true) done(null, [{ address, family: 4 }]);
        else done(null, address, 4);
      },
    },
  });
}

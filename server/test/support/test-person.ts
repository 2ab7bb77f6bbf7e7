import { request } from 'undici';
import WebSocket from 'ws';
import type { TestNetwork, TestProvider } from './test-network.js';

export type Json = Record<string, unknown>;

/** An answer that is an error. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: Json;

  constructor(status: number, body: Json, what: string) {
    super(`${what}: ${status} ${String(body['code'])}`);
    this.status = status;
    this.code = String(body['code']);
    this.body = body;
  }
}

/** A person with an account, using the client API as an app would. */
export class TestPerson {
  readonly #network: TestNetwork;
  readonly provider: TestProvider;
  readonly address: string;
  readonly token: string;
  #requests = 0;

  constructor(network: TestNetwork, provider: TestProvider, account: { address: string; token: string }) {
    this.#network = network;
    this.provider = provider;
    this.address = account.address;
    this.token = account.token;
  }

  /** Signs up at a provider of the network. */
  static async signUp(network: TestNetwork, domain: string, localpart: string): Promise<TestPerson> {
    const provider = network.provider(domain);
    const body = { localpart, password: `password of ${localpart}`, name: localpart };
    const account = await call(network, provider, { method: 'POST', path: '/accounts', body });
    return new TestPerson(network, provider, account as { address: string; token: string });
  }

  /** @throws ApiError */
  async call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: Json): Promise<Json> {
    return await call(this.#network, this.provider, {
      method,
      path,
      token: this.token,
      ...(body === undefined ? {} : { body }),
    });
  }

  /** The code a call is refused with; undefined when it succeeds. */
  async refusal(
    method: 'POST' | 'PUT' | 'DELETE' | 'GET' | 'PATCH',
    path: string,
    body?: Json,
  ): Promise<string | undefined> {
    return await this.call(method, path, body).then(
      () => undefined,
      (cause: unknown) => (cause instanceof ApiError ? cause.code : Promise.reject(cause as Error)),
    );
  }

  requestKey(): string {
    return `key-${(this.#requests += 1)}`;
  }

  async send(
    room: string,
    event: { type: string; content: Json; rel?: readonly (readonly [string, string])[] },
  ): Promise<Json> {
    return await this.call('POST', `/rooms/${room}/events`, { requestKey: this.requestKey(), ...event });
  }

  async say(room: string, text: string): Promise<Json> {
    return await this.send(room, { type: 'message', content: { text } });
  }

  async events(room: string): Promise<Json[]> {
    const { events } = await this.call('GET', `/rooms/${room}/events?limit=200`);
    return events as Json[];
  }

  /** A dm with somebody, asked for and accepted. */
  async dmWith(other: TestPerson): Promise<string> {
    const { room } = await this.call('POST', '/contacts', { address: other.address, requestKey: this.requestKey() });
    await other.acceptFrom(this.address);
    await until(
      async () => (await this.call('GET', `/rooms/${String(room)}`))['mutual'] === true,
      `${other.address} joined`,
    );
    return String(room);
  }

  /** Waits for a request or invitation of somebody and accepts it. @returns the room */
  async acceptFrom(by: string): Promise<string> {
    const request = await until(async () => {
      const { requests } = await this.call('GET', '/requests');
      return (requests as Json[]).find((one) => one['by'] === by);
    }, `a request from ${by}`);
    const { room } = await this.call('POST', `/requests/${String(request['id'])}/accept`);
    await until(async () => (await this.refusal('GET', `/rooms/${String(room)}`)) === undefined, `the room of ${by}`);
    return String(room);
  }

  openStream(cursor: Json | null = null): TestStream {
    return new TestStream(this.#network, this, cursor);
  }
}

/** A live stream; frames are kept in the order they came. */
export class TestStream {
  readonly frames: Json[] = [];
  /** the close code, once it is closed */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #waiters = new Set<() => void>();

  constructor(network: TestNetwork, person: TestPerson, cursor: Json | null) {
    const { port, domain } = person.provider;
    const options = { ca: network.ca.cert, servername: domain };
    this.#socket = new WebSocket(`wss://127.0.0.1:${port}/client/v1/stream`, options);
    this.#socket.on('open', () => this.send({ op: 'open', token: person.token, cursor }));
    this.#socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString()) as Json | Json[]));
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#socket.on('close', (code: number) => resolve(code)));
  }

  send(op: Json): void {
    this.#socket.send(JSON.stringify(op));
  }

  close(): void {
    this.#socket.terminate();
  }

  /** The first frame, past or to come, that fits. */
  async find(fits: (frame: Json) => boolean, what = 'a frame', waitMs = 20_000): Promise<Json> {
    return await new Promise<Json>((resolve, reject) => {
      const look = (): void => {
        const frame = this.frames.find(fits);
        if (frame === undefined) return;
        this.#waiters.delete(look);
        clearTimeout(timer);
        resolve(frame);
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(look);
        reject(new Error(`${what} did not come; last frames: ${JSON.stringify(this.frames.slice(-5)).slice(0, 1500)}`));
      }, waitMs);
      this.#waiters.add(look);
      look();
    });
  }

  #take(frames: Json | Json[]): void {
    this.frames.push(...(Array.isArray(frames) ? frames : [frames]));
    for (const look of [...this.#waiters]) look();
  }
}

/** Asks again until there is an answer; for what has no event to wait for. */
export async function until<Answer>(
  ask: () => Promise<Answer | undefined | false>,
  what: string,
  waitMs = 20_000,
): Promise<Answer> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly token?: string;
  readonly body?: Json;
}

async function call(
  { agent }: TestNetwork,
  provider: TestProvider,
  { method, path, token, body }: Call,
): Promise<Json> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await request(`${provider.url}/client/v1${path}`, { method, dispatcher: agent, headers, ...text });
  const answerText = await answer.body.text();
  const json = answerText === '' ? {} : (JSON.parse(answerText) as Json);
  if (answer.statusCode >= 400) throw new ApiError(answer.statusCode, json, `${method} ${path}`);
  return json;
}

import { Agent as HttpsAgent, request } from 'node:https';
import WebSocket from 'ws';
import type { LocalNetwork, LocalProvider } from '@payvand/server/local-network';

type Json = Record<string, unknown>;

interface ClientParts {
  readonly network: LocalNetwork;
  readonly provider: LocalProvider;
  readonly account: { readonly address: string; readonly token: string };
  readonly agent: HttpsAgent;
}

/** A person on one provider, as lean as a generator has to be. */
export class Client {
  readonly address: string;
  readonly #provider: LocalProvider;
  readonly #ca: string;
  readonly #token: string;
  readonly #agent: HttpsAgent;
  #socket: WebSocket | undefined;
  #keys = 0;

  private constructor({ network, provider, account, agent }: ClientParts) {
    this.address = account.address;
    this.#token = account.token;
    this.#provider = provider;
    this.#ca = network.ca.cert;
    this.#agent = agent;
  }

  static async signUp(
    network: LocalNetwork,
    { domain, name, code }: { domain: string; name: string; code: string },
  ): Promise<Client> {
    const provider = network.provider(domain);
    const agent = new HttpsAgent({ ca: network.ca.cert, keepAlive: true, servername: domain, maxSockets: 2 });
    const body = { localpart: name, password: `password of ${name}`, code };
    const account = await callOnce(provider, { method: 'POST', path: '/accounts', body, agent });
    return new Client({ network, provider, account: account as ClientParts['account'], agent });
  }

  async call(method: string, path: string, body?: Json): Promise<Json> {
    const more = body === undefined ? {} : { body };
    return await callOnce(this.#provider, { method, path, agent: this.#agent, token: this.#token, ...more });
  }

  /** Opens the live stream; `onText` gets the text of every message that arrives from now on. */
  async listen(onText: (text: string) => void): Promise<void> {
    const { port, domain } = this.#provider;
    const options = { ca: this.#ca, servername: domain, perMessageDeflate: false };
    const socket = new WebSocket(`wss://127.0.0.1:${port}/client/v1/stream`, options);
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', (code) => reject(new Error(`stream closed: ${code}`)));
      socket.on('open', () => socket.send(JSON.stringify({ op: 'open', token: this.#token, cursor: null })));
      socket.on('message', (data: Buffer) => {
        const parsed = JSON.parse(data.toString()) as Json | Json[];
        for (const frame of Array.isArray(parsed) ? parsed : [parsed]) {
          if (frame['t'] === 'event' && frame['type'] === 'message') onText(String((frame['content'] as Json)['text']));
          else if (frame['t'] === 'synced') resolve();
          else if (frame['t'] === 'sent' && frame['status'] !== 'ordered' && frame['status'] !== 'pending')
            throw new Error(JSON.stringify(frame));
        }
      });
    });
  }

  /** Sends over the open stream. */
  send(room: string, text: string): void {
    this.#keys += 1;
    this.#socket?.send(JSON.stringify({ op: 'send', key: `s${this.#keys}`, room, type: 'message', content: { text } }));
  }

  /** Sends by a request of its own. */
  async post(room: string, text: string): Promise<void> {
    this.#keys += 1;
    await this.call('POST', `/rooms/${room}/events`, {
      requestKey: `p${this.#keys}`,
      type: 'message',
      content: { text },
    });
  }

  close(): void {
    this.#socket?.removeAllListeners('close');
    this.#socket?.terminate();
    this.#agent.destroy();
  }
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly agent: HttpsAgent;
  readonly token?: string;
  readonly body?: Json;
}

async function callOnce(provider: LocalProvider, { method, path, agent, token, body }: Call): Promise<Json> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers: Record<string, string> = { host: `${provider.domain}:${provider.port}` };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (text !== undefined) headers['content-type'] = 'application/json';
  return await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: provider.port, method, path: `/client/v1${path}`, headers, agent };
    const sent = request(options, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const answerText = Buffer.concat(parts).toString();
        if ((answer.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${answerText}`));
        else resolve(answerText === '' ? {} : (JSON.parse(answerText) as Json));
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

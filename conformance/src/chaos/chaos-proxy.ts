import { createServer, request } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { issueCertificate } from '../network/certificates.js';
import type { Certificate } from '../network/certificates.js';
import { problem, writeReply } from '../network/reply.js';
import { sleep } from '../run/wait.js';
import type { Fate, Fates } from './fates.js';

/** Where a name really is. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

interface Passed {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Asked {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ChaosProxyOptions {
  readonly authority: Certificate;
  readonly fates: Fates;
  /** for names that it stands before; nothing for others */
  readonly upstreamOf: (name: string) => Upstream | undefined;
}

const BODY_BYTES_MAX = 8_388_608;
const PATIENCE_MS = 30_000;
const REORDER_MS_MAX = 700;

/**
 * Stands under the names of providers, with certificates of the network's authority, and passes requests on as fate has it: late,
 * twice, in another order, not at all, or without their answers.
 */
export class ChaosProxy {
  readonly #server: Server;
  readonly #options: ChaosProxyOptions;
  readonly #contexts = new Map<string, SecureContext>();
  /** those who let the next one on their link go first */
  readonly #held = new Map<string, () => void>();

  private constructor(options: ChaosProxyOptions) {
    this.#options = options;
    const SNICallback = (name: string, done: (error: Error | null, context?: SecureContext) => void): void => {
      if (options.upstreamOf(name) === undefined) done(new Error(`nobody here is ${name}`));
      else done(null, this.#contextOf(name));
    };
    this.#server = createServer({ SNICallback }, (incoming, outgoing) => void this.#pass(incoming, outgoing));
  }

  /** @throws when the port is taken */
  static async listen({ address, port }: Upstream, options: ChaosProxyOptions): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(port, address, resolve);
    });
    return proxy;
  }

  get port(): number {
    const place = this.#server.address();
    return typeof place === 'object' && place !== null ? place.port : 0;
  }

  async stop(): Promise<void> {
    for (const release of this.#held.values()) release();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #contextOf(name: string): SecureContext {
    const known = this.#contexts.get(name);
    if (known !== undefined) return known;
    const made = createSecureContext(issueCertificate(this.#options.authority, { names: [name] }));
    this.#contexts.set(name, made);
    return made;
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const asked = await readAsked(incoming);
      const link = `${String(asked.headers['payvand-from'] ?? 'somebody')} > ${asked.name}`;
      await this.#meet(this.#options.fates.next(link, Date.now()), { link, asked, outgoing });
    } catch {
      outgoing.destroy();
    }
  }

  async #meet(
    fate: Fate,
    { link, asked, outgoing }: { link: string; asked: Asked; outgoing: ServerResponse },
  ): Promise<void> {
    this.#held.get(link)?.();
    if (fate.name === 'partition' || fate.name === 'drop-request') return void outgoing.destroy();
    if (fate.name === 'overloaded')
      return await writeReply(outgoing, problem(503, 'overloaded', { 'retry-after': '1' }));
    if (fate.name === 'delay') await sleep(fate.delayMs);
    if (fate.name === 'reorder') await this.#waitForNext(link);
    if (fate.name === 'duplicate') await this.#ask(asked);
    const { status, headers, body } = await this.#ask(asked);
    if (fate.name === 'drop-answer') return void outgoing.destroy();
    outgoing.writeHead(status, { ...withoutHops(headers), 'content-length': String(body.length) });
    if (fate.name !== 'cut-answer') return void outgoing.end(body);
    outgoing.write(body.subarray(0, Math.floor(body.length / 2)));
    await sleep(20);
    outgoing.destroy();
  }

  /** Until another request came on the same link, or none did for a while. */
  async #waitForNext(link: string): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, REORDER_MS_MAX);
      this.#held.set(link, () => {
        clearTimeout(timer);
        // The one that came later is on its way first.
        setTimeout(resolve, 50);
      });
    });
    this.#held.delete(link);
  }

  async #ask({ name, method, target, headers, body }: Asked): Promise<Passed> {
    const upstream = this.#options.upstreamOf(name);
    if (upstream === undefined) throw new Error(`nobody is ${name}`);
    const { address: host, port } = upstream;
    const place = { host, port, servername: name, ca: this.#options.authority.cert, agent: false };
    return await new Promise((resolve, reject) => {
      const asking = request({ ...place, method, path: target, headers: withoutHops(headers) }, (answer) => {
        readAll(answer).then((read) => {
          resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: read });
        }, reject);
      });
      asking.setTimeout(PATIENCE_MS, () => asking.destroy(new Error('no answer')));
      asking.once('error', reject);
      asking.end(body);
    });
  }
}

async function readAsked(incoming: IncomingMessage): Promise<Asked> {
  const name = (incoming.socket as unknown as { servername?: string }).servername ?? '';
  const { method = '', url: target = '', headers } = incoming;
  return { name, method, target, headers, body: await readAll(incoming) };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Fields that are about one connection. */
function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...rest } = headers;
  return rest;
}

import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { Reply, Received } from './reply.js';
import { writeReply } from './reply.js';

const BODY_BYTES_MAX = 4_194_304;

export interface Hosted {
  readonly certificate: { readonly cert: string; readonly key: string };
  readonly answer: (received: Received) => Promise<Reply>;
}

/** One listener for all providers of the suite; the name in TLS says which of them is meant. */
export class PeerHost {
  readonly #server: Server;
  readonly #hosted = new Map<string, Hosted & { readonly context: SecureContext }>();

  private constructor() {
    this.#server = createServer(
      {
        SNICallback: (name, done) => {
          const context = this.#hosted.get(name)?.context;
          if (context === undefined) done(new Error(`nobody here is ${name}`));
          else done(null, context);
        },
      },
      (incoming, outgoing) => void this.#answer(incoming, outgoing),
    );
    this.#server.keepAliveTimeout = 5000;
  }

  /** @throws when the port is taken */
  static async listen(address: string, port: number): Promise<PeerHost> {
    const host = new PeerHost();
    await new Promise<void>((resolve, reject) => {
      host.#server.once('error', reject);
      host.#server.listen(port, address, resolve);
    });
    return host;
  }

  get port(): number {
    const place = this.#server.address();
    return typeof place === 'object' && place !== null ? place.port : 0;
  }

  has(name: string): boolean {
    return this.#hosted.has(name);
  }

  add(name: string, hosted: Hosted): void {
    this.#hosted.set(name, { ...hosted, context: createSecureContext(hosted.certificate) });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const servername = (incoming.socket as unknown as { servername?: string }).servername ?? '';
      const hosted = this.#hosted.get(servername);
      if (hosted === undefined) return void outgoing.destroy();
      const received = await read(incoming, servername);
      await writeReply(outgoing, await hosted.answer(received));
    } catch {
      outgoing.destroy();
    }
  }
}

async function read(incoming: IncomingMessage, servername: string): Promise<Received> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error('too large');
    chunks.push(chunk);
  }
  const fields = Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values]) => [name, values?.length === 1 ? values[0] : values]),
  );
  const { method = '', url: target = '' } = incoming;
  return { servername, method, target, fields, body: Buffer.concat(chunks), at: Date.now() };
}

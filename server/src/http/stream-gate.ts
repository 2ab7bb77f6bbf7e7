import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

export interface StreamGateOptions {
  /** request target of the stream, without a query */
  path: string;
  streamsMax: number;
  /** most bytes of one frame from a client */
  frameBytesMax: number;
  /** takes over an open socket; must not throw */
  open: (socket: WebSocket, request: { requestId: string; clientAddress: string }) => void;
  pingMs?: number;
}

const PING_MS = 30_000;
const GOING_AWAY = 1001;

/**
 * Opens web sockets, notices dead ones, and closes all of them at the end.
 *
 * @see PV-CLI-040
 */
export class StreamGate {
  readonly #options: StreamGateOptions;
  readonly #server: WebSocketServer;
  readonly #silent = new WeakSet<WebSocket>();
  readonly #pings: NodeJS.Timeout;

  constructor(options: StreamGateOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: true,
      maxPayload: options.frameBytesMax,
      perMessageDeflate: false,
    });
    this.#pings = setInterval(() => this.#pingAll(), options.pingMs ?? PING_MS);
    this.#pings.unref();
  }

  get size(): number {
    return this.#server.clients.size;
  }

  /** @returns what to refuse the upgrade with, if anything */
  refusal(incoming: IncomingMessage): 'not-supported' | 'overloaded' | undefined {
    if (incoming.url?.split('?', 1)[0] !== this.#options.path) return 'not-supported';
    return this.#server.clients.size >= this.#options.streamsMax ? 'overloaded' : undefined;
  }

  upgrade(
    incoming: IncomingMessage,
    { socket, head }: { socket: Duplex; head: Buffer },
    request: { requestId: string; clientAddress: string },
  ): void {
    this.#server.handleUpgrade(incoming, socket, head, (opened) => {
      opened.on('pong', () => this.#silent.delete(opened));
      opened.on('message', () => this.#silent.delete(opened));
      // An error is always followed by close, which is what its owner listens to.
      opened.on('error', () => undefined);
      this.#options.open(opened, request);
    });
  }

  /** Asks every client to go; resolves when all have gone. Those that do not are cut with their connections. */
  async close(): Promise<void> {
    clearInterval(this.#pings);
    const gone = [...this.#server.clients].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#server.clients) socket.close(GOING_AWAY, 'the server is going down');
    await Promise.all(gone);
  }

  #pingAll(): void {
    for (const socket of this.#server.clients) {
      if (this.#silent.has(socket)) socket.terminate();
      else {
        this.#silent.add(socket);
        socket.ping();
      }
    }
  }
}

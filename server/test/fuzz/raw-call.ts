import { Agent, request } from 'node:https';
import type { TestNetwork } from '../support/test-network.js';
import type { RawAnswer } from './judge-answer.js';

/** A request as it goes out, byte by byte. */
export interface RawCall {
  readonly to: string;
  readonly method: string;
  /** request target, not normalised */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** address to call from */
  readonly from?: string;
}

/** A call without an answer: the server is gone, or hangs. */
export class NoAnswer extends Error {}

const WAIT_MS_MAX = 30_000;
/** Of a longer body the server need not read the rest, and may close before all of it is sent. */
const READ_BYTES_MAX = 65_536;

/** Connections to the providers of a network that are kept between calls. */
export class RawCaller {
  readonly #network: TestNetwork;
  readonly #agent: Agent;

  constructor(network: TestNetwork) {
    this.#network = network;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 64, ca: network.ca.cert });
  }

  /** @returns undefined when the server closed on a body that is too long to be read */
  async call({ to, method, path, headers, body, from }: RawCall): Promise<RawAnswer | undefined> {
    const { port } = this.#network.provider(to);
    const startedAt = Date.now();
    try {
      return await new Promise<RawAnswer>((resolve, reject) => {
        const outgoing = request(
          {
            ...{ agent: this.#agent, host: '127.0.0.1', port, servername: to, method, path, timeout: WAIT_MS_MAX },
            headers: { host: to, ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) },
            ...(from === undefined ? {} : { localAddress: from }),
          },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on('data', (chunk: Buffer) => void chunks.push(chunk)).on('error', reject);
            incoming.on('end', () => {
              const { statusCode: status = 0, headers: fields } = incoming;
              const mediaType = fields['content-type']?.split(';')[0];
              const text = Buffer.concat(chunks).toString();
              resolve({ status, mediaType, retryAfter: fields['retry-after'], text, tookMs: Date.now() - startedAt });
            });
          },
        );
        outgoing.on('timeout', () => outgoing.destroy(new NoAnswer(`no answer within ${WAIT_MS_MAX} ms`)));
        outgoing.on('error', reject);
        outgoing.end(body);
      });
    } catch (cause) {
      if (cause instanceof NoAnswer) throw cause;
      if ((body?.length ?? 0) > READ_BYTES_MAX) return undefined;
      throw new NoAnswer(String(cause));
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

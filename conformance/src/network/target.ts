import { Fault } from '../formats/fault.js';
import { isDomain } from '../formats/identifiers.js';
import { acceptDocument, parseDocument } from '../formats/provider-document.js';
import type { ProviderDocument } from '../formats/provider-document.js';
import { exchange } from './exchange.js';
import type { Answer, Place, Sending } from './exchange.js';

/** The run cannot begin: a wrong address, a dead host, another protocol. */
export class Unreachable extends Error {}

export interface TargetOptions {
  /** such as https://provider.example */
  readonly url: string;
  /** where its names really are, on a test network */
  readonly address?: { readonly address: string; readonly port: number };
  /** PEM of the authority its certificate comes from */
  readonly ca?: string;
}

/** The provider under test. */
export class Target {
  readonly domain: string;
  /** of the domain itself, where the document is */
  readonly home: Place;
  requests = 0;
  bytes = 0;
  /** accounts made there */
  people = 0;
  #document: ProviderDocument | undefined;
  readonly #options: TargetOptions;

  constructor(options: TargetOptions) {
    const [, domain] = /^https:\/\/([^/:]+)\/?$/.exec(options.url) ?? [];
    if (!isDomain(domain))
      throw new Unreachable(`${options.url} is not the address of a provider: https:// and its domain, nothing more`);
    this.domain = domain;
    this.#options = options;
    this.home = this.#placeOf(domain);
  }

  /** Its endpoint. */
  get place(): Place {
    return this.#placeOf(this.document.host);
  }

  get document(): ProviderDocument {
    if (this.#document === undefined) throw new Error('the document was not fetched');
    return this.#document;
  }

  get clientOrigin(): string {
    return `https://${this.document.host}`;
  }

  /**
   * Fetches its document and believes it only as a peer would.
   *
   * @throws Unreachable
   */
  async meet(): Promise<void> {
    const answer = await this.get('/.well-known/payvand');
    if (answer.end === 'refused' || answer.end === 'reset')
      throw new Unreachable(
        `${this.domain} cannot be reached over TLS: is the host up, the certificate valid, port 443 open?`,
      );
    if (answer.end === 'timeout') throw new Unreachable(`${this.domain} does not answer`);
    if (answer.status !== 200)
      throw new Unreachable(`${this.domain} answers ${answer.status} at /.well-known/payvand: not a Payvand provider?`);
    try {
      const next = parseDocument(answer.text, this.domain);
      acceptDocument(next, this.#document, Date.now());
      this.#document = next;
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      const why = cause.code === 'no-common-version' ? 'it speaks another version of the protocol' : cause.code;
      throw new Unreachable(`the provider document of ${this.domain} cannot be believed: ${why}`);
    }
  }

  /** A plain GET at the domain. */
  async get(
    path: string,
    how: { method?: string; lines?: readonly string[]; sending?: Partial<Sending> } = {},
  ): Promise<Answer> {
    const { method = 'GET', lines = [], sending } = how;
    const head = [`${method} ${path} HTTP/1.1`, `host: ${this.domain}`, ...lines, 'connection: close'];
    const answer = await exchange(this.home, { head: `${head.join('\r\n')}\r\n\r\n`, ...sending });
    this.count(answer);
    return answer;
  }

  count({ bytes }: Answer): void {
    this.requests += 1;
    this.bytes += bytes;
  }

  /** An address of one's own on a loopback that has enough of them. @param net 1 for providers, 2 for people */
  sourceOf(net: 1 | 2, place: number): string | undefined {
    const isLoopback = this.home.address.startsWith('127.') && process.platform === 'linux';
    return isLoopback ? `127.${net}.${(place >> 8) & 255}.${place & 255}` : undefined;
  }

  /** For those whom it asks: its keys for requests. */
  requestKeysOf(from: string): ReadonlyMap<string, Uint8Array> | undefined {
    if (from !== this.domain) return undefined;
    const keys = this.document.statement.keys.filter(({ use, status }) => use === 'request' && status === 'active');
    return new Map(keys.map(({ kid, publicKey }) => [kid, publicKey]));
  }

  /** The same provider, reached another way; it has to be met again. */
  through(address: { readonly address: string; readonly port: number }): Target {
    return new Target({ ...this.#options, address });
  }

  #placeOf(host: string): Place {
    const { address = { address: host, port: 443 }, ca } = this.#options;
    return { host, ...address, ...(ca === undefined ? {} : { ca }) };
  }
}

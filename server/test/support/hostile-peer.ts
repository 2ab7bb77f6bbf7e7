import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { activeKey, openKeyFile, rootKey, rotateKeys, statementOf } from '../../src/own-keys.js';
import type { KeyFile } from '../../src/own-keys.js';
import { makeContent } from '../../src/protocol/content.js';
import { buildEvent } from '../../src/protocol/event.js';
import type { EventFields, ParsedEvent, Seen } from '../../src/protocol/event.js';
import { sha256Base64url } from '../../src/protocol/hash.js';
import { signRequest } from '../../src/protocol/http-signature.js';
import type { RequestToSign } from '../../src/protocol/http-signature.js';
import { parseAddress, parseDomain } from '../../src/protocol/identifiers.js';
import type { Address, Domain, RoomId } from '../../src/protocol/identifiers.js';
import { signingKeyFromSeed } from '../../src/protocol/key-thumbprint.js';
import type { SigningKey } from '../../src/protocol/key-thumbprint.js';
import type { KeyStatement } from '../../src/protocol/key-statement.js';
import { buildProviderDocument } from '../../src/protocol/provider-document.js';
import { buildReport } from '../../src/protocol/report.js';
import type { TestNetwork } from './test-network.js';
import type { Json } from './test-person.js';

export const DAY_MS = 86_400_000;

/** An event with what travels beside it. */
export interface Item {
  readonly jws: string;
  readonly content: string;
  readonly statement?: string;
}

/** Where what is sent differs from what an honest provider would send. */
export interface Deviation {
  /** what the signature is made over */
  readonly signed?: Partial<RequestToSign>;
  readonly fields?: (fields: Record<string, string>) => Record<string, string>;
  /** header lines besides */
  readonly lines?: readonly string[];
  /** the body on the wire, when it is not the one that is signed */
  readonly sent?: string | Buffer;
  readonly contentType?: string;
  readonly contentLength?: number;
  readonly method?: string;
  readonly host?: string;
  /** the sender closes its side after the last byte */
  readonly hangsUp?: boolean;
  /** milliseconds between one byte and the next, for as long as nothing comes back */
  readonly dripMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Json;
}

export type Answerer = (body: Json) => object;

/** A provider of the network with good keys and a good certificate that says whatever a test wants it to say. */
export class HostilePeer {
  readonly domain: Domain;
  readonly file: KeyFile;
  readonly event: SigningKey;
  readonly seal: SigningKey;
  readonly request: SigningKey;
  readonly statement: KeyStatement;
  /** an event key of an earlier time, listed as such */
  readonly retired: SigningKey;
  /** what it answers others, by verb; 404 for the rest */
  readonly answers = new Map<string, Answerer>();
  /** what others sent, by verb */
  readonly received = new Map<string, Json[]>();
  readonly #network: TestNetwork;
  #server: Server | undefined;

  private constructor(network: TestNetwork, { first, file }: { first: KeyFile; file: KeyFile }) {
    this.#network = network;
    this.domain = file.provider;
    this.file = file;
    this.event = activeKey(file, 'event');
    this.seal = activeKey(file, 'seal');
    this.request = activeKey(file, 'request');
    this.statement = statementOf(file);
    this.retired = activeKey(first, 'event');
    this.answers.set('push', ({ rooms }) => ({ rooms: (rooms as Json[]).map(acked) }));
    this.answers.set('mailbox', ({ items }) => ({ results: (items as string[]).map(() => ({ status: 'ok' })) }));
    this.answers.set('heads', () => ({ rooms: [], seals: [] }));
    this.answers.set('signals', () => ({}));
  }

  /** Listens in the place of a provider of the network that was not started. */
  static async start(network: TestNetwork, name: string): Promise<HostilePeer> {
    const { dataDir, port } = network.provider(name);
    const now = Date.now();
    const first = await openKeyFile(dataDir, { provider: domain(name), now });
    const peer = new HostilePeer(network, { first, file: rotateKeys(first, { now, revoke: true }) });
    const [cert, key] = await Promise.all(['cert', 'key'].map((part) => readFile(join(dataDir, 'tls', `${part}.pem`))));
    const pair = { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
    const server = createServer(pair, (incoming, outgoing) => void peer.#answer(incoming, outgoing));
    peer.#server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return peer;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  /** An event that is good unless its fields say otherwise. */
  make(
    fields: Pick<EventFields, 'type' | 'sender'> & Partial<EventFields>,
    content: object | string,
    key: SigningKey = this.event,
  ): Item & { readonly event: ParsedEvent } {
    const made =
      typeof content === 'string'
        ? { text: content, hash: sha256Base64url(content), size: Buffer.byteLength(content) }
        : makeContent(content, nonce());
    const event = buildEvent(
      {
        ...{ ts: Date.now(), until: Date.now() + DAY_MS, nonce: nonce(), scheme: 'plain' },
        ...{ content: made.hash, size: made.size, ...fields },
      },
      key,
    );
    return { event, jws: event.jws, content: made.text };
  }

  /** The first join of one of its people: its provider entry and theirs. @param content of the member event, besides */
  joinItems(room: RoomId, who: Address, content: object): Item[] {
    const { hash, version, jws, provider } = this.statement;
    const entry = this.make({ room, type: 'provider', sender: provider, key: provider }, { statement: hash, version });
    return [{ ...itemOf(entry), statement: jws }, this.joinItem({ room }, who, content)];
  }

  /** A further join. */
  joinItem(fields: { room: RoomId; seen?: Seen }, who: Address, content: object): Item {
    return itemOf(
      this.make({ ...fields, type: 'member', sender: who, key: who }, { membership: 'joined', ...content }),
    );
  }

  /** A report in good form of something somebody is to have said. */
  report(changes: { to: string; sender: string; item: string }): string {
    const base = { from: this.domain, reason: 'spam' as const, at: Date.now(), nonce: nonce() };
    const people = { to: domain(changes.to), sender: address(changes.sender) };
    return buildReport({ ...base, ...people, item: changes.item }, this.event).jws;
  }

  /** Sends one request over a connection of its own, byte by byte as told, and reads until the other side closes. */
  // eslint-disable-next-line max-params -- whom, what, with what, and how it differs
  async ask(to: string, verb: string, body: Json | string | Buffer, how: Deviation = {}): Promise<Answer> {
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : JSON.stringify(body);
    const target = `/payvand/v1/${verb}`;
    const signed = signRequest({
      ...{ method: 'POST', authority: to, target, body: bytes, from: this.domain, to: domain(to) },
      ...{ nowSeconds: Math.floor(Date.now() / 1000), key: this.request, ...how.signed },
    });
    const fields = how.fields?.(signed) ?? signed;
    const sent = Buffer.from(how.sent ?? bytes);
    const head = [
      `${how.method ?? 'POST'} ${target} HTTP/1.1`,
      `host: ${how.host ?? to}`,
      `content-type: ${how.contentType ?? 'application/json'}`,
      `content-length: ${how.contentLength ?? sent.length}`,
      ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
      ...(how.lines ?? []),
      'connection: close',
    ];
    return await this.exchange(to, { bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n`), rest: sent, how });
  }

  async exchange(to: string, { bytes, rest, how }: { bytes: Buffer; rest: Buffer; how: Deviation }): Promise<Answer> {
    const { port } = this.#network.provider(to);
    const socket = connect({ host: '127.0.0.1', port, servername: to, ca: this.#network.ca.cert });
    return await new Promise<Answer>((resolve) => {
      const chunks: Buffer[] = [];
      let drip: NodeJS.Timeout | undefined;
      socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(drip);
        resolve(readAnswer(Buffer.concat(chunks).toString()));
      });
      socket.write(bytes);
      if (how.dripMs === undefined) socket.write(rest);
      else {
        let at = 0;
        drip = setInterval(() => void socket.write(rest.subarray(at, (at += 1))), how.dripMs);
      }
      if (how.hangsUp === true) socket.end();
    });
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (incoming.url === '/.well-known/payvand') {
      outgoing.setHeader('content-type', 'application/jose').end(this.#document());
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Json;
    const verb = incoming.url?.split('/').at(-1) ?? '';
    this.received.set(verb, [...(this.received.get(verb) ?? []), body]);
    const answer = this.answers.get(verb)?.(body);
    outgoing.statusCode = answer === undefined ? 404 : 200;
    outgoing.setHeader('content-type', answer === undefined ? 'application/problem+json' : 'application/json');
    outgoing.end(
      JSON.stringify(answer ?? { type: 'urn:payvand:error:unknown-room', status: 404, code: 'unknown-room' }),
    );
  }

  #document(): string {
    const issued = this.statement.issued;
    return buildProviderDocument(
      {
        ...{ provider: this.domain, version: 1, issued, expires: issued + DAY_MS, endpoint: `https://${this.domain}` },
        ...{ statement: this.statement.jws, versions: ['0.1'], profiles: ['core', 'groups'] },
        ...{ limits: {}, contacts: {}, status: 'ok' },
      },
      rootKey(this.file),
    );
  }
}

/** Without what only the maker of an event knows. */
export function itemOf({ jws, content }: Item): Item {
  return { jws, content };
}

export function domain(name: string): Domain {
  const parsed = parseDomain(name);
  if (parsed === undefined) throw new TypeError(name);
  return parsed;
}

export function address(name: string): Address {
  const parsed = parseAddress(name);
  if (parsed === undefined) throw new TypeError(name);
  return parsed;
}

export function nonce(): string {
  return randomBytes(16).toString('base64url');
}

/** A key that nobody has announced. */
export function strayKey(): SigningKey {
  return signingKeyFromSeed(randomBytes(32));
}

function acked({ room, sealed }: Json): object {
  return { room, status: 'acked', seq: ((sealed as Json)['head'] as Json)['seq'] };
}

function readAnswer(text: string): Answer {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  const end = text.indexOf('\r\n\r\n');
  const body = end < 0 ? '' : text.slice(end + 4);
  return { status, text: body, json: body.startsWith('{') ? (JSON.parse(body) as Json) : {} };
}

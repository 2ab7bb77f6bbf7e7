import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { keyFromSeed } from '../formats/ed25519.js';
import type { SigningKey } from '../formats/ed25519.js';
import { signJws } from '../formats/jws.js';
import { parseStatement } from '../formats/key-statement.js';
import type { KeyStatement } from '../formats/key-statement.js';
import { checkRequest, signRequest } from '../formats/request-signature.js';
import type { RequestToSign, RequestVerdict } from '../formats/request-signature.js';
import { isMembers, parseStrictJson } from '../formats/strict-json.js';
import type { Members } from '../formats/strict-json.js';
import { DAY_MS } from '../formats/event.js';
import { exchange } from './exchange.js';
import type { Answer, Sending } from './exchange.js';
import { json, problem } from './reply.js';
import type { Received, Reply } from './reply.js';
import type { Target } from './target.js';

/** Where a request differs from what an honest provider would send. */
export interface Deviation {
  /** what the signature is made over */
  readonly signed?: Partial<RequestToSign>;
  readonly fields?: (fields: Record<string, string>) => Record<string, string>;
  /** header lines besides */
  readonly lines?: readonly string[];
  /** the body on the wire, when it is not the one that is signed */
  readonly sent?: string | Buffer;
  readonly contentType?: string;
  /** null for none at all */
  readonly contentLength?: number | null;
  readonly method?: string;
  readonly host?: string;
  /** request target on the wire */
  readonly target?: string;
  readonly sending?: Partial<Sending>;
}

export interface PeerKeys {
  readonly root: SigningKey;
  readonly event: SigningKey;
  readonly seal: SigningKey;
  readonly request: SigningKey;
  readonly retired: SigningKey;
}

export interface PeerOrigin {
  readonly target: Target;
  /** when its key statement was issued */
  readonly issued: number;
  readonly secretOf: (purpose: string) => Buffer;
  /** address that its requests come from, where there is a choice */
  readonly source?: string | undefined;
}

export type Answerer = (body: Members) => Reply | Promise<Reply>;

/** A request that nobody had said would come. */
export interface Undeclared {
  readonly from: string;
  readonly what: string;
}

/** A provider of the suite: honest, but for what a check tells it to do otherwise. */
export class Peer {
  readonly domain: string;
  readonly keys: PeerKeys;
  readonly statement: KeyStatement;
  /** how it answers, by verb; what it has no answer for is not supported */
  readonly answers = new Map<string, Answerer>();
  /** how it answers whoever asks for its document */
  document: () => Reply;
  /** what came, by verb, in order */
  readonly received: { readonly verb: string; readonly body: Members; readonly at: number }[] = [];
  readonly undeclared: Undeclared[] = [];
  documentRequests = 0;
  readonly #target: Target;
  readonly #source: string | undefined;

  constructor(domain: string, { target, issued, secretOf, source }: PeerOrigin) {
    this.domain = domain;
    this.#target = target;
    this.#source = source;
    const key = (use: string): SigningKey => keyFromSeed(secretOf(`${domain} ${use}`));
    this.keys = {
      ...{ root: key('root'), event: key('event'), seal: key('seal'), request: key('request') },
      retired: key('retired'),
    };
    this.statement = parseStatement(this.makeStatement({ issued }));
    this.document = () => this.documentReply();
    this.answers.set('heads', () => json({ rooms: [], seals: [] }));
    this.answers.set('signals', () => json({}));
    this.answers.set('mailbox', ({ items }) =>
      json({ results: (Array.isArray(items) ? items : []).map(() => ({ status: 'ok' })) }),
    );
  }

  /** A key statement, honest unless told otherwise. */
  makeStatement(changes: Members = {}, by: SigningKey = this.keys.root): string {
    const { root, event, seal, request, retired } = this.keys;
    const listed = (['event', 'seal', 'request'] as const).map((use) => ({
      ...{ x: { event, seal, request }[use].x, use, status: 'active' },
    }));
    const keys = [...listed, { x: retired.x, use: 'event', status: 'retired' }];
    const payload = { provider: this.domain, version: 1, issued: Date.now(), roots: [root.x], keys, ...changes };
    return signJws('payvand-statement', payload, by);
  }

  /** A provider document, honest unless told otherwise. */
  makeDocument(changes: Members = {}, by: SigningKey = this.keys.root): string {
    const now = Date.now();
    const payload = {
      ...{
        provider: this.domain,
        version: now,
        issued: now,
        // Less than a day ahead it would be fetched again at once (PV-DISC-009).
        expires: now + 3 * DAY_MS,
        endpoint: `https://${this.domain}`,
      },
      ...{ statement: this.statement.jws.text, versions: ['0.1'], profiles: ['core', 'groups'] },
      ...{ limits: {}, contacts: {}, status: 'ok', ...changes },
    };
    return signJws('payvand-provider', payload, by);
  }

  documentReply(text = this.makeDocument()): Reply {
    return { status: 200, headers: { 'content-type': 'application/jose' }, body: text };
  }

  /** Sends one request to the target over a connection of its own. */
  async send(verb: string, body: Members | string | Buffer, how: Deviation = {}): Promise<Answer> {
    const { domain, place } = this.#target;
    const bytes = Buffer.from(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    const target = `/payvand/v1/${verb}`;
    const { fields: signed } = signRequest({
      ...{ method: how.method ?? 'POST', authority: place.host, target: how.target ?? target, body: bytes },
      ...{ from: this.domain, to: domain, nowSeconds: Math.floor(Date.now() / 1000), key: this.keys.request },
      ...how.signed,
    });
    const sent = Buffer.from(how.sent ?? bytes);
    const length = how.contentLength === undefined ? sent.length : how.contentLength;
    const head = [
      `${how.method ?? 'POST'} ${how.target ?? target} HTTP/1.1`,
      `host: ${how.host ?? place.host}`,
      `content-type: ${how.contentType ?? 'application/json'}`,
      ...(length === null ? [] : [`content-length: ${length}`]),
      ...Object.entries(how.fields?.(signed) ?? signed).map(([name, value]) => `${name}: ${value}`),
      ...(how.lines ?? []),
      'connection: close',
    ];
    const answer = await exchange(place, {
      head: `${head.join('\r\n')}\r\n\r\n`,
      rest: sent,
      ...how.sending,
      tls: this.#from(how),
    });
    this.#target.count(answer);
    return answer;
  }

  #from({ sending }: Deviation): ConnectionOptions {
    const source = this.#source === undefined ? {} : { localAddress: this.#source };
    return { ...source, ...sending?.tls };
  }

  /** What it answers a request that came in. */
  async answer(received: Received): Promise<Reply> {
    const { method, target, body, at } = received;
    if (target === '/.well-known/payvand') {
      this.documentRequests += 1;
      return this.document();
    }
    const verb = target.replace('/payvand/v1/', '');
    if (method !== 'POST' || verb === target) return this.#refuse(`${method} ${target}`);
    const verdict = await this.#check(received);
    if (!verdict.ok) return this.#refuse(`${verb}: ${verdict.part} ${verdict.reason}`, problem(401, verdict.code));
    const parsed = parseStrictJson(body, { bytesMax: 4_194_304, depthMax: 16 });
    if (!isMembers(parsed)) return this.#refuse(`${verb}: no object`);
    this.received.push({ verb, body: parsed, at });
    const answerer = this.answers.get(verb);
    return answerer === undefined ? this.#refuse(verb) : await answerer(parsed);
  }

  /** A key it has not seen it looks up in a newer document. SPEC PV-DISC-016. */
  async #check(received: Received): Promise<RequestVerdict> {
    const receiver = {
      ...{ provider: this.domain, authority: this.domain, nowSeconds: Math.floor(Date.now() / 1000) },
      keysOf: (from: string) => this.#target.requestKeysOf(from),
    };
    const verdict = checkRequest(received, receiver);
    if (verdict.ok || verdict.part !== 'key') return verdict;
    await this.#target.meet();
    return checkRequest(received, receiver);
  }

  /** A key that it has announced to nobody. */
  strayKey(): SigningKey {
    return keyFromSeed(randomBytes(32));
  }

  #refuse(what: string, reply = problem(404, 'not-supported')): Reply {
    this.undeclared.push({ from: this.#target.domain, what });
    return reply;
  }
}

import { BoundedMap } from '../bounded-map.js';
import type { Log } from '../log.js';
import type { Domain, KeyId } from '../protocol/identifiers.js';
import type { KeyStatement, KeyUse } from '../protocol/key-statement.js';
import { acceptDocument } from '../protocol/provider-document.js';
import type { ProviderDocument } from '../protocol/provider-document.js';
import type { Random } from './back-off.js';
import { FetchQueue } from './fetch-queue.js';
import type { HttpClient } from './http-client.js';
import { fetchDocument } from './fetch-document.js';
import { PeerError } from './peer-error.js';
import { ProviderCache } from './provider-cache.js';
import type { ProviderStore } from './provider-cache.js';

/** Somebody who calls us, as far as we know them. */
export interface Caller {
  readonly blocked: boolean;
  /** multiplies the peer's budgets */
  readonly limitFactor: number;
  /** multiplies its mailbox budget beside */
  readonly contactFactor: number;
  /** its active `request` key; `unknown-peer`: worth learning its document first */
  requestKey(kid: KeyId): Uint8Array | 'unknown-peer' | 'unknown-key';
}

export interface DiscoveryOptions {
  http: HttpClient;
  store: ProviderStore;
  clock: { now(): number };
  random: Random;
  log: Log;
  strangerFetchesPerMinute: number;
}

const REFRESH_AFTER_MS = 3_600_000;
const REFRESH_BEFORE_EXPIRY_MS = 86_400_000;
/** A document is asked for again for the sake of a key at most this often, */
const REST_MS = 2000;
/** and a key that was not in it is looked for again after this. */
const SOUGHT_MS = 60_000;
const SOUGHT_MAX = 4096;

/**
 * Finds out who providers are: fetches, verifies, keeps and refreshes their documents.
 *
 * @see PV-DISC-001 to PV-DISC-016
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #cache: ProviderCache;
  readonly #queue: FetchQueue;
  /** keys that no document has listed, and since when they are looked for */
  readonly #sought = new BoundedMap<string, number>(SOUGHT_MAX);
  readonly #stopping = new AbortController();

  constructor(options: DiscoveryOptions) {
    const { store, clock, random, log, strangerFetchesPerMinute: perMinute } = options;
    this.#options = options;
    this.#cache = new ProviderCache(store, clock);
    this.#queue = new FetchQueue({
      clock,
      random,
      perMinute,
      fetch: (domain) => this.#refresh(domain),
      onFailure: (domain, cause) => log.info('discovery-failed', { peer: domain, cause: String(cause) }),
    });
  }

  /** a document is being fetched, or about to be */
  get isBusy(): boolean {
    return this.#queue.isBusy;
  }

  /** Loads who is blocked. */
  async start(): Promise<void> {
    await this.#cache.load();
  }

  /** Who is calling, without asking the network. */
  async caller(domain: Domain): Promise<Caller> {
    const { blocked, limitFactor, contactFactor, fetchedAt } = await this.#cache.find(domain);
    const document = await this.find(domain);
    return {
      blocked,
      limitFactor,
      contactFactor,
      requestKey: (kid) => {
        if (document === undefined) return 'unknown-peer';
        const key = document.statement.keyById.get(kid);
        if (key?.use === 'request' && key.status === 'active') return key.x;
        return key === undefined && this.#seekingMs(domain, kid, fetchedAt) === 0 ? 'unknown-peer' : 'unknown-key';
      },
    };
  }

  /**
   * Begins one fetch in the background, unless one is under way, the last one failed a short while ago, or the
   * budget for strangers is used up.
   *
   * @returns seconds after which it is worth calling again
   */
  learn(domain: Domain): number {
    return this.#isResting(domain) ? REST_MS / 1000 : this.#queue.learn(domain);
  }

  /** Waits a moment, a second at most, for a fetch that was begun. @returns whether it brought a document */
  hasLearned(domain: Domain): Promise<boolean> {
    return this.#queue.hasLearned(domain);
  }

  /**
   * How the document in memory lists a key for one use; a key of another use is as good as retired. Never waits.
   *
   * @returns undefined when there is no document
   */
  keyStatus(domain: Domain, kid: KeyId, use: KeyUse): 'active' | 'retired' | 'unlisted' | undefined {
    const document = this.#cache.peek(domain)?.document;
    if (document === undefined) return undefined;
    const key = document.statement.keyById.get(kid);
    if (key === undefined) return 'unlisted';
    return key.use === use ? key.status : 'retired';
  }

  /**
   * Begins to look for a key of somebody known that the document held does not list.
   *
   * @returns seconds after which it is worth asking again
   * @see PV-DISC-016
   */
  seekKey(domain: Domain, kid: KeyId): number {
    const waitMs = this.#seekingMs(domain, kid, this.#cache.peek(domain)?.fetchedAt ?? 0);
    if (waitMs === 0 && !this.#isResting(domain)) this.#queue.refresh(domain);
    return Math.ceil(Math.max(waitMs, REST_MS) / 1000);
  }

  /** The unexpired document that is held, without asking the network; a refresh is begun when it is getting old. */
  async find(domain: Domain): Promise<ProviderDocument | undefined> {
    const { document, fetchedAt } = await this.#cache.find(domain);
    const now = this.#options.clock.now();
    if (document === undefined || document.expires <= now) return undefined;
    if (now - fetchedAt > REFRESH_AFTER_MS || document.expires - now < REFRESH_BEFORE_EXPIRY_MS)
      this.#queue.refresh(domain);
    return document;
  }

  /**
   * The document that is held if it is fresh enough, else one fetched now.
   *
   * @param ageMsMax oldest acceptable; any unexpired document when absent
   * @throws PeerError as `HttpClient.request`, `peer-problem` (status other than 200), or `document-refused` with the
   *   protocol's code as detail
   */
  async get(domain: Domain, ageMsMax = Infinity): Promise<ProviderDocument> {
    const { fetchedAt } = await this.#cache.find(domain);
    const held = await this.find(domain);
    if (held !== undefined && this.#options.clock.now() - fetchedAt <= ageMsMax) return held;
    await this.#queue.fetchNow(domain);
    const { document } = await this.#cache.find(domain);
    if (document === undefined) throw new PeerError('document-refused', domain, { detail: 'not kept' });
    return document;
  }

  /**
   * The statement in a provider's present document; undefined when there is none to be had.
   *
   * @param ageMsMax oldest acceptable; that of any unexpired document when absent
   */
  async statementOf(domain: Domain, ageMsMax?: number): Promise<KeyStatement | undefined> {
    try {
      return (await this.get(domain, ageMsMax)).statement;
    } catch (cause) {
      this.#options.log.debug('discovery-failed', { peer: domain, cause: String(cause) });
      return undefined;
    }
  }

  isBlocked(domain: Domain): boolean {
    return this.#cache.isBlocked(domain);
  }

  /** Reads storage again at the next look: after a block or a limit was changed. */
  forget(domain: Domain): void {
    this.#cache.forget(domain);
  }

  /** Ends the fetches under way. */
  async stop(): Promise<void> {
    this.#stopping.abort(new PeerError('peer-unreachable', 'discovery', { detail: 'stopping' }));
    await this.#queue.stop();
  }

  /** @returns for how long a key need not be looked for, because a newer document has not brought it either; 0 while it has to be */
  #seekingMs(domain: Domain, kid: KeyId, fetchedAt: number): number {
    const name = `${domain} ${kid}`;
    const now = this.#options.clock.now();
    const since = this.#sought.get(name) ?? -Infinity;
    const restMs = since + SOUGHT_MS - now;
    if (restMs <= 0 || restMs > SOUGHT_MS) this.#sought.set(name, now);
    // A fetch that began in the millisecond in which the key was met has seen it.
    else if (fetchedAt >= since) return restMs;
    return 0;
  }

  #isResting(domain: Domain): boolean {
    const { document, fetchedAt = 0 } = this.#cache.peek(domain) ?? {};
    const ageMs = this.#options.clock.now() - fetchedAt;
    return document !== undefined && ageMs >= 0 && ageMs < REST_MS;
  }

  async #refresh(domain: Domain): Promise<void> {
    const { clock, log, http } = this.#options;
    const askedAt = clock.now();
    const { document: last } = await this.#cache.find(domain);
    const { document } = await fetchDocument(http, domain, this.#stopping.signal);
    const verdict = acceptDocument(document, last, clock.now());
    if (verdict.kind === 'refuse') throw new PeerError('document-refused', domain, { detail: verdict.code });
    if (verdict.kind === 'new-provider') log.warn('provider-returned-as-new', { peer: domain });
    await this.#cache.save(domain, document, askedAt);
  }
}

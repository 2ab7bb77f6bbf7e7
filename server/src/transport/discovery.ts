import { limits } from '@payvand/spec';
import type { Log } from '../log.js';
import type { Domain, KeyId } from '../protocol/identifiers.js';
import type { KeyStatement, KeyUse, StatementKey } from '../protocol/key-statement.js';
import { acceptDocument, parseProviderDocument } from '../protocol/provider-document.js';
import type { ProviderDocument } from '../protocol/provider-document.js';
import type { Random } from './back-off.js';
import { FetchQueue } from './fetch-queue.js';
import type { HttpClient } from './http-client.js';
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
/** A key we have not seen is looked for again when what we hold is older than this. */
const NEW_KEY_AFTER_MS = 60_000;

/**
 * Finds out who providers are: fetches, verifies, keeps and refreshes their documents.
 *
 * @see PV-DISC-001 to PV-DISC-015
 */
export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #cache: ProviderCache;
  readonly #queue: FetchQueue;
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

  /** Loads who is blocked. */
  async start(): Promise<void> {
    await this.#cache.load();
  }

  /** Who is calling, without asking the network. */
  async caller(domain: Domain): Promise<Caller> {
    const { blocked, limitFactor, contactFactor, fetchedAt } = await this.#cache.find(domain);
    const document = await this.find(domain);
    const isNewKeyLikely = this.#options.clock.now() - fetchedAt > NEW_KEY_AFTER_MS;
    return {
      blocked,
      limitFactor,
      contactFactor,
      requestKey: (kid) => {
        const key = document === undefined ? undefined : keyOf(document, kid, 'request');
        if (key?.status === 'active') return key.x;
        return document === undefined || isNewKeyLikely ? 'unknown-peer' : 'unknown-key';
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
    return this.#queue.learn(domain);
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
   * The key a provider lists now for one use.
   *
   * @returns undefined when its document does not list it
   * @throws PeerError as `get`
   */
  async findKey(domain: Domain, kid: KeyId, use: KeyUse): Promise<StatementKey | undefined> {
    const listed = keyOf(await this.get(domain), kid, use);
    return listed ?? keyOf(await this.get(domain, NEW_KEY_AFTER_MS), kid, use);
  }

  /** The statement in a provider's present document; undefined when there is none to be had. */
  async statementOf(domain: Domain): Promise<KeyStatement | undefined> {
    try {
      return (await this.get(domain)).statement;
    } catch (cause) {
      this.#options.log.debug('discovery-failed', { peer: domain, cause: String(cause) });
      return undefined;
    }
  }

  /** Whether the document in memory lists a key as active; true also when there is none. Never waits. */
  isActive(domain: Domain, kid: KeyId, use: KeyUse): boolean {
    const document = this.#cache.peek(domain)?.document;
    return document === undefined || keyOf(document, kid, use)?.status === 'active';
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

  async #refresh(domain: Domain): Promise<void> {
    const { clock, log, http } = this.#options;
    const { document: last } = await this.#cache.find(domain);
    const document = await fetchDocument(http, domain, this.#stopping.signal);
    const verdict = acceptDocument(document, last, clock.now());
    if (verdict.kind === 'refuse') throw new PeerError('document-refused', domain, { detail: verdict.code });
    if (verdict.kind === 'new-provider') log.warn('provider-returned-as-new', { peer: domain });
    await this.#cache.save(domain, document);
  }
}

function keyOf(document: ProviderDocument, kid: KeyId, use: KeyUse): StatementKey | undefined {
  const key = document.statement.keyById.get(kid);
  return key?.use === use ? key : undefined;
}

async function fetchDocument(http: HttpClient, domain: Domain, signal: AbortSignal): Promise<ProviderDocument> {
  const { status, body } = await http.request({
    host: domain,
    method: 'GET',
    path: '/.well-known/payvand',
    headers: { accept: 'application/jose' },
    bytesMax: limits.documentBytesMax,
    deadlineMs: limits.documentFetchMsMax,
    signal,
  });
  if (status !== 200) throw new PeerError('peer-problem', domain, { problem: { status, code: 'no-document' } });
  const parsed = parseProviderDocument(body.toString('latin1'), domain);
  if (!parsed.ok) throw new PeerError('document-refused', domain, { detail: parsed.code });
  return parsed.value;
}

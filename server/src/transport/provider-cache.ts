import { BoundedMap } from '../bounded-map.js';
import { contactFactor } from '../protocol/contact-factor.js';
import type { Domain } from '../protocol/identifiers.js';
import { parseProviderDocument } from '../protocol/provider-document.js';
import type { ProviderDocument } from '../protocol/provider-document.js';

/** What storage keeps of a provider. */
export interface StoredProvider {
  /** the newest accepted provider document (JWS); null when only a block or limit is kept */
  readonly document: string | null;
  readonly fetchedAt: number;
  readonly blocked: boolean;
  readonly limitFactor: number;
  readonly contactsAsked?: number;
  readonly contactsGranted?: number;
  readonly contactsReported?: number;
}

export interface ProviderStore {
  listProviders(page: { after?: Domain; limit: number }): Promise<readonly (StoredProvider & { domain: Domain })[]>;
  findProvider(domain: Domain): Promise<StoredProvider | undefined>;
  saveDocument(domain: Domain, document: string, at: number): Promise<void>;
}

export interface HeldProvider {
  /** the newest accepted one, expired or not */
  readonly document: ProviderDocument | undefined;
  readonly fetchedAt: number;
  readonly blocked: boolean;
  /** multiplies the peer's budgets */
  readonly limitFactor: number;
  /** multiplies its mailbox budget beside: how welcome its people's contact requests are */
  readonly contactFactor: number;
}

const HELD_MAX = 4096;
const PAGE = 500;
/** Another process of the same provider may have blocked a peer or fetched its document. */
const READ_AGAIN_MS = 30_000;

/** Keeps parsed provider documents in front of storage. */
export class ProviderCache {
  readonly #store: ProviderStore;
  readonly #clock: { now(): number };
  readonly #blocked = new Set<Domain>();
  readonly #held = new BoundedMap<Domain, HeldProvider & { readAt: number }>(HELD_MAX);

  constructor(store: ProviderStore, clock: { now(): number }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Loads who is blocked, so that it counts from the first request on. */
  async load(): Promise<void> {
    let after: Domain | undefined;
    do {
      const page = await this.#store.listProviders({ limit: PAGE, ...(after && { after }) });
      for (const { domain, blocked } of page) if (blocked) this.#blocked.add(domain);
      after = page.length < PAGE ? undefined : page.at(-1)?.domain;
    } while (after !== undefined);
  }

  /** What is in memory; undefined does not mean unknown. */
  peek(domain: Domain): HeldProvider | undefined {
    return this.#held.get(domain);
  }

  isBlocked(domain: Domain): boolean {
    return this.#blocked.has(domain);
  }

  async find(domain: Domain): Promise<HeldProvider> {
    const known = this.#held.get(domain);
    const now = this.#clock.now();
    if (known !== undefined && now - known.readAt < READ_AGAIN_MS) return known;
    return this.#keep(domain, await this.#store.findProvider(domain));
  }

  /** @param askedAt when the fetch that brought the document began */
  async save(domain: Domain, document: ProviderDocument, askedAt: number): Promise<void> {
    await this.#store.saveDocument(domain, document.jws, askedAt);
    // What is held stays until the new one is: there is no moment without.
    this.#keep(domain, await this.#store.findProvider(domain));
  }

  /** Makes the next look read storage again. */
  forget(domain: Domain): void {
    this.#held.delete(domain);
  }

  #keep(domain: Domain, stored: StoredProvider | undefined): HeldProvider {
    const { document: jws = null, fetchedAt = 0, blocked = false, limitFactor = 1 } = stored ?? {};
    const document = jws === null ? undefined : readDocument(domain, jws, this.#held.get(domain)?.document);
    const { contactsAsked: asked = 0, contactsGranted: granted = 0, contactsReported: reported = 0 } = stored ?? {};
    const factors = { limitFactor, contactFactor: contactFactor({ asked, granted, reported }) };
    const kept = { document, fetchedAt, blocked, ...factors, readAt: this.#clock.now() };
    this.#held.set(domain, kept);
    // As many as the operator has blocked: nothing a stranger can add to.
    if (blocked) this.#blocked.add(domain);
    else this.#blocked.delete(domain);
    return kept;
  }
}

/** What storage gives was verified before it was stored; a document of an older release may still not parse. */
function readDocument(domain: Domain, jws: string, known: ProviderDocument | undefined): ProviderDocument | undefined {
  if (known?.jws === jws) return known;
  const parsed = parseProviderDocument(jws, domain);
  return parsed.ok ? parsed.value : undefined;
}

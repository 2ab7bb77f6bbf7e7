import { setTimeout as pause } from 'node:timers/promises';
import { BoundedMap } from '../bounded-map.js';
import type { Domain } from '../protocol/identifiers.js';
import { TokenBucket } from '../token-bucket.js';
import type { TokenRate } from '../token-bucket.js';
import { backOffDelayMs } from './back-off.js';
import type { Random } from './back-off.js';

export interface FetchQueueOptions {
  clock: { now(): number };
  random: Random;
  /** fetches for strangers */
  perMinute: number;
  fetch: (domain: Domain) => Promise<unknown>;
  onFailure: (domain: Domain, cause: unknown) => void;
}

interface Failure {
  readonly count: number;
  readonly notBefore: number;
  readonly cause: unknown;
}

const WAITING_MAX = 256;
const BACKGROUND_MAX = 4;
const FAILURES_MAX = 4096;
const FAILURE_MS_MIN = 1000;
/** A fetch usually takes less than this. */
const SOON_S = 2;
/** Somebody who called is kept waiting for it this long, */
const HELD_MS_MAX = 1000;
/** and so many at once. */
const HELD_MAX = 64;

/** One fetch a domain at a time, few in the background, none while a domain is backing off. */
export class FetchQueue {
  readonly #options: FetchQueueOptions;
  readonly #rate: TokenRate;
  readonly #strangers: TokenBucket;
  readonly #failures = new BoundedMap<Domain, Failure>(FAILURES_MAX);
  readonly #waiting = new Set<Domain>();
  readonly #underWay = new Map<Domain, Promise<void>>();
  #background = 0;
  #held = 0;

  constructor(options: FetchQueueOptions) {
    this.#options = options;
    this.#rate = { perS: options.perMinute / 60, burst: options.perMinute };
    this.#strangers = new TokenBucket(this.#rate, options.clock.now());
  }

  /** a fetch is under way or about to be */
  get isBusy(): boolean {
    return this.#waiting.size > 0 || this.#underWay.size > 0;
  }

  /** Queues a fetch for somebody unknown who called. @returns seconds after which to call again */
  learn(domain: Domain): number {
    const waitMs = this.#backingOffMs(domain);
    if (waitMs > 0) return Math.ceil(waitMs / 1000);
    if (this.#waiting.has(domain) || this.#underWay.has(domain)) return SOON_S;
    if (this.#waiting.size >= WAITING_MAX) return 10 * SOON_S;
    const budgetMs = this.#strangers.take(1, this.#rate, this.#options.clock.now());
    if (budgetMs > 0) return Math.ceil(budgetMs / 1000) + SOON_S;
    this.#enqueue(domain);
    return SOON_S;
  }

  /** Waits a moment for the fetch of a domain. @returns whether it came to a good end; false at once when none is under way */
  async hasLearned(domain: Domain): Promise<boolean> {
    const fetched = this.#underWay.get(domain);
    if (fetched === undefined || this.#held >= HELD_MAX) return false;
    const waiting = new AbortController();
    this.#held += 1;
    try {
      const ended = fetched.then(() => true);
      return await Promise.race([ended, pause(HELD_MS_MAX, false, { signal: waiting.signal, ref: false })]);
    } catch {
      return false;
    } finally {
      this.#held -= 1;
      waiting.abort();
    }
  }

  /** Queues a fetch for somebody known. */
  refresh(domain: Domain): void {
    if (this.#backingOffMs(domain) === 0 && this.#waiting.size < WAITING_MAX) this.#enqueue(domain);
  }

  /** Fetches now, or joins the fetch under way; a recent failure is thrown again without asking the network. */
  async fetchNow(domain: Domain): Promise<void> {
    if (this.#backingOffMs(domain) > 0) throw this.#failures.get(domain)?.cause;
    await this.#run(domain);
  }

  /** Drops what waits and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#waiting.clear();
    await Promise.allSettled(this.#underWay.values());
  }

  #backingOffMs(domain: Domain): number {
    const { notBefore = 0 } = this.#failures.get(domain) ?? {};
    return Math.max(0, notBefore - this.#options.clock.now());
  }

  #enqueue(domain: Domain): void {
    if (this.#underWay.has(domain)) return;
    this.#waiting.add(domain);
    this.#pump();
  }

  #pump(): void {
    for (const domain of this.#waiting) {
      if (this.#background >= BACKGROUND_MAX) return;
      this.#waiting.delete(domain);
      this.#background += 1;
      void this.#run(domain)
        .catch((cause: unknown) => this.#options.onFailure(domain, cause))
        .finally(() => {
          this.#background -= 1;
          this.#pump();
        });
    }
  }

  #run(domain: Domain): Promise<void> {
    const known = this.#underWay.get(domain);
    if (known !== undefined) return known;
    const fetched = this.#fetch(domain).finally(() => this.#underWay.delete(domain));
    this.#underWay.set(domain, fetched);
    return fetched;
  }

  async #fetch(domain: Domain): Promise<void> {
    const { clock, random, fetch } = this.#options;
    try {
      await fetch(domain);
      this.#failures.delete(domain);
    } catch (cause) {
      const count = (this.#failures.get(domain)?.count ?? 0) + 1;
      const notBefore = clock.now() + FAILURE_MS_MIN + backOffDelayMs(count, random);
      this.#failures.set(domain, { count, notBefore, cause });
      throw cause;
    }
  }
}

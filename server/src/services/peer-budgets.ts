import type { VerbClass } from '@payvand/spec';
import { BoundedMap } from '../bounded-map.js';
import type { Domain } from '../protocol/identifiers.js';
import { TokenBucket } from '../token-bucket.js';
import type { TokenRate } from '../token-bucket.js';

/** `readBytes` counts the answers to reads; the others count requests. */
export type BudgetClass = VerbClass | 'readBytes';

export interface PeerBudgetsOptions {
  clock: { now(): number };
  perS: Readonly<Record<BudgetClass, number>>;
}

const PEERS_MAX = 4096;
/** Twice a second's worth may come at once. */
const BURST_S = 2;

/**
 * What each peer may still ask of us, by class: one class running out leaves the others as they are.
 *
 * @see PV-BUD-001 to PV-BUD-004
 */
export class PeerBudgets {
  readonly #options: PeerBudgetsOptions;
  readonly #peers = new BoundedMap<Domain, Map<BudgetClass, TokenBucket>>(PEERS_MAX);

  constructor(options: PeerBudgetsOptions) {
    this.#options = options;
  }

  /**
   * Takes one request from a peer's budget.
   *
   * @param factor multiplies the budget, as the operator set it for this peer
   * @returns 0, or the milliseconds to wait
   */
  take(peer: Domain, verbClass: VerbClass, factor: number): number {
    const now = this.#options.clock.now();
    const bytesMs =
      verbClass === 'read' ? this.#bucket(peer, 'readBytes').waitMs(this.#rate('readBytes', factor), now) : 0;
    if (bytesMs > 0) return bytesMs;
    return this.#bucket(peer, verbClass).take(1, this.#rate(verbClass, factor), now);
  }

  /** Charges what turned out to be dearer than one request: bytes read, or a bad signature in a batch. */
  charge(peer: Domain, budget: BudgetClass, cost: number): void {
    this.#bucket(peer, budget).charge(cost, this.#rate(budget, 1), this.#options.clock.now());
  }

  #bucket(peer: Domain, budget: BudgetClass): TokenBucket {
    let buckets = this.#peers.get(peer);
    if (buckets === undefined) {
      buckets = new Map();
      this.#peers.set(peer, buckets);
    }
    let bucket = buckets.get(budget);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.#rate(budget, 1), this.#options.clock.now());
      buckets.set(budget, bucket);
    }
    return bucket;
  }

  #rate(budget: BudgetClass, factor: number): TokenRate {
    const perS = Math.max(this.#options.perS[budget] * factor, 0.01);
    return { perS, burst: Math.max(perS * BURST_S, 1) };
  }
}

export interface TokenRate {
  perS: number;
  /** most tokens that gather while nothing is asked for */
  burst: number;
}

/** Counts what somebody may still ask for; a debt is allowed and delays what comes next. */
export class TokenBucket {
  #tokens: number;
  #at: number;

  constructor(rate: TokenRate, now: number) {
    this.#tokens = rate.burst;
    this.#at = now;
  }

  /**
   * Takes tokens if there is at least one.
   *
   * @returns 0, or the milliseconds until there is one again
   */
  take(cost: number, rate: TokenRate, now: number): number {
    const waitMs = this.waitMs(rate, now);
    if (waitMs === 0) this.#tokens -= cost;
    return waitMs;
  }

  /** Takes tokens whether there are any or not: for work that is done already. The debt stays below a minute. */
  charge(cost: number, rate: TokenRate, now: number): void {
    this.#refill(rate, now);
    this.#tokens = Math.max(this.#tokens - cost, -60 * rate.perS);
  }

  waitMs(rate: TokenRate, now: number): number {
    this.#refill(rate, now);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / rate.perS) * 1000);
  }

  #refill(rate: TokenRate, now: number): void {
    const elapsedMs = Math.max(0, now - this.#at);
    this.#tokens = Math.min(rate.burst, this.#tokens + (elapsedMs / 1000) * rate.perS);
    this.#at = now;
  }
}

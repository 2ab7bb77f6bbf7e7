import { limits } from '@payvand/spec';

/** `setTimeout` and `clearTimeout`, or a clock that a test moves. */
export interface Timers {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface Random {
  bytes(count: number): Uint8Array;
}

/**
 * How long to wait after a number of failures in a row: full jitter over a span that doubles.
 *
 * @param failures ≥ 1
 * @returns milliseconds
 * @see PV-HTTP-014
 */
export function backOffDelayMs(failures: number, random: Random): number {
  const span = Math.min(limits.backOffMsMax, limits.backOffMsMin * 2 ** Math.min(failures - 1, 30));
  const [a = 0, b = 0, c = 0] = random.bytes(3);
  return Math.round((span * (a * 65_536 + b * 256 + c)) / 0xff_ffff);
}

/** Waits between attempts at one peer. */
export class BackOff {
  readonly #timers: Timers;
  readonly #random: Random;
  #failures = 0;

  constructor(timers: Timers, random: Random) {
    this.#timers = timers;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * Waits after a failure.
   *
   * @param retryAfterMs what the peer asked for: never waited less than that, nor more than a day
   * @returns at once when the signal aborts
   */
  async failed(retryAfterMs = 0, signal?: AbortSignal): Promise<void> {
    this.#failures += 1;
    const delayMs = Math.max(Math.min(retryAfterMs, 86_400_000), backOffDelayMs(this.#failures, this.#random));
    await waitMs(this.#timers, delayMs, signal);
  }
}

/** Resolves when the time has passed or the signal aborts, whichever is first. */
export function waitMs(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const end = (): void => {
      timers.clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = timers.setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}

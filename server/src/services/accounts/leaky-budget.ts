import { BoundedMap } from '../../bounded-map.js';
import type { Clock } from '../deps.js';

export interface Budget {
  /** Takes one. @returns 0, or the ms to wait when there is none left (then nothing is taken) */
  take(key: string): number;
  /** Takes nothing. @returns 0 when there is one left, or the ms to wait */
  wait(key: string): number;
  /** Gives one back that turned out not to count. */
  giveBack(key: string): void;
}

export interface BudgetOptions {
  readonly clock: Clock;
  /** how many can be taken at once */
  readonly burst: number;
  /** one comes back every so many ms */
  readonly refillMs: number;
  /** keys remembered; beyond that the least used are forgotten */
  readonly keysMax: number;
}

/** Counts what somebody may do: a burst, then one per `refillMs`. Kept in memory, bounded. */
export function makeBudget({ clock, burst, refillMs, keysMax }: BudgetOptions): Budget {
  // A key's value is the time at which its budget is whole again.
  const wholeAt = new BoundedMap<string, number>(keysMax);
  const afterTaking = (key: string): number => Math.max(wholeAt.get(key) ?? 0, clock.now()) + refillMs;
  const wait = (key: string): number => Math.max(0, afterTaking(key) - clock.now() - burst * refillMs);
  return {
    wait,
    take(key) {
      const waitMs = wait(key);
      if (waitMs === 0) wholeAt.set(key, afterTaking(key));
      return waitMs;
    },
    giveBack(key) {
      const at = wholeAt.get(key);
      if (at !== undefined) wholeAt.set(key, at - refillMs);
    },
  };
}

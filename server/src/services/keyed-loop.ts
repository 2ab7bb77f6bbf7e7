import type { Log } from '../log.js';
import type { Random } from './deps.js';

/** How one turn of a loop ended. */
export type Turn =
  /** nothing left to do for this key */
  | { readonly kind: 'done' }
  /** there is more to do at once */
  | { readonly kind: 'more' }
  /** try again, after this long or later as failures add up */
  | { readonly kind: 'retry'; readonly afterMs?: number };

export interface KeyedLoop {
  /** There is something to do for a key. A key that is backing off waits on, unless it is told to hurry. */
  ring(key: string, options?: { hurry?: boolean }): void;
  /** Whether the key is waiting for a retry. */
  isBackingOff(key: string): boolean;
  /** No new turns; resolves when the running ones have ended. */
  stop(): Promise<void>;
  readonly size: number;
}

export interface KeyedLoopOptions {
  readonly name: string;
  /** turns running at once, one per key */
  readonly concurrency: number;
  readonly run: (key: string) => Promise<Turn>;
}

interface KeyState {
  phase: 'waiting' | 'running' | 'resting';
  /** rung while running */
  again: boolean;
  failures: number;
  timer?: NodeJS.Timeout;
}

const DELAY_MS_MIN = 1000;
const DELAY_MS_MAX = 300_000;
const EXPONENT_MAX = 10;

/**
 * Makes a loop that does one kind of work for many keys (a peer, a room): one turn per key at a time, a bounded number in
 * all, and back-off with full jitter from 1 s to 5 min for a key that fails. No key ever waits for another's failure.
 *
 * @see PV-BUD-006
 */
export function createKeyedLoop(deps: { random: Random; log: Log }, options: KeyedLoopOptions): KeyedLoop {
  const keys = new Map<string, KeyState>();
  const waiting: string[] = [];
  const running = new Set<Promise<void>>();
  let stopped = false;

  function enqueue(key: string, state: KeyState): void {
    clearTimeout(state.timer);
    state.phase = 'waiting';
    waiting.push(key);
    fill();
  }

  function fill(): void {
    while (!stopped && running.size < options.concurrency) {
      const key = waiting.shift();
      const state = key === undefined ? undefined : keys.get(key);
      if (key === undefined || state === undefined) return;
      const turn = takeTurn(key, state).finally(() => {
        running.delete(turn);
        fill();
      });
      running.add(turn);
    }
  }

  async function takeTurn(key: string, state: KeyState): Promise<void> {
    state.phase = 'running';
    state.again = false;
    const turn = await runOnce(key);
    if (turn.kind === 'retry') return rest(key, state, turn.afterMs);
    state.failures = 0;
    if (turn.kind === 'more' || state.again) enqueue(key, state);
    else keys.delete(key);
  }

  async function runOnce(key: string): Promise<Turn> {
    try {
      return await options.run(key);
    } catch (cause) {
      deps.log.warn('loop-failed', { loop: options.name, key, cause });
      return { kind: 'retry' };
    }
  }

  function rest(key: string, state: KeyState, afterMs = 0): void {
    if (stopped) return;
    state.phase = 'resting';
    const ceiling = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** Math.min(state.failures, EXPONENT_MAX));
    state.failures += 1;
    const delayMs = Math.max(afterMs, (ceiling * deps.random.bytes(4).readUInt32BE()) / 2 ** 32, 50);
    state.timer = setTimeout(() => enqueue(key, state), delayMs);
    state.timer.unref();
  }

  return {
    ring(key, { hurry = false } = {}) {
      if (stopped) return;
      const state = keys.get(key);
      if (state === undefined) {
        const fresh: KeyState = { phase: 'waiting', again: false, failures: 0 };
        keys.set(key, fresh);
        enqueue(key, fresh);
      } else if (state.phase === 'running') state.again = true;
      else if (state.phase === 'resting' && hurry) {
        state.failures = 0;
        enqueue(key, state);
      }
    },
    isBackingOff: (key) => keys.get(key)?.phase === 'resting',
    async stop() {
      stopped = true;
      for (const state of keys.values()) clearTimeout(state.timer);
      await Promise.allSettled(running);
      keys.clear();
    },
    get size() {
      return keys.size;
    },
  };
}

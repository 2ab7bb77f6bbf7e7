import type { Log } from '../log.js';
import type { Cancel, LoopState, Random, Timers } from './deps.js';

/** How one turn of a loop ended. */
export type Turn =
  /** nothing left to do for this key */
  | { readonly kind: 'done' }
  /** there is more to do at once */
  | { readonly kind: 'more' }
  /** try again, after this long or later as failures add up */
  | { readonly kind: 'retry'; readonly afterMs?: number };

export interface KeyedLoopOptions<Key extends string> {
  readonly name: string;
  /** turns running at once, one per key */
  readonly concurrency: number;
  readonly run: (key: Key) => Promise<Turn>;
}

export interface LoopDeps {
  /** every loop puts itself here, where somebody wants to know */
  readonly loops?: Set<LoopState>;
  readonly random: Random;
  readonly timers: Timers;
  readonly log: Log;
}

interface KeyState {
  phase: 'waiting' | 'running' | 'resting';
  /** rung while running */
  again: boolean;
  failures: number;
  /** resting because the other side wants it so */
  isAsked: boolean;
  cancel?: Cancel;
}

const DELAY_MS_MIN = 1000;
const DELAY_MS_MAX = 300_000;
const DELAY_MS_LEAST = 50;
const EXPONENT_MAX = 10;

/**
 * Does one kind of work for many keys (a peer, a room): one turn per key at a time, a bounded number in all, and back-off
 * with full jitter from 1 s to 5 min for a key that fails. No key ever waits for another's failure.
 *
 * @see PV-BUD-006
 */
export class KeyedLoop<Key extends string> implements LoopState {
  readonly #deps: LoopDeps;
  readonly #options: KeyedLoopOptions<Key>;
  readonly #keys = new Map<Key, KeyState>();
  readonly #waiting: Key[] = [];
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;

  constructor(deps: LoopDeps, options: KeyedLoopOptions<Key>) {
    this.#deps = deps;
    this.#options = options;
    deps.loops?.add(this);
  }

  get isBusy(): boolean {
    return this.#running.size > 0 || this.#waiting.length > 0;
  }

  get resting(): readonly Key[] {
    return [...this.#keys].flatMap(([key, { phase }]) => (phase === 'resting' ? [key] : []));
  }

  /** There is something to do for a key. A key that is backing off waits on. */
  ring(key: Key): void {
    if (this.#isStopped) return;
    const state = this.#keys.get(key);
    if (state === undefined) this.#enqueue(key, { phase: 'waiting', again: false, failures: 0, isAsked: false });
    else if (state.phase === 'running') state.again = true;
  }

  /** The other side shows that it is alive: a long back-off begins anew. A wait it has asked for is kept. */
  hurry(key: Key): void {
    const state = this.#keys.get(key);
    if (state?.phase !== 'resting' || state.failures <= 1 || state.isAsked) return;
    state.cancel?.();
    state.failures = 0;
    this.#rest(key, state);
  }

  isBackingOff(key: Key): boolean {
    return this.#keys.get(key)?.phase === 'resting';
  }

  /** No new turns; resolves when the running ones have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const state of this.#keys.values()) state.cancel?.();
    await Promise.allSettled(this.#running);
    this.#keys.clear();
  }

  #enqueue(key: Key, state: KeyState): void {
    state.cancel?.();
    state.phase = 'waiting';
    this.#keys.set(key, state);
    this.#waiting.push(key);
    this.#fill();
  }

  #fill(): void {
    while (!this.#isStopped && this.#running.size < this.#options.concurrency) {
      const key = this.#waiting.shift();
      const state = key === undefined ? undefined : this.#keys.get(key);
      if (key === undefined || state === undefined) return;
      const turn = this.#takeTurn(key, state).finally(() => {
        this.#running.delete(turn);
        this.#fill();
      });
      this.#running.add(turn);
    }
  }

  async #takeTurn(key: Key, state: KeyState): Promise<void> {
    Object.assign(state, { phase: 'running', again: false });
    const turn = await this.#runOnce(key);
    if (turn.kind === 'retry') {
      this.#rest(key, state, turn.afterMs);
      return;
    }
    state.failures = 0;
    if (turn.kind === 'more' || state.again) this.#enqueue(key, state);
    else this.#keys.delete(key);
  }

  async #runOnce(key: Key): Promise<Turn> {
    try {
      return await this.#options.run(key);
    } catch (cause) {
      this.#deps.log.warn('loop-failed', { loop: this.#options.name, key, cause });
      return { kind: 'retry' };
    }
  }

  #rest(key: Key, state: KeyState, afterMs = 0): void {
    if (this.#isStopped) return;
    const ceiling = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** Math.min(state.failures, EXPONENT_MAX));
    const jittered = (ceiling * this.#deps.random.bytes(4).readUInt32BE()) / 2 ** 32;
    const delayMs = Math.max(afterMs, jittered, DELAY_MS_LEAST);
    Object.assign(state, { phase: 'resting', isAsked: afterMs > 0 });
    state.failures += 1;
    state.cancel = this.#deps.timers.after(delayMs, () => this.#enqueue(key, state));
  }
}

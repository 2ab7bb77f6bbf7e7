import { setTimeout as sleep } from 'node:timers/promises';
import { type Postmaster, stopPostmaster } from './postmaster.js';
import { runPostmaster, type RunOptions } from './run-postmaster.js';

const firstDelayMs = 100;
const lastDelayMs = 5_000;
const stableAfterMs = 10_000;

/** Keeps one database server running from `start` to `stop`: whenever it ends, it is started again, with back-off. */
export class Supervisor {
  readonly #options: Omit<RunOptions, 'signal'>;
  readonly #stopping = new AbortController();
  #postmaster: Postmaster | undefined;
  #watching: Promise<void> | undefined;
  #delayMs = 0;

  constructor(options: Omit<RunOptions, 'signal'>) {
    this.#options = options;
  }

  /** The server's first process; undefined while it is down. */
  get pid(): number | undefined {
    return this.#postmaster?.pid;
  }

  /** @throws what `runPostmaster` throws; nothing is left running then */
  async start(signal: AbortSignal | undefined): Promise<void> {
    this.#postmaster = await runPostmaster({ ...this.#options, signal });
    this.#watching = this.#watch(this.#postmaster);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#postmaster) await stopPostmaster(this.#postmaster);
    await this.#watching;
  }

  /** Asks the server to end by itself, for a process that is about to exit and can wait for nothing. */
  abandon(): void {
    this.#postmaster?.signal('SIGINT');
  }

  async #watch(first: Postmaster): Promise<void> {
    for (let postmaster: Postmaster | undefined = first; postmaster; postmaster = await this.#restart()) {
      this.#postmaster = postmaster;
      // `stop` may have come while the server was being started again, and then it did not know this one.
      if (this.#stopping.signal.aborted) await stopPostmaster(postmaster);
      const startedAt = Date.now();
      await postmaster.ended;
      this.#postmaster = undefined;
      if (this.#stopping.signal.aborted) return;
      this.#options.log(`the database, process ${postmaster.pid}, ended unexpectedly and is started again`);
      if (Date.now() - startedAt > stableAfterMs) this.#delayMs = 0;
    }
  }

  /** @returns nothing when `stop` was faster */
  async #restart(): Promise<Postmaster | undefined> {
    const { signal } = this.#stopping;
    for (;;) {
      try {
        await sleep(this.#delayMs, undefined, { signal });
        this.#delayMs = Math.min(lastDelayMs, Math.max(firstDelayMs, 2 * this.#delayMs));
        return await runPostmaster({ ...this.#options, signal });
      } catch (error) {
        if (signal.aborted) return undefined;
        this.#options.log(`the database could not be started again: ${String(error)}`);
      }
    }
  }
}

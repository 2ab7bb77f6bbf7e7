import type { Timers } from './deps.js';

export interface BatchOptions {
  readonly itemsMax: number;
  /** calls that may wait; one more gets `refuse()` */
  readonly waitingMax: number;
  readonly refuse: () => Error;
  readonly timers: Timers;
}

/**
 * Makes one call of many: while a batch is under way the next one gathers.
 *
 * @param run answers in the order of its items; its failure is everyone's
 */
export function batchCalls<Item, Answer>(
  run: (items: readonly Item[]) => Promise<readonly Answer[]>,
  { itemsMax, waitingMax, refuse, timers }: BatchOptions,
): (item: Item) => Promise<Answer> {
  const waiting: { item: Item; resolve: (answer: Answer) => void; reject: (cause: unknown) => void }[] = [];
  let running = false;

  async function drain(): Promise<void> {
    await new Promise<void>((resolve) => timers.soon(resolve));
    while (waiting.length > 0) {
      const batch = waiting.splice(0, itemsMax);
      try {
        const answers = await run(batch.map(({ item }) => item));
        for (const [index, call] of batch.entries()) call.resolve(answers[index] as Answer);
      } catch (cause) {
        for (const call of batch) call.reject(cause);
      }
    }
    running = false;
  }

  return (item) => {
    if (waiting.length >= waitingMax) return Promise.reject(refuse());
    return new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (running) return;
      running = true;
      void drain();
    });
  };
}

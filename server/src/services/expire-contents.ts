import type { Cancel, ServiceDeps } from './deps.js';

type ExpireDeps = Pick<ServiceDeps, 'store' | 'rooms' | 'clock' | 'timers' | 'log'>;

const EVERY_MS = 1000;
const AT_ONCE_MAX = 500;

export interface ContentExpiry {
  /** Erases what has run out while the server was away, all of it, and goes on from there. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Makes the loop that erases contents whose time has run out, from the database and from memory.
 *
 * @see PV-SET-012, PV-SET-013
 */
export function createContentExpiry(deps: ExpireDeps): ContentExpiry {
  let cancel: Cancel | undefined;
  let running: Promise<void> | undefined;
  const run = (): void => {
    running ??= expireAll(deps)
      .catch((cause: unknown) => deps.log.warn('expiry-failed', { cause }))
      .finally(() => (running = undefined));
  };
  return {
    async start() {
      await expireAll(deps);
      cancel = deps.timers.every(EVERY_MS, run);
    },
    async stop() {
      cancel?.();
      await running;
    },
  };
}

async function expireAll({ store, rooms, clock }: ExpireDeps): Promise<void> {
  for (;;) {
    const gone = await store.expireContents(clock.now(), AT_ONCE_MAX);
    for (const { room, eventId } of gone) rooms.peek(room)?.erase([eventId]);
    if (gone.length < AT_ONCE_MAX) return;
  }
}

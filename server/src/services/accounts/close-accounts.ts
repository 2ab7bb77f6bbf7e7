import type { Cancel } from '../deps.js';
import { KeyedLoop } from '../keyed-loop.js';
import { leaveForGood, type LeaveDeps } from './leave-for-good.js';

export interface CloseAccounts {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 5000;
const CLOSINGS_MAX = 1000;

/**
 * Does what is left to do for closed accounts. Whether this server closed them or an operator's command did, they are found
 * in the database, so that none is forgotten by a stop.
 *
 * @see PV-CLS-002
 */
export function createCloseAccounts(deps: LeaveDeps): CloseAccounts {
  const { store, log, timers } = deps;
  const loop = new KeyedLoop<string>(deps, {
    ...{ name: 'close', concurrency: 2 },
    async run(accountId) {
      const closings = await store.listClosings(CLOSINGS_MAX);
      const closing = closings.find((one) => String(one.accountId) === accountId);
      return closing === undefined ? { kind: 'done' } : await leaveForGood(deps, closing);
    },
  });
  let cancel: Cancel | undefined;

  async function look(): Promise<void> {
    try {
      for (const { accountId } of await store.listClosings(CLOSINGS_MAX)) loop.ring(String(accountId));
    } catch (cause) {
      log.warn('closings-not-read', { cause });
    }
  }

  return {
    async start() {
      await look();
      cancel = timers.every(LOOK_EVERY_MS, () => void look());
    },
    async stop() {
      cancel?.();
      await loop.stop();
    },
  };
}

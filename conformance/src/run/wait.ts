import { setTimeout as delay } from 'node:timers/promises';

let scale = 1;

/** Stretches every deadline, for slow machines. */
export function scaleTime(factor: number): void {
  scale = factor;
}

/** How long to wait for an answer; never shortened, since what is slow on purpose takes its time. */
export function stretched(ms: number): number {
  return ms * Math.max(scale, 1);
}

export async function sleep(ms: number): Promise<void> {
  await delay(ms * Math.min(scale, 1));
}

/** What was waited for did not come. */
export class WaitedInVain extends Error {}

/**
 * Asks again until there is an answer; for what tells nobody when it happens.
 *
 * @throws WaitedInVain
 */
export async function until<Found>(
  look: () => Promise<Found | undefined | false> | Found | undefined | false,
  what: string | (() => string),
  waitMs = 15_000,
): Promise<Found> {
  const deadline = Date.now() + waitMs * scale;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new WaitedInVain(`waited in vain for ${typeof what === 'string' ? what : what()}`);
    await delay(30);
  }
}

import { parseDomain, parseRoomId } from '../../protocol/identifiers.js';
import type { Domain } from '../../protocol/identifiers.js';
import type { ServiceDeps } from '../deps.js';

const LOOK_EVERY_MS = 20;
/** Two looks in a row, because what one loop ends may be what another begins. */
const QUIET_LOOKS = 2;

export interface DrainDeps {
  readonly deps: ServiceDeps;
  /** requests of others that have not been answered */
  readonly requestsUnderWay: () => number;
  /** whether a document is being fetched */
  readonly isFetching: () => boolean;
  /** what waits to be pushed, by provider */
  readonly lag: () => ReadonlyMap<Domain, number>;
}

/**
 * Waits until nothing is under way: no request, no flush, no fetch, no signal, no turn of a loop. What waits for its next attempt is named.
 *
 * @see PV-CTL-010, PV-CTL-011, PV-CTL-012
 */
export async function drain(control: DrainDeps, deadlineMs: number): Promise<{ quiet: boolean; waiting: Domain[] }> {
  const deadline = control.deps.clock.now() + deadlineMs;
  let looks = 0;
  while (looks < QUIET_LOOKS && control.deps.clock.now() <= deadline) {
    looks = isBusy(control) ? 0 : looks + 1;
    await new Promise<void>((resolve) => void control.deps.timers.after(LOOK_EVERY_MS, resolve));
  }
  return { quiet: looks >= QUIET_LOOKS, waiting: [...waitingFor(control)].sort() };
}

function isBusy({ deps, requestsUnderWay, isFetching }: DrainDeps): boolean {
  return (
    requestsUnderWay() > 0 || isFetching() || deps.writer.queued > 0 || [...deps.loops].some((loop) => loop.isBusy)
  );
}

function waitingFor({ deps, lag }: DrainDeps): Set<Domain> {
  const owed = [...lag()].flatMap(([peer, rooms]) => (rooms > 0 ? [peer] : []));
  const waiting = new Set<Domain>(owed);
  for (const key of [...deps.loops].flatMap((loop) => loop.resting)) {
    const room = parseRoomId(key);
    const peer = room === undefined ? parseDomain(key.split('#')[0]) : deps.rooms.peek(room)?.hub;
    if (peer !== undefined && peer !== deps.domain) waiting.add(peer);
  }
  return waiting;
}

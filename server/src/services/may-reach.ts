import type { Address } from '../protocol/identifiers.js';
import { findDm } from './create-room.js';
import type { ServiceDeps } from './deps.js';
import type { Actor } from './room-services.js';

/** So many requests wait for one person at most. */
export const REQUESTS_WAITING_MAX = 500;

/**
 * Whether a request of somebody comes before one of our people: not of those the person blocked, and, where the person is
 * limited, of nobody they have had nothing to do with so far.
 *
 * @see PV-MBX-006, PV-LIM-001
 */
export async function mayReach(deps: Pick<ServiceDeps, 'store' | 'rooms'>, who: Actor, by: Address): Promise<boolean> {
  if (await deps.store.isBlocked(who.accountId, by)) return false;
  const account = await deps.store.findAccountById(who.accountId);
  return account?.limited !== true || account.guardian === by || (await findDm(deps, who, by)) !== undefined;
}

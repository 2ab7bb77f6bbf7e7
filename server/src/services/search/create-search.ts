import { ProtocolError } from '../../protocol/protocol-error.js';
import { makeBudget } from '../accounts/leaky-budget.js';
import type { Actor, RoomServices } from '../room-services.js';
import type { SearchAnswer, SearchWanted } from './search-answer.js';
import { searchMessages } from './search-messages.js';

/** Questions of one account: this many at once, then five a second. */
const QUESTIONS = { burst: 100, refillMs: 200, keysMax: 50_000 };

/**
 * Makes the function by which people look messages up.
 *
 * @throws ProtocolError `over-budget`
 */
export function createSearch(deps: Parameters<typeof searchMessages>[0]): RoomServices['search'] {
  const budget = makeBudget({ clock: deps.clock, ...QUESTIONS });
  return async (who: Actor, wanted: SearchWanted): Promise<SearchAnswer> => {
    const waitMs = budget.take(String(who.accountId));
    if (waitMs > 0) throw new ProtocolError('over-budget', { retryAfterS: Math.ceil(waitMs / 1000) });
    return await searchMessages(deps, who, wanted);
  };
}

import { limits } from '@payvand/spec';
import { BoundedMap } from '../../bounded-map.js';
import { domainOfAlias, parseAlias } from '../../protocol/identifiers.js';
import type { Domain, RoomId } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { TokenBucket } from '../../token-bucket.js';
import type { Actor } from '../room-services.js';
import type { SendMail } from '../send-mail.js';
import { askDirectory } from './ask-directory.js';
import type { AskDeps } from './ask-directory.js';
import type { KnockWanted, LinkJoined } from './link-views.js';

type KnockAtDeps = AskDeps & { readonly mail: SendMail };

const ACCOUNTS_MAX = 10_000;
const RATE = { perS: limits.knocksPerDayMax / 86_400, burst: limits.knocksPerDayMax };

/**
 * Makes the function by which a person asks to be let into a room that they know by id or name. The answer does not tell
 * whether there is such a room or whether it lets people knock.
 *
 * @throws ProtocolError `not-found` (no such name) · `over-budget` (20 a day) · `hub-unreachable` (the name's provider does not
 * answer) · `list-full` (too much waits for the hub)
 * @see PV-KNK-008, PV-KNK-016, PV-KNK-017
 */
export function createKnockAtRoom(deps: KnockAtDeps): (who: Actor, wanted: KnockWanted) => Promise<LinkJoined> {
  const budgets = new BoundedMap<number, TokenBucket>(ACCOUNTS_MAX);
  return async (who, wanted) => {
    const { intro } = wanted;
    const { room, hub } = 'alias' in wanted ? await findByAlias(deps, wanted.alias) : wanted;
    const live = await deps.rooms.get(room);
    if (live?.state.isJoined(who.address) === true) return { room, status: 'joined' };
    const now = deps.clock.now();
    const budget = budgets.get(who.accountId) ?? new TokenBucket(RATE, now);
    budgets.set(who.accountId, budget);
    const waitMs = budget.take(1, RATE, now);
    if (waitMs > 0) throw new ProtocolError('over-budget', { retryAfterS: Math.ceil(waitMs / 1000) });
    const body = { room, ...(intro !== undefined && { intro }) };
    await deps.mail.send({ from: who.address, to: hub, kind: 'knock', body });
    return { room, status: 'asked' };
  };
}

async function findByAlias(deps: KnockAtDeps, text: string): Promise<{ room: RoomId; hub: Domain }> {
  const alias = parseAlias(text);
  const named = alias && (await askDirectory(deps, domainOfAlias(alias), { alias }));
  if (named === undefined || !('alias' in named)) throw new ProtocolError('not-found');
  return named.alias as { room: RoomId; hub: Domain };
}

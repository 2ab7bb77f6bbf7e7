import type { RoomState } from '../protocol/room-state.js';
import type { MemberChange, ReadingRange } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';

/** Our people who are in a room by a state that was not folded from its log, but came in a snapshot. */
export async function membersHere(
  { domain, accountIdOf }: Pick<ServiceDeps, 'domain' | 'accountIdOf'>,
  state: RoomState,
): Promise<MemberChange[]> {
  const members: MemberChange[] = [];
  for (const address of state.joinedDomains().get(domain) ?? []) {
    const join = state.joinEntry(address);
    const accountId = join && (await accountIdOf(address));
    if (join === undefined || accountId === undefined) continue;
    const visibleFrom = state.history === 'all' ? 0 : join.seq;
    members.push({ accountId, membership: 'joined', visibleFrom, seq: join.seq });
  }
  return members;
}

/** What each provider may read, as far as a state tells: its earliest present join. */
export function rangesOf(state: RoomState): ReadingRange[] {
  const isOpen = state.history === 'all';
  return [...state.joinedDomains()].map(([domain, members]) => {
    const joins = [...members].map((address) => state.joinEntry(address)?.seq ?? 0);
    return { domain, from: isOpen ? 0 : Math.min(...joins), to: null };
  });
}

import { domainOf } from './identifiers.js';
import type { Address, Domain } from './identifiers.js';
import type { RoomState, StateEntry } from './room-state.js';
import type { AccessContent, MemberContent } from './state-content.js';

/** Records a provider may read: `from` ≤ seq ≤ `to`; `to` is null while it takes part. Ranges of one provider may overlap. */
export interface ReadingRange {
  readonly domain: Domain;
  readonly from: number;
  readonly to: number | null;
}

/** A change of who may read: a join opens a range (`to` null), the end of a provider's last membership closes its open ones. */
export type ReadingChange =
  | { readonly kind: 'open'; readonly domain: Domain; readonly from: number }
  | { readonly kind: 'close'; readonly domain: Domain; readonly to: number };

/**
 * What an allowed state event changes in who may read. Ask before the event is applied.
 *
 * @see PV-READ-001 to PV-READ-005
 */
export function readingChangeOf(before: RoomState, entry: StateEntry): ReadingChange | undefined {
  const domain = domainOf(entry.key as Address | Domain);
  if (entry.type === 'member' && (entry.content as unknown as MemberContent).membership === 'joined') {
    return { kind: 'open', domain, from: providerFrom(before, { domain, seq: entry.seq }) };
  }
  if (!endsMembership(before, entry)) return undefined;
  const isLast = entry.type === 'room.deny' || before.joinedMembersOf(domain).size === 1;
  return isLast ? { kind: 'close', domain, to: entry.seq } : undefined;
}

/**
 * Lowest seq a person who joins at `seq` may see.
 *
 * @see PV-READ-002
 */
export function visibleFrom(before: RoomState, seq: number): number {
  return before.history === 'all' ? 0 : seq;
}

/**
 * Rows to write for a change: each takes the place of the range of the same domain and `from`.
 *
 * @param open the provider's open ranges
 * @see PV-READ-003, PV-READ-005
 */
export function rangesAfter(open: readonly ReadingRange[], change: ReadingChange): ReadingRange[] {
  const { domain } = change;
  const own = open.filter((range) => range.domain === domain && range.to === null);
  if (change.kind === 'close') return own.map(({ from }) => ({ domain, from, to: change.to }));
  const reached = own.some((range) => range.from <= change.from);
  return reached ? [] : [{ domain, from: change.from, to: null }];
}

/**
 * Whether a provider may read the record at a seq.
 *
 * @see PV-READ-006
 */
export function mayRead(ranges: readonly ReadingRange[], { domain, seq }: { domain: Domain; seq: number }): boolean {
  return ranges.some((range) => range.domain === domain && range.from <= seq && (range.to === null || seq <= range.to));
}

/** A provider's own entry directly before the join is part of its joining, so it can read that too. */
function providerFrom(before: RoomState, { domain, seq }: { domain: Domain; seq: number }): number {
  const from = visibleFrom(before, seq);
  return from > 0 && before.get('provider', domain)?.seq === seq - 1 ? seq - 1 : from;
}

function endsMembership(before: RoomState, entry: StateEntry): boolean {
  if (entry.type === 'room.deny') return before.hasJoined(entry.key as Domain);
  const address = entry.key as Address;
  if (entry.type === 'member') return before.isJoined(address);
  if (entry.type !== 'access' || !before.isJoined(address)) return false;
  const { ban, remove } = entry.content as unknown as AccessContent;
  return ban === true || remove === before.joinEntry(address)?.id;
}

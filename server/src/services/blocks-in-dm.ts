import { domainOf } from '../protocol/identifiers.js';
import type { Address, Domain } from '../protocol/identifiers.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';

type BlockDeps = Pick<ServiceDeps, 'domain' | 'accountIdOf'> & {
  readonly store: Pick<ServiceDeps['store'], 'isBlocked'>;
};

/**
 * Whether one of our people has blocked the other person of a dm. In a group nobody has.
 *
 * @see PV-BLK-005, PV-BLK-006
 */
export async function hasBlockedOther(deps: BlockDeps, live: LiveRoom, own: Address): Promise<boolean> {
  const other = otherPerson(live, own);
  if (other === undefined || domainOf(own) !== deps.domain) return false;
  const accountId = await deps.accountIdOf(own);
  return accountId !== undefined && (await deps.store.isBlocked(accountId, other));
}

/**
 * Of whom no content is kept when it arrives: the other person of a dm, at another provider, whom ours has blocked.
 * Where both are ours the log is the sender's as well, so it keeps what they say.
 *
 * @see PV-BLK-001
 */
export async function discardedSender(deps: BlockDeps, live: LiveRoom): Promise<Address | undefined> {
  const creation = live.kind === 'dm' ? live.state.creation : undefined;
  if (creation?.with === undefined) return undefined;
  const people = [creation.creator, creation.with];
  const own = people.find((person) => domainOf(person) === deps.domain);
  const other = people.find((person) => domainOf(person) !== deps.domain);
  if (own === undefined || other === undefined) return undefined;
  return (await hasBlockedOther(deps, live, own)) ? other : undefined;
}

/** Whether an event's content is among what is discarded: state is kept, whoever makes it. */
export function isDiscarded(
  { fields: { key, sender } }: { readonly fields: { readonly key?: string; readonly sender: Address | Domain } },
  discarded: Address | undefined,
): boolean {
  return key === undefined && sender === discarded;
}

function otherPerson({ kind, state }: LiveRoom, own: Address): Address | undefined {
  const creation = kind === 'dm' ? state.creation : undefined;
  if (creation === undefined) return undefined;
  return creation.creator === own ? creation.with : creation.creator;
}

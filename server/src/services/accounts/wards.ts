import { domainOf, localpartOf, type Address } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Actor } from '../room-services.js';
import type { AccountDeps } from './account-deps.js';

export interface Ward {
  readonly address: Address;
  readonly limited: boolean;
}

/** Lists the people whose guardian somebody is, by address; `next` = `after` of the next page. */
export async function listWards(
  { store, domain }: Pick<AccountDeps, 'store' | 'domain'>,
  who: Actor,
  page: { after?: Address; limit: number },
): Promise<{ wards: readonly Ward[]; next?: Address }> {
  const { after, limit } = page;
  const rows = await store.listWards(who.address, { limit, ...(after !== undefined && { after: localpartOf(after) }) });
  const wards = rows.map(({ localpart, limited }) => ({ address: `${localpart}@${domain}` as Address, limited }));
  const last = wards.length === limit ? wards.at(-1) : undefined;
  return { wards, ...(last && { next: last.address }) };
}

/**
 * A guardian limits a ward's account, or lifts the limit.
 *
 * @throws ProtocolError `not-found` (no such person, or not theirs to guard)
 * @see PV-LIM-005
 */
export async function limitWard(
  { store, domain }: Pick<AccountDeps, 'store' | 'domain'>,
  who: Actor,
  { address, limited }: { address: Address; limited: boolean },
): Promise<Ward> {
  const account = domainOf(address) === domain ? await store.findAccount(localpartOf(address)) : undefined;
  if (account?.closedAt !== null || account.guardian !== who.address) throw new ProtocolError('not-found');
  await store.setLimited(account.accountId, limited);
  return { address, limited };
}

import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Address } from '../../protocol/identifiers.js';
import type { BlockRow } from '../../storage/account-rows.js';
import type { Actor } from '../room-services.js';
import type { AccountDeps } from './account-deps.js';

/**
 * Blocks a person: what they send to the account alone is thrown away on arrival, and they learn nothing of it.
 *
 * @throws ProtocolError `bad-request` (oneself) · `list-full` (10,000 are blocked)
 * @see PV-ACC-014
 */
export async function blockAddress(
  { store, clock }: Pick<AccountDeps, 'store' | 'clock'>,
  who: Actor,
  address: Address,
): Promise<void> {
  if (address === who.address) throw new ProtocolError('bad-request', { detail: 'nobody blocks themselves' });
  if (!(await store.addBlock(who.accountId, address, clock.now()))) throw new ProtocolError('list-full');
}

/** Lifts a block; nothing happens where there is none. */
export async function unblockAddress(
  { store }: Pick<AccountDeps, 'store'>,
  who: Actor,
  address: Address,
): Promise<void> {
  await store.removeBlock(who.accountId, address);
}

/** Lists whom the account blocks, by address; `next` = `after` of the next page. */
export async function listBlocks(
  { store }: Pick<AccountDeps, 'store'>,
  who: Actor,
  page: { after?: Address; limit: number },
): Promise<{ blocks: readonly BlockRow[]; next?: Address }> {
  const blocks = await store.listBlocks(who.accountId, page);
  const last = blocks.length === page.limit ? blocks.at(-1) : undefined;
  return { blocks, ...(last && { next: last.address }) };
}

import type { Address } from '../protocol/identifiers.js';
import { localpartOf } from '../protocol/identifiers.js';
import type { AccountRow } from '../storage/account-rows.js';
import { readProfileRow } from './accounts/profile-parts.js';
import type { Audience } from './accounts/profile-parts.js';
import { isContact } from './create-room.js';
import type { ServiceDeps } from './deps.js';

/** A profile as one reader may see it: a part that is absent is empty, hidden or erased. */
export interface ToldProfile {
  readonly address: Address;
  readonly name: string;
  readonly bio?: string;
  readonly status?: string;
  readonly handle?: Address;
}

type TellDeps = Pick<ServiceDeps, 'store' | 'rooms'>;

/**
 * What one of our people lets somebody see. Whom the person blocks sees what everyone sees, and so does a reader that is
 * not named.
 *
 * @see PV-PRF-003 to PV-PRF-006
 */
export async function tellProfile(
  deps: TellDeps,
  { account, address }: { account: AccountRow; address: Address },
  reader: Address | undefined,
): Promise<ToldProfile> {
  const who = { accountId: account.accountId, address };
  const { bio, status, handle, shown } = readProfileRow(await deps.store.findProfile(who.accountId));
  const isClose = reader === address || (reader !== undefined && (await isCloseTo(deps, who, reader)));
  const isShown = (audience: Audience): boolean =>
    reader === address || audience === 'everyone' || (audience === 'contacts' && isClose);
  return {
    address,
    name: isShown(shown.name) ? account.name : localpartOf(address),
    ...(bio !== null && isShown(shown.bio) && { bio }),
    ...(status !== null && isShown(shown.status) && { status }),
    ...(handle !== null && isShown(shown.handle) && { handle }),
  };
}

async function isCloseTo(
  deps: TellDeps,
  who: { accountId: number; address: Address },
  reader: Address,
): Promise<boolean> {
  return !(await deps.store.isBlocked(who.accountId, reader)) && (await isContact(deps, who, reader));
}

/**
 * The other address that one of our people says is theirs too, where everyone may know.
 *
 * @see PV-PRF-010
 */
export async function tellHandle({ store }: TellDeps, account: AccountRow): Promise<Address | undefined> {
  const { handle, shown } = readProfileRow(await store.findProfile(account.accountId));
  const isPublic = shown.handle === 'everyone' && !account.limited && account.closedAt === null;
  return isPublic && handle !== null ? handle : undefined;
}

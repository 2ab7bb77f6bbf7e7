import { BoundedMap } from '../../bounded-map.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { domainOf, localpartOf, type Address } from '../../protocol/identifiers.js';
import type { AccountDeps, Authenticated } from './account-deps.js';
import { formatSessionId } from './session-token.js';

export interface Me {
  readonly address: Address;
  readonly name: string;
  readonly receipts: boolean;
  readonly owner: boolean;
  readonly session: string;
}

export interface Profile {
  readonly address: Address;
  readonly name: string;
}

export interface ProfileReader {
  /**
   * Reads what a person is called, here or at another provider. Names of other providers are remembered for ten minutes.
   *
   * @throws ProtocolError `not-found` (no such person, or not for us) · `hub-unreachable` (their provider does not answer)
   */
  readProfile(address: Address): Promise<Profile>;
}

const REMEMBERED_MAX = 10_000;
const REMEMBERED_MS = 600_000;
const NAME_CHARACTERS_MAX = 64;

// As in spec/schemas: controls, line separators, and what turns the direction of the text around it.
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Tells an account about itself.
 *
 * @throws ProtocolError `bad-token` (the account was closed meanwhile)
 */
export async function readMe({ store }: Pick<AccountDeps, 'store'>, session: Authenticated): Promise<Me> {
  const account = await store.findAccountById(session.who.accountId);
  if (!account || account.closedAt !== null) throw new ProtocolError('bad-token');
  const { name, receipts, owner } = account;
  return { address: session.who.address, name, receipts, owner, session: formatSessionId(session.sessionId) };
}

/** Changes what a person is called and whether others get read receipts. */
export async function changeMe(
  deps: Pick<AccountDeps, 'store'>,
  session: Authenticated,
  change: { name?: string; receipts?: boolean },
): Promise<Me> {
  const { name, receipts } = change;
  await deps.store.setProfile(session.who.accountId, {
    ...(name !== undefined && { name }),
    ...(receipts !== undefined && { receipts }),
  });
  return readMe(deps, session);
}

/** Reads names here, and asks other providers for those of their people. */
export function makeProfileReader(deps: Pick<AccountDeps, 'domain' | 'store' | 'clock' | 'peers'>): ProfileReader {
  const remembered = new BoundedMap<Address, { profile: Promise<Profile>; until: number }>(REMEMBERED_MAX);
  return {
    async readProfile(address) {
      if (domainOf(address) === deps.domain) return readOwnProfile(deps, address);
      const known = remembered.get(address);
      if (known && known.until > deps.clock.now()) return known.profile;
      const profile = fetchProfile(deps, address);
      remembered.set(address, { profile, until: deps.clock.now() + REMEMBERED_MS });
      profile.catch(() => remembered.delete(address));
      return profile;
    },
  };
}

async function readOwnProfile({ store }: Pick<AccountDeps, 'store'>, address: Address): Promise<Profile> {
  const account = await store.findAccount(localpartOf(address));
  if (!account || account.closedAt !== null) throw new ProtocolError('not-found');
  return { address, name: account.name };
}

async function fetchProfile({ peers }: Pick<AccountDeps, 'peers'>, address: Address): Promise<Profile> {
  const answer = await peers.call(domainOf(address), 'directory', JSON.stringify({ profile: address }));
  if (answer.kind === 'problem' && answer.status === 404) throw new ProtocolError('not-found');
  if (answer.kind !== 'ok') throw new ProtocolError('hub-unreachable');
  const { body } = answer;
  if (!('profile' in body) || body.profile.address !== address) throw new ProtocolError('not-found');
  const name = Array.from(body.profile.name.replace(UNFIT, '')).slice(0, NAME_CHARACTERS_MAX).join('');
  return { address, name: name === '' ? localpartOf(address) : name };
}

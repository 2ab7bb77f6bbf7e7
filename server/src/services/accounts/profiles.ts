import { BoundedMap } from '../../bounded-map.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { domainOf, localpartOf, type Address } from '../../protocol/identifiers.js';
import { noteOf } from '../account-news.js';
import { isContact } from '../create-room.js';
import type { ServiceDeps } from '../deps.js';
import type { Actor } from '../room-services.js';
import { tellHandle, tellProfile, type ToldProfile } from '../tell-profile.js';
import type { AccountDeps, Authenticated } from './account-deps.js';
import { profileParts, readProfileRow, type OwnProfile, type Shown } from './profile-parts.js';
import { formatSessionId } from './session-token.js';

export interface Me extends OwnProfile {
  readonly address: Address;
  readonly name: string;
  readonly receipts: boolean;
  readonly owner: boolean;
  /** strangers cannot reach the account */
  readonly limited: boolean;
  readonly session: string;
}

export interface MeChange {
  readonly name?: string;
  readonly receipts?: boolean;
  /** null erases it; the same for the next two */
  readonly bio?: string | null;
  readonly status?: string | null;
  readonly handle?: string | null;
  readonly shown?: Partial<Shown>;
}

export interface Profile extends Omit<ToldProfile, 'handle'> {
  readonly handle?: { readonly address: Address; readonly verified: boolean };
}

export interface ProfileReader {
  /**
   * Reads what a person says of themselves, here or at another provider, as far as the one who asks may see it. What other
   * providers answer is remembered for ten minutes, in memory alone.
   *
   * @throws ProtocolError `not-found` (no such person, or not for them) · `hub-unreachable` (their provider does not answer)
   * @see PV-PRF-007
   */
  readProfile(who: Actor, address: Address): Promise<Profile>;
}

type ProfileDeps = Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'peers' | 'rooms' | 'timers'>;

const REMEMBERED_MAX = 10_000;
const REMEMBERED_MS = 600_000;
const NAME_CHARACTERS_MAX = 64;
const BIO_CHARACTERS_MAX = 256;
const HANDLE_WAIT_MS = 3000;

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
  const { name, receipts, owner, limited } = account;
  const profile = readProfileRow(await store.findProfile(account.accountId));
  const { address } = session.who;
  return { address, name, receipts, owner, limited, ...profile, session: formatSessionId(session.sessionId) };
}

/**
 * Changes what a person says of themselves, who may see it, and whether others get read receipts, and tells their devices.
 *
 * @throws ProtocolError `bad-request` (a handle at one's own provider)
 * @see PV-PRF-008 @see PV-DEV-007
 */
export async function changeMe(
  deps: Pick<AccountDeps, 'store' | 'bells'>,
  session: Authenticated,
  change: MeChange,
): Promise<Me> {
  const { name, receipts } = change;
  const { accountId, address } = session.who;
  if (typeof change.handle === 'string' && domainOf(change.handle as Address) === domainOf(address))
    throw new ProtocolError('bad-request', { part: '/handle', detail: 'a handle is an address at another provider' });
  if (name !== undefined || receipts !== undefined)
    await deps.store.setProfile(accountId, {
      ...(name !== undefined && { name }),
      ...(receipts !== undefined && { receipts }),
    });
  await changeProfile(deps, accountId, change);
  await deps.store.addNotes([noteOf(accountId, { kind: 'me' })]);
  deps.bells.ringAccount(accountId);
  return readMe(deps, session);
}

async function changeProfile(
  { store }: Pick<AccountDeps, 'store'>,
  accountId: number,
  { bio, status, handle, shown }: MeChange,
): Promise<void> {
  if (bio === undefined && status === undefined && handle === undefined && shown === undefined) return;
  const old = readProfileRow(await store.findProfile(accountId));
  const known = Object.fromEntries(profileParts.map((part) => [part, shown?.[part] ?? old.shown[part]]));
  await store.saveProfile(accountId, {
    bio: bio === undefined ? old.bio : bio,
    status: status === undefined ? old.status : status,
    handle: handle === undefined ? old.handle : (handle as Address | null),
    shown: JSON.stringify(known),
  });
}

/** Reads profiles here, and asks other providers for those of their people. */
export function makeProfileReader(deps: ProfileDeps): ProfileReader {
  const remembered = new BoundedMap<string, { profile: Promise<Profile>; until: number }>(REMEMBERED_MAX);
  return {
    async readProfile(who, address) {
      if (domainOf(address) === deps.domain) return withHandle(deps, await readOwnProfile(deps, who, address));
      const name = `${who.address} ${address}`;
      const known = remembered.get(name);
      if (known && known.until > deps.clock.now()) return known.profile;
      const profile = fetchProfile(deps, who, address).then((told) => withHandle(deps, told));
      remembered.set(name, { profile, until: deps.clock.now() + REMEMBERED_MS });
      profile.catch(() => remembered.delete(name));
      return profile;
    },
  };
}

/** A limited person is found only by those who know them already. @see PV-LIM-004 */
async function readOwnProfile(deps: ProfileDeps, who: Actor, address: Address): Promise<ToldProfile> {
  const account = await deps.store.findAccount(localpartOf(address));
  if (!account || account.closedAt !== null) throw new ProtocolError('not-found');
  const isFound =
    !account.limited ||
    address === who.address ||
    account.guardian === who.address ||
    (await deps.store.sharesRoomWithAccount(account.accountId, who.accountId)) ||
    (await isContact(deps, { accountId: account.accountId, address }, who.address));
  if (!isFound) throw new ProtocolError('not-found');
  return tellProfile(deps, { account, address }, who.address);
}

async function fetchProfile({ peers }: ProfileDeps, who: Actor, address: Address): Promise<ToldProfile> {
  const answer = await peers.call(
    domainOf(address),
    'directory',
    JSON.stringify({ profile: address, for: who.address }),
  );
  if (answer.kind === 'problem' && answer.status === 404) throw new ProtocolError('not-found');
  if (answer.kind !== 'ok') throw new ProtocolError('hub-unreachable');
  const { body } = answer;
  if (!('profile' in body) || body.profile.address !== address) throw new ProtocolError('not-found');
  const { name, bio, status, handle } = body.profile;
  return {
    address,
    name: fit(name, NAME_CHARACTERS_MAX) ?? localpartOf(address),
    ...optional('bio', fit(bio, BIO_CHARACTERS_MAX)),
    ...optional('status', fit(status, NAME_CHARACTERS_MAX)),
    ...(handle !== undefined && { handle: handle as Address }),
  };
}

/** What another provider says, as our people's programs can show it. */
function fit(text: string | undefined, charactersMax: number): string | undefined {
  const line = Array.from((text ?? '').replace(UNFIT, ''))
    .slice(0, charactersMax)
    .join('');
  return line === '' ? undefined : line;
}

function optional<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, string>> {
  return text === undefined ? {} : ({ [name]: text } as Record<Name, string>);
}

async function withHandle(deps: ProfileDeps, { handle, ...profile }: ToldProfile): Promise<Profile> {
  if (handle === undefined) return profile;
  const verified = (await namedBy(deps, handle)) === profile.address;
  return { ...profile, handle: { address: handle, verified } };
}

/** Whom a handle names back; a provider that is slow to answer vouches for nobody. @see PV-PRF-009 */
async function namedBy(deps: ProfileDeps, handle: Address): Promise<Address | undefined> {
  if (domainOf(handle) === deps.domain) {
    const account = await deps.store.findAccount(localpartOf(handle));
    return account && (await tellHandle(deps, account));
  }
  const late = new Promise<undefined>((resolve) => deps.timers.after(HANDLE_WAIT_MS, () => resolve(undefined)));
  const answer = await Promise.race([deps.peers.call(domainOf(handle), 'directory', JSON.stringify({ handle })), late]);
  if (answer?.kind !== 'ok' || !('handle' in answer.body) || answer.body.handle.address !== handle) return undefined;
  return answer.body.handle.names as Address;
}

import type { FederationAnswer, FederationRequest } from '@payvand/spec';
import { domainOf, localpartOf } from '../protocol/identifiers.js';
import type { Address, Alias, Domain, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { AccountRow } from '../storage/account-rows.js';
import type { ServiceDeps } from './deps.js';
import { answerAlias, answerRoom } from './links/answer-alias.js';
import { answerLink } from './links/answer-link.js';
import { tellHandle, tellProfile } from './tell-profile.js';

type DirectoryDeps = Pick<ServiceDeps, 'store' | 'domain' | 'rooms' | 'clock' | 'keys'>;

const PEER_ROOMS_MAX = 1000;

/**
 * Answers what our directory says: a key statement by its hash; one of our people's profile to a provider that has
 * somebody in a room with that person; or the other address a person names. Who does not exist and who is none of the
 * caller's business look the same.
 *
 * @throws ProtocolError `not-found` · `wrong-origin` (asked for somebody of another provider)
 * @see PV-DIR-001 to PV-DIR-005, PV-PRF-002, PV-PRF-010, PV-LNK-008, PV-ALS-001 to PV-ALS-003
 */
export async function readDirectory(
  deps: DirectoryDeps,
  peer: Domain,
  body: FederationRequest<'directory'>,
): Promise<FederationAnswer<'directory'>> {
  if ('link' in body) return await answerLink(deps, body.link);
  if ('alias' in body) return await answerAlias(deps, body.alias as Alias);
  if ('room' in body) return await answerRoom(deps, body.room as RoomId);
  if ('statement' in body) return { statement: await findStatement(deps, body.statement) };
  if ('handle' in body) return { handle: await readHandle(deps, body.handle as Address) };
  const address = body.profile as Address;
  const reader = body.for as Address | undefined;
  if (reader !== undefined && domainOf(reader) !== peer) throw new ProtocolError('wrong-origin');
  const account = await findOwn(deps, address);
  const isKnown = await sharesRoom(deps, peer, { address, reader });
  if (account === undefined || !isKnown) throw new ProtocolError('not-found');
  return { profile: await tellProfile(deps, { account, address }, reader) };
}

/** Our own may stand in no room yet. */
async function findStatement({ keys, store }: DirectoryDeps, hash: string): Promise<string> {
  const own = keys.current.statement;
  const jws = own.hash === hash ? own.jws : (await store.findStatement(hash))?.jws;
  if (jws === undefined) throw new ProtocolError('not-found');
  return jws;
}

async function readHandle(deps: DirectoryDeps, address: Address): Promise<{ address: Address; names: Address }> {
  const account = await findOwn(deps, address);
  const names = account && (await tellHandle(deps, account));
  if (names === undefined) throw new ProtocolError('not-found');
  return { address, names };
}

async function findOwn({ store, domain }: DirectoryDeps, address: Address): Promise<AccountRow | undefined> {
  if (domainOf(address) !== domain) return undefined;
  const account = await store.findAccount(localpartOf(address));
  return account?.closedAt === null ? account : undefined;
}

async function sharesRoom(
  { store, rooms }: Pick<ServiceDeps, 'store' | 'rooms'>,
  peer: Domain,
  { address, reader }: { address: Address; reader: Address | undefined },
): Promise<boolean> {
  for (const { room, to } of await store.listPeerRooms(peer, { limit: PEER_ROOMS_MAX })) {
    if (to !== null) continue;
    const live = await rooms.get(room);
    if (live?.state.isJoined(address) === true && (reader === undefined || live.state.isJoined(reader))) return true;
  }
  return false;
}

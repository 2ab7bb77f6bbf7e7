import { domainOf, localpartOf } from '../protocol/identifiers.js';
import type { Address, Domain } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { ServiceDeps } from './deps.js';

const PEER_ROOMS_MAX = 1000;

/**
 * Answers what our directory says: a key statement by its hash, or one of our people's profile to a provider that has
 * somebody in a room with that person. Who does not exist and who is none of the caller's business look the same.
 *
 * @throws ProtocolError `not-found`
 * @see PV-DIR-001 to PV-DIR-005
 */
export async function readDirectory(
  deps: Pick<ServiceDeps, 'store' | 'domain' | 'rooms'>,
  peer: Domain,
  body: { statement: string } | { profile: string },
): Promise<object> {
  if ('statement' in body) {
    const row = await deps.store.findStatement(body.statement);
    if (row === undefined) throw new ProtocolError('not-found');
    return { statement: row.jws };
  }
  const address = body.profile as Address;
  const account = domainOf(address) === deps.domain ? await deps.store.findAccount(localpartOf(address)) : undefined;
  const isKnown = await sharesRoom(deps, peer, address);
  if (account === undefined || account.closedAt !== null || !isKnown) throw new ProtocolError('not-found');
  return { profile: { address, name: account.name } };
}

async function sharesRoom(
  { store, rooms }: Pick<ServiceDeps, 'store' | 'rooms'>,
  peer: Domain,
  address: Address,
): Promise<boolean> {
  for (const { room, to } of await store.listPeerRooms(peer, { limit: PEER_ROOMS_MAX })) {
    if (to !== null) continue;
    const live = await rooms.get(room);
    if (live?.state.isJoined(address) === true) return true;
  }
  return false;
}

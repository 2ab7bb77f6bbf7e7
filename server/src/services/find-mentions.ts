import { mentionsOf } from '../protocol/entities.js';
import type { ParsedEvent } from '../protocol/event.js';
import { domainOf } from '../protocol/identifiers.js';
import type { Address } from '../protocol/identifiers.js';
import type { JsonObject } from '../protocol/json-shape.js';
import { EVERYONE } from '../storage/room-rows.js';
import type { ServiceDeps } from './deps.js';
import type { RoomDraft } from './draft-room.js';

/** Whom a message mentions, as far as it concerns us: our own people, and everybody. */
export interface Mentioned {
  readonly accounts: readonly { readonly address: Address; readonly accountId: number }[];
  readonly all: boolean;
}

/**
 * Looks up our people among those a message mentions; no question where there are none.
 *
 * @param value parsed content
 * @see PV-MSG-018
 */
export async function findMentioned(
  { accountIdOf, domain }: Pick<ServiceDeps, 'accountIdOf' | 'domain'>,
  event: ParsedEvent,
  value: JsonObject | undefined,
): Promise<Mentioned | undefined> {
  if (event.fields.type !== 'message' || value?.['entities'] === undefined) return undefined;
  const mentions = mentionsOf(value);
  if (mentions === undefined) return undefined;
  const own = mentions.addresses.filter((address) => domainOf(address) === domain && address !== event.fields.sender);
  const accounts = await Promise.all(own.map(async (address) => ({ address, accountId: await accountIdOf(address) })));
  return {
    accounts: accounts.flatMap(({ address, accountId }) => (accountId === undefined ? [] : [{ address, accountId }])),
    all: mentions.all,
  };
}

/** Whether a message mentions everybody without the right to. @see PV-MSG-019 */
export function mentionsAllUnduly(
  event: ParsedEvent,
  { draft, mentioned, at }: { draft: RoomDraft; mentioned: Mentioned | undefined; at: number },
): boolean {
  if (mentioned?.all !== true) return false;
  return !draft.state.roleOf(event.fields.sender as Address, at).rights.has('moderate');
}

/** Accounts whose count of mentions a message raises; `EVERYONE` stands for all. @see PV-MSG-018, PV-MSG-019 */
export function mentionsIn(
  event: ParsedEvent,
  { draft, mentioned, at }: { draft: RoomDraft; mentioned: Mentioned | undefined; at: number },
): readonly number[] {
  if (mentioned === undefined) return [];
  if (mentioned.all && !mentionsAllUnduly(event, { draft, mentioned, at })) return [EVERYONE];
  return mentioned.accounts.filter(({ address }) => draft.state.isJoined(address)).map(({ accountId }) => accountId);
}

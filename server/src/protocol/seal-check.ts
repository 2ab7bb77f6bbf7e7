import { parseSeal, verifySeal, verifySealedHead } from './head.js';
import type { Seal, SealedHead } from './head.js';
import type { RoomId } from './identifiers.js';
import type { KeyStatement } from './key-statement.js';

/** Seals by their text: parsed once, and verified once under the key that their `kid` is the thumbprint of. */
export type SealCache = Map<string, { readonly seal: Seal; readonly isVerified: boolean }>;

/** What a sealed head has to be to speak for a room's log. */
export interface SealTerms {
  readonly room: RoomId;
  /** the hub's statement in force in the state after the head's record */
  readonly statement: KeyStatement;
}

/**
 * Whether a head is sealed by its room's hub.
 *
 * @param cache shared by the heads of one job: neighbours mostly share a seal. The caller bounds it.
 * @returns what is wrong, in words; undefined when the seal is good
 * @see PV-SEAL-005, PV-SEAL-006, PV-ROOM-012
 */
export function faultOfSeal(sealed: SealedHead, terms: SealTerms, cache: SealCache): string | undefined {
  const { room, statement } = terms;
  if (sealed.head.room !== room) return 'a head of another room';
  if (sealed.head.hub !== statement.provider) return 'a head of another hub';
  const known = cache.get(sealed.seal) ?? readSeal(sealed.seal, statement);
  if (known === undefined) return 'malformed';
  cache.set(sealed.seal, known);
  const key = statement.keyById.get(known.seal.kid);
  if (key?.use !== 'seal') return 'not a key of the hub for seals';
  if (key.status !== 'active') return 'retired key';
  if (!known.isVerified) return 'signature';
  return verifySealedHead(sealed, known.seal) ? undefined : 'not under the root';
}

function readSeal(jws: string, statement: KeyStatement): { seal: Seal; isVerified: boolean } | undefined {
  const read = parseSeal(jws);
  if (!read.ok) return undefined;
  const key = statement.keyById.get(read.value.kid);
  return { seal: read.value, isVerified: key !== undefined && verifySeal(read.value, key.x) };
}

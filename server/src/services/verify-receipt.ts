import { decodeBase64url } from '../protocol/base64url.js';
import { parseSeal, sealedFromWire, verifySealedHead } from '../protocol/head.js';
import type { ParsedEvent } from '../protocol/event.js';
import { headerFromWire, recordHash } from '../protocol/record.js';
import type { LiveRoom } from './live-room.js';
import { isSealedUnder, readSeals } from './read-page.js';

/** What a hub shows for the events of one room that it has recorded. */
export interface Receipt {
  readonly room: string;
  /** hash of the record before the first header */
  readonly prev: string;
  readonly headers: readonly unknown[];
  readonly sealed: unknown;
}

/**
 * Whether a hub's answer proves that it recorded an event: the record headers from the event's to the sealed head make
 * one chain, the event's is among them, and the head is sealed by a key of the hub. Whoever has this can show later
 * that the event was left out.
 *
 * @see PV-SUB-010, PV-SUB-011
 */
export function verifyReceipt(
  event: ParsedEvent,
  live: LiveRoom,
  { receipt, seals }: { receipt: Receipt; seals: readonly string[] },
): boolean {
  const sealed = sealedFromWire(receipt.sealed, readSeals(seals));
  const prev = decodeBase64url(receipt.prev);
  if (!sealed.ok || prev?.length !== 32) return false;
  let hash: Buffer = Buffer.from(prev);
  let isIncluded = false;
  for (const json of receipt.headers) {
    const header = headerFromWire(json);
    if (header === undefined) return false;
    hash = recordHash(live.room, header, hash);
    isIncluded ||= header.event === event.id && header.jwsHash.equals(event.jwsHash);
  }
  const { head } = sealed.value;
  if (!isIncluded || head.room !== live.room || head.hub !== live.hub || !hash.equals(head.hash)) return false;
  const seal = parseSeal(sealed.value.seal);
  const name = live.state.statementInForce(live.hub);
  const statement = name && live.statements.get(name.hash);
  if (!seal.ok || statement === undefined || !verifySealedHead(sealed.value, seal.value)) return false;
  return isSealedUnder(sealed.value, statement, { retired: true });
}

import { checkContent, parseEvent } from '../formats/event.js';
import type { Item, Seen } from '../formats/event.js';
import { Fault } from '../formats/fault.js';
import { hashOf } from '../formats/hash.js';
import { coveringSeal } from '../formats/head.js';
import type { Head, SealedHead } from '../formats/head.js';
import { domainOf } from '../formats/identifiers.js';
import { isSignedUnder, parseStatement } from '../formats/key-statement.js';
import { parseMail, parseMailBody } from '../formats/letters.js';
import { acceptDocument, parseDocument } from '../formats/provider-document.js';
import { headerOf, recordHash } from '../formats/record.js';
import type { FullRecord } from '../formats/record.js';
import { hasShape } from '../formats/shapes.js';
import type { Members } from '../formats/strict-json.js';

/** What a receiver knows when something comes. */
export interface Knowing {
  /** who sent it */
  readonly from: string;
  /** in ms */
  readonly now: number;
  /** key statement of the sender */
  readonly statement: string;
  readonly room?: string;
  /** a place of the room's log that is known for certain */
  readonly seen?: Seen;
}

/** What an object is, so that anyone can judge it again. */
export type Subject = 'event' | 'mail' | 'document' | 'page' | 'request';

/** Clocks of the suite and of who it judges may differ by so much. */
const CLOCK_MS = 60_000;

/** Why a hub has to refuse an item of a submit or join request, whatever is in the log; nothing when it depends. */
export function eventFault(item: Members, knowing: Knowing): string | undefined {
  return faultIn(() => {
    const { jws, content } = item as unknown as Item;
    if (typeof content !== 'string') return 'the content is no string';
    const event = parseEvent(jws);
    if (event.domain !== knowing.from) return 'the sender is of another provider';
    if (!isSignedUnder(parseStatement(knowing.statement), event.jws, { domain: event.domain, use: 'event' }))
      return 'the signature is not by a key of the sender';
    checkContent(event, content);
    if (knowing.room !== undefined && event.room !== knowing.room) return 'it is for another room';
    if (event.until < knowing.now - CLOCK_MS) return 'its time is over';
    return seenFault(event.seen, knowing.seen);
  });
}

function seenFault(seen: Seen | undefined, known: Seen | undefined): string | undefined {
  if (known === undefined) return undefined;
  if (seen === undefined) return 'it has no seen';
  const [epoch, seq, hash] = seen;
  if (epoch > 0) return 'its seen is of an epoch that there is not';
  return seq === known[1] && hash !== known[2] ? 'its seen is of another log' : undefined;
}

/** Why a provider has to refuse a mailbox item. */
export function mailFault(text: unknown, { from, now, statement }: Knowing): string | undefined {
  return faultIn(() => {
    const mail = parseMail(text);
    parseMailBody(mail);
    const { from: sender, until } = mail.payload;
    if (domainOf(String(sender)) !== from) return 'the sender is of another provider';
    if (!isSignedUnder(parseStatement(statement), mail.jws, { domain: from, use: 'event' }))
      return 'the signature is not by a key of the sender';
    return Number(until) < now - CLOCK_MS ? 'its time is over' : undefined;
  });
}

/** Why nobody may believe a provider document, not having seen one of that provider before. */
export function documentFault(text: string, { from, now }: Knowing): string | undefined {
  return faultIn(() => {
    const document = parseDocument(text, from);
    const isOnTheEdge = [document.expires, document.issued - CLOCK_MS].some((at) => Math.abs(at - now) < CLOCK_MS);
    if (!isOnTheEdge) acceptDocument(document, undefined, now);
    return undefined;
  });
}

export interface KnownLog {
  readonly hub: string;
  readonly statement: string;
  readonly room: string;
  /** of the last record that the receiver has */
  readonly seq: number;
  readonly hash: string;
  /** state hash there; the page is to have no state events */
  readonly state: string;
  readonly now: number;
}

/** Why a follower must not acknowledge a page. */
export function pageFault(body: unknown, known: KnownLog): string | undefined {
  if (!hasShape('push-request', body)) return 'it is not of its shape';
  const { rooms, seals } = body as { rooms: readonly Members[]; seals: unknown };
  const [page] = rooms;
  if (rooms.length !== 1 || page === undefined) return undefined;
  return faultIn(() => {
    const { jws } = coveringSeal(page['sealed'], seals);
    const { head } = page['sealed'] as SealedHead;
    if (page['room'] !== known.room || head.room !== known.room) return 'it is of another room';
    if (
      !isSignedUnder(parseStatement(known.statement), jws, { domain: known.hub, use: 'seal' }) ||
      head.hub !== known.hub
    )
      return 'the seal is not the hub’s';
    if (head.at > known.now + 2 * CLOCK_MS) return 'it is of a time to come';
    return chainFault(page['records'] as readonly FullRecord[], head, known);
  });
}

function chainFault(records: readonly FullRecord[], head: Head, known: KnownLog): string | undefined {
  const fresh = records.filter(({ seq }) => seq > known.seq);
  if (fresh.some(({ seq }, place) => seq !== known.seq + 1 + place)) return 'a seq is missing or repeated';
  if (fresh.length > 0 && head.seq !== fresh.at(-1)?.seq) return 'the head is not at its last record';
  if (fresh.length === 0) return head.seq > known.seq ? 'nothing leads to its head' : undefined;
  const hash = fresh.reduce((prev, record) => recordHash(known.room, headerOf(record), prev), known.hash);
  if (hash !== head.hash) return 'its records do not lead to its head';
  if (head.state !== known.state) return 'its state is not that of the log';
  const wrong = fresh.find(({ jws, content }) => content !== null && hashOf(content) !== parseEvent(jws).content);
  return wrong === undefined ? undefined : `the content at ${wrong.seq} is not what the event names`;
}

function faultIn(look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch (cause) {
    if (cause instanceof Fault) return cause.code;
    throw cause;
  }
}

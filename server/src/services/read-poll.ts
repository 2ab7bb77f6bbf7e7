import { plainContent } from '../protocol/content.js';
import type { Address, EventId, RoomId } from '../protocol/identifiers.js';
import { pollOf, tallyPoll } from '../protocol/poll.js';
import type { Poll, Tally } from '../protocol/poll.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { ServiceDeps } from './deps.js';
import { findVisible } from './find-visible.js';
import type { Actor, PollTally } from './room-services.js';

type PollDeps = Pick<ServiceDeps, 'store' | 'rooms' | 'domain' | 'clock'>;

/**
 * How a poll stands, as everybody who holds the log counts it.
 *
 * @throws ProtocolError `unknown-room` · `not-found` (there is no such poll, or the account may not see it)
 * @see PV-MSG-050
 */
export async function readPoll(
  deps: PollDeps,
  who: Actor,
  { room, event }: { room: RoomId; event: EventId },
): Promise<PollTally> {
  const { tally, isClosed } = await countPoll(deps, who, { room, event });
  const { counts, choices } = tally;
  return { counts, voters: choices.size, closed: isClosed, mine: choices.get(who.address) ?? [] };
}

/**
 * Who chose what, in byte order of addresses.
 *
 * @throws ProtocolError as `readPoll` · `no-right` (the poll is anonymous)
 * @see PV-MSG-051
 */
export async function listVotes(
  deps: PollDeps,
  who: Actor,
  { room, event, after, limit }: { room: RoomId; event: EventId; after?: Address; limit: number },
): Promise<{ votes: readonly { address: Address; choices: readonly number[] }[]; next?: Address }> {
  const { poll, tally } = await countPoll(deps, who, { room, event });
  if (poll.anonymous) throw new ProtocolError('no-right');
  const voters = [...tally.choices.keys()] as Address[];
  const later = voters.filter((address) => after === undefined || address > after).sort();
  const page = later.slice(0, limit);
  const next = later.length > limit ? page.at(-1) : undefined;
  const votes = page.map((address) => ({ address, choices: tally.choices.get(address) ?? [] }));
  return { votes, ...(next === undefined ? {} : { next }) };
}

async function countPoll(
  deps: PollDeps,
  who: Actor,
  { room, event }: { room: RoomId; event: EventId },
): Promise<{ poll: Poll; tally: Tally; isClosed: boolean }> {
  const { row, to } = await findVisible(deps, who, { room, event });
  const poll = row.type === 'message' ? pollOf(plainContent(row.content) ?? {}) : undefined;
  if (poll === undefined) throw new ProtocolError('not-found');
  const closes = poll.closes ?? Number.MAX_SAFE_INTEGER;
  const part = { poll: event, author: row.sender, from: row.seq, to, closes };
  const { closed, votes } = await deps.store.readVotes(room, part);
  const read = votes.map(({ content, ...vote }) => ({ ...vote, content: plainContent(content) }));
  const isClosed = closed !== undefined || deps.clock.now() > closes;
  return { poll, tally: tallyPoll(poll, read, closed), isClosed };
}

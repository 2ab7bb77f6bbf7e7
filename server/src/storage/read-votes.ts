import type { Address, EventId, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { issue } from './sql-values.js';

/** What became of a poll. */
export interface PollRecords {
  /** seq of the first effective close */
  readonly closed: number | undefined;
  /** The newest vote of each person before that, ≤ 10,000. */
  readonly votes: readonly VoteRow[];
}

export interface VoteRow {
  readonly sender: Address;
  readonly seq: number;
  readonly at: number;
  readonly content: string | null;
}

export interface PollPart {
  readonly poll: EventId;
  readonly author: string;
  /** records after `from` up to `to` */
  readonly from: number;
  readonly to: number;
  /** ms; votes recorded later are left out */
  readonly closes: number;
}

const selectClose = `SELECT r.seq FROM relations r
  WHERE r.room_id = $1 AND r.target = $2 AND (r.kind = 'close' OR (r.kind = 'close-own' AND r.sender = $3))
    AND r.seq > $4 AND r.seq <= $5 ORDER BY r.seq LIMIT 1`;
const selectVotes = `SELECT DISTINCT ON (r.sender) r.sender, r.seq, l.at, l.content
  FROM relations r JOIN log l ON l.room_id = r.room_id AND l.seq = r.seq
  WHERE r.room_id = $1 AND r.target = $2 AND r.kind = 'vote' AND r.seq > $3 AND r.seq <= $4 AND l.at <= $5
  ORDER BY r.sender, r.seq DESC LIMIT 10000`;

/** @see RoomLogStore.readVotes */
export async function readVotes(db: Database, room: RoomId, part: PollPart): Promise<PollRecords> {
  const { poll, author, from, to, closes } = part;
  const [close] = await issue<{ seq: number }>(db.sql, selectClose, [room, poll, author, from, to]);
  const bounds = [from, close?.seq ?? to, closes];
  return { closed: close?.seq, votes: await issue<VoteRow>(db.sql, selectVotes, [room, poll, ...bounds]) };
}

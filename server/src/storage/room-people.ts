import type { RoomId } from '../protocol/identifiers.js';
import type { Writer } from './database.js';
import type { MemberChange, ReadingRange } from './room-rows.js';
import { inRounds, insertInto, issue, issueRows, numberArray } from './sql-values.js';

const saveRange = insertInto(
  'room_providers',
  { room_id: 'text', domain: 'text', from_seq: 'bigint', to_seq: 'bigint' },
  'ON CONFLICT (room_id, domain, from_seq) DO UPDATE SET to_seq = excluded.to_seq',
);
const indexAccount = insertInto('room_accounts', { room_id: 'text', account_id: 'bigint' }, 'ON CONFLICT DO NOTHING');
const saveJoin = insertInto(
  'account_rooms',
  {
    account_id: 'bigint',
    room_id: 'text',
    membership: 'text',
    visible_from: 'bigint',
    joined_seq: 'bigint',
    read_seq: 'bigint',
  },
  `ON CONFLICT (account_id, room_id) DO UPDATE SET membership = excluded.membership, visible_from = excluded.visible_from,
    joined_seq = excluded.joined_seq, left_seq = NULL, read_seq = greatest(account_rooms.read_seq, excluded.read_seq)`,
);
const saveLeave = insertInto(
  'account_rooms',
  {
    account_id: 'bigint',
    room_id: 'text',
    membership: 'text',
    visible_from: 'bigint',
    joined_seq: 'bigint',
    left_seq: 'bigint',
    read_seq: 'bigint',
  },
  'ON CONFLICT (account_id, room_id) DO UPDATE SET membership = excluded.membership, left_seq = excluded.left_seq',
);

/** Writes ranges in their order; a later one of the same domain and `from` wins. */
export function issueReadingRanges(tx: Writer, room: RoomId, ranges: readonly ReadingRange[]): Promise<unknown>[] {
  return inRounds(ranges, ({ domain, from }) => `${domain} ${from}`).flatMap((round) =>
    issueRows(
      tx,
      saveRange,
      round.map(({ domain, from, to }) => [room, domain, from, to]),
    ),
  );
}

// Whoever is in a room need not answer an invitation to it any more, whichever way they came in.
const settleRequests = `UPDATE requests SET state = 'accepted'
  WHERE room_id = $1 AND account_id = ANY ($2::bigint[]) AND kind <> 'knock' AND state = 'waiting'`;

/**
 * Writes membership changes of local accounts, in their order. Who joins has read everything up to there, and has no
 * request to join waiting.
 */
export function issueMembers(tx: Writer, room: RoomId, members: readonly MemberChange[]): Promise<unknown>[] {
  return inRounds(members, ({ accountId }) => String(accountId)).flatMap((round) => {
    const joins = round.filter(({ membership }) => membership === 'joined');
    const leaves = round.filter(({ membership }) => membership === 'left');
    const joinedIds = numberArray(joins.map(({ accountId }) => accountId));
    const index = round.map(({ accountId }) => [room, accountId]);
    const joinRows = joins.map(({ accountId, visibleFrom, seq }) => [accountId, room, 'joined', visibleFrom, seq, seq]);
    const leaveRows = leaves.map(({ accountId, visibleFrom, seq }) => {
      return [accountId, room, 'left', visibleFrom, seq, seq, seq];
    });
    return [
      ...issueRows(tx, indexAccount, index),
      ...issueRows(tx, saveJoin, joinRows),
      ...(joins.length === 0 ? [] : [issue(tx, settleRequests, [room, joinedIds])]),
      ...issueRows(tx, saveLeave, leaveRows),
    ];
  });
}

import type { EventId, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { requireAtMost } from './require-at-most.js';
import { commitLater, insertInto, issue, issueRows, numberArray, textArray, unnest } from './sql-values.js';
import type { ManyRows } from './sql-values.js';
import type {
  IndexChange,
  IndexedRoom,
  IndexWindow,
  SearchHit,
  SearchPart,
  SearchableRoom,
  UnindexedRow,
} from './search-rows.js';

const selectRooms = `SELECT r.room_id AS room, r.seq, r.first_seq AS first, c.from_seq AS "from", c.to_seq AS "to"
  FROM rooms r LEFT JOIN search_cursors c ON c.room_id = r.room_id`;
const selectKnown = `${selectRooms} WHERE r.room_id = ANY ($1::text[])`;
const selectBehind = `${selectRooms} WHERE r.room_id > $1 AND r.seq >= r.first_seq
    AND (c.room_id IS NULL OR c.to_seq < r.seq OR c.from_seq > r.first_seq)
  ORDER BY r.room_id LIMIT $2`;
const selectRows = `SELECT q.room, l.seq, l.at, l.event_id AS "eventId", l.type, l.sender, l.content, l.jws
  FROM unnest($1::text[], $2::bigint[], $3::bigint[]) q (room, low, high)
  JOIN LATERAL (
    SELECT * FROM log l WHERE l.room_id = q.room AND l.seq BETWEEN q.low AND q.high AND l.void IS NULL AND l.jws IS NOT NULL
      AND (l.type = 'message' AND l.content IS NOT NULL OR l.type = 'message.edit' OR l.type = 'message.delete')
  ) l ON true ORDER BY q.room, l.seq`;
const selectTargets = `SELECT l.room_id AS room, l.seq, l.at, l.event_id AS "eventId", l.type, l.sender, l.jws,
    CASE WHEN l.content IS NOT NULL THEN coalesce(e.content, l.content) END AS content
  FROM unnest($1::text[], $2::text[]) q (room, event_id)
  JOIN log l ON l.room_id = q.room AND l.event_id = q.event_id
  LEFT JOIN LATERAL (
    SELECT x.content FROM relations r JOIN log x ON x.room_id = r.room_id AND x.seq = r.seq
    WHERE r.room_id = q.room AND r.target = q.event_id AND r.kind = 'edit' AND x.content IS NOT NULL
    ORDER BY r.seq DESC LIMIT 1
  ) e ON true
  WHERE l.type = 'message' AND l.void IS NULL AND l.jws IS NOT NULL`;
const selectKey = 'SELECT value FROM search_key LIMIT 1';
const wordTypes = ['text', 'bigint', 'bigint', 'bigint', 'text'] as const;
const addWords: ManyRows = {
  text: `INSERT INTO search_index (room_id, seq, at, until, words)
    SELECT room_id, seq, at, until, words::integer[] FROM ${unnest(wordTypes, 1)} n (room_id, seq, at, until, words)
    ON CONFLICT (room_id, seq) DO UPDATE SET words = excluded.words ${commitLater}`,
  types: wordTypes,
};
const removeWords = `DELETE FROM search_index s USING unnest($1::text[], $2::bigint[]) q (room, seq)
  WHERE s.room_id = q.room AND s.seq = q.seq ${commitLater}`;
const moveCursors = insertInto(
  'search_cursors',
  { room_id: 'text', from_seq: 'bigint', to_seq: 'bigint' },
  `ON CONFLICT (room_id) DO UPDATE SET from_seq = excluded.from_seq, to_seq = excluded.to_seq ${commitLater}`,
);
const selectSearchable = `SELECT a.room_id AS room, greatest(a.visible_from, r.first_seq) AS low,
    coalesce(a.left_seq, r.seq) AS high, b.address AS hidden,
    greatest(0, least(coalesce(a.left_seq, r.seq), r.seq) - greatest(coalesce(c.to_seq, -1), a.visible_from - 1)) AS behind
  FROM account_rooms a JOIN rooms r ON r.room_id = a.room_id
  LEFT JOIN search_cursors c ON c.room_id = a.room_id
  LEFT JOIN blocks b ON r.kind = 'dm' AND b.account_id = a.account_id AND b.address IN (r.creator, r.peer)
  WHERE a.account_id = $1 AND ($2 = '' OR a.room_id = $2) ORDER BY r.at DESC LIMIT $3`;
// A room's number of a word is its own, so the room need not be asked for; asked for by its key, it would be read whole.
// What was found is put in order before the log is read, so that no more of it is read than is asked for.
const selectHits = `SELECT s.room, s.seq, l.at, l.event_id AS id, l.sender, l.content, e.content AS edited
  FROM (
    SELECT q.room, q.hidden, s.seq, s.at
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[]) q (room, words, low, high, hidden)
    JOIN LATERAL (
      SELECT s.seq, s.at FROM search_index s
      WHERE s.words @> q.words::integer[] AND s.room_id || '' = q.room AND s.seq BETWEEN q.low AND q.high
        AND s.at BETWEEN $6 AND $7 AND coalesce(s.until > $8, true)
      ORDER BY s.at DESC LIMIT $9
    ) s ON true
    ORDER BY s.at DESC OFFSET 0
  ) s
  JOIN LATERAL (
    SELECT l.at, l.event_id, l.sender, l.content FROM log l
    WHERE l.room_id = s.room AND l.seq = s.seq AND l.content IS NOT NULL AND l.void IS NULL AND l.sender <> s.hidden
    LIMIT 1
  ) l ON true
  LEFT JOIN LATERAL (
    SELECT x.content FROM relations r JOIN log x ON x.room_id = r.room_id AND x.seq = r.seq
    WHERE r.room_id = s.room AND r.target = l.event_id AND r.kind = 'edit' AND x.content IS NOT NULL
    ORDER BY r.seq DESC LIMIT 1
  ) e ON true
  ORDER BY s.at DESC LIMIT $9`;

const roomsMax = 256;

export async function readSearchKey(db: Database): Promise<string> {
  const [row] = await issue<{ value: string }>(db.coldSql, selectKey, []);
  return row?.value ?? '';
}

/** @see SearchStore.readTargets */
export function readTargets(db: Database, pairs: readonly (readonly [RoomId, EventId])[]): Promise<UnindexedRow[]> {
  requireAtMost(1024, pairs);
  const ids = [textArray(pairs.map(([room]) => room)), textArray(pairs.map(([, id]) => id))];
  return issue<UnindexedRow>(db.coldSql, selectTargets, ids);
}

export function findIndexedRooms(db: Database, rooms: readonly RoomId[]): Promise<IndexedRoom[]> {
  requireAtMost(roomsMax, rooms);
  return issue<IndexedRoom>(db.coldSql, selectKnown, [textArray(rooms)]);
}

export function listRoomsBehind(
  db: Database,
  { after, limit }: { after?: RoomId; limit: number },
): Promise<IndexedRoom[]> {
  return issue<IndexedRoom>(db.coldSql, selectBehind, [after ?? '', limit]);
}

export function readUnindexed(db: Database, windows: readonly IndexWindow[]): Promise<UnindexedRow[]> {
  requireAtMost(roomsMax, windows);
  const [rooms, lows, highs] = [
    textArray(windows.map(({ room }) => room)),
    numberArray(windows.map(({ low }) => low)),
    numberArray(windows.map(({ high }) => high)),
  ];
  return issue<UnindexedRow>(db.coldSql, selectRows, [rooms, lows, highs]);
}

/** One after the other, the cursors last: what a stop or a crash cuts off is done again. @see SearchStore.changeIndex */
export async function changeIndex(db: Database, { words, gone, cursors }: IndexChange): Promise<void> {
  requireAtMost(roomsMax, cursors);
  const rows = words.map((row) => [row.room, row.seq, row.at, row.until, numberArray(row.words)]);
  const gones = [textArray(gone.map(({ room }) => room)), numberArray(gone.map(({ seq }) => seq))];
  await Promise.all(issueRows(db.coldSql, addWords, rows));
  if (gone.length > 0) await issue(db.coldSql, removeWords, gones);
  const places = cursors.map(({ room, from, to }) => [room, from, to]);
  await Promise.all(issueRows(db.coldSql, moveCursors, places));
}

/** @see SearchStore.searchableRooms */
export function searchableRooms(
  db: Database,
  accountId: number,
  { room, limit }: { room?: RoomId; limit: number },
): Promise<SearchableRoom[]> {
  return issue<SearchableRoom>(db.coldSql, selectSearchable, [accountId, room ?? '', limit]);
}

/** @see SearchStore.findHits */
export function findHits(db: Database, part: SearchPart): Promise<SearchHit[]> {
  const { asked, since, until, now, limit } = part;
  return issue<SearchHit>(db.coldSql, selectHits, [
    textArray(asked.map(({ room }) => room)),
    textArray(asked.map(({ words }) => numberArray(words))),
    numberArray(asked.map(({ low }) => low)),
    numberArray(asked.map(({ high }) => high)),
    textArray(asked.map(({ hidden }) => hidden ?? '')),
    ...[since, until, now, limit],
  ]);
}

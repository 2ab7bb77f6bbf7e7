import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import type { DigestRow, PeerCursor, PeerRoom } from './peer-rows.js';
import { requireAtMost } from './require-at-most.js';
import { commitLater, inRounds, insertInto, issue, issueRows } from './sql-values.js';
import type { Page } from './store-types.js';

// A provider may have several ranges in a room; while one of them is open it takes part.
const selectRooms = `SELECT p.room_id AS room, r.hub, r.seq, r.at, coalesce(c.seq, -1) AS cursor, p.to_seq AS "to"
  FROM (
    SELECT room_id, CASE WHEN bool_or(to_seq IS NULL) THEN NULL ELSE max(to_seq) END AS to_seq
    FROM room_providers WHERE domain = $1 AND room_id > $2 GROUP BY room_id ORDER BY room_id
  ) p JOIN rooms r ON r.room_id = p.room_id AND ($3::text IS NULL OR r.hub = $3)
  LEFT JOIN peer_cursors c ON c.domain = $1 AND c.room_id = p.room_id
  ORDER BY p.room_id LIMIT $4`;
const selectPeers = `SELECT DISTINCT domain FROM room_providers WHERE to_seq IS NULL AND domain > $1
  ORDER BY domain LIMIT $2`;
// Most rooms have been quiet for longer than that: their head is the answer and the log is not looked at.
const selectDigest = `SELECT p.room_id AS room, l.seq, l.hash
  FROM (
    SELECT DISTINCT room_id FROM room_providers
    WHERE domain = $1 AND to_seq IS NULL AND room_id > $2 ORDER BY room_id
  ) p JOIN rooms r ON r.room_id = p.room_id AND r.hub = $3
  JOIN LATERAL (
    SELECT r.seq, r.hash WHERE r.at <= $4 AND r.seq >= 0
    UNION ALL
    (SELECT g.seq, g.hash FROM log g WHERE g.room_id = p.room_id AND g.at <= $4 ORDER BY g.seq DESC LIMIT 1)
    ORDER BY seq DESC LIMIT 1
  ) l ON true
  ORDER BY p.room_id LIMIT $5`;
// A hint.
const saveCursor = insertInto(
  'peer_cursors',
  { domain: 'text', room_id: 'text', seq: 'bigint' },
  `ON CONFLICT (domain, room_id) DO UPDATE SET seq = excluded.seq ${commitLater}`,
);

/** @see PeerStore.listPeerRooms */
export function listPeerRooms(
  db: Database,
  domain: Domain,
  { hub, after, limit }: { hub?: Domain } & Page<RoomId>,
): Promise<PeerRoom[]> {
  return issue<PeerRoom>(db.coldSql, selectRooms, [domain, after ?? '', hub ?? null, limit]);
}

/** @see PeerStore.listPeers */
export async function listPeers(db: Database, { after, limit }: Page<Domain>): Promise<Domain[]> {
  const rows = await issue<{ domain: Domain }>(db.coldSql, selectPeers, [after ?? '', limit]);
  return rows.map((row) => row.domain);
}

/** @see PeerStore.listDigestRows */
export function listDigestRows(
  db: Database,
  peer: Domain,
  { hub, asOf, after, limit }: { hub: Domain; asOf: number } & Page<RoomId>,
): Promise<DigestRow[]> {
  return issue<DigestRow>(db.coldSql, selectDigest, [peer, after ?? '', hub, asOf, limit]);
}

/** @see PeerStore.saveCursors */
export async function saveCursors(db: Database, cursors: readonly PeerCursor[]): Promise<void> {
  requireAtMost(4096, cursors);
  const keyOf = ({ domain, room }: PeerCursor) => `${domain} ${room}`;
  const ordered = cursors.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  for (const round of inRounds(ordered, keyOf)) {
    const rows = round.map(({ domain, room, seq }) => [domain, room, seq]);
    await Promise.all(issueRows(db.coldSql, saveCursor, rows));
  }
}

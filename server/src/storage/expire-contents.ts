import type { EventId, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { issue } from './sql-values.js';

/** An event whose content has gone. */
export interface ExpiredEvent {
  readonly room: RoomId;
  readonly eventId: EventId;
}

// Edits of what has gone, and votes in it, go with it.
const eraseDue = `WITH due AS (
    DELETE FROM expiring WHERE (room_id, seq) IN (
      SELECT room_id, seq FROM expiring WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)
    RETURNING room_id, seq
  ), gone AS (
    SELECT l.room_id, l.seq, l.event_id FROM due d JOIN log l ON l.room_id = d.room_id AND l.seq = d.seq
  ), erased AS (
    UPDATE log l SET content = NULL FROM (
      SELECT room_id, seq FROM gone
      UNION SELECT r.room_id, r.seq FROM gone g
        JOIN relations r ON r.room_id = g.room_id AND r.target = g.event_id AND r.kind IN ('edit', 'vote')
    ) e WHERE l.room_id = e.room_id AND l.seq = e.seq AND l.content IS NOT NULL
  ) SELECT room_id AS room, event_id AS "eventId" FROM gone`;

/** @see Upkeep.expireContents */
export function expireContents(db: Database, now: number, limit: number): Promise<ExpiredEvent[]> {
  return issue<ExpiredEvent>(db.coldSql, eraseDue, [now, limit]);
}

import type { EventId, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { logColumns, logRowFrom } from './read-rows.js';
import type { SelectedLogRow } from './read-rows.js';
import type { Effect, Timeline } from './room-rows.js';
import { issue, textArray } from './sql-values.js';

export interface TimelinePart {
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
  readonly visibleFrom: number;
  readonly visibleTo?: number;
}

const rowsMax = 200;
const seqMax = Number.MAX_SAFE_INTEGER;

const selectRows = (order: 'ASC' | 'DESC') => `SELECT ${logColumns} FROM log l
  WHERE l.room_id = $1 AND l.seq >= $2 AND l.seq <= $3 ORDER BY l.seq ${order} LIMIT $4`;
const selectNewer = selectRows('ASC');
const selectOlder = selectRows('DESC');

const effectsOf = (kind: 'delete' | 'edit' | 'react', bounds: string) => `(
    SELECT r.kind, r.target, r.event_id AS "eventId", r.seq, r.sender, l.at, l.content
    FROM relations r JOIN log l ON l.room_id = r.room_id AND l.seq = r.seq
    WHERE r.room_id = $1 AND r.target = t.id AND r.kind = '${kind}' ${bounds})`;
// Reactions that were taken back and edits of what is deleted have no content any more. Deletes and edits come before
// reactions, so that the last limit can only cost reactions.
const selectEffects = `SELECT e.* FROM unnest($2::text[]) t (id) CROSS JOIN LATERAL (
    ${effectsOf('delete', 'ORDER BY r.seq LIMIT 16')}
    UNION ALL ${effectsOf('edit', 'AND l.content IS NOT NULL ORDER BY r.seq DESC LIMIT 1')}
    UNION ALL ${effectsOf('react', 'AND l.content IS NOT NULL ORDER BY r.seq LIMIT 256')}
  ) e ORDER BY e.kind, e.seq LIMIT 4096`;

/** @see RoomLogStore.readTimeline */
export async function readTimeline(db: Database, room: RoomId, part: TimelinePart): Promise<Timeline> {
  const forward = part.after !== undefined;
  const from = Math.max(part.visibleFrom, forward ? part.after + 1 : 0);
  const to = Math.min(part.visibleTo ?? seqMax, part.before === undefined ? seqMax : part.before - 1);
  const values = [room, from, to, Math.min(part.limit, rowsMax)];
  const found = await issue<SelectedLogRow>(db.sql, forward ? selectNewer : selectOlder, values);
  const rows = (forward ? found : found.toReversed()).map(logRowFrom);
  const targets = rows.filter((row) => row.jws !== null).map((row) => row.eventId);
  return { rows, effects: await effectsOn(db, room, targets) };
}

async function effectsOn(db: Database, room: RoomId, targets: readonly EventId[]): Promise<Effect[]> {
  if (targets.length === 0) return [];
  const effects = await issue<Effect>(db.sql, selectEffects, [room, textArray(targets)]);
  return effects.toSorted((one, other) => one.seq - other.seq);
}

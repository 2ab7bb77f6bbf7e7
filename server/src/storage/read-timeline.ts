import type { EventId, RoomId } from '../protocol/identifiers.js';
import type { Database } from './database.js';
import { logColumns, logRowFrom } from './read-rows.js';
import type { SelectedLogRow } from './read-rows.js';
import type { Effect, RelationRow, ThreadCount, Timeline } from './room-rows.js';
import { issue, textArray } from './sql-values.js';
import type { SqlValue } from './sql-values.js';

export interface TimelinePart {
  readonly before?: number;
  readonly after?: number;
  readonly limit: number;
  readonly visibleFrom: number;
  readonly visibleTo?: number;
  /** only events that are this to that event */
  readonly related?: { readonly kind: RelationRow['kind']; readonly target: EventId };
}

const rowsMax = 200;
const seqMax = Number.MAX_SAFE_INTEGER;

const selectRows = (order: 'ASC' | 'DESC') => `SELECT ${logColumns} FROM log l
  WHERE l.room_id = $1 AND l.seq >= $2 AND l.seq <= $3 ORDER BY l.seq ${order} LIMIT $4`;
const selectNewer = selectRows('ASC');
const selectOlder = selectRows('DESC');
// A thread shows that something was deleted in it; a list of topics, or of what a text was before, does not.
const selectRelated = (order: 'ASC' | 'DESC') => `SELECT ${logColumns} FROM relations r
  JOIN log l ON l.room_id = r.room_id AND l.seq = r.seq
  WHERE r.room_id = $1 AND r.target = $5 AND r.kind = $6 AND r.seq >= $2 AND r.seq <= $3
    AND (r.kind = 'thread' OR l.content IS NOT NULL) ORDER BY r.seq ${order} LIMIT $4`;
const selectNewerRelated = selectRelated('ASC');
const selectOlderRelated = selectRelated('DESC');
const selectThreads = `SELECT t.id AS target, c.* FROM unnest($2::text[]) t (id) CROSS JOIN LATERAL (
    SELECT count(*)::int AS count, max(seq) AS last FROM (
      SELECT r.seq FROM relations r JOIN log l ON l.room_id = r.room_id AND l.seq = r.seq
      WHERE r.room_id = $1 AND r.target = t.id AND r.kind = 'thread' AND l.content IS NOT NULL
      ORDER BY r.seq DESC LIMIT 1000
    ) messages
  ) c WHERE c.count > 0`;

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
  const found = await findRows(db, { values, forward, related: part.related });
  const rows = (forward ? found : found.toReversed()).map(logRowFrom);
  const targets = rows.filter((row) => row.jws !== null).map((row) => row.eventId);
  if (targets.length === 0) return { rows, effects: [], threads: [] };
  const [effects, threads] = await Promise.all([
    effectsOn(db, room, targets),
    issue<ThreadCount>(db.sql, selectThreads, [room, textArray(targets)]),
  ]);
  return { rows, effects, threads };
}

function findRows(
  db: Database,
  { values, forward, related }: { values: SqlValue[]; forward: boolean; related: TimelinePart['related'] },
): Promise<SelectedLogRow[]> {
  if (related === undefined) return issue(db.sql, forward ? selectNewer : selectOlder, values);
  const text = forward ? selectNewerRelated : selectOlderRelated;
  return issue(db.sql, text, [...values, related.target, related.kind]);
}

async function effectsOn(db: Database, room: RoomId, targets: readonly EventId[]): Promise<Effect[]> {
  if (targets.length === 0) return [];
  const effects = await issue<Effect>(db.sql, selectEffects, [room, textArray(targets)]);
  return effects.toSorted((one, other) => one.seq - other.seq);
}

import type { SealedHead } from '../protocol/head.js';
import type { RoomId } from '../protocol/identifiers.js';
import { addExpiring, expiringValues, logNames, logTypes, logValues } from './append-records.js';
import type { Database } from './database.js';
import { requireAtMost } from './require-at-most.js';
import type { LogRow, RelationRow, StatementRow } from './room-rows.js';
import { issueRelations, issueStatements } from './room-writes.js';
import { insertInto, issue, issueRows, unnest } from './sql-values.js';
import type { ManyRows } from './sql-values.js';

export interface OlderPart {
  readonly room: RoomId;
  readonly rows: readonly LogRow[];
  readonly relations: readonly RelationRow[];
  readonly sealed?: SealedHead;
  readonly statements?: readonly StatementRow[];
}

// A row that is held stays; only one of which we had the header alone takes its event.
const addOlder: ManyRows = {
  text: `INSERT INTO log (${logNames}) SELECT * FROM ${unnest(logTypes, 1)}
    ON CONFLICT (room_id, seq) DO UPDATE SET type = excluded.type, sender = excluded.sender, void = excluded.void,
      statement = excluded.statement, jws_hash = NULL, jws = excluded.jws, content = excluded.content
    WHERE log.jws IS NULL AND excluded.jws IS NOT NULL AND log.hash = excluded.hash`,
  types: logTypes,
};
const addHead = insertInto(
  'room_heads',
  {
    room_id: 'text',
    seq: 'bigint',
    at: 'bigint',
    epoch: 'integer',
    hub: 'text',
    hash: 'bytea',
    state_hash: 'bytea',
    committed: 'bigint',
    seal: 'text',
    seal_index: 'integer',
    seal_size: 'integer',
    seal_path: 'bytea',
  },
  'ON CONFLICT DO NOTHING',
);
// What was deleted later on came in with its content again, and so did edits of it and votes.
const eraseDeleted = `UPDATE log l SET content = NULL
  WHERE l.room_id = $1 AND l.seq BETWEEN $2 AND $3 AND l.content IS NOT NULL AND EXISTS (
    SELECT FROM relations d WHERE d.room_id = $1 AND d.kind = 'delete' AND (
      d.target = l.event_id
      OR d.target IN (
        SELECT e.target FROM relations e WHERE e.room_id = $1 AND e.event_id = l.event_id AND e.kind IN ('edit', 'vote'))))`;
const moveFirst = 'UPDATE rooms SET first_seq = $2 WHERE room_id = $1 AND first_seq > $2 AND first_seq <= $3 + 1';

/** @see RoomLogStore.backfill */
export async function backfillLog(db: Database, part: OlderPart): Promise<void> {
  const { room, rows, relations, sealed, statements = [] } = part;
  requireAtMost(256, rows);
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return;
  const values = rows.map((row) => logValues(room, row));
  await db.transaction((tx) =>
    Promise.all([
      ...issueRows(tx, addOlder, values),
      ...issueRows(tx, addExpiring, expiringValues(room, rows)),
      ...issueRelations(tx, [{ room, relations }]),
      ...issueRows(tx, addHead, sealed === undefined ? [] : [headValues(sealed)]),
      ...issueStatements(tx, statements),
      issue(tx, eraseDeleted, [room, first.seq, last.seq]),
      issue(tx, moveFirst, [room, first.seq, last.seq]),
    ]),
  );
}

function headValues({ head, seal, index, size, path }: SealedHead): (string | number | Buffer)[] {
  const { room, seq, at, epoch, hub, hash, state, committed } = head;
  return [room, seq, at, epoch, hub, hash, state, committed, seal, index, size, Buffer.concat(path)];
}

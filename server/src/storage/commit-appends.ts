import type { RoomId } from '../protocol/identifiers.js';
import { issueAccountNotes } from './account-notes.js';
import { issueRecords } from './append-records.js';
import type { Database, Writer } from './database.js';
import type { AppendBatch, RoomAppend } from './room-rows.js';
import { issueMembers, issueReadingRanges } from './room-people.js';
import { issueMentions, issueNewRooms, issueRelations, issueStateEntries, issueStatements } from './room-writes.js';
import { issue, textArray } from './sql-values.js';
import { StorageError } from './storage-error.js';

const selectSeqs = 'SELECT room_id AS room, seq FROM rooms WHERE room_id = ANY ($1::text[])';
// The targets themselves and every edit of them and vote on them.
const eraseContent = `UPDATE log SET content = NULL WHERE room_id = $1 AND content IS NOT NULL AND seq IN (
    SELECT l.seq FROM log l WHERE l.room_id = $1 AND l.event_id = ANY ($2::text[])
    UNION ALL SELECT r.seq FROM relations r WHERE r.room_id = $1 AND r.target = ANY ($2::text[]) AND r.kind IN ('edit', 'vote'))`;

/** @see RoomLogStore.commitAppends */
export async function commitAppends(db: Database, batch: AppendBatch): Promise<{ conflicts: RoomId[] }> {
  const appends = batch.appends.toSorted((one, other) => (one.room < other.room ? -1 : 1));
  const { sent = [], statements = [], notes = [] } = batch;
  const recordsOnly = statements.length === 0 && notes.length === 0 && appends.every(isRecordsOnly);
  try {
    if (recordsOnly) await issueRecords(db.flushes, appends, sent);
    else await db.transaction((tx) => issueAll(tx, appends, { sent, statements, notes }));
  } catch (error) {
    const failure = StorageError.from(error);
    // Whatever the database says: when a head had moved, that is why.
    const conflicts = failure.code === 'rejected' ? await findMovedHeads(db, appends) : [];
    if (conflicts.length === 0) throw failure;
    return { conflicts };
  }
  return { conflicts: [] };
}

function isRecordsOnly(append: RoomAppend): boolean {
  const { create, entries, relations, erase, providers, members, mentions = [] } = append;
  const people = providers.length + members.length + mentions.length;
  const changes = entries.length + relations.length + erase.length + people;
  return create === undefined && changes === 0;
}

/** All of it travels at once; PostgreSQL works it off in this order. */
async function issueAll(
  tx: Writer,
  appends: readonly RoomAppend[],
  { sent, statements, notes }: Required<Omit<AppendBatch, 'appends'>>,
): Promise<void> {
  const fresh = appends.flatMap(({ room, create }) => (create === undefined ? [] : [{ room, creation: create }]));
  await Promise.all([
    ...issueNewRooms(tx, fresh),
    issueRecords(tx, appends, sent),
    ...issueStateEntries(tx, appends),
    ...issueRelations(tx, appends),
    ...issueMentions(tx, appends),
    ...appends.flatMap((append) => issueReadingRanges(tx, append.room, append.providers)),
    ...appends.flatMap((append) => issueMembers(tx, append.room, append.members)),
    ...issueErasures(tx, appends),
    ...issueStatements(tx, statements),
    ...issueAccountNotes(tx, notes),
  ]);
}

function issueErasures(tx: Writer, appends: readonly RoomAppend[]): Promise<unknown>[] {
  return appends
    .filter((append) => append.erase.length > 0)
    .map((append) => issue(tx, eraseContent, [append.room, textArray(append.erase)]));
}

async function findMovedHeads(db: Database, appends: readonly RoomAppend[]): Promise<RoomId[]> {
  const rooms = textArray(appends.map(({ room }) => room));
  const rows = await issue<{ room: RoomId; seq: number }>(db.sql, selectSeqs, [rooms]);
  const seqs = new Map(rows.map(({ room, seq }) => [room, seq]));
  return appends
    .filter(({ room, expectSeq, create }) => (seqs.get(room) ?? (create === undefined ? undefined : -1)) !== expectSeq)
    .map(({ room }) => room);
}

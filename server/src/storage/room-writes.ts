import type { RoomId } from '../protocol/identifiers.js';
import type { Writer } from './database.js';
import type { EntryChange, MentionRow, RelationRow, RoomCreation, StatementRow } from './room-rows.js';
import { insertInto, issueRows } from './sql-values.js';

/** The hash of the record before the first. */
const noHash = Buffer.alloc(32);

const addRoom = insertInto(
  'rooms',
  {
    ...{ room_id: 'text', kind: 'text', hub: 'text', creator: 'text', peer: 'text', status: 'text' },
    ...{ seq: 'bigint', first_seq: 'bigint', at: 'bigint', epoch: 'integer', hash: 'bytea' },
  },
  'ON CONFLICT (room_id) DO NOTHING',
);
const addStatement = insertInto(
  'statements',
  { hash: 'text', domain: 'text', version: 'bigint', jws: 'text' },
  'ON CONFLICT (hash) DO NOTHING',
);
const addState = insertInto(
  'room_state',
  { room_id: 'text', bucket: 'smallint', type: 'text', key: 'text', seq: 'bigint', event_id: 'text' },
  'ON CONFLICT DO NOTHING',
);
const addRelation = insertInto(
  'relations',
  { room_id: 'text', target: 'text', kind: 'text', seq: 'bigint', event_id: 'text', sender: 'text' },
  'ON CONFLICT DO NOTHING',
);

const addMention = insertInto(
  'mentions',
  { room_id: 'text', account_id: 'bigint', seq: 'bigint', at: 'bigint' },
  'ON CONFLICT DO NOTHING',
);

/** Puts rooms there without any record yet: status `joining`, seq −1. Rooms that are there already stay as they are. */
export function issueNewRooms(
  tx: Writer,
  rooms: readonly { readonly room: RoomId; readonly creation: RoomCreation }[],
): Promise<unknown>[] {
  const rows = rooms.map(({ room, creation: { kind, hub, creator, peer } }) => [
    ...[room, kind, hub, creator, peer, 'joining', -1, 0, 0, 0, noHash],
  ]);
  return issueRows(tx, addRoom, rows);
}

export function issueStatements(tx: Writer, statements: readonly StatementRow[]): Promise<unknown>[] {
  const rows = statements.map(({ hash, domain, version, jws }) => [hash, domain, version, jws]);
  return issueRows(tx, addStatement, rows);
}

/** Adds new versions of state entries. */
export function issueStateEntries(
  tx: Writer,
  changes: readonly { readonly room: RoomId; readonly entries: readonly EntryChange[] }[],
): Promise<unknown>[] {
  const rows = changes.flatMap(({ room, entries }) =>
    entries.map(({ bucket, type, key, seq, eventId }) => [room, bucket, type, key, seq, eventId]),
  );
  return issueRows(tx, addState, rows);
}

export function issueRelations(
  tx: Writer,
  changes: readonly { readonly room: RoomId; readonly relations: readonly RelationRow[] }[],
): Promise<unknown>[] {
  const rows = changes.flatMap(({ room, relations }) =>
    relations.map(({ target, kind, seq, eventId, sender }) => [room, target, kind, seq, eventId, sender]),
  );
  return issueRows(tx, addRelation, rows);
}

export function issueMentions(
  tx: Writer,
  changes: readonly { readonly room: RoomId; readonly mentions?: readonly MentionRow[] }[],
): Promise<unknown>[] {
  const rows = changes.flatMap(({ room, mentions = [] }) =>
    mentions.map(({ accountId, seq, at }) => [room, accountId, seq, at]),
  );
  return issueRows(tx, addMention, rows);
}

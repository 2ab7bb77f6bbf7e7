import type { RoomId } from '../protocol/identifiers.js';
import type { Writer } from './database.js';
import type { RoomCreation, StatementRow } from './room-rows.js';
import { insertInto, issueRows } from './sql-values.js';

/** The hash of the record before the first. */
const noHash = Buffer.alloc(32);

const addRoom = insertInto(
  'rooms',
  ['room_id', 'kind', 'hub', 'creator', 'peer', 'status', 'seq', 'first_seq', 'at', 'epoch', 'hash'],
  'ON CONFLICT (room_id) DO NOTHING',
);
const addStatement = insertInto('statements', ['hash', 'domain', 'version', 'jws'], 'ON CONFLICT (hash) DO NOTHING');

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

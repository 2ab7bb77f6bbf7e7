import type { Reader } from './database.js';
import type { RoomAppend, SentRow } from './room-rows.js';
import { columnArrays, insertInto, issue, unnest } from './sql-values.js';
import type { Columns, SqlValue } from './sql-values.js';

const headColumns: Columns = {
  ...{ room_id: 'text', expect: 'bigint', seq: 'bigint', at: 'bigint', epoch: 'integer', hash: 'bytea' },
  ...{ state_hash: 'bytea', committed: 'bigint', seal: 'text', seal_index: 'integer', seal_size: 'integer' },
  ...{ seal_path: 'bytea', keep: 'boolean', title: 'text', status: 'text' },
};
const logColumns: Columns = {
  ...{ room_id: 'text', seq: 'bigint', epoch: 'integer', at: 'bigint', event_id: 'text', type: 'text', sender: 'text' },
  ...{ void: 'text', statement: 'text', jws_hash: 'bytea', hash: 'bytea', jws: 'text', content: 'text' },
};
const sentColumns: Columns = {
  ...{ account_id: 'bigint', request_key: 'text', room_id: 'text', event_id: 'text', at: 'bigint' },
  request_hash: 'bytea',
};
const resolvedColumns: Columns = { hub: 'text', event_id: 'text' };
const expiringColumns: Columns = { room_id: 'text', seq: 'bigint', expires_at: 'bigint' };

const headTypes = Object.values(headColumns);
export const logTypes = Object.values(logColumns);
const sentTypes = Object.values(sentColumns);
const resolvedTypes = Object.values(resolvedColumns);
const expiringTypes = Object.values(expiringColumns);

export const addExpiring = insertInto('expiring', expiringColumns, 'ON CONFLICT DO NOTHING');

export const logNames = Object.keys(logColumns).join(', ');
const sealedNames = 'seq, at, epoch, hash, state_hash, committed, seal, seal_index, seal_size, seal_path';

/** What a flush may leave out; to a flush of one message every part not asked for counts. */
interface Parts {
  readonly kept: boolean;
  readonly sent: boolean;
  readonly resolved: boolean;
  readonly expiring: boolean;
}

const texts = new Map<number, string>();

/**
 * The whole flush of ordinary messages in one statement: heads move, records, request keys and pending submissions follow,
 * or all of it fails: with a division by zero where a head is not where it was expected, also where a request key was used
 * before (the caller looks up what was answered then). One round trip, and no transaction to be opened and closed around it.
 */
function appendText({ kept, sent, resolved, expiring }: Parts): string {
  const sentFirst = headTypes.length + logTypes.length + 1;
  const resolvedFirst = sentFirst + (sent ? sentTypes.length : 0);
  const expiringFirst = resolvedFirst + (resolved ? resolvedTypes.length : 0);
  return `WITH v AS (
      SELECT * FROM ${unnest(headTypes, 1)} v (${Object.keys(headColumns).join(', ')})
    ), moved AS (
      UPDATE rooms r SET seq = v.seq, at = v.at, epoch = v.epoch, hash = v.hash, state_hash = v.state_hash,
        committed = v.committed, seal = v.seal, seal_index = v.seal_index, seal_size = v.seal_size, seal_path = v.seal_path,
        title = coalesce(v.title, r.title), status = coalesce(v.status, r.status),
        code = CASE WHEN v.status IS NULL THEN r.code END
      FROM v WHERE r.room_id = v.room_id AND r.seq = v.expect
      RETURNING ${kept ? 'r.*, v.keep' : '1'}
    ), logged AS (
      INSERT INTO log (${logNames}) SELECT * FROM ${unnest(logTypes, headTypes.length + 1)}
    )${kept ? keptPart : ''}${sent ? sentPart(sentFirst) : ''}${resolved ? resolvedPart(resolvedFirst) : ''}
    ${expiring ? expiringPart(expiringFirst) : ''}
    SELECT 1 / (count(*) = cardinality($1::text[]))::integer FROM moved`;
}

const keptPart = `, kept AS (
      INSERT INTO room_heads (room_id, hub, ${sealedNames})
      SELECT room_id, hub, ${sealedNames} FROM moved WHERE keep ON CONFLICT DO NOTHING
    )`;
const sentPart = (first: number) => `, remembered AS (
      INSERT INTO sent (${Object.keys(sentColumns).join(', ')}) SELECT * FROM ${unnest(sentTypes, first)}
    )`;
const resolvedPart = (first: number) => `, resolved AS (
      DELETE FROM pending p USING ${unnest(resolvedTypes, first)} q (hub, event_id)
      WHERE p.hub = q.hub AND p.event_id = q.event_id
    )`;
const expiringPart = (first: number) => `, noted AS (
      INSERT INTO expiring (${Object.keys(expiringColumns).join(', ')}) SELECT * FROM ${unnest(expiringTypes, first)}
    )`;

/**
 * Issues the records of a flush and does not wait.
 *
 * @param appends in order of room ids, so that two processes never wait for each other
 */
export function issueRecords(sql: Reader, appends: readonly RoomAppend[], sent: readonly SentRow[]): Promise<unknown> {
  const records = appends.flatMap(({ room, rows }) => rows.map((row) => logValues(room, row)));
  const keys = sent.map((row) => [row.accountId, row.requestKey, row.room, row.eventId, row.at, row.requestHash]);
  const resolved = appends.flatMap(({ sealed, resolved: ids = [] }) => ids.map((id) => [sealed.head.hub, id]));
  const expiring = appends.flatMap(({ room, rows }) => expiringValues(room, rows));
  const kept = appends.some(({ keepHead }) => keepHead);
  return issue(
    sql,
    textFor({ kept, sent: keys.length > 0, resolved: resolved.length > 0, expiring: expiring.length > 0 }),
    [
      ...columnArrays(headTypes, appends.map(headValues)),
      ...columnArrays(logTypes, records),
      ...(keys.length > 0 ? columnArrays(sentTypes, keys) : []),
      ...(resolved.length > 0 ? columnArrays(resolvedTypes, resolved) : []),
      ...(expiring.length > 0 ? columnArrays(expiringTypes, expiring) : []),
    ],
  );
}

/** Rows of `addExpiring` for the records whose content has an end. */
export function expiringValues(room: string, rows: RoomAppend['rows']): SqlValue[][] {
  return rows.flatMap(({ seq, expiresAt }) => (expiresAt === undefined ? [] : [[room, seq, expiresAt]]));
}

function textFor(parts: Parts): string {
  const { kept, sent, resolved, expiring } = parts;
  const which = Number(kept) + 2 * Number(sent) + 4 * Number(resolved) + 8 * Number(expiring);
  const text = texts.get(which) ?? appendText(parts);
  texts.set(which, text);
  return text;
}

/** In the order of `logNames`. The hash of a JWS that is there is made when it is read. */
export function logValues(room: string, row: RoomAppend['rows'][number]): SqlValue[] {
  return [
    ...[room, row.seq, row.epoch, row.at, row.eventId, row.type, row.sender, row.void, row.statement ?? null],
    ...[row.jws === null ? row.jwsHash : null, row.hash, row.jws, row.content],
  ];
}

function headValues({ room, expectSeq, sealed, keepHead, title, status, create }: RoomAppend): SqlValue[] {
  const { head, seal, index, size, path } = sealed;
  return [
    ...[room, expectSeq, head.seq, head.at, head.epoch, head.hash, head.state, head.committed],
    ...[seal, index, size, Buffer.concat(path), keepHead, title ?? null],
    status ?? (create === undefined ? null : 'live'),
  ];
}

import { createHash } from 'node:crypto';
import type { SealedHead } from '../protocol/head.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { LogRow, RoomRow, StateRow } from './room-rows.js';

/** Columns of `log l` as a `LogRow`. */
export const logColumns = `l.seq, l.epoch, l.at, l.event_id AS "eventId", l.jws, l.jws_hash AS "jwsHash", l.hash, l.content,
  l.type, l.sender, l.void, l.statement`;

/** Columns of a sealed head, in `rooms` and `room_heads` alike. @param t the table's name in the query */
export function sealedColumns(t: string): string {
  return `${t}.hub, ${t}.room_id AS room, ${t}.epoch, ${t}.seq, ${t}.at, ${t}.hash, ${t}.state_hash AS "stateHash",
    ${t}.committed, ${t}.seal, ${t}.seal_index AS "sealIndex", ${t}.seal_size AS "sealSize", ${t}.seal_path AS "sealPath"`;
}

/** Columns of `rooms r` as a `RoomRow`. */
export const roomColumns = `${sealedColumns('r')}, r.kind, r.status, r.code, r.title, r.creator, r.peer, r.first_seq AS first,
  r.covered, r.buckets`;

/** Columns of a state entry; `s` is the entry, `e` the event behind it, wherever that stands, `k` its key statement. */
export const stateColumns = `s.type, s.key, s.bucket, s.seq, e.epoch, e.at, s.event_id AS "eventId", e.sender, e.jws, e.content,
  k.jws AS statement`;

/**
 * Joins of `stateColumns`. An event stands in the log, or among a snapshot's when it is older than the log we hold. It is named by place and
 * id, so that whichever index a plan of the time of small tables takes, one row is looked at.
 */
export const stateJoins = `JOIN LATERAL (
    SELECT l.epoch, l.at, l.sender, l.jws, l.content, l.statement FROM log l
    WHERE l.room_id = s.room_id AND l.seq = s.seq AND l.event_id = s.event_id AND l.jws IS NOT NULL
    UNION ALL
    SELECT x.epoch, x.at, x.sender, x.jws, x.content, x.statement FROM snapshot_events x
    WHERE x.room_id = s.room_id AND x.seq = s.seq
    LIMIT 1
  ) e ON true LEFT JOIN statements k ON k.hash = e.statement`;

interface Sealed {
  readonly hub: Domain;
  readonly room: RoomId;
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly hash: Buffer;
  readonly stateHash: Buffer | null;
  readonly committed: number | null;
  readonly seal: string | null;
  readonly sealIndex: number | null;
  readonly sealSize: number | null;
  readonly sealPath: Buffer | null;
}

export type SelectedLogRow = Omit<LogRow, 'statement' | 'jwsHash'> & {
  readonly statement: string | null;
  readonly jwsHash: Buffer | null;
};
export type SelectedStateRow = Omit<StateRow, 'statement'> & { readonly statement: string | null };
export type SelectedHead = Sealed;
export type SelectedRoom = Sealed &
  Omit<RoomRow, 'sealed' | 'gap'> & { readonly covered: number | null; readonly buckets: Buffer | null };

/** Leaves out what is null where the type says absent. */
export function withoutNullStatement<Row extends { readonly statement: string | null }>(
  row: Row,
): Omit<Row, 'statement'> & { readonly statement?: string } {
  const { statement, ...rest } = row;
  return statement === null ? rest : { ...rest, statement };
}

/** The hash of a JWS is stored only where the JWS is not. */
export function logRowFrom(row: SelectedLogRow): LogRow {
  const jwsHash =
    row.jwsHash ??
    createHash('sha256')
      .update(row.jws ?? '')
      .digest();
  return withoutNullStatement({ ...row, jwsHash });
}

export function sealedHeadFrom(row: SelectedHead): SealedHead | undefined {
  const { hub, room, epoch, seq, at, hash, stateHash, committed, seal, sealIndex, sealSize, sealPath } = row;
  if (stateHash === null || committed === null || seal === null || sealPath === null) return undefined;
  const head = { hub, room, epoch, seq, at, hash, state: stateHash, committed };
  return { head, seal, index: sealIndex ?? 0, size: sealSize ?? 1, path: splitHashes(sealPath) };
}

export function roomRowFrom(row: SelectedRoom): RoomRow {
  const { room, kind, hub, epoch, seq, at, hash, first, status, code, title, creator, peer, covered, buckets } = row;
  const sealed = sealedHeadFrom(row);
  return {
    ...{ room, kind, hub, epoch, seq, at, hash, first, status, code, title, creator, peer },
    ...(sealed === undefined ? {} : { sealed }),
    ...(covered === null || buckets === null ? {} : { gap: { covered, buckets: splitHashes(buckets) } }),
  };
}

function splitHashes(joined: Buffer): Buffer[] {
  return Array.from({ length: joined.length / 32 }, (_, index) => joined.subarray(index * 32, index * 32 + 32));
}

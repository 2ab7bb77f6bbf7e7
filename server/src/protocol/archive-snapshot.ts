import { isSignedUnder, verifyFirstStatement } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import { domainOf } from './identifiers.js';
import type { RoomId } from './identifiers.js';
import { readRecord } from './read-record.js';
import type { ReadEvent } from './read-record.js';
import type { FullRecord } from './record.js';
import type { StateSnapshot } from './room-replay.js';
import { loadRoomState } from './room-state.js';
import { carriesStatement } from './rules/event-rules.js';

/** An entry of a snapshot that cannot be believed. */
export interface SnapshotFault {
  readonly seq: number;
  readonly code: 'bad-event' | 'content-mismatch' | 'content-missing' | 'bad-statement' | 'bad-chain';
  readonly detail: string;
}

/**
 * Reads the state that an archive begins with: every entry signed under its provider's statement. Whether it is the
 * state the hub sealed shows at its sealed head.
 *
 * @param seq of the snapshot's sealed head
 * @see PV-ARC-005, PV-ARC-014
 */
export function readArchiveSnapshot(
  room: RoomId,
  entries: readonly FullRecord[],
  seq: number,
): StateSnapshot | SnapshotFault {
  const read: { entry: ReadEvent; record: FullRecord }[] = [];
  for (const record of entries) {
    const entry = readRecord(record);
    if (entry.kind === 'wrong') return { seq: record.seq, code: entry.code, detail: entry.detail };
    if (entry.kind === 'unreadable') return fault(record, entry.detail);
    if (entry.event.room !== room || entry.event.fields.key === undefined || entry.content === undefined)
      return fault(record, 'no state event of this room');
    if (carriesStatement(entry.event) && entry.attachedStatement === undefined) return fault(record, 'statement');
    read.push({ entry, record });
  }
  const state = loadRoomState(
    read.map(({ entry: { event, content = {} }, record }) => {
      const { type, sender, key = '' } = event.fields;
      const bytes = record.jws.length + Buffer.byteLength(record.content ?? '') + (record.statement?.length ?? 0);
      return { type, key, id: event.id, sender, seq: record.seq, content, bytes };
    }),
    room,
  );
  // Of a provider that changed its keys there may be two, and the newer is in force.
  const statements = read
    .flatMap(({ entry }) => entry.attachedStatement ?? [])
    .sort((one, other) => other.version - one.version);
  const byHash = new Map(statements.map((statement) => [statement.hash, statement]));
  for (const { entry, record } of read) {
    const name = state.statementInForce(domainOf(entry.event.fields.sender));
    const own = entry.attachedStatement ?? byHash.get(name?.hash ?? '');
    const detail = faultOfAuthor(entry, own);
    if (detail !== undefined) return fault(record, detail);
  }
  return { seq, state, statements };
}

function faultOfAuthor({ event, attachedStatement }: ReadEvent, own: KeyStatement | undefined): string | undefined {
  if (own?.provider !== domainOf(event.fields.sender)) return 'no statement of its provider';
  if (attachedStatement !== undefined && !verifyFirstStatement(attachedStatement)) return 'signature of its statement';
  return isSignedUnder(event, { statement: own, use: 'event' }) ? undefined : 'signature';
}

function fault({ seq }: FullRecord, detail: string): SnapshotFault {
  return { seq, code: 'bad-event', detail };
}

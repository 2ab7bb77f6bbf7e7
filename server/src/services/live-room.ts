import type { SealedHead } from '../protocol/head.js';
import { parseEvent } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import type { RoomState } from '../protocol/room-state.js';
import type { LogRow, ReadingRange, RoomKind, RoomStatus, SnapshotGap } from '../storage/room-rows.js';
import { isCounted, Spoken } from './spoken.js';

/** A record in memory. Its texts for the wire and for clients are made at most once. */
export interface HeldRecord extends LogRow {
  readonly parsed?: ParsedEvent;
  /** content that others get with the record and that is not kept here */
  readonly passing?: string;
  /** the key statement (JWS) that travels with the record */
  readonly statementJws?: string;
  wire?: string;
  client?: string | null;
}

const TAIL_RECORDS_MAX = 256;
const TAIL_BYTES_MAX = 512 * 1024;
const DELETED_MAX = 1024;
/** Types whose content goes when what they are about is deleted. @see PV-EFF-005 */
export const GOES_WITH_TARGET: ReadonlySet<string> = new Set(['message.edit', 'message.vote']);

/**
 * A room as this process holds it: its newest head, its state and its newest records. It follows the database, one
 * commit at a time; whenever the two may differ it is dropped from the cache and loaded again.
 */
export class LiveRoom {
  readonly room: RoomId;
  readonly kind: RoomKind;
  readonly hub: Domain;
  readonly state: RoomState;
  /** the key statements that entries of the state name, by hash */
  readonly statements: Map<string, KeyStatement>;
  status: RoomStatus;
  code: string | null;
  epoch: number;
  seq: number;
  at: number;
  hash: Buffer;
  first: number;
  sealed: SealedHead | undefined;
  /** which part of the log each participating provider may read; open ranges only */
  ranges: readonly ReadingRange[];
  /** what a partial room lacks */
  gap: SnapshotGap | undefined;
  /** providers whose membership has ended, with their last record, until they have it */
  readonly leaving = new Map<Domain, number>();
  /** newest seq before the last flush */
  flushedFrom: number;
  /** joins so far by each link with a limited number of them, by its JWS; what is not here was not counted yet */
  readonly linkUses = new Map<string, number>();
  /** since the last stored head */
  unheaded = { records: 0, bytes: 0 };
  readonly #tail: HeldRecord[] = [];
  readonly #deleted = new Set<EventId>();
  readonly #spoken = new Spoken();
  #tailBytes = 0;

  constructor(base: LiveRoomBase) {
    this.room = base.room;
    this.kind = base.kind;
    this.hub = base.hub;
    this.state = base.state;
    this.statements = base.statements;
    this.status = base.status;
    this.code = base.code;
    this.epoch = base.epoch;
    this.seq = base.seq;
    this.at = base.at;
    this.hash = base.hash;
    this.first = base.first;
    this.sealed = base.sealed;
    this.ranges = base.ranges;
    this.gap = base.gap;
    this.flushedFrom = base.seq;
    // A loaded room does not know how long ago a head was stored: it stores one with its next records.
    if (base.seq >= 0) this.unheaded = { records: TAIL_RECORDS_MAX, bytes: 0 };
  }

  /** Records after `seq` that are still in memory; undefined when the database has to be asked. */
  tailAfter(seq: number, max: number): readonly HeldRecord[] | undefined {
    if (seq >= this.seq) return [];
    const first = this.#tail[0];
    if (first === undefined || first.seq > seq + 1) return undefined;
    const start = seq + 1 - first.seq;
    return this.#tail.slice(start, start + max);
  }

  recordAt(seq: number): HeldRecord | undefined {
    const first = this.#tail[0];
    return first === undefined ? undefined : this.#tail[seq - first.seq];
  }

  findRecent(id: EventId): HeldRecord | undefined {
    return this.#tail.findLast((record) => record.eventId === id);
  }

  /** When somebody last said something; known only since slow mode is on and the room is in memory. */
  spokeAt(person: Address): number | undefined {
    return this.#spoken.get(person);
  }

  /** Takes over records that are committed. */
  extend(records: readonly HeldRecord[]): void {
    const { slow } = this.state.settings;
    for (const record of records) {
      if (slow !== undefined && isSaid(record)) this.#spoken.note(record.sender as Address, record.at, slow);
      this.#tail.push(record);
      this.#tailBytes += recordBytes(record);
    }
    while (this.#tail.length > TAIL_RECORDS_MAX || (this.#tailBytes > TAIL_BYTES_MAX && this.#tail.length > 1))
      this.#shift();
  }

  /** Forgets what the tail holds up to a seq, but for the newest record. */
  forgetThrough(seq: number): void {
    while (this.#tail.length > 1 && (this.#tail[0]?.seq ?? seq + 1) <= seq) this.#shift();
  }

  #shift(): void {
    const gone = this.#tail.shift();
    if (gone !== undefined) this.#tailBytes -= recordBytes(gone);
  }

  /** Forgets the content of deleted events and of their edits, and that they were deleted for the edits to come. */
  erase(ids: readonly EventId[]): void {
    for (const id of ids) this.#deleted.add(id);
    for (const oldest of this.#deleted) {
      if (this.#deleted.size <= DELETED_MAX) break;
      this.#deleted.delete(oldest);
    }
    for (const [index, record] of this.#tail.entries()) {
      if (contentOf(record) === null || !this.#isErased(record)) continue;
      const { wire, client, passing, ...rest } = record;
      const bare = { ...rest, content: null };
      this.#tailBytes -= recordBytes(record) - recordBytes(bare);
      this.#tail[index] = bare;
    }
  }

  /** Whether an event was deleted a short while ago; older deletes are in the database. */
  isDeleted(id: EventId): boolean {
    return this.#deleted.has(id);
  }

  #isErased(record: HeldRecord): boolean {
    if (this.#deleted.has(record.eventId)) return true;
    if (!GOES_WITH_TARGET.has(record.type)) return false;
    return record.parsed?.fields.rel?.some(([, target]) => this.#deleted.has(target)) ?? false;
  }
}

export interface LiveRoomBase {
  readonly room: RoomId;
  readonly kind: RoomKind;
  readonly hub: Domain;
  readonly state: RoomState;
  readonly statements: Map<string, KeyStatement>;
  readonly status: RoomStatus;
  readonly code: string | null;
  readonly epoch: number;
  readonly seq: number;
  readonly at: number;
  readonly hash: Buffer;
  readonly first: number;
  readonly sealed: SealedHead | undefined;
  readonly ranges: readonly ReadingRange[];
  readonly gap?: SnapshotGap;
}

/** Whether a record is one that slow mode counts. */
export function isSaid({ void: code, parsed }: HeldRecord): boolean {
  return code === null && parsed !== undefined && isCounted(parsed.fields);
}

/** Bytes of a record as batches count them: the JWS and the decoded content. */
export function recordBytes(record: Pick<HeldRecord, 'jws' | 'content' | 'passing'>): number {
  return (record.jws?.length ?? 0) + Buffer.byteLength(contentOf(record) ?? '');
}

export function contentOf({ content, passing }: Pick<HeldRecord, 'content' | 'passing'>): string | null {
  return content ?? passing ?? null;
}

/**
 * The record as it travels, spliced from the stored bytes: nothing is serialised twice.
 *
 * @see PV-REC-005, PV-REC-006
 */
export function wireRecord(record: HeldRecord): string {
  return (record.wire ??= makeWireRecord(record));
}

function makeWireRecord(record: HeldRecord): string {
  if (record.jws === null) return wireHeader(record);
  const statement = record.statementJws === undefined ? '' : `,"statement":"${record.statementJws}"`;
  const content = JSON.stringify(contentOf(record));
  return `{"epoch":${record.epoch},"seq":${record.seq},"at":${record.at},"jws":"${record.jws}","content":${content}${statement}}`;
}

/** The record without event and content, for those who may not read it. */
export function wireHeader(record: LogRow): string {
  const jwsHash = record.jwsHash.toString('base64url');
  return `{"epoch":${record.epoch},"seq":${record.seq},"at":${record.at},"event":"${record.eventId}","jwsHash":"${jwsHash}"}`;
}

/**
 * The complete `event` frame of the client stream; null where only a header is held.
 *
 * @see PV-STR-007
 */
export function clientRecord(room: RoomId, record: HeldRecord, domain: Domain): string | null {
  return (record.client ??=
    record.type === 'message.vote' ? voteRecord(room, record, domain) : makeClientRecord(room, record));
}

/** That somebody voted, as people are told: neither who nor what. @see PV-MSG-049 */
function voteRecord(room: RoomId, record: HeldRecord, domain: Domain): string | null {
  const { seq, at, eventId: id, type, void: code } = record;
  const rel = fieldsOf(record)?.rel;
  const broken = code === null ? {} : { void: code };
  return JSON.stringify({ t: 'event', room, seq, at, id, type, sender: domain, ts: at, rel, ...broken, content: null });
}

function makeClientRecord(room: RoomId, record: HeldRecord): string | null {
  if (record.jws === null) return null;
  const fields = fieldsOf(record);
  if (fields === undefined) return null;
  let text = `{"t":"event","room":"${room}","seq":${record.seq},"at":${record.at},"id":"${record.eventId}"`;
  text += `,"type":"${record.type}","sender":"${record.sender}","ts":${fields.ts}`;
  if (fields.key !== undefined) text += `,"key":${JSON.stringify(fields.key)}`;
  if (fields.rel !== undefined) text += `,"rel":${JSON.stringify(fields.rel)}`;
  if (fields.ttl !== undefined) text += `,"ttl":${fields.ttl}`;
  if (record.void !== null) text += `,"void":"${record.void}"`;
  // A record that is void may carry content that was never checked to be JSON.
  const content = fields.scheme === 'mls' || record.void !== null ? JSON.stringify(record.content) : record.content;
  return `${text},"content":${content ?? 'null'}}`;
}

function fieldsOf(record: HeldRecord): ParsedEvent['fields'] | undefined {
  if (record.parsed !== undefined) return record.parsed.fields;
  const event = parseEvent(record.jws ?? '');
  return event.ok ? event.value.fields : undefined;
}

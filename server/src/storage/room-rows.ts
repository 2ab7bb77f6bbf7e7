import type { RelationKind } from '../protocol/event.js';
import type { SealedHead } from '../protocol/head.js';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';

export type RoomKind = 'dm' | 'group';
export type RoomStatus = 'live' | 'joining' | 'partial' | 'quarantined' | 'left';
export type Membership = 'joined' | 'left';

/** A record with the event it is about. Times are milliseconds. */
export interface LogRow {
  readonly seq: number;
  readonly epoch: number;
  readonly at: number;
  readonly eventId: EventId;
  /** Null where only the record header may be held. */
  readonly jws: string | null;
  readonly jwsHash: Buffer;
  /** Record hash. */
  readonly hash: Buffer;
  /** Null when erased, expired, or never held. */
  readonly content: string | null;
  /** Empty in a header-only row, as is `sender`. */
  readonly type: string;
  readonly sender: Address | Domain | '';
  /** Code of the broken rule; null when the record has effect. */
  readonly void: string | null;
  /** Hash of the key statement that travels with the record. */
  readonly statement?: string;
  /** When the content has to go; given when the row is written, not when it is read. */
  readonly expiresAt?: number;
}

/** A log row found by its event id, in whichever room. */
export interface FoundEvent extends LogRow {
  readonly room: RoomId;
}

export interface RoomRow {
  readonly room: RoomId;
  readonly kind: RoomKind;
  readonly hub: Domain;
  readonly epoch: number;
  /** Seq of the newest record folded; −1 while joining. */
  readonly seq: number;
  readonly at: number;
  readonly hash: Buffer;
  /** Every record from here to `seq` is held; `seq + 1` when none is (a fresh snapshot). */
  readonly first: number;
  readonly status: RoomStatus;
  readonly code: string | null;
  readonly title: string | null;
  /** The two people of a dm, as create names them: its sender and `with`. */
  readonly creator: Address | null;
  readonly peer: Address | null;
  /** Absent only while joining. */
  readonly sealed?: SealedHead;
  /** Of a partial room. */
  readonly gap?: SnapshotGap;
}

/** What a partial room lacks: people of the buckets from `covered` on. */
export interface SnapshotGap {
  readonly covered: number;
  /** The 256 bucket hashes of the sealed state; none where they were not kept. */
  readonly buckets: readonly Buffer[];
}

/** A present or past state entry with the record and event that wrote it. */
export interface StateRow {
  readonly type: string;
  readonly key: string;
  readonly bucket: number;
  readonly seq: number;
  readonly epoch: number;
  readonly at: number;
  readonly eventId: EventId;
  readonly sender: Address | Domain;
  readonly jws: string;
  readonly content: string;
  /** The key statement itself (JWS), where one travels with the record. */
  readonly statement?: string;
}

export interface EntryChange {
  readonly type: string;
  readonly key: string;
  readonly bucket: number;
  readonly seq: number;
  readonly eventId: EventId;
}

export interface RelationRow {
  /**
   * `topic`: a root that is a topic, to the room's create event; `close`: the end of a poll; `close-own`: if the poll is
   * of the same sender, which was not known when it came
   */
  readonly kind: RelationKind | 'topic' | 'close' | 'close-own';
  readonly target: EventId;
  readonly eventId: EventId;
  readonly seq: number;
  readonly sender: Address | Domain;
}

/** The account of a mention that means everybody in the room. */
export const EVERYONE = 0;

export interface MentionRow {
  readonly accountId: number;
  readonly seq: number;
  readonly at: number;
}

/** A range of a room's log that a provider may read; `to` is null while it takes part. */
export interface ReadingRange {
  readonly domain: Domain;
  readonly from: number;
  readonly to: number | null;
}

export interface MemberChange {
  readonly accountId: number;
  readonly membership: Membership;
  readonly visibleFrom: number;
  /** Seq of the record that changed the membership. */
  readonly seq: number;
}

export interface AccountNote {
  readonly accountId: number;
  readonly kind: string;
  /** JSON text, ≤ 4096 bytes. */
  readonly body: string;
}

export interface RoomCreation {
  readonly kind: RoomKind;
  readonly hub: Domain;
  readonly creator: Address | null;
  readonly peer: Address | null;
}

/** Everything one flush changes in one room. */
export interface RoomAppend {
  readonly room: RoomId;
  /** Needed when `expectSeq` is −1, unless a `joining` row stands for the room. */
  readonly create?: RoomCreation;
  /** Seq of the head these rows follow; −1 for a new room. */
  readonly expectSeq: number;
  /** Contiguous from `expectSeq + 1`, 1..256. */
  readonly rows: readonly LogRow[];
  /** Head at the last row. */
  readonly sealed: SealedHead;
  /** Whether the head is also kept among the stored ones, so that pages and snapshots can end there. */
  readonly keepHead: boolean;
  readonly entries: readonly EntryChange[];
  /** Effective relations only. */
  readonly relations: readonly RelationRow[];
  /** Targets of effective deletes: their content goes, and that of their edits held so far. */
  readonly erase: readonly EventId[];
  /** Written over the range of the same domain and `from`. */
  readonly providers: readonly ReadingRange[];
  readonly members: readonly MemberChange[];
  readonly mentions?: readonly MentionRow[];
  /** Own events that arrived in the log; their pending rows are deleted. */
  readonly resolved?: readonly EventId[];
  readonly title?: string;
  readonly status?: RoomStatus;
}

export interface SentRow {
  readonly accountId: number;
  /** ≤ 64 characters. */
  readonly requestKey: string;
  /** What the request asked for, 16 bytes. */
  readonly requestHash: Buffer;
  readonly room: RoomId;
  readonly eventId: EventId;
  readonly at: number;
}

export interface StatementRow {
  readonly hash: string;
  readonly domain: Domain;
  readonly version: number;
  readonly jws: string;
}

export interface AppendBatch {
  /** At most one per room. */
  readonly appends: readonly RoomAppend[];
  readonly sent?: readonly SentRow[];
  readonly statements?: readonly StatementRow[];
  readonly notes?: readonly AccountNote[];
}

export interface PendingRow {
  readonly hub: Domain;
  readonly room: RoomId;
  /** Order of acceptance; dense it is not. */
  readonly n: number;
  readonly eventId: EventId;
  /** Null for events of the provider itself. */
  readonly accountId: number | null;
  readonly requestKey: string | null;
  readonly jws: string;
  readonly content: string;
  /** Key statement (JWS) that has to travel with it. */
  readonly statement: string | null;
  readonly state: 'pending' | 'refused';
  readonly code: string | null;
  readonly at: number;
}

export type NewPending = Omit<PendingRow, 'n' | 'state' | 'code'> & { readonly requestHash?: Buffer };

/** What became of a request key: refused (or recorded without effect) when `code` is there, ordered when `seq` is, else pending. */
export interface SentAnswer {
  /** Null where it was not kept yet. */
  readonly requestHash: Buffer | null;
  readonly room: RoomId;
  readonly eventId: EventId;
  readonly seq?: number;
  readonly at?: number;
  readonly code?: string;
}

/** A snapshot entry as it came, verified. */
export type SnapshotEntry = Omit<StateRow, 'statement'> & { readonly statement?: StatementRow };

export interface SnapshotStart {
  readonly room: RoomId;
  readonly creation: RoomCreation;
  readonly sealed: SealedHead;
  /** What the answer had no room for: with it the room is `partial`, else `live`. */
  readonly gap?: SnapshotGap;
  readonly title: string | null;
  readonly entries: readonly SnapshotEntry[];
  readonly providers: readonly ReadingRange[];
  readonly members: readonly MemberChange[];
  readonly notes?: readonly AccountNote[];
}

/** What a state tells that is whole at last. */
export interface SnapshotEnd {
  readonly providers: readonly ReadingRange[];
  readonly members: readonly MemberChange[];
  readonly notes: readonly AccountNote[];
}

/** Someone's reaction to, edit of, or delete of an event, with what it says. */
export interface Effect extends RelationRow {
  readonly at: number;
  /** Null in deletes. */
  readonly content: string | null;
}

export interface Timeline {
  /** Ascending by seq. */
  readonly rows: readonly LogRow[];
  /** Effects on those rows, ascending by seq: of each row all deletes, the last edit and the first 256 reactions not taken back. */
  readonly effects: readonly Effect[];
  readonly threads: readonly ThreadCount[];
}

/** A thread as its root shows it. */
export interface ThreadCount {
  readonly target: EventId;
  /** messages with content, counted up to 1000 */
  readonly count: number;
  /** seq of the last of them */
  readonly last: number;
}

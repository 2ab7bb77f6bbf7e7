import type { DeletablePart } from './list-acts.js';
import type { ExpiredEvent } from './expire-contents.js';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import type { SealedHead } from '../protocol/head.js';
import type {
  AccountLogPage,
  AccountRoom,
  AccountRoomSummary,
  AccountRow,
  AddedRequest,
  BlockRow,
  Closing,
  CreatedAccount,
  FoundSession,
  NewAccount,
  NewSession,
  OwnEvent,
  PreferenceChange,
  ProfileRow,
  ReadMark,
  RequestRow,
  RequestState,
  SessionRow,
  SignUpCode,
  WardRow,
} from './account-rows.js';
import type {
  ContactOutcome,
  DigestRow,
  Durability,
  ExpiryCounts,
  MailRow,
  PeerCursor,
  PeerRoom,
  ProofRow,
  ProviderRow,
  TableSize,
} from './peer-rows.js';
import type {
  AccountNote,
  AppendBatch,
  FoundEvent,
  LogRow,
  NewPending,
  PendingRow,
  ReadingRange,
  RoomCreation,
  RoomRow,
  RoomStatus,
  SentAnswer,
  SentRow,
  SnapshotEntry,
  SnapshotEnd,
  SnapshotStart,
  StateRow,
  StatementRow,
  Timeline,
} from './room-rows.js';
import type {
  CopyState,
  Decision,
  ReceivedReport,
  ReportCopy,
  ReportRow,
  SentReport,
  WaitingCopy,
} from './report-rows.js';
import type { AliasStore } from './aliases.js';
import type { LinkStore } from './links.js';
import type { OlderPart } from './backfill-log.js';
import type { TimelinePart } from './read-timeline.js';
import type { PollPart, PollRecords } from './read-votes.js';
import type {
  IndexChange,
  IndexedRoom,
  IndexWindow,
  SearchHit,
  SearchPart,
  SearchableRoom,
  UnindexedRow,
} from './search-rows.js';

/** Every function fails with `StorageError` (`connection` or `rejected`) and nothing else. Lists are never without a limit. */
export type Store = RoomLogStore &
  RoomStateStore &
  PendingStore &
  AccountStore &
  AccountRoomStore &
  SearchStore &
  PeerStore &
  ReportStore &
  Upkeep;

export interface Page<Key> {
  /** Rows after this one; from the start when absent. */
  readonly after?: Key;
  readonly limit: number;
}

export interface ContentOfHole {
  readonly seq: number;
  /** its own id, and those of what it edits */
  readonly about: readonly EventId[];
  readonly content: string;
  /** when it has to go, where it has */
  readonly expiresAt?: number;
}

export interface RoomLogStore {
  /**
   * Writes one flush over many rooms in one transaction: all of it or nothing.
   * @returns rooms whose head is not at `expectSeq`; when there are any, nothing was written
   * @throws StorageError `connection` (may be `ambiguous`) · `rejected` (some row is unacceptable, for instance an event id its room already holds)
   */
  commitAppends(batch: AppendBatch): Promise<{ conflicts: RoomId[] }>;
  /** Contiguous rows from `from` on while they are ≤ `max` (at most 256) and ≤ `bytesMax` (the first row always); empty below `first`. */
  readLog(room: RoomId, from: number, limits: { max: number; bytesMax: number }): Promise<LogRow[]>;
  recordHashAt(room: RoomId, seq: number): Promise<Buffer | undefined>;
  /** One question over many rooms, ≤ 1024 pairs; rows come in no particular order. */
  findEvents(pairs: readonly (readonly [RoomId, EventId])[]): Promise<FoundEvent[]>;
  /** Which of the targets (≤ 1024) an effective delete names, or an effective close. */
  markedAmong(room: RoomId, targets: readonly EventId[], kind: 'delete' | 'close'): Promise<EventId[]>;
  /**
   * Puts a content where there is none, unless one of the events it is about (≤ 17) was deleted.
   * @returns whether it is there now
   */
  fillContent(room: RoomId, hole: ContentOfHole): Promise<boolean>;
  /** The largest stored head in [from, to], else the smallest at or after `from`. */
  nextHead(room: RoomId, from: number, to: number): Promise<SealedHead | undefined>;
  headAt(room: RoomId, seq: number): Promise<SealedHead | undefined>;
  /** The last record up to `to` of which only the header may be held; looks at the whole log. */
  lastHeaderOnly(room: RoomId, to: number): Promise<number | undefined>;
  /** Rows before or after a seq with their effects, ≤ 200, never below `visibleFrom`, ascending. */
  readTimeline(room: RoomId, part: TimelinePart): Promise<Timeline>;
  /** The votes in a poll that may count, and where it was closed. */
  readVotes(room: RoomId, part: PollPart): Promise<PollRecords>;
  /** Records that change a room's state or delete, newest first, ≤ 200. */
  listActs(room: RoomId, part: { from: number; before: number; limit: number }): Promise<LogRow[]>;
  /**
   * Records whose content can be deleted, newest first, ≤ `max`; looks at the last 20,000 of the range.
   * @returns `next`: where to go on below, absent when the range is done
   */
  listDeletable(room: RoomId, part: DeletablePart): Promise<{ rows: LogRow[]; next?: number }>;
  /**
   * Adds older records below `first` (or where a gap of contents was), and moves `first` down when they reach it.
   * Rows already held stay as they are, except that a missing JWS or content is filled in.
   */
  backfill(part: OlderPart): Promise<void>;
}

export interface RoomStateStore {
  /** The room with its whole present state, for the cache of live rooms. */
  loadRoom(room: RoomId): Promise<{ row: RoomRow; entries: StateRow[] } | undefined>;
  listRooms(where: { status?: RoomStatus; hub?: Domain; notHub?: Domain } & Page<RoomId>): Promise<RoomRow[]>;
  /** Entries as of a stored head, in bucket order. `paged` true: only types whose entries are many; false: all others; absent: both. ≤ 20,000. */
  stateAt(
    room: RoomId,
    seq: number,
    part: { bucketFrom: number; bucketTo: number; paged?: boolean },
  ): Promise<StateRow[]>;
  /** Present entry of one (type, key) in each of the rooms (≤ 256). */
  entriesOf(rooms: readonly RoomId[], type: string, key: string): Promise<(StateRow & { room: RoomId })[]>;
  /** How many joins with this very invitation took effect. It looks at every version of the room's `member` entries. */
  countJoinsBy(room: RoomId, invite: string): Promise<number>;
  /** A room we are about to join: seq −1, status `joining`. One that is held already keeps what it has; one in quarantine stays so. */
  startJoin(room: RoomId, creation: RoomCreation): Promise<void>;
  /**
   * Begins or replaces our copy of a room by a snapshot; the log continues after its head.
   * @returns false when our own head is newer: nothing was changed
   */
  startFromSnapshot(snapshot: SnapshotStart, statements: readonly StatementRow[]): Promise<boolean>;
  /** More entries of a `partial` room's snapshot (≤ 20,000): those of the buckets up to `covered` − 1. */
  extendSnapshot(room: RoomId, part: { entries: readonly SnapshotEntry[]; covered: number }): Promise<void>;
  /** A `partial` room that holds all of its snapshot is `live`. */
  completeSnapshot(room: RoomId, end: SnapshotEnd): Promise<void>;
  setRoomStatus(room: RoomId, status: RoomStatus, code: string | null): Promise<void>;
  /** All ranges a provider may read of a room, ≤ 1024. */
  readingRanges(room: RoomId, domain: Domain): Promise<ReadingRange[]>;
  /** Open ranges only: who takes part now, ≤ 5000. */
  providersOf(room: RoomId): Promise<ReadingRange[]>;
  findStatement(hash: string): Promise<StatementRow | undefined>;
  findStatements(hashes: readonly string[]): Promise<StatementRow[]>;
}

export interface PendingStore {
  /** Keeps submissions (≤ 512) for a hub and, where they have a request key, remembers it; one transaction. @returns their `n`, in order */
  addPending(rows: readonly NewPending[]): Promise<number[]>;
  /** Of one hub, in order of `n`, state `pending` only. */
  listPending(hub: Domain, page: Page<number>): Promise<PendingRow[]>;
  pendingHubs(limit: number): Promise<Domain[]>;
  findPending(hub: Domain, eventId: EventId): Promise<PendingRow | undefined>;
  /** The hub's final answer: kept for its author until expiry. */
  refusePending(hub: Domain, eventId: EventId, code: string): Promise<void>;
  /** They stand in our copy of the log, by another way than `commitAppends`. */
  resolvePending(hub: Domain, eventIds: readonly EventId[]): Promise<void>;
  /** Puts a re-signed event in the place of another, under the same request key and n. */
  replacePending(old: EventId, row: NewPending): Promise<void>;
  findSent(accountId: number, requestKey: string): Promise<SentAnswer | undefined>;
  /** Remembers a refusal given at once, so that a repeat gets the same answer. */
  addRefused(row: SentRow, code: string): Promise<void>;
}

export interface AccountStore extends LinkStore, AliasStore {
  createAccount(account: NewAccount): Promise<CreatedAccount>;
  findAccount(localpart: string): Promise<AccountRow | undefined>;
  findAccountById(accountId: number): Promise<AccountRow | undefined>;
  hasAccounts(): Promise<boolean>;
  setPassword(accountId: number, password: string): Promise<void>;
  setProfile(accountId: number, profile: { name?: string; receipts?: boolean }): Promise<void>;
  /** What a person says of themselves beside their name. */
  findProfile(accountId: number): Promise<ProfileRow | undefined>;
  saveProfile(accountId: number, profile: ProfileRow): Promise<void>;
  setLimited(accountId: number, limited: boolean): Promise<void>;
  setGuardian(accountId: number, guardian: Address | null): Promise<void>;
  /** Open accounts of a guardian, by localpart. */
  listWards(guardian: Address, page: Page<string>): Promise<WardRow[]>;
  /** Ends all sessions and keeps in mind what is left to do; the localpart stays taken. */
  closeAccount(closing: Closing): Promise<void>;
  /** What is left to do for closed accounts. */
  listClosings(limit: number): Promise<Closing[]>;
  /** Events without a key that somebody sent and whose content is there, ascending; no edits and deletes. */
  listOwnEvents(room: RoomId, part: { sender: Address; after: number; limit: number }): Promise<OwnEvent[]>;
  /** All rows of an account go, but the one that keeps its localpart taken. */
  eraseAccount(closing: Closing): Promise<void>;
  /** @returns its id; the least used sessions beyond 64 end */
  createSession(session: NewSession): Promise<number>;
  /** Undefined also when the account is closed. */
  findSession(accountId: number, sessionId: number): Promise<FoundSession | undefined>;
  listSessions(accountId: number): Promise<SessionRow[]>;
  revokeSession(accountId: number, sessionId: number): Promise<boolean>;
  revokeSessions(accountId: number, except?: number): Promise<void>;
  /** When the account was last used, ms; 0 when it has no session. */
  lastSeen(accountId: number): Promise<number>;
  touchSessions(uses: readonly { accountId: number; sessionId: number; at: number }[]): Promise<void>;
  createCode(code: SignUpCode): Promise<void>;
  /** Requests to one account; `max` bounds those waiting. With `mail`, a mail seen before adds nothing and gives `present`. */
  addRequest(
    request: RequestRow,
    bounds: { max: number; mail?: { hash: Buffer; until: number } },
  ): Promise<AddedRequest>;
  findRequest(accountId: number, id: string): Promise<RequestRow | undefined>;
  listRequests(accountId: number, where: { state: RequestState } & Page<string>): Promise<RequestRow[]>;
  /** @returns whether it changed */
  setRequestState(accountId: number, id: string, state: RequestState): Promise<boolean>;
  /** False when the account blocks 10,000 already. */
  addBlock(accountId: number, address: Address, at: number): Promise<boolean>;
  removeBlock(accountId: number, address: Address): Promise<void>;
  listBlocks(accountId: number, page: Page<Address>): Promise<BlockRow[]>;
  isBlocked(accountId: number, address: Address): Promise<boolean>;
  addNotes(notes: readonly AccountNote[]): Promise<void>;
  readAccountLog(accountId: number, page: Page<number>): Promise<AccountLogPage>;
}

export interface AccountRoomStore {
  /** @param own the account's address: its own messages are never unread */
  listAccountRooms(accountId: number, own: Address, page: Page<RoomId>): Promise<AccountRoomSummary[]>;
  findAccountRoom(accountId: number, own: Address, room: RoomId): Promise<AccountRoomSummary | undefined>;
  /** Whether both accounts are joined to one room. */
  sharesRoomWithAccount(accountId: number, other: number): Promise<boolean>;
  /** Dms with somebody that the account is joined to, ≤ 16. */
  listDms(accountId: number, other: Address): Promise<RoomId[]>;
  /** Local accounts of a room, joined or not. */
  listRoomAccounts(room: RoomId, page: Page<number>): Promise<AccountRoom[]>;
  /** Only forward. @returns whether it moved */
  setReadSeq(accountId: number, room: RoomId, seq: number): Promise<boolean>;
  /** What a person keeps about a room, and the note that tells their devices; one transaction. */
  changePreferences(
    place: { accountId: number; room: RoomId; note: AccountNote },
    change: PreferenceChange,
  ): Promise<void>;
  /** Latest counter wins; ≤ 1024. */
  saveReadMarks(marks: readonly ReadMark[]): Promise<void>;
  listReadMarks(room: RoomId, page: Page<Address>): Promise<ReadMark[]>;
}

export interface SearchStore {
  /** How far the index is in the rooms (≤ 256) that exist. */
  findIndexedRooms(rooms: readonly RoomId[]): Promise<IndexedRoom[]>;
  /** Rooms with records that the index has not seen. */
  listRoomsBehind(page: Page<RoomId>): Promise<IndexedRoom[]>;
  /** Messages, edits and deletes in the windows (≤ 256). */
  readUnindexed(windows: readonly IndexWindow[]): Promise<UnindexedRow[]>;
  /** Messages (≤ 1024) as their last edit left them; content null where it is gone. */
  readTargets(pairs: readonly (readonly [RoomId, EventId])[]): Promise<UnindexedRow[]>;
  /** What the numbers of words are made with. */
  searchKey(): Promise<string>;
  /** Not one transaction, but the same when it is repeated. */
  changeIndex(change: IndexChange): Promise<void>;
  /** Rooms an account is or was in, the most lively first; `room`: that one alone. */
  searchableRooms(accountId: number, where: { room?: RoomId; limit: number }): Promise<SearchableRoom[]>;
  /** The newest messages with content whose words the index has. */
  findHits(part: SearchPart): Promise<SearchHit[]>;
}

export interface PeerStore {
  findProvider(domain: Domain): Promise<ProviderRow | undefined>;
  listProviders(page: Page<Domain>): Promise<ProviderRow[]>;
  saveDocument(domain: Domain, document: string, at: number): Promise<void>;
  setBlocked(domain: Domain, blocked: boolean, at: number): Promise<void>;
  setLimitFactor(domain: Domain, factor: number, at: number): Promise<void>;
  /** Counts what contact requests of a known provider came to. */
  countContacts(domain: Domain, outcome: ContactOutcome): Promise<void>;
  /** Rooms the peer takes or took part in; `hub`: only those of this hub. */
  listPeerRooms(domain: Domain, where: { hub?: Domain } & Page<RoomId>): Promise<PeerRoom[]>;
  /** All domains with an open range in some room. */
  listPeers(page: Page<Domain>): Promise<Domain[]>;
  saveCursors(cursors: readonly PeerCursor[]): Promise<void>;
  /** Last record with `at` ≤ `asOf` of each room of `hub` that the peer takes part in, by room id. */
  listDigestRows(peer: Domain, where: { hub: Domain; asOf: number } & Page<RoomId>): Promise<DigestRow[]>;
  /** False when the peer's box holds 10,000 items already. */
  addMail(mail: { domain: Domain; jws: string; until: number }): Promise<boolean>;
  listMail(domain: Domain, page: Page<number>): Promise<MailRow[]>;
  mailDomains(page: Page<Domain>): Promise<Domain[]>;
  removeMail(domain: Domain, ns: readonly number[]): Promise<void>;
  /** At most 16 a room are kept. */
  addProof(proof: ProofRow): Promise<void>;
  listProofs(room: RoomId): Promise<ProofRow[]>;
}

export interface ReportStore {
  /** Keeps a report with a copy for each receiver; `full` when the account has made `perDay` within a day. */
  addReport(
    report: ReportRow & { evidence: string },
    how: { copies: readonly ReportCopy[]; perDay: number },
  ): Promise<'added' | 'known' | 'full'>;
  findReport(accountId: number, item: string): Promise<SentReport | undefined>;
  listReports(accountId: number, page: Page<string>): Promise<SentReport[]>;
  /** The copy that has waited longest to be sent to a provider. */
  nextReportCopy(domain: Domain): Promise<WaitingCopy | undefined>;
  /** To whom a copy or a decision has yet to be sent. */
  reportDomains(limit: number): Promise<Domain[]>;
  /** What a receiver says; a decision is never taken back. The evidence goes with the last copy. @returns whose report it is, if that is new */
  setReportState(
    copy: { domain: Domain; hash: string },
    state: CopyState,
  ): Promise<{ accountId: number; item: string } | undefined>;
  /** Keeps a report of a provider that has fewer than `max` here. @returns its state; undefined when it is not kept */
  receiveReport(report: Omit<ReceivedReport, 'state'>, max: number): Promise<ReceivedReport['state'] | undefined>;
  findReceivedReport(hash: string): Promise<ReceivedReport | undefined>;
  listReceivedReports(page: Page<string>): Promise<ReceivedReport[]>;
  /** @returns the provider to tell; undefined when there is no such report */
  decideReport(hash: string, state: Decision): Promise<Domain | undefined>;
  /** Decisions a provider does not know yet, ≤ 64. */
  listUntoldDecisions(domain: Domain): Promise<{ report: string; state: Decision }[]>;
  setDecisionsTold(domain: Domain, decisions: readonly { report: string; state: Decision }[]): Promise<void>;
}

export interface Upkeep {
  /** Removes what has had its time, in batches of 1000, at most 20 batches a table; call again while counts are high. */
  expire(now: number): Promise<ExpiryCounts>;
  /** Erases contents whose time has run out, those that are longest due first. @returns at most `limit` events */
  expireContents(now: number, limit: number): Promise<ExpiredEvent[]>;
  tableSizes(): Promise<TableSize[]>;
  durability(): Promise<Durability>;
  /** Answers within 2 s whether the database does. */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

import type { SearchAnswer, SearchWanted } from './search/search-answer.js';
import type { ForwardSourceView } from '../protocol/forward.js';
import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import type { ReportReason } from '../protocol/report.js';
import type { RoomSettings } from '../protocol/state-content.js';
import type { CopyState } from '../storage/report-rows.js';
import type {
  AliasView,
  KnockWanted,
  LinkJoined,
  LinkPreview,
  LinkView,
  NewLink,
  RoomPreview,
} from './links/link-views.js';

/** The person a request speaks for: an open account of this provider, already authenticated. */
export interface Actor {
  readonly accountId: number;
  readonly address: Address;
}

/** `[kind, event id]` as clients write it; the protocol's parser decides whether kind and id are good. */
export type ClientRelation = readonly [kind: string, target: string];

export interface SendRequest {
  readonly room: RoomId;
  /** 1..64 characters, chosen by the client; a repeat under the same key gets the first answer again */
  readonly requestKey: string;
  readonly type: string;
  readonly content: Record<string, unknown>;
  readonly rel?: readonly ClientRelation[];
  readonly silent?: boolean;
  /** s the content is to stay; the room's timer may make it shorter */
  readonly ttl?: number;
  /** what a repeat is recognised by, where that is not all of this */
  readonly basis?: readonly unknown[];
}

/** A message that says what another one says. */
export type ForwardDraft = Pick<SendRequest, 'content' | 'rel' | 'ttl'>;

export type SendAnswer =
  | { readonly status: 'ordered'; readonly id: EventId; readonly seq: number; readonly at: number }
  | { readonly status: 'pending'; readonly id: EventId };

export type RoomStatus = 'live' | 'joining' | 'partial' | 'quarantined' | 'left';

export interface RoomSummary {
  readonly room: RoomId;
  readonly kind: 'dm' | 'group';
  /** null while a group has none, and in a dm */
  readonly title: string | null;
  readonly about?: string;
  readonly alias?: string;
  readonly settings: RoomSettings;
  /** the newest pin first */
  readonly pins: readonly EventId[];
  /** providers whose people are kept out */
  readonly denied: readonly Domain[];
  /** the other person of a dm */
  readonly with?: Address;
  readonly hub: Domain;
  /** null in a dm */
  readonly owner: Address | null;
  readonly status: RoomStatus;
  /** why the room is quarantined */
  readonly code?: string;
  readonly membership: 'joined' | 'left';
  readonly history: 'all' | 'joined';
  /** newest record this provider holds */
  readonly head: { readonly seq: number; readonly at: number };
  readonly role: string;
  readonly rank: number;
  readonly rights: readonly string[];
  readonly members: number;
  /** messages of others after `readSeq` that this person may see */
  readonly unread: number;
  /** of these, those that mention this person or everybody */
  readonly mentions: number;
  readonly readSeq: number;
  /** lowest seq this person may see */
  readonly visibleFrom: number;
  /** dm: both have joined; group: true */
  readonly mutual: boolean;
  /** what the person keeps for their own devices; absent while there is nothing */
  readonly preferences?: RoomPreferences;
}

/** What is being written in a room and was not sent yet. */
export interface RoomDraftText {
  readonly text: string;
  readonly rel?: readonly ClientRelation[];
}

export interface RoomPreferences {
  /** ms since 1970 until which the room is silent */
  readonly muted?: number;
  /** place among the pinned rooms, lowest first */
  readonly pinned?: number;
  /** with when and by which session it was kept */
  readonly draft?: RoomDraftText & { readonly at: number; readonly session: string };
}

/** Members that are there are changed; null takes away. */
export interface PreferencesWanted {
  readonly muted?: number | null;
  readonly pinned?: number | null;
  readonly draft?: RoomDraftText | null;
}

export interface RoomRole {
  readonly name: string;
  readonly rank: number;
  readonly rights: readonly string[];
}

export interface RoomMember {
  readonly address: Address;
  readonly role: string;
  readonly rank: number;
  readonly restrict?: { readonly rights: readonly string[]; readonly until?: number };
  /** what the person is called here beside the name */
  readonly title?: string;
}

export interface ReactionCount {
  readonly emoji: string;
  readonly count: number;
  /** this person's own reaction event, if any: what to delete to take it back */
  readonly mine?: EventId;
}

/** What later events made of an event, folded for history pages. */
export interface EventEffects {
  readonly edited?: {
    readonly id: EventId;
    readonly seq: number;
    readonly at: number;
    readonly text: string;
    readonly entities?: readonly object[];
  };
  readonly deleted?: { readonly id: EventId; readonly seq: number; readonly by: Address };
  readonly reactions?: readonly ReactionCount[];
  /** messages in its thread that are not deleted, and the seq of the last of them */
  readonly thread?: { readonly count: number; readonly last: number };
}

export interface PollTally {
  /** votes for each option */
  readonly counts: readonly number[];
  /** people who chose something */
  readonly voters: number;
  readonly closed: boolean;
  /** options this person has chosen */
  readonly mine: readonly number[];
}

export interface TimelineEvent {
  readonly seq: number;
  readonly at: number;
  readonly id: EventId;
  readonly type: string;
  readonly sender: Address | Domain;
  readonly ts: number;
  readonly key?: string;
  readonly rel?: readonly ClientRelation[];
  /** s its content stays after `at` */
  readonly ttl?: number;
  /** a string: not readable here (mls, void) · null: deleted, expired or not held */
  readonly content: Record<string, unknown> | string | null;
  /** the code of the rule the record broke: it stands in the log without effect */
  readonly void?: string;
  /** shown before the rules were applied to it: the room is partial */
  readonly unjudged?: true;
  readonly effects?: EventEffects;
}

/** A record as live streams send it: made once per record, shared by every stream. */
export interface LiveRecord {
  readonly seq: number;
  readonly sender: string;
  /** the complete `{"t":"event",…}` frame; null where this provider holds only the header */
  readonly clientJson: string | null;
  /** the person a `member` or `access` record is about: their streams look again at what they may see before they go on */
  readonly about?: Address;
  /** shown before the rules were applied to it: it comes again */
  readonly unjudged?: true;
}

/** Short-lived news of a room that stands in no log; sent to open streams only. */
export type Signal =
  | { readonly t: 'typing'; readonly room: RoomId; readonly from: Address }
  | { readonly t: 'read'; readonly room: RoomId; readonly from: Address; readonly seq: number }
  | { readonly t: 'presence'; readonly room: RoomId; readonly from: Address; readonly state: PresenceState };

/** Whether somebody is there: now, within three days, within a week, or before. */
export type PresenceState = 'online' | 'recently' | 'week' | 'long-ago';

/** A bell says "look again" and nothing else, so live and catch-up read the same way. Listeners must not throw. */
export interface Bells {
  /** @returns the function that ends the subscription; the same for the others */
  onRoom(room: RoomId, listener: () => void): () => void;
  onAnyRoom(listener: (room: RoomId) => void): () => void;
  onAccount(accountId: number, listener: () => void): () => void;
  onSignal(room: RoomId, listener: (signal: Signal) => void): () => void;
  /** after the commit that added records; accounts whose membership it changed are rung first */
  ringRoom(room: RoomId): void;
  /** after the commit that added to the account's log, and after a session ended */
  ringAccount(accountId: number): void;
  signal(signal: Signal): void;
}

/** A change of room state made by a person: its record, or the id to wait for. */
export type StateAnswer = SendAnswer;

export interface WantedReport {
  readonly about: { readonly room: RoomId; readonly event: EventId } | { readonly request: string };
  readonly reason: ReportReason;
  readonly note?: string;
}

/** A report as its author sees it. */
export interface ReportView {
  readonly id: string;
  readonly at: number;
  readonly sender: Address;
  readonly room?: RoomId;
  readonly reason: ReportReason;
  readonly copies: readonly { readonly provider: Domain; readonly state: CopyState }[];
}

/** Which events are to go: those of one person, or all, from one seq to another, both included. */
export interface Deletion {
  readonly room: RoomId;
  readonly sender?: Address;
  readonly from?: number;
  readonly to?: number;
}

/** How many events were deleted; `next` is the `to` of the call that goes on, absent when all is done. */
export interface DeletionAnswer {
  readonly deleted: number;
  readonly next?: number;
}

/** Something that somebody did in a room to its state or to what others said. */
export interface Act {
  readonly seq: number;
  readonly at: number;
  readonly id: EventId;
  readonly by: Address | Domain;
  readonly type: string;
  /** whom or what it is about */
  readonly key?: string;
  /** the entry it wrote, without its salt */
  readonly content?: Record<string, unknown>;
  /** what it deleted, and who had said it */
  readonly deleted?: readonly { readonly id: EventId; readonly sender: Address | Domain }[];
}

/** `room.info` as people write it. */
export interface RoomDescription {
  readonly title: string;
  readonly about?: string;
  readonly alias?: string;
}

export type Restriction = { readonly rights: readonly string[]; readonly until?: number };

/**
 * What people can do in rooms. Every function throws ProtocolError: `unknown-room` where the account has no
 * visible part of the room, the rule's code where a rule refuses.
 */
export interface RoomServices {
  sendEvent(who: Actor, send: SendRequest): Promise<SendAnswer>;
  /** @throws ProtocolError `not-found` */
  makeForward(who: Actor, of: { room: RoomId; event: EventId }): Promise<ForwardDraft>;
  /** @throws ProtocolError `not-found` (it is no forward) */
  readSource(who: Actor, of: { room: RoomId; event: EventId }): Promise<ForwardSourceView>;
  createGroup(who: Actor, group: { title: string; requestKey: string }): Promise<{ room: RoomId }>;
  requestContact(
    who: Actor,
    contact: { to: Address; intro?: string; requestKey: string },
  ): Promise<{ room: RoomId; status: 'sent' }>;
  answerRequest(who: Actor, requestId: string, answer: 'accept' | 'ignore' | 'block'): Promise<{ room?: RoomId }>;
  inviteMember(who: Actor, invite: { room: RoomId; address: Address }): Promise<{ status: 'sent' }>;
  /** Reports an event, or a request, to all it concerns; again gives the first. Also throws `not-found`, `list-full`. */
  report(who: Actor, wanted: WantedReport): Promise<ReportView>;
  listReports(
    who: Actor,
    page: { after?: string; limit: number },
  ): Promise<{ reports: readonly ReportView[]; next?: string }>;
  makeLink(who: Actor, room: RoomId, link: NewLink): Promise<LinkView>;
  listLinks(who: Actor, room: RoomId): Promise<{ links: readonly LinkView[] }>;
  revokeLink(who: Actor, room: RoomId, link: { by: Address; link: string }): Promise<StateAnswer>;
  previewLink(text: string): Promise<LinkPreview>;
  giveAlias(who: Actor, alias: { room: RoomId; name: string }): Promise<StateAnswer>;
  listAliases(who: Actor): Promise<{ aliases: readonly AliasView[] }>;
  removeAlias(who: Actor, name: string): Promise<void>;
  previewAlias(text: string): Promise<RoomPreview>;
  joinByLink(who: Actor, link: { text: string; intro?: string }): Promise<LinkJoined>;
  /** asks to be let in by those who look after the room */
  knockAtRoom(who: Actor, wanted: KnockWanted): Promise<LinkJoined>;
  leaveRoom(who: Actor, room: RoomId): Promise<StateAnswer>;
  setTitle(who: Actor, room: RoomId, title: string): Promise<StateAnswer>;
  setInfo(who: Actor, room: RoomId, info: RoomDescription): Promise<StateAnswer>;
  /** all of them: what is not said goes back to what it is by itself */
  setSettings(who: Actor, room: RoomId, settings: RoomSettings): Promise<StateAnswer>;
  setPin(who: Actor, room: RoomId, pin: { event: EventId; isPinned: boolean }): Promise<StateAnswer>;
  denyProvider(who: Actor, room: RoomId, domain: Domain): Promise<StateAnswer>;
  /** `more`: people of the provider are left to be removed, and the deny still stands: call again */
  liftDeny(who: Actor, room: RoomId, domain: Domain): Promise<{ removed: number; more: boolean }>;
  /** without a title it goes */
  setMemberTitle(who: Actor, room: RoomId, member: { address: Address; title?: string }): Promise<StateAnswer>;
  listRoles(who: Actor, room: RoomId): Promise<{ roles: readonly RoomRole[] }>;
  deleteMany(who: Actor, deletion: Deletion): Promise<DeletionAnswer>;
  banAndDelete(who: Actor, ban: { room: RoomId; address: Address }): Promise<DeletionAnswer>;
  readActs(
    who: Actor,
    page: { room: RoomId; before?: number; limit: number },
  ): Promise<{ acts: readonly Act[]; next?: number }>;
  setHistory(who: Actor, room: RoomId, visible: 'all' | 'joined'): Promise<StateAnswer>;
  setOwner(who: Actor, room: RoomId, owner: Address): Promise<StateAnswer>;
  setRole(
    who: Actor,
    room: RoomId,
    role: { name: string; rank: number; rights: readonly string[] },
  ): Promise<StateAnswer>;
  setMemberRole(who: Actor, room: RoomId, member: { address: Address; role: string }): Promise<StateAnswer>;
  setRestriction(
    who: Actor,
    room: RoomId,
    member: { address: Address; restrict: Restriction | null },
  ): Promise<StateAnswer>;
  removeMember(who: Actor, room: RoomId, address: Address): Promise<StateAnswer>;
  ban(who: Actor, room: RoomId, address: Address): Promise<StateAnswer>;
  unban(who: Actor, room: RoomId, address: Address): Promise<StateAnswer>;
  /** never moves backwards; tells the other devices and, if the person wants it, the others in the room */
  markRead(who: Actor, room: RoomId, seq: number): Promise<void>;
  setTyping(who: Actor, room: RoomId): Promise<void>;
  /** @param session which device says so, as the person's session list names it */
  changePreferences(who: Actor, room: RoomId, change: PreferencesWanted & { session: string }): Promise<void>;
  /** Tells, for an hour, by `presence` signals whether these contacts are there; instead of those asked for before. */
  watchPresence(who: Actor, addresses: readonly Address[]): Promise<void>;
  /** The person is there as long as a stream is open. @returns to be called when it ends */
  streamOpened(who: Actor): () => void;
  /** How far people have read who let it be known; ≤ 100. */
  listReads(who: Actor, room: RoomId): Promise<{ reads: readonly { address: Address; seq: number }[] }>;

  roomSummary(who: Actor, room: RoomId): Promise<RoomSummary>;
  /** by room id, rooms that were left included; `next` = `after` of the next page, absent on the last */
  listRooms(
    who: Actor,
    page: { after?: RoomId; limit: number },
  ): Promise<{ rooms: readonly RoomSummary[]; next?: RoomId }>;
  /** in byte order of addresses; `next` = `after` of the next page, absent on the last */
  listMembers(
    who: Actor,
    room: RoomId,
    page: { after?: Address; limit: number },
  ): Promise<{ members: readonly RoomMember[]; next?: Address }>;
  /** ascending by seq in both directions; neither bound: the newest page; `thread`: of its messages */
  readTimeline(
    who: Actor,
    room: RoomId,
    page: { before?: number; after?: number; limit: number; thread?: EventId },
  ): Promise<readonly TimelineEvent[]>;
  /** effective edits of a message; @throws ProtocolError `no-right` where the room shows the latest text only */
  listEdits(
    who: Actor,
    room: RoomId,
    page: { event: EventId; before?: number; after?: number; limit: number },
  ): Promise<readonly TimelineEvent[]>;
  /** @throws ProtocolError `not-found` */
  readPoll(who: Actor, room: RoomId, poll: EventId): Promise<PollTally>;
  /** in byte order of addresses; @throws ProtocolError `not-found` · `no-right` (anonymous) */
  listVotes(
    who: Actor,
    room: RoomId,
    page: { event: EventId; after?: Address; limit: number },
  ): Promise<{ votes: readonly { address: Address; choices: readonly number[] }[]; next?: Address }>;
  /** roots with a name, as a page of the timeline */
  listTopics(
    who: Actor,
    room: RoomId,
    page: { before?: number; after?: number; limit: number },
  ): Promise<readonly TimelineEvent[]>;

  search(who: Actor, wanted: SearchWanted): Promise<SearchAnswer>;

  /** contiguous from `afterSeq` + 1; empty only when the room holds nothing newer */
  readRecords(room: RoomId, afterSeq: number, max: number): Promise<readonly LiveRecord[]>;
  readonly bells: Bells;
}

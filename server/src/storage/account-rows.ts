import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';
import type { Membership, RoomRow } from './room-rows.js';

export interface AccountRow {
  readonly accountId: number;
  readonly localpart: string;
  /** Password hash in its own text form, with parameters and salt. */
  readonly password: string;
  readonly name: string;
  readonly receipts: boolean;
  readonly owner: boolean;
  readonly createdAt: number;
  readonly closedAt: number | null;
  /** Strangers cannot reach it. */
  readonly limited: boolean;
  readonly guardian: Address | null;
}

/** What a person says of themselves beside their name. */
export interface ProfileRow {
  readonly bio: string | null;
  readonly status: string | null;
  readonly handle: Address | null;
  /** JSON text: part of the profile → who may see it. */
  readonly shown: string;
}

/** An open account that somebody is the guardian of. */
export interface WardRow {
  readonly localpart: string;
  readonly accountId: number;
  readonly limited: boolean;
}

export interface NewAccount {
  readonly localpart: string;
  readonly password: string;
  readonly name: string;
  readonly at: number;
  /** Hash of the sign-up code to use up with it. */
  readonly code?: Buffer;
}

/** `taken` also for a localpart whose account was closed: addresses are never given to someone else. */
export type CreatedAccount =
  | { readonly status: 'created'; readonly accountId: number; readonly owner: boolean }
  | { readonly status: 'taken' | 'bad-code' };

export interface SessionRow {
  readonly accountId: number;
  readonly sessionId: number;
  readonly device: string;
  readonly createdAt: number;
  readonly usedAt: number;
}

export interface FoundSession extends SessionRow {
  readonly tokenHash: Buffer;
  readonly localpart: string;
  readonly owner: boolean;
}

export interface NewSession {
  readonly accountId: number;
  readonly tokenHash: Buffer;
  readonly device: string;
  readonly at: number;
}

export interface SignUpCode {
  readonly hash: Buffer;
  readonly owner: boolean;
  readonly until: number;
}

/** One account's place in one room. */
export interface AccountRoom {
  readonly accountId: number;
  readonly room: RoomId;
  readonly membership: Membership;
  readonly visibleFrom: number;
  readonly joinedSeq: number;
  readonly leftSeq: number | null;
  readonly readSeq: number;
}

/** What a person keeps about a room; null where there is nothing. */
export interface PreferenceRow {
  /** ms since 1970 */
  readonly mutedUntil: number | null;
  /** place among the pinned rooms, lowest first */
  readonly pinned: number | null;
  /** JSON text of the draft */
  readonly draft: string | null;
}

/** Members that are there are written, null included. */
export type PreferenceChange = Partial<PreferenceRow>;

export interface AccountRoomSummary extends AccountRoom {
  readonly row: RoomRow;
  readonly preferences: PreferenceRow;
  /** Messages of others after `readSeq` that have effect, counted up to 1000. */
  readonly unread: number;
  /** Of these, those that mention the account or everybody. */
  readonly mentions: number;
}

export interface AccountLogRow {
  readonly n: number;
  readonly kind: string;
  readonly body: string;
  readonly at: number;
}

/** What happened to an account after `n`; `complete` is false when older entries have expired: send everything anew. */
export interface AccountLogPage {
  readonly rows: readonly AccountLogRow[];
  readonly newest: number;
  readonly complete: boolean;
}

export type RequestState = 'waiting' | 'accepted' | 'ignored';

/** A contact request or an invitation someone sent to an account. */
export interface RequestRow {
  readonly accountId: number;
  /** ≤ 64 characters. */
  readonly id: string;
  readonly kind: 'contact' | 'invite' | 'knock';
  readonly room: RoomId;
  readonly hub: Domain;
  readonly by: Address;
  /** JSON text: mail, introduction, and of an invitation create with its content and statement, and invite; ≤ 32 KiB. */
  readonly body: string;
  readonly at: number;
  readonly until: number;
  readonly state: RequestState;
}

/** `full`: the account already has as many waiting as it may. */
export type AddedRequest = 'added' | 'present' | 'full';

export interface BlockRow {
  readonly address: Address;
  readonly at: number;
}

export interface ReadMark {
  readonly room: RoomId;
  readonly address: Address;
  readonly seq: number;
  readonly counter: number;
}

/** An account that was closed, until it has left its rooms. */
export interface Closing {
  readonly accountId: number;
  readonly at: number;
  readonly address: Address;
  /** whether others keep what it wrote */
  readonly content: 'keep' | 'delete';
}

export interface OwnEvent {
  readonly seq: number;
  readonly id: EventId;
}

import type { Domain, RoomId } from '../protocol/identifiers.js';

export interface ProviderRow {
  readonly domain: Domain;
  /** The newest accepted provider document (JWS); null when only a block or limit is kept. */
  readonly document: string | null;
  readonly firstSeen: number;
  readonly fetchedAt: number;
  readonly blocked: boolean;
  /** Multiplies the peer's budgets; 1 by default. */
  readonly limitFactor: number;
  readonly contactsAsked: number;
  readonly contactsGranted: number;
  readonly contactsReported: number;
}

/** What became of a contact request of a peer's person. */
export type ContactOutcome = 'asked' | 'granted' | 'reported';

/** How far a follower has acknowledged a room. A hint: the follower's log is the truth. */
export interface PeerCursor {
  readonly domain: Domain;
  readonly room: RoomId;
  readonly seq: number;
}

/** A room a peer takes part in, as the push loop needs it. */
export interface PeerRoom {
  readonly room: RoomId;
  readonly hub: Domain;
  readonly seq: number;
  readonly at: number;
  /** −1 when nothing was acknowledged yet. */
  readonly cursor: number;
  /** Last record of its last membership; null while it takes part. */
  readonly to: number | null;
}

export interface DigestRow {
  readonly room: RoomId;
  readonly seq: number;
  readonly hash: Buffer;
}

export interface MailRow {
  readonly n: number;
  readonly domain: Domain;
  readonly jws: string;
  readonly until: number;
}

export interface ProofRow {
  readonly room: RoomId;
  readonly kind: string;
  readonly at: number;
  readonly proof: string;
}

/** Rows of one kind that expiry removed, by table name. */
export type ExpiryCounts = Readonly<Record<string, number>>;

export interface TableSize {
  readonly table: string;
  /** Heap, indexes and long values. */
  readonly bytes: number;
  /** The planner's estimate. */
  readonly rows: number;
}

export interface Durability {
  readonly fsync: boolean;
  readonly synchronousCommit: string;
  readonly fullPageWrites: boolean;
  readonly version: string;
}

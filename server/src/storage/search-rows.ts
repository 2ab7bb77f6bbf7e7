import type { Address, Domain, EventId, RoomId } from '../protocol/identifiers.js';

/** How far the index has come in a room; null before it began there. */
export interface IndexedRoom {
  readonly room: RoomId;
  readonly seq: number;
  readonly first: number;
  readonly from: number | null;
  readonly to: number | null;
}

/** Records of a room to be looked at, low ≤ seq ≤ high. */
export interface IndexWindow {
  readonly room: RoomId;
  readonly low: number;
  readonly high: number;
}

/** A message with content, or an edit or delete of one. */
export interface UnindexedRow {
  readonly room: RoomId;
  readonly seq: number;
  readonly at: number;
  readonly eventId: EventId;
  readonly type: string;
  readonly sender: Address | Domain;
  readonly content: string | null;
  readonly jws: string;
}

/** The words of one message, as numbers. */
export interface IndexedWords {
  readonly room: RoomId;
  readonly seq: number;
  readonly at: number;
  /** when its content expires */
  readonly until: number | null;
  /** int32 */
  readonly words: readonly number[];
}

export interface IndexChange {
  readonly words: readonly IndexedWords[];
  readonly gone: readonly { readonly room: RoomId; readonly seq: number }[];
  /** ≤ 256 */
  readonly cursors: readonly { readonly room: RoomId; readonly from: number; readonly to: number }[];
}

/** What an account may look through in a room. */
export interface SearchableRoom {
  readonly room: RoomId;
  readonly low: number;
  readonly high: number;
  /** of whom nothing is shown */
  readonly hidden: Address | null;
  /** records that the index has not seen */
  readonly behind: number;
}

export interface SearchPart {
  /** each with all of its words; a room may stand here twice */
  readonly asked: readonly (Pick<SearchableRoom, 'room' | 'low' | 'high' | 'hidden'> & {
    readonly words: readonly number[];
  })[];
  readonly since: number;
  readonly until: number;
  readonly now: number;
  readonly limit: number;
}

export interface SearchHit {
  readonly room: RoomId;
  readonly seq: number;
  readonly at: number;
  readonly id: EventId;
  readonly sender: Address;
  readonly content: string;
  /** content of the last edit */
  readonly edited: string | null;
}

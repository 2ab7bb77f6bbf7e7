import type { Address, EventId, RoomId } from '../../protocol/identifiers.js';

export interface SearchWanted {
  /** 1..256 characters; all of its words have to be there */
  readonly text: string;
  readonly room?: RoomId;
  readonly sender?: Address;
  /** ms since 1970, both included */
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
}

export interface SearchResult {
  readonly room: RoomId;
  readonly seq: number;
  readonly at: number;
  readonly id: EventId;
  readonly sender: Address;
  readonly text: string;
}

export interface SearchAnswer {
  /** best first */
  readonly results: readonly SearchResult[];
  /** records of these rooms that were not looked at yet */
  readonly behind: number;
  /** there may be more before this time */
  readonly oldest?: number;
}

import type { Address, Domain, RoomId } from '../protocol/identifiers.js';
import type { RoomPage } from '../protocol/room-page.js';
import type { RoomDraft } from './draft-room.js';
import type { HeldRecord, LiveRoom } from './live-room.js';
import type { Bells } from './room-services.js';
import type { Store } from '../storage/store-types.js';
import type { Log } from '../log.js';
import type { OwnKeys } from '../own-keys.js';
import type { Discovery } from '../transport/discovery.js';
import type { PeerClient } from '../transport/peer-client.js';

export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
}

export interface Random {
  bytes(count: number): Buffer;
}

/** Calls a timer off; no effect once it has run. */
export type Cancel = () => void;

/** Time as an argument. No timer keeps the process alive. */
export interface Timers {
  after(ms: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
  /** once everything that has arrived by now has been seen */
  soon(run: () => void): void;
}

/** The rooms in use. */
export interface RoomCache {
  /** @returns undefined when this provider does not hold the room */
  get(room: RoomId): Promise<LiveRoom | undefined>;
  /** The room if it is in memory. */
  peek(room: RoomId): LiveRoom | undefined;
  /** Holds a room that was extended by so many bytes of records. */
  add(live: LiveRoom, bytes: number): void;
  /** Forgets what memory holds, so that the next use reads the database. */
  drop(room: RoomId): void;
  readonly size: number;
}

/** What partial rooms' hubs push, until it can be judged. */
export interface UnjudgedRecords {
  /**
   * Takes in a page whose seal is good, if its records follow the snapshot, are chained to its head, and each is signed by
   * its author's provider.
   *
   * @returns whether there is something new to show
   */
  take(live: LiveRoom, page: RoomPage, now: number): boolean;
  /** What is shown beyond the log and after a seq; what has run out is not. */
  after(live: LiveRoom, seq: number, now: number): readonly HeldRecord[];
}

/** What a job makes of a room: an answer at once, or an answer that holds once the draft is committed. */
export interface WriteJob<Answer> {
  readonly room: RoomId;
  /** events it may add */
  readonly events: number;
  readonly bytes: number;
  /** a room that this job creates */
  readonly fresh?: () => LiveRoom;
  /** Looks at the draft and may append to it. Called again from the start when the flush has to be repeated. */
  readonly prepare: (draft: RoomDraft) => Answer;
}

export interface RoomWriter {
  /**
   * Runs a job in the room's next flush.
   *
   * @throws ProtocolError `overloaded` (the queue is full) · `unavailable` (the database cannot be reached; what was written is not known) ·
   * `storage-rejected` (the database refuses this very item) · `unknown-room`
   */
  write<Answer>(job: WriteJob<Answer>): Promise<Answer>;
  readonly queued: number;
  /** Resolves when everything queued is done. */
  drain(): Promise<void>;
}

/** What a loop is doing, for those who wait until nothing is. */
export interface LoopState {
  /** a turn is running or about to */
  readonly isBusy: boolean;
  /** keys that wait for their next attempt */
  readonly resting: readonly string[];
}

/** What services are made of; each takes the part it uses. Built once, in main.ts. */
export interface ServiceDeps {
  readonly domain: Domain;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  readonly log: Log;
  /** read on every use: keys change while the server runs */
  readonly keys: { readonly current: OwnKeys };
  readonly peers: PeerClient;
  readonly directory: Pick<Discovery, 'statementOf' | 'keyStatus' | 'seekKey'>;
  readonly bells: Bells;
  readonly rooms: RoomCache;
  readonly unjudged: UnjudgedRecords;
  readonly writer: RoomWriter;
  readonly loops: Set<LoopState>;
  /** the account behind one of our own addresses; undefined when there is none or it is closed */
  readonly accountIdOf: (address: Address) => Promise<number | undefined>;
  /** the account is gone */
  readonly forgetAccount: (address: Address) => void;
}

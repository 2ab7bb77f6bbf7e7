import type { ErrorCode } from '@payvand/spec';
import type { RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { RoomCreation } from '../storage/room-rows.js';
import type { AccountRoomSummary } from '../storage/account-rows.js';
import { StorageError } from '../storage/storage-error.js';
import { newestOfEach, type AccountNews } from './account-news.js';
import type { Authenticated } from './accounts/account-deps.js';
import type { Authenticator } from './accounts/authenticator.js';
import { listRequests } from './accounts/requests.js';
import { formatSessionId } from './accounts/session-token.js';
import type { ServiceDeps } from './deps.js';
import { frameOfNews } from './news-frame.js';
import { blockedIn } from './remember-blocks.js';
import type { RoomServices, RoomSummary, Signal } from './room-services.js';

export interface StreamDeps extends Pick<ServiceDeps, 'store' | 'bells' | 'log'> {
  readonly roomServices: RoomServices;
  readonly authenticator: Authenticator;
}

/** Where frames go: a web socket, or anything else that carries text in order. */
export interface StreamSink {
  /** Takes one frame, JSON text; never waits. */
  send(frame: string): void;
  /** Whether so much waits to be sent that nothing more should be read for it. */
  isFull(): boolean;
  close(code: ErrorCode): void;
}

/** How far a client has come. It is the client's word, so it can only move a stream within what the account may see. */
export interface StreamPosition {
  readonly account: number;
  readonly rooms: Readonly<Record<string, number>>;
}

/** A room on a stream: records after `after` are sent, up to `to`. */
interface Subscription {
  after: number;
  to: number;
  /** the last record that was sent before it was judged */
  unjudged: number;
  readonly creation: Pick<RoomCreation, 'kind' | 'creator' | 'peer'>;
  readonly off: () => void;
}

const RECORDS_AT_ONCE = 64;
const NEWS_AT_ONCE = 256;
const LISTED_AT_ONCE = 200;

/**
 * What one session is told, live or caught up: a bell marks what has to be looked at again, and a single loop reads it
 * from where the stream stands. So nothing comes twice and nothing is left out, however often bells ring.
 *
 * @see PV-STR-005 to PV-STR-012
 */
export class AccountStream {
  readonly #deps: StreamDeps;
  readonly #session: Authenticated;
  readonly #sink: StreamSink;
  readonly #offAccount: () => void;
  readonly #rooms = new Map<RoomId, Subscription>();
  /** rooms that may hold records after the stream's position */
  readonly #dirty = new Set<RoomId>();
  /** rooms the client does not know where to begin in: their next `room` frame says it */
  readonly #unannounced = new Set<RoomId>();
  /** rooms that were behind at the opening and still are; undefined once `synced` was sent */
  #behind: Set<RoomId> | undefined = new Set();
  #opening: AsyncGenerator<void> | undefined;
  #account = 0;
  #isAccountDirty = true;
  #isReading = false;
  #isStopped = false;

  /** Starts at once, and ends by `stop` or by itself through the sink's `close`. */
  constructor(deps: StreamDeps, start: { session: Authenticated; sink: StreamSink; cursor: StreamPosition | null }) {
    this.#deps = deps;
    this.#session = start.session;
    this.#sink = start.sink;
    this.#opening = this.#open(start.cursor);
    this.#offAccount = deps.bells.onAccount(start.session.who.accountId, () => this.check());
    this.#send({ t: 'opened', session: formatSessionId(start.session.sessionId) });
    this.wake();
  }

  /** Looks again whether the session is open and what is new in the account's log. */
  check(): void {
    this.#isAccountDirty = true;
    this.wake();
  }

  /** Goes on reading; to be called when the sink has room again. */
  wake(): void {
    if (!this.#isReading && !this.#isStopped) void this.#read();
  }

  stop(): void {
    this.#isStopped = true;
    this.#offAccount();
    for (const { off } of this.#rooms.values()) off();
    this.#rooms.clear();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      // Between the last look for work and the end of reading nothing is awaited: no bell is overheard.
      while (!this.#isStopped && this.#hasWork() && !this.#sink.isFull()) {
        await this.#readSome();
        this.#tellWhenSynced();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isReading = false;
    }
  }

  #hasWork(): boolean {
    return this.#dirty.size > 0 || this.#isAccountDirty || this.#unannounced.size > 0 || this.#opening !== undefined;
  }

  /** What the account may see is looked at before its rooms are read. */
  async #readSome(): Promise<void> {
    if (this.#opening) {
      if ((await this.#opening.next()).done === true) this.#opening = undefined;
      return;
    }
    if (this.#isAccountDirty) return this.#readNews();
    const [unannounced] = this.#unannounced;
    if (unannounced !== undefined) return this.#announce(unannounced);
    const [room] = this.#dirty;
    if (room !== undefined) return this.#readRoom(room);
  }

  async *#open(cursor: StreamPosition | null): AsyncGenerator<void> {
    const { store } = this.#deps;
    const { accountId } = this.#session.who;
    const { newest, complete } = await store.readAccountLog(accountId, { after: cursor?.account ?? 0, limit: 1 });
    const isKnown = cursor !== null && complete && cursor.account <= newest;
    this.#account = isKnown ? cursor.account : newest;
    for await (const place of this.#listPlaces()) this.#subscribeAt(place, cursor?.rooms[place.room]);
    yield;
    // From here on bells are heard; what was recorded before they were is seen by this second look.
    for await (const { room, row } of this.#listPlaces()) {
      const subscription = this.#rooms.get(room);
      if (!subscription || row.seq <= subscription.after) continue;
      this.#dirty.add(room);
      this.#behind?.add(room);
    }
    if (isKnown) return;
    const me = await frameOfNews(this.#deps, this.#session, { kind: 'me' });
    if (me) this.#send(me);
    yield* this.#tellRooms();
    yield* this.#tellRequests();
  }

  async *#listPlaces(): AsyncGenerator<AccountRoomSummary> {
    const { accountId, address } = this.#session.who;
    for (let after: RoomId | undefined; ;) {
      const page = { limit: LISTED_AT_ONCE, ...(after && { after }) };
      const places = await this.#deps.store.listAccountRooms(accountId, address, page);
      yield* places;
      if (places.length < LISTED_AT_ONCE) return;
      after = places.at(-1)?.room;
    }
  }

  #subscribeAt(place: AccountRoomSummary, position: number | undefined): void {
    const { room, visibleFrom, leftSeq, row } = place;
    const to = leftSeq ?? Infinity;
    const after = Math.max(position ?? row.seq, visibleFrom - 1, row.first - 1);
    if (after >= to || (leftSeq !== null && position === undefined)) return;
    this.#subscribe(room, { after, to, creation: row });
    if (position === undefined) this.#unannounced.add(room);
  }

  #subscribe(room: RoomId, { after, to, creation }: Omit<Subscription, 'off' | 'unjudged'>): void {
    const { bells } = this.#deps;
    const offRoom = bells.onRoom(room, () => {
      this.#dirty.add(room);
      this.wake();
    });
    const offSignal = bells.onSignal(room, (signal) => void this.#hear(signal, creation));
    const off = (): void => {
      offRoom();
      offSignal();
    };
    this.#rooms.set(room, { after, to, unjudged: -1, creation, off });
  }

  #unsubscribe(room: RoomId): void {
    this.#rooms.get(room)?.off();
    this.#rooms.delete(room);
    this.#dirty.delete(room);
    this.#unannounced.delete(room);
    this.#behind?.delete(room);
  }

  async *#tellRooms(): AsyncGenerator<void> {
    for (let after: RoomId | undefined; ;) {
      const page = { limit: LISTED_AT_ONCE, ...(after && { after }) };
      const { rooms, next } = await this.#deps.roomServices.listRooms(this.#session.who, page);
      for (const summary of rooms) this.#tellRoom(summary);
      if (next === undefined) return;
      after = next;
      yield;
    }
  }

  async *#tellRequests(): AsyncGenerator<void> {
    for (let after: string | undefined; ;) {
      const page = { limit: LISTED_AT_ONCE, ...(after !== undefined && { after }) };
      const { requests, next } = await listRequests(this.#deps, this.#session.who, page);
      for (const request of requests) this.#send({ t: 'request', ...request });
      if (next === undefined) return;
      after = next;
      yield;
    }
  }

  async #readNews(): Promise<void> {
    const { store, authenticator } = this.#deps;
    this.#isAccountDirty = false;
    if (!(await authenticator.isOpen(this.#session))) {
      this.#end('bad-token');
      return;
    }
    const page = { after: this.#account, limit: NEWS_AT_ONCE };
    const { rows } = await store.readAccountLog(this.#session.who.accountId, page);
    for (const { n, news } of newestOfEach(rows)) await this.#tellNews(news, n);
    this.#account = rows.at(-1)?.n ?? this.#account;
    if (rows.length === NEWS_AT_ONCE) this.#isAccountDirty = true;
  }

  async #tellNews(news: AccountNews, account: number): Promise<void> {
    if (news.kind === 'room') {
      await this.#lookAgain(news.room);
      return this.#announce(news.room, account);
    }
    const frame = await frameOfNews(this.#deps, this.#session, news);
    if (frame) this.#send({ ...frame, account });
  }

  /** Reads what the account may see of a room now: it may have joined, left, or come back. */
  async #lookAgain(room: RoomId): Promise<void> {
    const { accountId, address } = this.#session.who;
    const place = await this.#deps.store.findAccountRoom(accountId, address, room);
    if (!place || this.#isStopped) return;
    const known = this.#rooms.get(room);
    if (place.leftSeq !== null) {
      if (known) known.to = place.leftSeq;
    } else if (known) {
      known.to = Infinity;
      known.after = Math.max(known.after, place.visibleFrom - 1, place.row.first - 1);
    } else {
      this.#subscribeAt(place, place.joinedSeq - 1);
      this.#unannounced.add(room);
    }
    if (this.#rooms.has(room)) this.#dirty.add(room);
  }

  async #announce(room: RoomId, account?: number): Promise<void> {
    try {
      this.#tellRoom(await this.#deps.roomServices.roomSummary(this.#session.who, room), account);
    } catch (error) {
      if (!(error instanceof ProtocolError && error.code === 'unknown-room')) throw error;
    }
    this.#unannounced.delete(room);
  }

  #tellRoom(summary: RoomSummary, account?: number): void {
    const { room } = summary;
    const from = this.#unannounced.delete(room) ? this.#rooms.get(room)?.after : undefined;
    this.#send({ t: 'room', ...summary, from, account });
  }

  async #readRoom(room: RoomId): Promise<void> {
    this.#dirty.delete(room);
    const subscription = this.#rooms.get(room);
    if (!subscription) return;
    const records = await this.#deps.roomServices.readRecords(room, subscription.after, RECORDS_AT_ONCE);
    const blocked = await blockedIn(this.#deps, this.#session.who, subscription.creation);
    const before = subscription.after;
    for (const { seq, sender, clientJson, about, unjudged = false } of records) {
      if (this.#isStopped || seq > subscription.to) break;
      if (unjudged && seq <= subscription.unjudged) continue;
      const isUnwanted = sender === blocked && about === undefined;
      if (clientJson !== null && !isUnwanted) this.#sink.send(clientJson);
      subscription[unjudged ? 'unjudged' : 'after'] = seq;
      if (about === this.#session.who.address && !unjudged) {
        await this.#lookAgain(room);
        break;
      }
    }
    if (subscription.after >= subscription.to) this.#unsubscribe(room);
    else if (subscription.after > before) this.#dirty.add(room);
    else this.#behind?.delete(room);
  }

  async #hear(signal: Signal, creation: Subscription['creation']): Promise<void> {
    try {
      if ((await blockedIn(this.#deps, this.#session.who, creation)) !== signal.from) this.#tellSignal(signal);
    } catch (error) {
      this.#fail(error);
    }
  }

  #tellSignal(signal: Signal): void {
    const isOwnTyping = signal.t !== 'read' && signal.from === this.#session.who.address;
    // Signals are of the moment: a stream that is behind does without.
    if (this.#behind || isOwnTyping || this.#sink.isFull()) return;
    this.#send(signal);
  }

  #tellWhenSynced(): void {
    if (this.#behind?.size !== 0 || this.#opening || this.#isAccountDirty || this.#unannounced.size > 0) return;
    this.#behind = undefined;
    this.#send({ t: 'synced', account: this.#account });
  }

  #send(frame: object): void {
    if (!this.#isStopped) this.#sink.send(JSON.stringify(frame));
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    const isKnown = error instanceof ProtocolError;
    if (!isKnown) this.#deps.log.warn('stream-failed', { accountId: this.#session.who.accountId, error });
    const isAway = error instanceof StorageError && error.code === 'connection';
    this.#end(isKnown ? error.code : isAway ? 'overloaded' : 'internal');
  }

  #end(code: ErrorCode): void {
    this.stop();
    this.#sink.close(code);
  }
}

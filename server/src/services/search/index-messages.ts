import { parseEvent } from '../../protocol/event.js';
import type { EventId, RoomId } from '../../protocol/identifiers.js';
import type { IndexChange, IndexedRoom, IndexedWords, IndexWindow, UnindexedRow } from '../../storage/search-rows.js';
import type { Cancel, ServiceDeps } from '../deps.js';
import { textOf } from './text-of.js';
import { indexedWords, wordNumbersOf } from './word-numbers.js';
import { wordsOf } from './words-of.js';

type IndexDeps = Pick<ServiceDeps, 'store' | 'bells' | 'timers' | 'clock' | 'log'>;

const ROOMS_AT_ONCE = 64;
const RECORDS_AT_ONCE = 256;
const RECORDS_PER_ROOM = 128;
const WAITING_MAX = 10_000;
const TARGETS_AT_ONCE = 1024;
const REST_MS = 1000;
/** it works at most a fifth of the time */
const REST_SHARE = 4;
/** with more bells a second than this it lets messages go first */
const BUSY_BELLS = 50;
/** but not for longer than this; after that it works a twentieth of the time */
const BUSY_MS_MAX = 60_000;
const BUSY_REST_SHARE = 19;

/**
 * Reads new records, a little after they were written and never in their way, and keeps what people look for in them. A
 * cursor per room says how far it has come, so it goes on there after any stop; bells only say where to look first, and how
 * much is going on: while that is much, it waits.
 *
 * @see PV-SRC-006
 */
export class IndexMessages {
  readonly #deps: IndexDeps;
  readonly #waiting = new Set<RoomId>();
  /** there may be rooms behind that nobody named: all after this one are looked at */
  #unseen: RoomId | '' | undefined = '';
  #bells = 0;
  #lookedAt = 0;
  #quietAt = 0;
  #cancels: Cancel[] = [];
  #turn: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(deps: IndexDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#cancels.push(this.#deps.bells.onAnyRoom((room) => this.#ring(room)));
    this.#rest(REST_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#cancels) cancel();
    await this.#turn;
  }

  /** Rooms known to hold records that are not in the index. */
  get waiting(): number {
    return this.#waiting.size;
  }

  #ring(room: RoomId): void {
    this.#bells += 1;
    if (this.#waiting.size < WAITING_MAX) this.#waiting.add(room);
    else this.#unseen = '';
  }

  #rest(ms: number): void {
    if (this.#isStopped) return;
    const cancel = this.#deps.timers.after(ms, () => void (this.#turn = this.#work()));
    this.#cancels = [...this.#cancels.slice(0, 1), cancel];
  }

  async #work(): Promise<void> {
    const begun = this.#deps.clock.now();
    const isBusy = this.#isBusy(begun);
    if (isBusy && begun - this.#quietAt < BUSY_MS_MAX) {
      this.#rest(REST_MS);
      return;
    }
    let isMore = false;
    try {
      isMore = await this.#indexSome();
    } catch (cause) {
      this.#deps.log.warn('search-not-indexed', { cause });
      this.#unseen = '';
    }
    const restMs = (this.#deps.clock.now() - begun) * (isBusy ? BUSY_REST_SHARE : REST_SHARE);
    this.#rest(isMore ? restMs : Math.max(restMs, REST_MS));
  }

  #isBusy(now: number): boolean {
    const isBusy = this.#bells > (BUSY_BELLS * (now - this.#lookedAt)) / 1000;
    this.#bells = 0;
    this.#lookedAt = now;
    if (!isBusy) this.#quietAt = now;
    return isBusy;
  }

  /** @returns whether more waits than what was written meanwhile */
  async #indexSome(): Promise<boolean> {
    const { store } = this.#deps;
    const named = [...this.#waiting].slice(0, ROOMS_AT_ONCE);
    if (named.length === 0) return this.#lookAround();
    for (const room of named) this.#waiting.delete(room);
    const rooms = (await store.findIndexedRooms(named)).filter(isBehind);
    const windows = windowsOf(rooms);
    const isFull = named.length === ROOMS_AT_ONCE;
    if (windows.length === 0) return isFull;
    await store.changeIndex(await this.#readChange(rooms, windows));
    const seen = new Map(windows.map((window) => [window.room, window]));
    const left = rooms.filter((room) => isBehind(moved(room, seen.get(room.room))));
    for (const { room } of left) this.#waiting.add(room);
    return isFull || left.length > 0;
  }

  async #lookAround(): Promise<boolean> {
    if (this.#unseen === undefined) return false;
    const page = { limit: ROOMS_AT_ONCE, ...(this.#unseen !== '' && { after: this.#unseen }) };
    const behind = await this.#deps.store.listRoomsBehind(page);
    for (const { room } of behind) this.#waiting.add(room);
    this.#unseen = behind.length < ROOMS_AT_ONCE ? undefined : behind.at(-1)?.room;
    return behind.length > 0;
  }

  async #readChange(rooms: readonly IndexedRoom[], windows: readonly IndexWindow[]): Promise<IndexChange> {
    const { store } = this.#deps;
    const key = await store.searchKey();
    const rows = await store.readUnindexed(windows);
    const changed = await this.#readChanged(rows.filter(({ type }) => type !== 'message'));
    const gone = changed.filter(({ content }) => content === null);
    const words = new Map<string, IndexedWords>();
    for (const row of [...rows, ...changed])
      if (row.type === 'message') words.set(nameOf(row), { ...row, until: untilOf(row), words: wordsIn(key, row) });
    for (const row of gone) words.delete(nameOf(row));
    const seen = new Map(windows.map((window) => [window.room, window]));
    const cursors = rooms.flatMap((room) => {
      const { from, to } = moved(room, seen.get(room.room));
      return from === null || to === null ? [] : [{ room: room.room, from, to }];
    });
    return { words: [...words.values()], gone, cursors };
  }

  /** The messages that edits and deletes are about, as they are now. */
  async #readChanged(changes: readonly UnindexedRow[]): Promise<UnindexedRow[]> {
    const targets = changes.flatMap(targetsOf);
    const rows: UnindexedRow[] = [];
    for (let at = 0; at < targets.length; at += TARGETS_AT_ONCE)
      rows.push(...(await this.#deps.store.readTargets(targets.slice(at, at + TARGETS_AT_ONCE))));
    return rows;
  }
}

function nameOf({ room, seq }: UnindexedRow): string {
  return `${room} ${seq}`;
}

function isBehind({ seq, first, from, to }: IndexedRoom): boolean {
  return seq >= first && (from === null || to === null || to < seq || from > first);
}

/** What comes next in each room: new records, else older ones that came in later. */
function windowsOf(rooms: readonly IndexedRoom[]): IndexWindow[] {
  const windows: IndexWindow[] = [];
  let records = 0;
  for (const { room, seq, first, from, to } of rooms) {
    if (records >= RECORDS_AT_ONCE) break;
    const isNew = from === null || to === null || to + 1 < first || to < seq;
    const low = isNew ? Math.max((to ?? -1) + 1, first) : Math.max(first, from - RECORDS_PER_ROOM);
    const high = isNew ? Math.min(seq, low + RECORDS_PER_ROOM - 1) : from - 1;
    windows.push({ room, low, high });
    records += high - low + 1;
  }
  return windows;
}

/** Where a room's cursor stands after a window; one that begins beyond a gap begins anew. */
function moved(room: IndexedRoom, window: IndexWindow | undefined): IndexedRoom {
  if (window === undefined) return room;
  const { low, high } = window;
  const { from, to } = room;
  if (from === null || to === null || low > to + 1) return { ...room, from: low, to: high };
  return { ...room, from: Math.min(from, low), to: Math.max(to, high) };
}

function targetsOf({ room, jws, type }: UnindexedRow): (readonly [RoomId, EventId])[] {
  const event = parseEvent(jws);
  const kind = type === 'message.edit' ? 'edit' : 'delete';
  const rel = event.ok ? (event.value.fields.rel ?? []) : [];
  return rel.filter(([related]) => related === kind).map(([, target]) => [room, target]);
}

/** Most events have no `ttl`, which a look at the bytes tells. */
function untilOf({ jws, at }: UnindexedRow): number | null {
  const [, payload = ''] = jws.split('.', 2);
  if (!Buffer.from(payload, 'base64url').includes('"ttl":')) return null;
  const event = parseEvent(jws);
  const ttl = event.ok ? event.value.fields.ttl : undefined;
  return ttl === undefined ? null : at + ttl * 1000;
}

function wordsIn(key: string, { room, sender, content }: UnindexedRow): number[] {
  return wordNumbersOf(key, room)(indexedWords(sender, wordsOf(textOf(content ?? ''))));
}

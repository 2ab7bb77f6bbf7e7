import { checkContent } from '../protocol/content.js';
import { parseEvent } from '../protocol/event.js';
import type { RoomId } from '../protocol/identifiers.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { loadRoomState } from '../protocol/room-state.js';
import type { StateEntry } from '../protocol/room-state.js';
import type { StateRow } from '../storage/room-rows.js';
import type { Store } from '../storage/store-types.js';
import { internStatement } from './intern-statement.js';
import type { RoomCache } from './deps.js';
import { LiveRoom } from './live-room.js';

/** JWS and contents of the newest records of all rooms; in memory they take several times as much. */
const TAILS_BYTES_MAX = 512 * 1024;

/**
 * Keeps rooms in use in memory, least recently used first out, and the newest records of them all, oldest first out.
 *
 * @param roomsMax how many rooms stay in memory
 */
export function createRoomCache(store: Store, roomsMax: number): RoomCache {
  const rooms = new Map<RoomId, LiveRoom>();
  const loading = new Map<RoomId, Promise<LiveRoom | undefined>>();

  const tails = new RecentRecords();

  function keep(live: LiveRoom): void {
    rooms.delete(live.room);
    rooms.set(live.room, live);
    for (const oldest of rooms.keys()) {
      if (rooms.size <= roomsMax) break;
      rooms.delete(oldest);
    }
  }

  async function get(room: RoomId): Promise<LiveRoom | undefined> {
    const live = rooms.get(room);
    if (live === undefined) return await (loading.get(room) ?? load(room));
    keep(live);
    return live;
  }

  async function load(room: RoomId): Promise<LiveRoom | undefined> {
    const read = readRoom(store, room);
    const result = read.then((live) => {
      // Dropped while it was being read: what was read may be old.
      if (loading.get(room) !== result) return get(room);
      if (live !== undefined) keep(live);
      return live;
    });
    loading.set(room, result);
    try {
      return await result;
    } finally {
      if (loading.get(room) === result) loading.delete(room);
    }
  }

  return {
    get,
    peek: (room) => rooms.get(room),
    add(live, bytes) {
      keep(live);
      tails.grew(live, bytes);
    },
    drop(room) {
      rooms.delete(room);
      loading.delete(room);
    },
    get size() {
      return rooms.size;
    },
  };
}

/** What rooms were lately extended by, in order, so that the oldest records go first whichever room they are of. */
class RecentRecords {
  readonly #grown: { readonly live: LiveRoom; readonly through: number; readonly bytes: number }[] = [];
  #bytes = 0;

  grew(live: LiveRoom, bytes: number): void {
    this.#grown.push({ live, through: live.seq, bytes });
    this.#bytes += bytes;
    while (this.#bytes > TAILS_BYTES_MAX) {
      const oldest = this.#grown.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.bytes;
      oldest.live.forgetThrough(oldest.through);
    }
  }
}

async function readRoom(store: Store, room: RoomId): Promise<LiveRoom | undefined> {
  const found = await store.loadRoom(room);
  if (found === undefined) return undefined;
  const ranges = await store.providersOf(room);
  const { sealed } = found.row;
  const state = loadRoomState(found.entries.map(stateEntryOf), room);
  const statements = new Map(found.entries.flatMap((row) => statementOf(row.statement)));
  return new LiveRoom({ ...found.row, sealed, state, statements, ranges });
}

/** A statement under its hash, or nothing. Stored statements were verified when they came. */
function statementOf(jws: string | undefined): [string, KeyStatement][] {
  const statement = jws === undefined ? undefined : internStatement(jws);
  return statement === undefined ? [] : [[statement.hash, statement]];
}

/** Reads a stored state entry back; it was checked before it was stored. */
export function stateEntryOf(row: StateRow): StateEntry {
  const event = parseEvent(row.jws);
  const content = event.ok ? checkContent(event.value, row.content) : event;
  if (!content.ok || content.value === undefined) throw new Error(`stored state entry ${row.eventId} is damaged`);
  const bytes = row.jws.length + Buffer.byteLength(row.content) + (row.statement?.length ?? 0);
  const { type, key, seq, eventId, sender } = row;
  return { type, key, id: eventId, sender, seq, content: content.value, bytes };
}

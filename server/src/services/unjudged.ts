import { BoundedMap } from '../bounded-map.js';
import type { RoomId } from '../protocol/identifiers.js';
import type { FullRecord } from '../protocol/record.js';
import type { RoomPage } from '../protocol/room-page.js';
import { chainRows } from './backfill-log.js';
import type { UnjudgedRecords } from './deps.js';
import type { HeldRecord, LiveRoom } from './live-room.js';

/** A page of at most 1 MiB is kept of each. */
const ROOMS_MAX = 16;

/**
 * What partial rooms' hubs push: shown to people before it can be judged, never written and never acknowledged. It goes
 * as soon as the log holds the same records, judged.
 *
 * @see PV-SNAP-010, PV-SNAP-011
 */
export class Unjudged implements UnjudgedRecords {
  readonly #rooms = new BoundedMap<RoomId, readonly HeldRecord[]>(ROOMS_MAX);

  take(live: LiveRoom, page: RoomPage, now: number): boolean {
    const records = page.records.filter((record): record is FullRecord => 'jws' in record && record.seq > live.seq);
    const isNext = ({ seq, at }: FullRecord, index: number): boolean =>
      seq === live.seq + 1 + index && at >= (records[index - 1]?.at ?? live.at);
    if (records.length === 0 || !records.every(isNext)) return false;
    const rows = chainRows(live, { ...page, records }, { before: live.hash, now });
    if (rows === undefined || rows.some(({ row }) => row.void !== null)) return false;
    const known = this.#rooms.get(live.room)?.at(-1)?.seq ?? -1;
    if ((rows.at(-1)?.row.seq ?? -1) <= known) return false;
    const shown = rows.map(({ row, event }) => (event === undefined ? row : { ...row, parsed: event }));
    this.#rooms.set(live.room, shown);
    return true;
  }

  after(live: LiveRoom, seq: number, now: number): readonly HeldRecord[] {
    const shown = this.#rooms.get(live.room);
    if (shown === undefined) return [];
    const isOver = (shown.at(-1)?.seq ?? -1) <= live.seq || (live.status !== 'partial' && live.status !== 'live');
    if (isOver) this.#rooms.delete(live.room);
    return isOver ? [] : shown.filter((one) => one.seq > Math.max(seq, live.seq) && now < (one.expiresAt ?? Infinity));
  }
}

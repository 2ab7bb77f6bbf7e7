import type { SealedHead } from './head.js';
import type { FullRecord, RecordHeader } from './record.js';
import { RoomReplay } from './room-replay.js';
import type { ReplayedRecord, ReplayFault, ReplayOptions, ReplayResult } from './room-replay.js';

export interface ReplayInput extends ReplayOptions {
  /** without a gap; a header where the holder may not read */
  readonly records: Iterable<FullRecord | RecordHeader>;
  /** sealed heads in any order */
  readonly heads: readonly SealedHead[];
  readonly onRecord?: (record: ReplayedRecord) => void;
}

/** What a replay found, and the first fault if there is one. */
export type ReplayedLog = ReplayResult & { readonly fault?: ReplayFault };

/**
 * Replays a room's log from its first record up to the first fault.
 *
 * @see PV-ROOM-015 to PV-ROOM-021
 */
export function replayRoom(input: ReplayInput): ReplayedLog {
  const { records, heads, onRecord, ...options } = input;
  const headsBySeq = new Map<number, SealedHead[]>();
  for (const sealed of heads) {
    const { seq } = sealed.head;
    headsBySeq.set(seq, [...(headsBySeq.get(seq) ?? []), sealed]);
  }
  const replay = new RoomReplay(options);
  let fault = replay.seal(headsBySeq.get(replay.seq) ?? []);
  for (const record of records) {
    if (fault !== undefined) break;
    fault = replay.next(record, onRecord) ?? replay.seal(headsBySeq.get(replay.seq) ?? []);
  }
  fault ??= replay.end(Math.max(-1, ...headsBySeq.keys()));
  return { ...replay.result(), ...(fault && { fault }) };
}

import type { SealedHead } from './head.js';
import type { RoomId } from './identifiers.js';
import type { FullRecord, RecordHeader } from './record.js';

/** A stretch of one room's log that ends at a sealed head whose place under its seal has been verified. */
export interface RoomPage {
  readonly room: RoomId;
  readonly records: readonly (FullRecord | RecordHeader)[];
  readonly sealed: SealedHead;
}

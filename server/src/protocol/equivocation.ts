import type { ArchiveLine } from './archive-lines.js';
import { parseArchiveLine } from './archive-lines.js';
import { sealedToWire } from './head.js';
import type { SealedHead, WireSealedHead } from './head.js';
import { readRecord } from './read-record.js';
import { headerToWire } from './record.js';
import type { FullRecord, RecordHeader, WireHeader } from './record.js';

/** One of two ways a log goes on, up to a head that the hub sealed. */
export interface Branch {
  readonly headers: readonly WireHeader[];
  readonly sealed: WireSealedHead;
}

/** Two sealed heads of one room that no single log can have: anyone can check them with the hub's key statement. @see PV-ARC-021 */
export interface EquivocationProof {
  readonly room: string;
  readonly hub: string;
  /** hash of the last record both logs have */
  readonly prev: string;
  readonly branches: readonly Branch[];
  readonly seals: readonly string[];
}

/** What is asked of the two logs: hashes of their records. */
export interface HashedLog {
  readonly seq: number;
  hashAt(seq: number): Buffer | undefined;
}

/**
 * The first record in which two logs of one room differ; undefined when one is the beginning of the other.
 *
 * @param first seq from which both logs hold records
 */
export function firstDifference(one: HashedLog, other: HashedLog, first: number): number | undefined {
  let [same, end] = [first - 1, Math.min(one.seq, other.seq)];
  if (end < first || isEqualAt(one, other, end)) return undefined;
  // Hashes are chained, so once they differ they differ for ever.
  while (end - same > 1) {
    const middle = (same + end) >> 1;
    if (isEqualAt(one, other, middle)) same = middle;
    else end = middle;
  }
  return end;
}

/** Collects, from the lines of an archive, how the log goes on at a record up to the next sealed head. */
export class BranchReader {
  readonly #from: number;
  readonly #headers: RecordHeader[] = [];
  sealed: SealedHead | undefined;

  constructor(from: number) {
    this.#from = from;
  }

  /** @returns false once it has what it needs */
  take(text: string | Uint8Array): boolean {
    const line = parseArchiveLine(text);
    if (line.ok) this.#takeLine(line.value);
    return line.ok && this.sealed === undefined;
  }

  /** @param seals of the proof, added to */
  branch(seals: string[]): Branch | undefined {
    return this.sealed && { headers: this.#headers.map(headerToWire), sealed: sealedToWire(this.sealed, seals) };
  }

  #takeLine(line: ArchiveLine): void {
    if (line.kind === 'record' && line.record.seq >= this.#from) this.#headers.push(...headerOf(line.record));
    const isSealed = line.kind === 'sealed' || line.kind === 'end';
    if (isSealed && line.sealed.head.seq >= this.#from) this.sealed = line.sealed;
  }
}

function isEqualAt(one: HashedLog, other: HashedLog, seq: number): boolean {
  const [a, b] = [one.hashAt(seq), other.hashAt(seq)];
  return a !== undefined && b !== undefined && a.equals(b);
}

function headerOf(record: FullRecord | RecordHeader): RecordHeader[] {
  if (!('jws' in record)) return [record];
  const read = readRecord(record);
  if (read.kind === 'wrong') return [];
  const { id, jwsHash } = read.kind === 'event' ? read.event : read;
  return [{ epoch: record.epoch, seq: record.seq, at: record.at, event: id, jwsHash }];
}

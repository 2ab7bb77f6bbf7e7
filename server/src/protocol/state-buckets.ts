import type { StateEntry } from './state-entry.js';
import { bucketHash, STATE_BUCKETS, stateBucket, stateHashOf } from './state-hash.js';

/** The entries of a state by bucket, with each bucket's hash kept until one of its entries changes. */
export class StateBuckets {
  readonly #entries: StateEntry[][] = [];
  readonly #hashes: (Buffer | undefined)[] = [];
  #hash: Buffer | undefined;

  constructor() {
    for (let bucket = 0; bucket < STATE_BUCKETS; bucket += 1) this.#entries.push([]);
  }

  /** Puts an entry in the place of the one it replaces, if any. */
  set(entry: StateEntry, replaced: StateEntry | undefined): void {
    const bucket = stateBucket(entry.type, entry.key);
    const entries = this.#entries[bucket] ?? [];
    if (replaced === undefined) entries.push(entry);
    else entries[entries.indexOf(replaced)] = entry;
    this.#hashes[bucket] = undefined;
    this.#hash = undefined;
  }

  /** The 256 bucket hashes in order; do not change them. */
  hashes(): readonly Buffer[] {
    return this.#entries.map((entries, bucket) => (this.#hashes[bucket] ??= bucketHash(entries)));
  }

  hash(): Buffer {
    return (this.#hash ??= stateHashOf(this.hashes()));
  }

  *entries(): Generator<StateEntry> {
    for (const entries of this.#entries) yield* entries;
  }
}

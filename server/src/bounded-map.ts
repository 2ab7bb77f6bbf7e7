/** A map that forgets what was not used for longest: what strangers can make us remember has an end. */
export class BoundedMap<Key, Value> {
  readonly #map = new Map<Key, Value>();
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    const value = this.#map.get(key);
    if (value === undefined) return undefined;
    this.#map.delete(key);
    this.#map.set(key, value);
    return value;
  }

  /** @returns the value that had to go, if any */
  set(key: Key, value: Value): Value | undefined {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size <= this.#sizeMax) return undefined;
    const [oldest] = this.#map;
    if (oldest === undefined) return undefined;
    this.#map.delete(oldest[0]);
    return oldest[1];
  }

  delete(key: Key): boolean {
    return this.#map.delete(key);
  }

  clear(): void {
    this.#map.clear();
  }

  values(): IterableIterator<Value> {
    return this.#map.values();
  }
}

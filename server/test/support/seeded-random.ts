/** Numbers that look random and come again with the same seed. */
export interface SeededRandom {
  /** at least 0, below 1 */
  next(): number;
  /** whole number, at least `from` and below `to` */
  between(from: number, to: number): number;
  shuffled<Item>(items: readonly Item[]): Item[];
}

/** mulberry32: small, and good enough to vary a schedule. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from)),
    shuffled(items) {
      const keyed = items.map((item) => ({ item, place: next() }));
      return keyed.sort((one, other) => one.place - other.place).map(({ item }) => item);
    },
  };
}

import type { Random } from './random.js';

/** What may happen to one request on its way. */
export const fateNames = [
  'pass',
  'delay',
  'drop-request',
  'drop-answer',
  'duplicate',
  'reorder',
  'cut-answer',
  'overloaded',
] as const;
export type FateName = (typeof fateNames)[number];

export interface Fate {
  readonly name: FateName | 'partition';
  readonly delayMs: number;
}

/** How bad it gets. Faults are bounded, so that whoever keeps trying gets through. */
export interface Weather {
  /** of 100 requests, so many meet a fault */
  readonly faultsPercent: number;
  readonly delayMsMax: number;
  /** on one link, one after the other */
  readonly faultsInRowMax: number;
  readonly partitionMsMax: number;
  /** one request in so many begins a partition of its link */
  readonly partitionOnceIn: number;
}

export const rough: Weather = {
  ...{ faultsPercent: 40, delayMsMax: 400, faultsInRowMax: 3, partitionMsMax: 1500, partitionOnceIn: 25 },
};

interface Link {
  inRow: number;
  partitionedUntil: number;
}

/** Decides what happens to each request, from a seed, between the beginning and the end of the storm. */
export class Fates {
  /** how often each fate was met */
  readonly counts: Record<string, number> = {};
  #isStorm = false;
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #links = new Map<string, Link>();

  constructor(random: Random, weather: Weather = rough) {
    this.#random = random;
    this.#weather = weather;
  }

  begin(): void {
    this.#isStorm = true;
  }

  heal(): void {
    this.#isStorm = false;
  }

  /** @param link from whom to whom */
  next(link: string, now: number): Fate {
    const fate = this.#isStorm ? this.#draw(this.#linkOf(link), now) : { name: 'pass' as const, delayMs: 0 };
    this.counts[fate.name] = (this.counts[fate.name] ?? 0) + 1;
    return fate;
  }

  #draw(link: Link, now: number): Fate {
    const { faultsPercent, faultsInRowMax, delayMsMax, partitionMsMax, partitionOnceIn } = this.#weather;
    const random = this.#random;
    const delayMs = random.below(delayMsMax);
    if (now < link.partitionedUntil) return { name: 'partition', delayMs: 0 };
    if (link.inRow >= faultsInRowMax || random.below(100) >= faultsPercent) {
      link.inRow = 0;
      return { name: 'pass', delayMs: 0 };
    }
    link.inRow += 1;
    if (random.isLuckyOnceIn(partitionOnceIn)) {
      link.partitionedUntil = now + random.below(partitionMsMax);
      return { name: 'partition', delayMs: 0 };
    }
    return { name: random.pick(fateNames.filter((name) => name !== 'pass')), delayMs };
  }

  #linkOf(name: string): Link {
    const known = this.#links.get(name);
    if (known !== undefined) return known;
    const made = { inRow: 0, partitionedUntil: 0 };
    this.#links.set(name, made);
    return made;
  }
}

/** What a provider's contact requests came to. */
export interface ContactCounts {
  readonly asked: number;
  readonly granted: number;
  readonly reported: number;
}

const FACTOR_MIN = 1 / 16;
const FACTOR_MAX = 4;

/**
 * By how much a provider's budget for mailbox requests is multiplied: 1 for one of which nothing is known, less the
 * fewer of its people's requests are granted and the more of its people are reported.
 *
 * @see PV-LIM-010, PV-LIM-011
 */
export function contactFactor({ asked, granted, reported }: ContactCounts): number {
  const factor = (4 * (granted + 5)) / (asked + 20 + 8 * reported);
  return Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, factor));
}

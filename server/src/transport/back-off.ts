import { limits } from '@payvand/spec';

export interface Random {
  bytes(count: number): Uint8Array;
}

/**
 * How long to wait after a number of failures in a row: full jitter over a span that doubles.
 *
 * @param failures ≥ 1
 * @returns milliseconds
 * @see PV-HTTP-014
 */
export function backOffDelayMs(failures: number, random: Random): number {
  const span = Math.min(limits.backOffMsMax, limits.backOffMsMin * 2 ** Math.min(failures - 1, 30));
  const [a = 0, b = 0, c = 0] = random.bytes(3);
  return Math.round((span * (a * 65_536 + b * 256 + c)) / 0xff_ffff);
}

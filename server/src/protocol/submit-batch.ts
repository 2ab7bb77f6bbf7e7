import { limits } from '@payvand/spec';

/**
 * How many items of a submit request, from the first on, have contents that are not too much together. The first one
 * alone always counts: its own limit is that of its content.
 *
 * @param contentBytes of each item, in their order
 * @see PV-SUB-014, PV-SUB-015
 */
export function countTaken(contentBytes: readonly number[]): number {
  let sum = 0;
  const beyond = contentBytes.findIndex((bytes, index) => (sum += bytes) > limits.batchContentBytesMax && index > 0);
  return beyond < 0 ? contentBytes.length : beyond;
}

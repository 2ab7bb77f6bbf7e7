import type { Word } from './words-of.js';

const HALF_LIFE_MS = 30 * 86_400_000;
const LENGTH_MIDDLE = 24;

/**
 * How good a message answers a question whose words it has: often said in few words is good, the words as they were asked
 * in a row is better, and of two alike the newer comes first.
 */
export function rankOf(found: readonly Word[], asked: readonly Word[], ageMs: number): number {
  const said = asked.map((word) => found.filter((one) => isWord(one, word)).length);
  const often = said.reduce((sum, times) => sum + times / (times + 1), 0) / asked.length;
  const short = LENGTH_MIDDLE / (LENGTH_MIDDLE + found.length);
  const inARow = asked.length > 1 && hasRow(found, asked) ? 1 : 0;
  const fresh = HALF_LIFE_MS / (HALF_LIFE_MS + ageMs);
  return often + short + inARow + fresh / 2;
}

function hasRow(found: readonly Word[], asked: readonly Word[]): boolean {
  return found.some((_, start) => asked.every((word, offset) => isAt(found, start + offset, word)));
}

function isAt(found: readonly Word[], index: number, word: Word): boolean {
  const one = found[index];
  return one !== undefined && isWord(one, word);
}

function isWord({ whole, parts }: Word, asked: Word): boolean {
  return whole === asked.whole || parts.includes(asked.whole);
}

import { sha256 } from '../../protocol/hash.js';
import type { RoomId } from '../../protocol/identifiers.js';
import type { Word } from './words-of.js';

const WORDS_MAX = 256;
const PRIME = 0x0100_0193;

/** Turns words into the numbers of one room: the same word has another number elsewhere. */
export type WordNumbers = (words: Iterable<string>) => number[];

/**
 * Makes the numbers of a room's words. They are looked up among those of all rooms at once, so a number says in which
 * room it is; two words may share one, so what is found has to be read.
 *
 * @param key random bytes of this server
 * @returns int32, each once, at most 256
 */
export function wordNumbersOf(key: string, room: RoomId): WordNumbers {
  const seed = sha256(`${key} ${room}`).readInt32BE();
  return (words) => {
    const numbers = new Set<number>();
    for (const word of words) {
      if (numbers.size >= WORDS_MAX) break;
      numbers.add(numberOf(seed, word));
    }
    return [...numbers];
  };
}

/** What of a message is looked for: its words, their parts, and who wrote it. */
export function* indexedWords(sender: string, words: readonly Word[]): Generator<string> {
  yield senderWord(sender);
  for (const { whole } of words) yield whole;
  for (const { parts } of words) if (parts.length > 1) yield* parts;
}

/** No word of a text has an @ in it. */
export function senderWord(address: string): string {
  return `@${address}`;
}

/** FNV-1a over UTF-16 units, its bits mixed at the end. */
function numberOf(seed: number, word: string): number {
  let hash = seed;
  for (let index = 0; index < word.length; index += 1) hash = Math.imul(hash ^ word.charCodeAt(index), PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

import type { Address, EventId } from '../../protocol/identifiers.js';
import type { SearchableRoom, SearchHit, SearchPart } from '../../storage/search-rows.js';
import type { ServiceDeps } from '../deps.js';
import type { Actor } from '../room-services.js';
import { rankOf } from './rank-hit.js';
import type { SearchAnswer, SearchResult, SearchWanted } from './search-answer.js';
import { textOf } from './text-of.js';
import { indexedWords, senderWord, wordNumbersOf } from './word-numbers.js';
import { wordsOf, type Word } from './words-of.js';

const ROOMS_MAX = 2000;
const HITS_MAX = 300;
const WORDS_MAX = 16;
const TEXT_CHARACTERS_MAX = 300;

/**
 * Looks messages up in what a person may see: the newest that have all words, the best of them first.
 *
 * @see PV-SRC-001 to PV-SRC-007
 */
export async function searchMessages(
  deps: Pick<ServiceDeps, 'store' | 'clock'>,
  who: Actor,
  wanted: SearchWanted,
): Promise<SearchAnswer> {
  const { store, clock } = deps;
  const { room, since = 0, until = Number.MAX_SAFE_INTEGER, limit } = wanted;
  const rooms = await store.searchableRooms(who.accountId, { limit: ROOMS_MAX, ...(room !== undefined && { room }) });
  const behind = rooms.reduce((sum, one) => sum + one.behind, 0);
  const words = wordsOf(wanted.text).slice(0, WORDS_MAX);
  if (words.length === 0 || rooms.length === 0) return { results: [], behind };
  const key = await store.searchKey();
  const variants = variantsOf(words, wanted.sender);
  const asked = rooms.flatMap((one) => askIn(key, one, variants));
  const now = clock.now();
  const hits = await store.findHits({ asked, since, until, now, limit: HITS_MAX });
  const ranked = rank(hits, { variants, words, now });
  const oldest = hits.length === HITS_MAX ? hits.at(-1)?.at : undefined;
  return { results: ranked.slice(0, limit), behind, ...(oldest !== undefined && { oldest }) };
}

/** Compounds as one word, or the same in parts. */
function variantsOf(words: readonly Word[], sender: Address | undefined): string[][] {
  const from = sender === undefined ? [] : [senderWord(sender)];
  const whole = [...from, ...words.map((word) => word.whole)];
  const parts = [...from, ...words.flatMap((word) => word.parts)];
  return parts.length === whole.length ? [whole] : [whole, parts];
}

function askIn(key: string, { room, low, high, hidden }: SearchableRoom, variants: string[][]): SearchPart['asked'] {
  const numbersOf = wordNumbersOf(key, room);
  return variants.map((words) => ({ room, low, high, hidden, words: numbersOf(words) }));
}

/** What was found is read: two words may have one number, and an edit may be newer than the index. */
function rank(
  hits: readonly SearchHit[],
  { variants, words, now }: { variants: string[][]; words: readonly Word[]; now: number },
): SearchResult[] {
  const ranked = new Map<EventId, { result: SearchResult; rank: number }>();
  for (const { content, edited, ...hit } of hits) {
    const text = textOf(edited ?? content);
    const found = wordsOf(text);
    const held = new Set(indexedWords(hit.sender, found));
    if (!variants.some((variant) => variant.every((word) => held.has(word)))) continue;
    const ageMs = Math.max(0, now - hit.at);
    ranked.set(hit.id, { result: { ...hit, text: excerptOf(text) }, rank: rankOf(found, words, ageMs) });
  }
  const best = [...ranked.values()].sort((one, other) => other.rank - one.rank || other.result.at - one.result.at);
  return best.map(({ result }) => result);
}

function excerptOf(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= TEXT_CHARACTERS_MAX) return text;
  return `${characters.slice(0, TEXT_CHARACTERS_MAX - 1).join('')}…`;
}

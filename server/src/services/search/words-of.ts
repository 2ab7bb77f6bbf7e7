/** A word as it is looked for, and the parts it was written in. */
export interface Word {
  readonly whole: string;
  /** more than one where a half-space, or a space before an affix, stands between */
  readonly parts: readonly string[];
}

const WORDS_MAX = 512;
const WORD_CHARACTERS_MAX = 64;

// What NFKD leaves apart although people type one for the other.
const SAME: Readonly<Record<string, string>> = {
  ...{ ي: 'ی', ى: 'ی', ے: 'ی', ك: 'ک', ة: 'ه', ە: 'ه', ہ: 'ه', ھ: 'ه', ٱ: 'ا', ß: 'ss', ı: 'i' },
};
const SAME_LETTER = new RegExp(`[${Object.keys(SAME).join('')}]`, 'gu');
/** marks on letters, the stretch of Arabic script, and what is not seen at all but for the half-space */
const UNSEEN = /[\p{M}\u0640\u00ad\u061c\u200d-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
const DIGIT = /[\u0660-\u0669\u06f0-\u06f9]/g;
const WORD = /[\p{L}\p{N}\u200c]+/gu;
// Written apart by some, with a half-space by others, together by the rest.
const BEFORE: ReadonlySet<string> = new Set(['می', 'نمی']);
const AFTER: ReadonlySet<string> = new Set(['ها', 'های', 'هایی', 'هایم', 'هایت', 'هایش', 'تر', 'ترین']);

/**
 * Reads the words of a text in the one form in which all ways of writing them meet: letters of Arabic and Persian
 * keyboards, digits of either, marks, half-spaces and capitals make no difference.
 *
 * @returns at most 512, in the order of the text
 * @see PV-SRC-004
 */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let isPrefixed = false;
  for (const [raw] of normalise(text).matchAll(WORD)) {
    const parts = raw.split('\u200c').filter((part) => part !== '');
    if (parts.length === 0) continue;
    const last = words.at(-1);
    if (last !== undefined && (isPrefixed || AFTER.has(raw)))
      words[words.length - 1] = wordOf([...last.parts, ...parts]);
    else if (words.length < WORDS_MAX) words.push(wordOf(parts));
    else break;
    isPrefixed = BEFORE.has(raw);
  }
  return words;
}

function wordOf(parts: readonly string[]): Word {
  return { whole: parts.join('').slice(0, WORD_CHARACTERS_MAX), parts: parts.slice(0, WORDS_MAX).map(cut) };
}

function cut(part: string): string {
  return part.slice(0, WORD_CHARACTERS_MAX);
}

function normalise(text: string): string {
  return text
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .toLowerCase()
    .replace(SAME_LETTER, (letter) => SAME[letter] ?? letter)
    .replace(DIGIT, (digit) => String(digit.charCodeAt(0) & 0xf));
}

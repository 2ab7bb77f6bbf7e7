import type { Language, Words } from './words.js';
import { wordsEn } from './words-en.js';
import { wordsFa } from './words-fa.js';

/** The words of the pages in every language they speak. */
export const allWords: Readonly<Record<Language, Words>> = { en: wordsEn, fa: wordsFa };

import type { ConformanceReport } from '@payvand/spec';
import type { wordsEn } from './words-en.js';

export type Verdict = ConformanceReport['checks'][number]['verdict'];
export type Outcome = ConformanceReport['result'];
export type Language = 'en' | 'fa';

/** Every word of the pages, in one language. A `{name}` in a sentence is where that goes. */
export interface Words {
  readonly language: Language;
  readonly direction: 'ltr' | 'rtl';
  /** of numbers */
  readonly locale: string;
  /** of times */
  readonly calendar: string;
  readonly zone: { readonly name: string; readonly shown: string };
  readonly verdicts: Readonly<Record<Verdict, string>>;
  /** what a verdict means, in a sentence */
  readonly meanings: Readonly<Record<Verdict, string>>;
  readonly outcomes: Readonly<Record<Outcome, string>>;
  readonly headlines: Readonly<Record<Outcome, string>>;
  readonly areas: Readonly<Record<string, string>>;
  readonly profiles: Readonly<Record<string, string>>;
  readonly tiers: Readonly<Record<string, string>>;
  readonly refusals: Readonly<Record<string, string>>;
  readonly known: Readonly<Record<ConformanceReport['knownFailures'][number]['state'], string>>;
  readonly text: Readonly<Record<keyof typeof wordsEn.text, string>>;
}

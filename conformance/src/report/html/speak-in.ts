import { Markup, html } from './markup.js';
import type { Part } from './markup.js';
import type { Words } from './words.js';

const MINUTE_MS = 60_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Numbers, times and sentences in one language. */
export interface Speech {
  readonly words: Words;
  readonly number: (value: number) => string;
  /** a moment, ms */
  readonly time: (ms: number) => string;
  /** a calendar day, such as 2026-12-31 */
  readonly day: (text: string) => string;
  readonly duration: (ms: number) => string;
  readonly bytes: (count: number) => string;
  /** a sentence of the words with its gaps filled */
  readonly say: (sentence: string, gaps: Readonly<Record<string, Part>>) => Markup;
}

export function speakIn(words: Words): Speech {
  const { locale, calendar, zone, text } = words;
  const number = (value: number): string => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value);
  const moment = new Intl.DateTimeFormat(calendar, { dateStyle: 'long', timeStyle: 'short', timeZone: zone.name });
  const date = new Intl.DateTimeFormat(calendar, { dateStyle: 'long', timeZone: 'UTC' });
  const say = (sentence: string, gaps: Readonly<Record<string, Part>>): Markup =>
    html`${sentence.split(/\{(\w+)\}/).map((part, at) => (at % 2 === 0 ? part : gaps[part]))}`;
  return {
    ...{ words, number, say },
    time: (ms) => `${moment.format(ms)} ${zone.shown}`,
    day: (text) => (DAY.test(text) && !Number.isNaN(Date.parse(text)) ? date.format(Date.parse(text)) : text),
    duration: (ms) =>
      ms < MINUTE_MS
        ? say(text.seconds, { count: number(ms / 1000) }).text
        : say(text.minutes, { count: number(ms / MINUTE_MS) }).text,
    bytes: (count) =>
      new Intl.NumberFormat(locale, {
        style: 'unit',
        unit: 'kilobyte',
        maximumFractionDigits: 0,
        unitDisplay: 'long',
      }).format(count / 1000),
  };
}

/** A word of the protocol or of a stranger: in its own direction, wherever it stands. */
export function own(text: string): Markup {
  return html`<bdi dir="ltr">${text}</bdi>`;
}

/** Code, likewise. */
export function code(text: string): Markup {
  return html`<bdi dir="ltr"><code>${text}</code></bdi>`;
}

/** A sentence of the specification, which is in English; what stands in backquotes there is code. */
export function sentence(text: string): Markup {
  const parts = text.split('`').map((part, at) => (at % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
  return html`<span lang="en" dir="ltr">${parts}</span>`;
}

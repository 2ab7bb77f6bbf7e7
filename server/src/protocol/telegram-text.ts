import { isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import type { Entity } from './entities.js';

const TEXT_MAX = 16_384;
const ENTITIES_MAX = 100;
/** What marks up a text there and has a name here. What has none, and whoever is mentioned, is plain text. */
const SAME: Readonly<Record<string, string>> = {
  bold: 'bold',
  italic: 'italic',
  underline: 'underline',
  strikethrough: 'strike',
  code: 'code',
  spoiler: 'spoiler',
  blockquote: 'quote',
};
const URL = /^(https?:\/\/|mailto:|tel:)[^\u0000-\u0020\u007f-\u00a0]+$/;
const LANGUAGE = /^[A-Za-z0-9+#._-]{1,32}$/;

/**
 * The text of a message: a string, or parts one after the other. Lengths are counted in UTF-16 units, as here.
 *
 * @returns nothing where no text is left
 * @see PV-IMP-011
 */
export function textOfTelegram(item: JsonObject): JsonObject {
  const parts = partsOf(item['text_entities']) ?? partsOf(item['text']) ?? [];
  let text = '';
  const entities: Entity[] = [];
  for (const part of parts) {
    const own = typeof part === 'string' ? part : isJsonObject(part) ? part['text'] : undefined;
    if (typeof own !== 'string' || own === '') continue;
    const piece = clean(own.slice(0, TEXT_MAX - text.length));
    const entity = isJsonObject(part) ? entityOf(part, piece) : undefined;
    const place = { offset: text.length, length: piece.length };
    if (entity !== undefined && piece !== '' && entities.length < ENTITIES_MAX) entities.push({ ...entity, ...place });
    text += piece;
  }
  if (text.trim() === '') return {};
  return { text, ...(entities.length > 0 && { entities }) };
}

function partsOf(value: unknown): readonly unknown[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.length > 0 ? (value as unknown[]) : undefined;
}

function entityOf(part: JsonObject, text: string): Pick<Entity, 'type' | 'lang' | 'url'> | undefined {
  const type = String(part['type']);
  const same = SAME[type];
  if (same !== undefined) return { type: same };
  if (type === 'pre') {
    const { language } = part;
    return typeof language === 'string' && LANGUAGE.test(language) ? { type, lang: language } : { type };
  }
  const url = urlOf(type, part, text);
  return url !== undefined && url.length <= 2048 && URL.test(url) ? { type: 'link', url } : undefined;
}

function urlOf(type: string, { href }: JsonObject, text: string): string | undefined {
  if (type === 'text_link') return typeof href === 'string' ? href : undefined;
  if (type === 'link') return /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (type === 'email') return `mailto:${text}`;
  return type === 'phone' ? `tel:${text.replace(/[^+0-9]/g, '')}` : undefined;
}

/** An export may hold half characters and U+0000; our texts do not. */
function clean(text: string): string {
  return Buffer.from(text).toString().replaceAll('\u0000', '');
}

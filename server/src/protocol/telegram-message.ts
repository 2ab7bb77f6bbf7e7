import type { ImportedMedia, ImportedMessage, ImportedPerson, ImportedService } from './imported-lines.js';
import { isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { faultOfMessage } from './message-content.js';
import { textOfTelegram } from './telegram-text.js';

const NAME_MAX = 128;
const PEOPLE_MAX = 200;
const REACTIONS_MAX = 64;
const DEGREE = 10_000_000;
/** An export puts a sentence in brackets where the file itself is not in it. */
const IS_MISSING = /^\(.*\)$/;
/** Members of an export that name a file, and what they name. */
const FILES: readonly (readonly [member: string, kind: string])[] = [
  ['photo', 'photo'],
  ['file', 'file'],
];
const KINDS: Readonly<Record<string, string>> = {
  sticker: 'sticker',
  video_message: 'video',
  voice_message: 'voice',
  animation: 'animation',
  video_file: 'video',
  audio_file: 'audio',
};

export type ImportedItem =
  | { readonly kind: 'message'; readonly message: ImportedMessage }
  | { readonly kind: 'service'; readonly service: ImportedService };

/**
 * What one element of `messages` in an export of Telegram Desktop says, as far as we have words for it.
 *
 * @returns undefined where it has no id or time
 * @see PV-IMP-004 to PV-IMP-006, PV-IMP-011
 */
export function readTelegramMessage(item: JsonObject): ImportedItem | undefined {
  const id = countOf(item['id']);
  const time = timeOf(item, 'date');
  if (id === undefined || time === undefined) return undefined;
  return item['type'] === 'service'
    ? { kind: 'service', service: { id, ...time, ...serviceOf(item) } }
    : { kind: 'message', message: { id, ...time, ...messageOf(item) } };
}

function messageOf(item: JsonObject): Omit<ImportedMessage, 'id' | 'at'> {
  const by = personOf(item['from'], item['from_id']);
  const content = contentOf(item);
  const edited = timeOf(item, 'edited')?.at;
  const reply = countOf(item['reply_to_message_id']);
  const forwarded = personOf(item['forwarded_from'] ?? item['saved_from'], item['forwarded_from_id']);
  const via = nameOf(item['via_bot']);
  const media = mediaOf(item);
  const tally = content?.['poll'] === undefined ? undefined : tallyOf(item['poll']);
  const reactions = reactionsOf(item['reactions']);
  return {
    ...(by !== undefined && { by }),
    ...(content !== undefined && { content }),
    // An export of old says so of what was never edited.
    ...(edited !== undefined && edited > 0 && { edited }),
    ...(reply !== undefined && { reply }),
    ...(forwarded !== undefined && { forwarded }),
    ...(via !== undefined && { via }),
    ...(media !== undefined && { media }),
    ...(tally !== undefined && { tally }),
    ...(reactions.length > 0 && { reactions }),
  };
}

/** The content that the message would have had here; a body that does not fit ours is told in words. */
function contentOf(item: JsonObject): JsonObject | undefined {
  const said = textOfTelegram(item);
  for (const body of [locationOf(item), contactOf(item), pollOf(item)]) {
    if (body === undefined) continue;
    const { alt, ...rest } = body;
    const whole = { ...said, ...rest, alt };
    if (Object.keys(rest).length > 0 && faultOfMessage(whole) === undefined) return whole;
    return 'text' in said ? said : { text: alt };
  }
  return 'text' in said ? said : undefined;
}

type Body = JsonObject & { readonly alt: string };

function locationOf(item: JsonObject): Body | undefined {
  const place = item['location_information'];
  if (!isJsonObject(place)) return undefined;
  const [lat, lon] = [degreesOf(place['latitude'], 90), degreesOf(place['longitude'], 180)];
  if (lat === undefined || lon === undefined) return undefined;
  const title = nameOf(item['place_name'] ?? item['address']);
  const alt = `${title === undefined ? '' : `${title}: `}${String(lat / DEGREE)}, ${String(lon / DEGREE)}`;
  return { location: { lat, lon, ...(title !== undefined && { title }) }, alt };
}

function contactOf(item: JsonObject): Body | undefined {
  const card = item['contact_information'];
  if (!isJsonObject(card)) return undefined;
  const name = nameOf([card['first_name'], card['last_name']].filter((part) => typeof part === 'string').join(' '));
  const digits = typeof card['phone_number'] === 'string' ? card['phone_number'].replace(/\D/g, '') : '';
  const phone = /^[0-9]{5,15}$/.test(digits) ? `+${digits}` : undefined;
  if (name === undefined && phone === undefined) return undefined;
  const known = name ?? phone ?? '';
  return { contact: { name: known, ...(phone !== undefined && { phone }) }, alt: lineOf(known, NAME_MAX) };
}

function pollOf({ poll }: JsonObject): Body | undefined {
  if (!isJsonObject(poll)) return undefined;
  const question = lineOf(poll['question'], 300);
  const options = answersOf(poll).map(({ text }) => lineOf(text, 100));
  const isOurs = options.length >= 2 && options.length <= 12 && new Set(options).size === options.length;
  const alt = lineOf(`${question}: ${options.join(' / ')}`, 200);
  return isOurs && question !== '' && !options.includes('') ? { poll: { question, options }, alt } : { alt };
}

function tallyOf(poll: unknown): number[] | undefined {
  return isJsonObject(poll) ? answersOf(poll).map(({ voters }) => countOf(voters) ?? 0) : undefined;
}

function answersOf({ answers }: JsonObject): JsonObject[] {
  return Array.isArray(answers) ? answers.filter(isJsonObject).slice(0, 64) : [];
}

/** A file by its name alone: where it lies on somebody's disk is nobody's business. */
function mediaOf(item: JsonObject): ImportedMedia | undefined {
  const [member, kind] = FILES.find(([name]) => typeof item[name] === 'string') ?? [];
  if (member === undefined || kind === undefined) return undefined;
  const path = String(item[member]);
  const isMissing = IS_MISSING.test(path);
  const name = nameOf(item['file_name']) ?? (isMissing ? undefined : nameOf(path.split(/[/\\]/).at(-1)));
  const mime = lineOf(item['mime_type'], 64);
  const emoji = lineOf(item['sticker_emoji'], 16);
  const bytes = countOf(item[`${member}_size`] ?? item['photo_file_size']);
  const [seconds, width, height] = ['duration_seconds', 'width', 'height'].map((one) => countOf(item[one]));
  return {
    kind: KINDS[String(item['media_type'])] ?? kind,
    ...(name !== undefined && { name }),
    ...(mime !== '' && { mime }),
    ...(bytes !== undefined && { bytes }),
    ...(seconds !== undefined && { seconds }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(emoji !== '' && { emoji }),
    ...(isMissing && { missing: true as const }),
  };
}

function reactionsOf(value: unknown): { emoji: string; count: number }[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isJsonObject)
    .map((one) => ({ emoji: lineOf(one['emoji'], 32), count: countOf(one['count']) ?? 0 }))
    .filter(({ emoji, count }) => emoji !== '' && count > 0)
    .slice(0, REACTIONS_MAX);
}

function serviceOf(item: JsonObject): Omit<ImportedService, 'id' | 'at'> {
  const by = personOf(item['actor'], item['actor_id']);
  const members = Array.isArray(item['members']) ? item['members'].flatMap((one) => nameOf(one) ?? []) : [];
  const title = nameOf(item['title'] ?? item['new_title']);
  const about = countOf(item['message_id']);
  return {
    ...(by !== undefined && { by }),
    action: lineOf(item['action'], 64),
    ...(members.length > 0 && { people: members.slice(0, PEOPLE_MAX) }),
    ...(title !== undefined && { title }),
    ...(about !== undefined && { about }),
  };
}

/** @returns undefined where neither name nor id is known, as of accounts that were deleted */
function personOf(name: unknown, id: unknown): ImportedPerson | undefined {
  const known = nameOf(name);
  const text = typeof id === 'number' ? String(id) : lineOf(id, 64);
  if (known === undefined && text === '') return undefined;
  return { ...(text !== '' && { id: text }), ...(known !== undefined && { name: known }) };
}

function timeOf(item: JsonObject, member: string): { at: number; local?: true } | undefined {
  const seconds = Number(item[`${member}_unixtime`] ?? Number.NaN);
  if (Number.isSafeInteger(seconds) && seconds >= 0 && seconds < 1e11) return { at: seconds * 1000 };
  const text = item[member];
  const local = typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) ? Date.parse(`${text}Z`) : -1;
  return local >= 0 ? { at: local, local: true } : undefined;
}

function degreesOf(value: unknown, max: number): number | undefined {
  const degrees = typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
  return Math.abs(degrees) <= max ? Math.round(degrees * DEGREE) + 0 : undefined;
}

function nameOf(value: unknown): string | undefined {
  const line = lineOf(value, NAME_MAX);
  return line === '' ? undefined : line;
}

/** One line of well-formed text, cut where it is too long; nothing where there is none. */
function lineOf(value: unknown, charactersMax: number): string {
  if (typeof value !== 'string') return '';

  const line = Buffer.from(value.slice(0, 4096))
    .toString()
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
  return Array.from(line).slice(0, charactersMax).join('');
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

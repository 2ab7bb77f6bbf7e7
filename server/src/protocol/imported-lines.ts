import { accept, refuse } from './checked.js';
import type { Checked } from './checked.js';
import { isCount, isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';
import { faultOfMessage } from './message-content.js';
import { parseStrictJson } from './strict-json.js';

/** What the first line of an imported archive says. */
export interface ImportedHeader {
  /** the program that wrote what was imported */
  readonly from: 'telegram-desktop';
  readonly chat: { readonly id: string; readonly kind: string; readonly title: string | null };
  /** ms, of the import */
  readonly at: number;
  /** base64url of the importer's public key */
  readonly key: string;
}

/** Somebody as the source names them: no address of ours, and nobody who signed. */
export interface ImportedPerson {
  readonly id?: string;
  readonly name?: string;
}

/** A file that somebody sent; it is not in the archive. */
export interface ImportedMedia {
  readonly kind: string;
  readonly name?: string;
  readonly mime?: string;
  readonly bytes?: number;
  readonly seconds?: number;
  readonly width?: number;
  readonly height?: number;
  readonly emoji?: string;
  /** not even the export had it */
  readonly missing?: true;
}

export interface ImportedMessage {
  readonly id: number;
  /** ms */
  readonly at: number;
  /** the source says no time zone: `at` takes its clock for UTC */
  readonly local?: true;
  readonly by?: ImportedPerson;
  /** that of a `message`, without salt */
  readonly content?: JsonObject;
  readonly edited?: number;
  /** id of another message */
  readonly reply?: number;
  readonly forwarded?: ImportedPerson;
  readonly via?: string;
  readonly media?: ImportedMedia;
  /** votes for each option of a poll */
  readonly tally?: readonly number[];
  readonly reactions?: readonly { readonly emoji: string; readonly count: number }[];
}

/** Something that happened in the chat. */
export interface ImportedService {
  readonly id: number;
  readonly at: number;
  readonly local?: true;
  readonly by?: ImportedPerson;
  /** as the source calls it */
  readonly action: string;
  readonly people?: readonly string[];
  readonly title?: string;
  /** id of the message it is about */
  readonly about?: number;
}

/** One line of an imported archive, read; nothing in it is verified. */
export type ImportedLine =
  | { readonly kind: 'header'; readonly header: ImportedHeader }
  | { readonly kind: 'message'; readonly message: ImportedMessage }
  | { readonly kind: 'service'; readonly service: ImportedService }
  | { readonly kind: 'end'; readonly messages: number; readonly services: number; readonly seal: string };

const LINE_BYTES_MAX = 524_288;
const FORMAT = 'payvand-imported';

/** @see PV-IMP-002 */
export function importedHeaderText({ from, chat, at, key }: ImportedHeader): string {
  return JSON.stringify({ imported: FORMAT, version: 1, from, chat, at, key });
}

/** @see PV-IMP-008 */
export function importedEndText(counts: { messages: number; services: number }, seal: string): string {
  return JSON.stringify({ end: counts, seal });
}

/** Whether a line is the first of an imported archive, good or not. */
export function startsImported(bytes: Uint8Array): boolean {
  const json = parseStrictJson(bytes, { bytesMax: LINE_BYTES_MAX });
  return json.ok && isJsonObject(json.value) && json.value['imported'] === FORMAT;
}

/**
 * Reads one line of an imported archive, without its line feed.
 *
 * @returns refused `bad-import`
 * @see PV-IMP-001 to PV-IMP-008
 */
export function parseImportedLine(text: Uint8Array): Checked<ImportedLine> {
  const json = parseStrictJson(text, { bytesMax: LINE_BYTES_MAX });
  if (!json.ok) return refuse('bad-import', json.code);
  const line = json.value;
  if (!isJsonObject(line)) return refuse('bad-import', 'not an object');
  const read = readHeader(line) ?? readMessage(line['message']) ?? readService(line['service']) ?? readEnd(line);
  return read === undefined ? refuse('bad-import', 'no kind of line') : accept(read);
}

function readHeader(line: JsonObject): ImportedLine | undefined {
  const { imported, version, from, chat, at, key } = line;
  if (imported !== FORMAT || version !== 1 || from !== 'telegram-desktop' || !isJsonObject(chat)) return undefined;
  const { id, kind, title } = chat;
  const isNamed = typeof id === 'string' && typeof kind === 'string' && (title === null || typeof title === 'string');
  if (!isNamed || !isCount(at) || typeof key !== 'string') return undefined;
  return { kind: 'header', header: { from, chat: { id, kind, title }, at, key } };
}

function readMessage(value: unknown): ImportedLine | undefined {
  if (!isJsonObject(value) || !isPlaced(value)) return undefined;
  const { content, media, edited, reply } = value;
  const isSaid = content === undefined || (isJsonObject(content) && isContent(content));
  const isSent = media === undefined || (isJsonObject(media) && typeof media['kind'] === 'string');
  const isLinked = [edited, reply].every((number) => number === undefined || isCount(number));
  if (!isSaid || !isSent || !isLinked) return undefined;
  return { kind: 'message', message: value as unknown as ImportedMessage };
}

/** What our own messages may say, without mentions: nobody of the source has an address. @see PV-IMP-004 */
function isContent(content: JsonObject): boolean {
  const { text, entities } = content;
  if ((text !== undefined && typeof text !== 'string') || faultOfMessage(content) !== undefined) return false;
  return !(Array.isArray(entities) && entities.some((one) => isJsonObject(one) && one['type'] === 'mention'));
}

function readService(value: unknown): ImportedLine | undefined {
  if (!isJsonObject(value) || !isPlaced(value) || typeof value['action'] !== 'string') return undefined;
  return { kind: 'service', service: value as unknown as ImportedService };
}

function isPlaced({ id, at, by }: JsonObject): boolean {
  return isCount(id) && isCount(at) && (by === undefined || isJsonObject(by));
}

function readEnd({ end, seal }: JsonObject): ImportedLine | undefined {
  if (!isJsonObject(end) || typeof seal !== 'string') return undefined;
  const { messages, services } = end;
  return isCount(messages) && isCount(services) ? { kind: 'end', messages, services, seal } : undefined;
}

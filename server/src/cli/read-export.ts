import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { isJsonObject } from '../protocol/json-shape.js';
import type { JsonObject } from '../protocol/json-shape.js';
import { CommandError } from './command.js';

/** What an export holds, in its order: a chat, then its messages. */
export type ExportItem =
  | {
      readonly kind: 'chat';
      readonly chat: { readonly id: string; readonly kind: string; readonly title: string | null };
    }
  | { readonly kind: 'message'; readonly message: JsonObject };

interface Frame {
  readonly isList: boolean;
  /** keys of all that is around, from the outside, and its own */
  readonly path: string;
  /** of what comes next in it */
  key: string;
  /** scalar members of a chat */
  readonly facts: Map<string, unknown> | undefined;
}

const ELEMENT_CHARACTERS_MAX = 1_048_576;
const DEPTH_MAX = 64;
const CHATS: ReadonlySet<string> = new Set(['', '/chats/list/', '/left_chats/list/']);
const FACTS: ReadonlySet<string> = new Set(['name', 'type', 'id']);
const MARK = /["{}[\],:]/g;
const STRING_END = /["\\]/g;

/**
 * Reads an export of Telegram Desktop (`result.json`, of one chat or of everything) piece by piece: no more of it is in memory
 * than one message, whatever its size.
 *
 * @throws CommandError `unreadable` · `bad-export` (no such JSON, or broken) · `too-large` (a message of more than 1 MiB)
 * @see PV-IMP-012
 */
export async function* readExport(file: string): AsyncGenerator<ExportItem> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const scanner = new ExportScanner();
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 65_536 }) as AsyncIterable<Buffer>)
      yield* scanner.take(decode(decoder, chunk));
    yield* scanner.take(decode(decoder));
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError('unreadable', `${file} cannot be read: ${(cause as Error).message}`, { exitCode: 3, cause });
  }
  scanner.end();
}

function decode(decoder: TextDecoder, chunk?: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch (cause) {
    throw new CommandError('bad-export', 'the file is not UTF-8', { exitCode: 3, cause });
  }
}

/** Finds chats and their messages in JSON text that comes in pieces. */
class ExportScanner {
  readonly #stack: Frame[] = [];
  #text = '';
  /** where the next look begins, and what has to be kept */
  #at = 0;
  #keep: number | undefined;
  #isString = false;
  /** depth at which the element began that is being kept */
  #element: number | undefined;
  #chats = 0;

  *take(chunk: string): Generator<ExportItem> {
    const from = this.#keep ?? this.#at;
    this.#text = this.#text.slice(from) + chunk;
    this.#at -= from;
    if (this.#keep !== undefined) this.#keep = 0;
    if (this.#text.length - chunk.length > ELEMENT_CHARACTERS_MAX) throw tooLarge();
    while (this.#at < this.#text.length) {
      const pattern = this.#isString ? STRING_END : MARK;
      pattern.lastIndex = this.#at;
      const found = pattern.exec(this.#text);
      if (found === null) {
        this.#at = this.#text.length;
        return;
      }
      // What is escaped may be in the next piece.
      if (found[0] === '\\' && found.index + 1 >= this.#text.length) {
        this.#at = found.index;
        return;
      }
      const item = this.#mark(found[0], found.index);
      if (item !== undefined) yield item;
    }
  }

  end(): void {
    if (this.#stack.length > 0 || this.#isString) throw bad('the file ends in the middle');
    if (this.#chats === 0) throw bad('there is no chat in it: it is no export of Telegram Desktop in JSON');
  }

  #mark(mark: string, index: number): ExportItem | undefined {
    this.#at = index + 1;
    if (this.#isString) return this.#inString(mark, index);
    if (mark === '"') this.#isString = true;
    if (mark === '"' && this.#keep === undefined) this.#keep = index;
    if (mark === ':') this.#colon(index);
    if (mark === ',') this.#scalar(index);
    if (mark === '{' || mark === '[') return this.#open(mark, index);
    return mark === '}' || mark === ']' ? this.#close(mark, index) : undefined;
  }

  #inString(mark: string, index: number): undefined {
    if (mark === '\\') {
      this.#at = index + 2;
      return;
    }
    this.#isString = false;
    // Kept: an element, the key of something, or a fact of a chat. Other texts may be as long as they like.
    if (this.#element !== undefined || this.#stack.at(-1)?.isList === false) return;
    this.#keep = undefined;
  }

  /** What stands before a colon is a key. */
  #colon(index: number): void {
    const frame = this.#stack.at(-1);
    if (this.#element !== undefined || frame === undefined) return;
    frame.key = String(parse(this.#text.slice(this.#keep ?? index, index)));
    this.#keep = frame.facts !== undefined && FACTS.has(frame.key) ? index + 1 : undefined;
  }

  /** What stands before a comma or a bracket may be a fact of a chat. */
  #scalar(index: number): void {
    const frame = this.#stack.at(-1);
    if (this.#element !== undefined || frame === undefined) return;
    const { facts, key } = frame;
    if (facts !== undefined && FACTS.has(key) && this.#keep !== undefined)
      facts.set(key, parse(this.#text.slice(this.#keep, index)));
    frame.key = '';
    this.#keep = undefined;
  }

  #open(mark: '{' | '[', index: number): ExportItem | undefined {
    const around = this.#stack.at(-1);
    if (this.#stack.length >= DEPTH_MAX) throw bad('it is nested too deep');
    const path = around === undefined ? '' : `${around.path}/${around.key}`;
    const isList = mark === '[';
    const isMessages = isList && around?.facts !== undefined && around.key === 'messages';
    const isElement = this.#element === undefined && !isList && around?.isList === true && path.endsWith(MESSAGES_END);
    if (this.#element === undefined) this.#keep = isElement ? index : undefined;
    if (isElement) this.#element = this.#stack.length;
    const facts = this.#element === undefined && !isList && CHATS.has(path) ? new Map<string, unknown>() : undefined;
    this.#stack.push({ isList, path: isMessages ? MESSAGES : path, key: '', facts });
    return isMessages ? { kind: 'chat', chat: this.#chatOf(around.facts) } : undefined;
  }

  #close(mark: string, index: number): ExportItem | undefined {
    this.#scalar(index);
    const frame = this.#stack.pop();
    if (frame === undefined || frame.isList !== (mark === ']')) throw bad('brackets do not match');
    if (this.#element !== this.#stack.length) return undefined;
    const message = parse(this.#text.slice(this.#keep, index + 1));
    if (index + 1 - (this.#keep ?? 0) > ELEMENT_CHARACTERS_MAX) throw tooLarge();
    this.#element = undefined;
    this.#keep = undefined;
    return isJsonObject(message) ? { kind: 'message', message } : undefined;
  }

  #chatOf(facts: ReadonlyMap<string, unknown>): Extract<ExportItem, { kind: 'chat' }>['chat'] {
    this.#chats += 1;
    const [id, type, name] = [facts.get('id'), facts.get('type'), facts.get('name')];
    const isId = typeof id === 'number' || typeof id === 'string';
    return {
      id: isId ? String(id).slice(0, 64) : '',
      kind: typeof type === 'string' ? type.slice(0, 64) : '',
      title: typeof name === 'string' ? Array.from(Buffer.from(name).toString()).slice(0, 128).join('') : null,
    };
  }
}

/** The path of a chat's list of messages, which no key can give. */
const MESSAGES = '\u0000messages';
const MESSAGES_END = `${MESSAGES}/`;

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new CommandError('bad-export', 'it is no JSON', { exitCode: 3, cause });
  }
}

function bad(why: string): CommandError {
  return new CommandError('bad-export', why, { exitCode: 3 });
}

function tooLarge(): CommandError {
  return new CommandError('too-large', 'a message in it has more than 1 MiB', { exitCode: 3 });
}

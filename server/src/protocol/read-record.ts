import { checkContent } from './content.js';
import { EVENT_PAYLOAD_BYTES_MAX, parseEvent } from './event.js';
import type { ParsedEvent } from './event.js';
import { sha256, sha256Base64url } from './hash.js';
import { eventIdFromHash } from './identifiers.js';
import type { EventId } from './identifiers.js';
import type { JsonObject } from './json-shape.js';
import { parseJws } from './jws.js';
import { parseKeyStatement } from './key-statement.js';
import type { KeyStatement } from './key-statement.js';
import { carriesStatement } from './rules/event-rules.js';

/** The texts of a record, as they came. */
export interface RecordTexts {
  readonly jws: string;
  readonly content: string | null;
  readonly statement?: string;
}

/** A record taken apart, ready for the rules. */
export interface ReadEvent {
  readonly kind: 'event';
  readonly event: ParsedEvent;
  /** of a state event whose content is well-formed; see `RuleInput` */
  readonly content: JsonObject | undefined;
  /** that the content names and that is well-formed */
  readonly attachedStatement: KeyStatement | undefined;
}

/** A record with a payload that is no event: it breaks R1, and keeps its place in the chain. */
export interface UnreadableEvent {
  readonly kind: 'unreadable';
  readonly id: EventId;
  readonly jwsHash: Buffer;
  readonly detail: string;
}

/** These texts are not what the log says: whoever sent them is to be asked again, or someone else. */
export interface WrongTexts {
  readonly kind: 'wrong';
  readonly code: 'bad-chain' | 'content-mismatch' | 'content-missing';
  readonly detail: string;
}

/**
 * Takes the texts of a record apart. What makes an event bad for everyone is left to the rules; what only these texts
 * lack, another copy of the same log may have, so it is no verdict.
 *
 * @param parseStatement for a caller that keeps parsed statements by their text
 * @see PV-ROOM-015 to PV-ROOM-018
 */
export function readRecord(
  texts: RecordTexts,
  parseStatement: (jws: string) => KeyStatement | undefined = readStatement,
): ReadEvent | UnreadableEvent | WrongTexts {
  const read = parseEvent(texts.jws);
  if (!read.ok) return nameUnreadable(texts.jws, read.detail);
  const event = read.value;
  if (event.fields.key === undefined) return readMessage(event, texts.content);
  if (texts.content === null) return wrong('content-missing', 'content of a state event');
  const content = checkContent(event, texts.content);
  if (!content.ok && content.code === 'content-mismatch') return wrong('content-mismatch', 'content of a state event');
  if (!content.ok || content.value === undefined || !carriesStatement(event))
    return { kind: 'event', event, content: content.ok ? content.value : undefined, attachedStatement: undefined };
  if (texts.statement === undefined) return wrong('content-missing', 'statement');
  if (sha256Base64url(texts.statement) !== content.value['statement']) return wrong('content-mismatch', 'statement');
  return { kind: 'event', event, content: content.value, attachedStatement: parseStatement(texts.statement) };
}

/** Only the hash counts: whether a message's text is well-formed cannot matter where it may be gone. */
function readMessage(event: ParsedEvent, content: string | null): ReadEvent | WrongTexts {
  const isOwn = content === null || sha256Base64url(content) === event.fields.content;
  if (!isOwn) return wrong('content-mismatch', 'content');
  return { kind: 'event', event, content: undefined, attachedStatement: undefined };
}

/** An event id is the hash of payload bytes; a text without such bytes can be no part of a chain. */
function nameUnreadable(jws: string, detail: string): UnreadableEvent | WrongTexts {
  const parsed = parseJws(jws, 'payvand-event', EVENT_PAYLOAD_BYTES_MAX);
  if (!parsed.ok) return wrong('bad-chain', parsed.code);
  return { kind: 'unreadable', id: eventIdFromHash(sha256(parsed.jws.payload)), jwsHash: sha256(jws), detail };
}

function readStatement(jws: string): KeyStatement | undefined {
  const read = parseKeyStatement(jws);
  return read.ok ? read.value : undefined;
}

function wrong(code: WrongTexts['code'], detail: string): WrongTexts {
  return { kind: 'wrong', code, detail };
}

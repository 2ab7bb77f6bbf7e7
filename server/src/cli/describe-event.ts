import { entitiesOf } from '../protocol/entities.js';
import { textIn } from './api-client.js';
import type { Json } from './api-client.js';
import { quote } from './chat-screen.js';

/** One line of a room's log for people; undefined for what they need not see. */
export function describeEvent(event: Json): string | undefined {
  const content = (event['content'] ?? {}) as Json;
  const sender = quote(String(event['sender']));
  const effects = (event['effects'] ?? {}) as Json;
  if (event['void'] !== undefined) return `✗ an event of ${sender} broke a rule (${textIn(event, 'void') ?? ''})`;
  if (effects['deleted'] !== undefined) return `${sender}  (deleted)`;
  switch (event['type']) {
    case 'message':
      return `${sender}  ${describeMessage(event, { content, effects })}`;
    case 'message.edit':
      return typeof content['text'] === 'string' ? `${sender}  edited: ${describeText(content)}` : undefined;
    case 'message.delete':
      return `${sender}  deleted a message`;
    case 'reaction':
      return typeof content['emoji'] === 'string' ? `${sender}  ${quote(content['emoji'])}` : undefined;
    case 'message.vote':
      return undefined;
    case 'message.poll-close':
      return `${sender}  closed a poll`;
    case 'member':
      return `${sender}  ${content['membership'] === 'joined' ? 'joined' : 'left'}`;
    case 'room.settings':
      return `${sender}  set the room: ${describeSettings(content)}`;
    case 'room.pins':
      return `${sender}  changed the pins`;
    case 'room.deny':
      return `${sender}  ${content['denied'] === true ? 'keeps out' : 'lets in again'} all of ${quote(String(event['key']))}`;
    case 'room.info':
      return `${sender}  named the room ${quote(textIn(content, 'title') ?? '')}`;
    default:
      return typeof content['alt'] === 'string' ? `${sender}  ${quote(content['alt'])}` : undefined;
  }
}

function describeSettings({ timer, slow }: Json): string {
  const parts = [
    typeof timer === 'number' ? `messages disappear after ${timer} s` : 'messages stay',
    typeof slow === 'number' ? `one message in ${slow} s` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function describeMessage(event: Json, { content, effects }: { content: Json; effects: Json }): string {
  const edited = effects['edited'] as Json | undefined;
  const text = describeText(edited === undefined ? content : { ...content, entities: undefined, ...edited });
  const rel = (event['rel'] ?? []) as [string, string][];
  const { count } = (effects['thread'] ?? {}) as Json;
  const parts = [
    rel.some(([kind]) => kind === 'thread') ? '↳' : '',
    content['forwarded'] === undefined ? '' : '↪',
    describeTopic(content['topic']),
    text ?? '',
    describeBody(content),
    edited === undefined ? '' : '(edited)',
    content['silent'] === true ? '(silent)' : '',
    typeof count === 'number' ? `(${count} in its thread)` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '(gone)' : parts.join(' ');
}

function describeTopic(topic: unknown): string {
  const title = textIn((topic ?? {}) as Json, 'title');
  return title === undefined ? '' : `# ${quote(title)}:`;
}

const MASK = '▒';

/** A terminal shows where links lead, and of a spoiler only its length. */
function describeText(content: Json): string | undefined {
  const { text } = content;
  if (typeof text !== 'string') return undefined;
  let shown = text;
  const links: string[] = [];
  for (const { type, offset, length, url } of entitiesOf(content)) {
    if (type === 'spoiler') shown = shown.slice(0, offset) + MASK.repeat(length) + shown.slice(offset + length);
    if (type === 'link' && url !== undefined && text.slice(offset, offset + length) !== url) links.push(quote(url));
  }
  return links.length === 0 ? quote(shown) : `${quote(shown)} [${links.join(' ')}]`;
}

function describeBody(content: Json): string {
  const { location, contact, poll, alt } = content;
  if (isObject(poll) && Array.isArray(poll['options'])) return describePoll(poll, poll['options']);
  if (isObject(location)) return describePlace(location);
  if (isObject(contact)) {
    const known = ['name', 'address', 'phone'].flatMap((member) => textIn(contact, member) ?? []);
    return `👤 ${known.map(quote).join(' ')}`;
  }
  return typeof alt === 'string' && content['text'] === undefined ? quote(alt) : '';
}

function describePoll(poll: Json, options: readonly unknown[]): string {
  const kinds = ['multiple', 'anonymous', 'quiz'].filter((kind) => poll[kind] !== undefined);
  const listed = options.map((option, index) => `${index + 1} ${quote(String(option))}`);
  return `📊 ${quote(textIn(poll, 'question') ?? '')} ${kinds.length === 0 ? '' : `(${kinds.join(', ')}) `}${listed.join('  ')}`;
}

function describePlace(location: Json): string {
  const { lat, lon, accuracy } = location;
  const degrees = [lat, lon].map((value) => (Number(value) / 1e7).toFixed(5)).join(', ');
  const title = textIn(location, 'title');
  const around = typeof accuracy === 'number' ? ` ±${accuracy} m` : '';
  return `📍 ${title === undefined ? '' : `${quote(title)} `}${degrees}${around}`;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

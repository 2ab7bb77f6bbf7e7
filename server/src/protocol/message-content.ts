import { faultOfEntities } from './entities.js';
import { isJsonObject } from './json-shape.js';
import type { JsonObject } from './json-shape.js';

const BODIES = ['location', 'contact', 'poll'] as const;

/**
 * What is wrong with the content of a `message` or `message.edit` that has the shape of its type: what a shape cannot say.
 *
 * @returns JSON pointer of the member at fault; undefined where nothing is
 * @see PV-MSG-001 to PV-MSG-006
 */
export function faultOfMessage(content: JsonObject): string | undefined {
  const { text, entities, alt, forwarded } = content;
  const bodies = BODIES.filter((body) => content[body] !== undefined);
  if (bodies.length > 1) return `/${bodies[1] ?? ''}`;
  if (text === undefined && bodies.length === 0) return '/text';
  if (bodies.length > 0 && alt === undefined) return '/alt';
  if (isJsonObject(forwarded) && (forwarded['jws'] === undefined) !== (forwarded['content'] === undefined))
    return '/forwarded';
  return faultOfEntities(text, entities) ?? faultOfContact(content['contact']) ?? faultOfPoll(content['poll']);
}

function faultOfContact(contact: unknown): string | undefined {
  if (!isJsonObject(contact)) return undefined;
  return contact['address'] === undefined && contact['phone'] === undefined ? '/contact' : undefined;
}

function faultOfPoll(poll: unknown): string | undefined {
  if (!isJsonObject(poll) || !isJsonObject(poll['quiz'])) return undefined;
  const { options, multiple, quiz } = poll;
  if (multiple !== undefined) return '/poll/multiple';
  const isAnswer = Array.isArray(options) && Number(quiz['correct']) < options.length;
  return isAnswer ? undefined : '/poll/quiz/correct';
}

import { isJsonObject } from '../../protocol/json-shape.js';

const MEMBERS = ['text', 'alt', 'title', 'name', 'question', 'explanation'];
const HOLDERS = ['poll', 'location', 'contact', 'topic'];

/**
 * What can be looked for in a message: its text, and the words of what it holds instead.
 *
 * @param content as the log has it
 * @returns '' where nothing can be read, for instance because it is encrypted
 */
export function textOf(content: string): string {
  const value = parse(content);
  if (!isJsonObject(value)) return '';
  const texts = textsIn(value);
  for (const holder of HOLDERS) if (isJsonObject(value[holder])) texts.push(...textsIn(value[holder]));
  return texts.join('\n');
}

function textsIn(value: Readonly<Record<string, unknown>>): string[] {
  const texts = MEMBERS.map((member) => value[member]);
  const options = Array.isArray(value['options']) ? (value['options'] as unknown[]) : [];
  return [...texts, ...options].filter((text) => typeof text === 'string');
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

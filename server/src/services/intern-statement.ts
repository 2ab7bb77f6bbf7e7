import { parseKeyStatement } from '../protocol/key-statement.js';
import type { KeyStatement } from '../protocol/key-statement.js';

const STATEMENTS_MAX = 10_000;
const statements = new Map<string, KeyStatement>();

/**
 * Parses a key statement once for all the rooms that name it.
 *
 * @returns undefined when it is malformed; signatures are not looked at
 */
export function internStatement(jws: string): KeyStatement | undefined {
  const known = statements.get(jws);
  if (known !== undefined) return known;
  const parsed = parseKeyStatement(jws);
  if (!parsed.ok) return undefined;
  for (const oldest of statements.keys()) {
    if (statements.size < STATEMENTS_MAX) break;
    statements.delete(oldest);
  }
  statements.set(jws, parsed.value);
  return parsed.value;
}

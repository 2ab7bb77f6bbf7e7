import type { ParsedEvent } from '../protocol/event.js';
import type { Address } from '../protocol/identifiers.js';

/** What somebody is about to say. */
export type Said = Pick<ParsedEvent['fields'], 'type' | 'sender' | 'key'>;

const FREE: ReadonlySet<string> = new Set(['message.edit', 'message.delete', 'message.vote', 'reaction']);

/** Whether an event counts where people may speak only now and then: what says something new does. @see PV-SET-020 */
export function isCounted({ type, key }: Pick<Said, 'type' | 'key'>): boolean {
  return key === undefined && !FREE.has(type);
}

/** When people spoke last, as far as it matters. */
export class Spoken {
  readonly #at = new Map<Address, number>();

  get(person: Address): number | undefined {
    return this.#at.get(person);
  }

  /** @param slow s; older than that nothing matters */
  note(person: Address, at: number, slow: number): void {
    this.#at.delete(person);
    this.#at.set(person, at);
    for (const [oldest, spokeAt] of this.#at) {
      if (spokeAt + slow * 1000 > at) break;
      this.#at.delete(oldest);
    }
  }
}

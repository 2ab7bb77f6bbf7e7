import type { Json } from './api-client.js';
import { describeEvent } from './describe-event.js';

/** A message as it was shown. */
export interface Shown {
  readonly id: string;
  readonly seq: number;
  readonly line: string;
}

const SHOWN_MAX = 200;

/** The messages of each room that were shown: what people type is about the last, the last but one and so on. */
export class ChatShown {
  /** the oldest first */
  readonly #shown = new Map<string, readonly Shown[]>();

  saw(event: Json): void {
    const line = event['type'] === 'message' ? describeEvent(event) : undefined;
    if (line === undefined) return;
    const room = String(event['room']);
    const others = (this.#shown.get(room) ?? []).filter(({ id }) => id !== event['id']);
    const shown = [...others, { id: String(event['id']), seq: Number(event['seq']), line }];
    this.#shown.set(room, shown.sort((a, b) => a.seq - b.seq).slice(-SHOWN_MAX));
  }

  find(room: string, wanted: string): Shown | undefined {
    return this.#shown.get(room)?.find(({ id }) => id === wanted);
  }

  /** @param nth 1 is the last; nothing is 1 @throws Error none was shown */
  nthLast(room: string, nth = '1'): Shown {
    const found = /^[1-9]\d{0,3}$/.test(nth) ? this.#shown.get(room)?.at(-Number(nth)) : undefined;
    if (found === undefined) throw new Error(`No message ${nth} was shown here: /history`);
    return found;
  }
}

/** How many of one kind are kept; the newest replace the oldest. */
const KEPT_MAX = 32;
const STRING_MAX = 400;

type Value = string | number;

/**
 * Texts and numbers that the server has told, so that a generated call can speak of what is there. They are kept by the
 * pattern they fit, by the name they stood under, and ids by the name of the list they stood in.
 */
export class KnownValues {
  readonly #patterns = new Map<string, RegExp>();
  readonly #values = new Map<string, Value[]>();

  /** Begins to keep what fits a pattern of the document. */
  watch(pattern: string): void {
    if (!this.#patterns.has(pattern)) this.#patterns.set(pattern, new RegExp(pattern, 'u'));
  }

  /** What is known of the first of several kinds of which anything is. */
  of(...kinds: readonly string[]): readonly Value[] {
    return kinds.map((kind) => this.#values.get(kind) ?? []).find((values) => values.length > 0) ?? [];
  }

  /** Takes every text and number out of an answer. */
  learn(answer: unknown, name = ''): void {
    if (typeof answer === 'string') this.#learnText(answer, name);
    else if (typeof answer === 'number') this.#keep(`number:${name}`, answer);
    else if (Array.isArray(answer)) for (const item of answer) this.#learnItem(item, name);
    else if (typeof answer === 'object' && answer !== null)
      for (const [key, member] of Object.entries(answer)) this.learn(member, key);
  }

  #learnItem(item: unknown, list: string): void {
    const { id } = (item ?? {}) as { id?: unknown };
    if (typeof id === 'string') this.#keep(`list:${list}`, id);
    this.learn(item, list);
  }

  #learnText(text: string, name: string): void {
    if (text === '' || text.length > STRING_MAX) return;
    this.#keep(`text:${name}`, text);
    for (const [pattern, expression] of this.#patterns) if (expression.test(text)) this.#keep(pattern, text);
  }

  #keep(kind: string, value: Value): void {
    const values = this.#values.get(kind) ?? [];
    if (values.includes(value)) return;
    this.#values.set(kind, [...values.slice(values.length < KEPT_MAX ? 0 : 1), value]);
  }
}

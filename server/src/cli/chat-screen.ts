import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { World } from './command.js';

/** Lines in, lines out: what arrives is written above the line that is being typed, which stays as it is. */
export class ChatScreen {
  readonly #world: World;
  readonly #json: boolean;
  readonly #lines: Interface;
  readonly #iterator: AsyncIterator<string, undefined>;

  constructor(world: World, json: boolean) {
    this.#world = world;
    this.#json = json;
    const terminal = world.stdin.isTTY && world.stdout.isTTY && !json;
    this.#lines = createInterface({
      input: world.stdin,
      output: terminal ? world.stdout : undefined,
      terminal,
      prompt: '> ',
    });
    this.#iterator = this.#lines[Symbol.asyncIterator]();
    // Ctrl-C ends the chat as the end of input does.
    this.#lines.on('SIGINT', () => this.#lines.close());
  }

  /** The first line of input that is not a terminal. */
  async firstLine(): Promise<string> {
    const next = await this.#iterator.next();
    return next.done === true ? '' : next.value;
  }

  /** Lines as they are typed, until the end of input. */
  async *lines(): AsyncGenerator<string> {
    this.#lines.prompt(true);
    for (;;) {
      const next = await this.#iterator.next();
      if (next.done === true) return;
      yield next.value;
      this.#lines.prompt(true);
    }
  }

  /** Writes a line for the person; `facts` is what programs get instead. */
  show(line: string, facts: object): void {
    const { stdout } = this.#world;
    if (this.#json) {
      stdout.write(`${JSON.stringify(facts)}\n`);
      return;
    }
    if (!this.#lines.terminal) {
      stdout.write(`${line}\n`);
      return;
    }
    // To the first column, away with the typed line, then it is drawn again below.
    stdout.write(`\r\u001b[K${line}\n`);
    this.#lines.prompt(true);
  }

  close(): void {
    this.#lines.close();
  }
}

// What others write must not steer the terminal.
const STEERING = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Other people's words, harmless and kept from turning the rest of the line around. */
export function quote(text: string): string {
  return `\u2068${text.replace(STEERING, ' ')}\u2069`;
}

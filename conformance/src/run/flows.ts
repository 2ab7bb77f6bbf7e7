import { currentTranscript } from './transcripts.js';

/** Things that take long, each on its own: all of them begin when the first is asked for. */
export class Flows {
  readonly #begin: ReadonlyMap<string, () => Promise<void>>;
  readonly #atOnce: number;
  #running: ReadonlyMap<string, Promise<void>> | undefined;

  constructor(begin: ReadonlyMap<string, () => Promise<void>>, atOnce = 16) {
    this.#begin = begin;
    this.#atOnce = atOnce;
  }

  /** Waits for one of them. @throws whatever it throws */
  async finish(name: string): Promise<void> {
    this.#running ??= this.#start();
    await this.#running.get(name);
  }

  #start(): ReadonlyMap<string, Promise<void>> {
    const ends: Promise<unknown>[] = [];
    const transcript = currentTranscript();
    const running = [...this.#begin].map(([name, begin], place): [string, Promise<void>] => {
      const turn = ends[place - this.#atOnce] ?? Promise.resolve();
      const flow = turn.then(() => transcript?.within(begin, name) ?? begin());
      // Whoever asks for it sees the failure; until then it is nobody's.
      ends.push(flow.catch(() => undefined));
      return [name, flow];
    });
    return new Map(running);
  }
}

import { ApiClient } from './api-client.js';
import type { Json, LiveStream } from './api-client.js';
import { CommandError } from './command.js';
import type { LocalNetwork } from './local-network.js';
import type { CommandContext } from './command.js';

const STEP_MS_MAX = 20_000;

/** A person of the demo: what they are told on their live stream is what is printed. */
export class DemoPerson {
  readonly name: string;
  readonly client: ApiClient;
  readonly frames: Json[] = [];
  #stream: LiveStream | undefined;
  #keys = 0;
  #isGone = false;
  readonly #cursor: { account: number; rooms: Record<string, number> } = { account: 0, rooms: {} };
  readonly #waiting = new Set<() => void>();

  constructor(name: string, client: ApiClient) {
    this.name = name;
    this.client = client;
  }

  /** Signs up at a provider of the network and begins to listen. */
  static async signUp(
    network: LocalNetwork,
    person: { domain: string; localpart: string; name: string; password: string },
  ): Promise<DemoPerson> {
    const { domain, localpart, name, password } = person;
    const place = { url: network.provider(domain).url, ca: network.ca.cert, address: '127.0.0.1' };
    const client = await new ApiClient(place).enter('/accounts', { localpart, password, name });
    const demoPerson = new DemoPerson(name, client);
    demoPerson.listen();
    await demoPerson.hears((frame) => frame['t'] === 'synced', `${client.address} is connected`);
    return demoPerson;
  }

  get address(): string {
    return this.client.address;
  }

  /** Opens the live stream where it stood, again and again while the provider is away. */
  listen(): void {
    const cursor = this.frames.length === 0 ? null : this.#cursor;
    this.#stream = this.client.openStream(cursor, {
      frame: (frame) => this.#take(frame),
      end: () => {
        if (!this.#isGone) setTimeout(() => this.listen(), 300).unref();
      },
    });
  }

  leave(): void {
    this.#isGone = true;
    this.#stream?.close();
  }

  /** Sends a message or something about one. */
  async send(room: string, type: string, rest: { content: Json; rel?: readonly (readonly string[])[] }): Promise<Json> {
    this.#keys += 1;
    return await this.client.call('POST', `/rooms/${room}/events`, { requestKey: `demo-${this.#keys}`, type, ...rest });
  }

  async say(room: string, text: string): Promise<Json> {
    return await this.send(room, 'message', { content: { text } });
  }

  /** Waits until a frame has come that fits. @throws CommandError `step-failed` */
  async hears(fits: (frame: Json) => boolean, what: string): Promise<Json> {
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new CommandError('step-failed', `it did not happen within ${STEP_MS_MAX / 1000} s: ${what}`));
      }, STEP_MS_MAX);
      const look = (): void => {
        const frame = this.frames.find(fits);
        if (frame === undefined) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        resolve(frame);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Waits for a message by its text, wherever it is said. */
  async hearsText(text: string): Promise<Json> {
    return await this.hears(
      (frame) => frame['t'] === 'event' && textOf(frame) === text,
      `${this.address} gets “${text}”`,
    );
  }

  #take(frame: Json): void {
    this.frames.push(frame);
    if (typeof frame['account'] === 'number') this.#cursor.account = frame['account'];
    if (typeof frame['seq'] === 'number') this.#cursor.rooms[String(frame['room'])] = frame['seq'];
    for (const look of [...this.#waiting]) look();
  }
}

/** The text of a message frame. */
export function textOf(frame: Json): string | undefined {
  const content = frame['content'] as Json | null | undefined;
  return typeof content?.['text'] === 'string' ? content['text'] : undefined;
}

/** Says what happened, in one line a step: for people with the time it took, for programs as an object. */
export class DemoStage {
  readonly #output: CommandContext['output'];
  #sinceMs = performance.now();

  constructor(output: CommandContext['output']) {
    this.#output = output;
  }

  tell(step: string, facts: Json = {}): void {
    const ms = Math.round(performance.now() - this.#sinceMs);
    this.#sinceMs = performance.now();
    this.#output.print(`  ${isolate(step)}  ${ms} ms`);
    this.#output.result({ step, ms, ...facts });
  }

  title(text: string): void {
    this.#output.print();
    this.#output.print(text);
  }

  /** @throws CommandError `step-failed` */
  require(holds: boolean, what: string): void {
    if (!holds) throw new CommandError('step-failed', `it is not so: ${what}`);
  }
}

/** Keeps right-to-left text from turning the rest of its line around (FSI … PDI). */
export function isolate(text: string): string {
  return `\u2068${text}\u2069`;
}

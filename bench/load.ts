/** What a client on B received, against what was sent on A. */
export interface Phase {
  readonly seconds: number;
  readonly completed: number;
  readonly latenciesMs: readonly number[];
}

interface Message {
  readonly chat: number;
  readonly sentMs: number;
  left: number;
}

const DRAIN_MS_MAX = 15_000;

/**
 * The work itself, the same for every server that is measured: a message counts when the last of its receivers on B has
 * it. An open loop at a low rate gives latency, a closed loop with a fixed number in flight gives the rate.
 */
export class Load {
  readonly #chats: number;
  readonly #receivers: number;
  readonly #send: (chat: number, text: string) => void;
  readonly #padding: string;
  readonly #messages = new Map<number, Message>();
  #next = 0;
  #latencies: number[] = [];
  #refill = false;
  completed = 0;
  sent = 0;
  duplicates = 0;

  /** @param receivers clients on B that get each message */
  constructor(options: {
    chats: number;
    receivers: number;
    bodyBytes: number;
    send: (chat: number, text: string) => void;
  }) {
    this.#chats = options.chats;
    this.#receivers = options.receivers;
    this.#send = options.send;
    this.#padding = 'x'.repeat(options.bodyBytes);
  }

  /** A client on B has received a text. */
  receive(text: string): void {
    const number = Number.parseInt(text.slice(1, 12), 10);
    const message = this.#messages.get(number);
    if (message === undefined) {
      this.duplicates += 1;
      return;
    }
    this.#latencies.push(performance.now() - message.sentMs);
    message.left -= 1;
    if (message.left > 0) return;
    this.#messages.delete(number);
    this.completed += 1;
    if (this.#refill) this.#sendNext(message.chat);
  }

  /** Fixed rate, whatever the servers do. */
  async open({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<Phase> {
    this.#latencies = [];
    const before = this.completed;
    const startMs = performance.now();
    for (let index = 0; index < perSecond * seconds; index += 1) {
      const waitMs = startMs + (index * 1000) / perSecond - performance.now();
      if (waitMs > 0) await pause(waitMs);
      this.#sendNext(index % this.#chats);
    }
    await this.drain();
    return { seconds, completed: this.completed - before, latenciesMs: [...this.#latencies] };
  }

  /** A fixed number in flight per chat; what happens in the warm-up is not counted. */
  async closed(options: {
    window: number;
    warmS: number;
    seconds: number;
    onStart: () => Promise<void>;
    onEnd: () => Promise<void>;
  }): Promise<Phase> {
    this.#refill = true;
    for (let turn = 0; turn < options.window; turn += 1) {
      for (let chat = 0; chat < this.#chats; chat += 1) this.#sendNext(chat);
      await pause(1);
    }
    await pause(options.warmS * 1000);
    await options.onStart();
    this.#latencies = [];
    const before = this.completed;
    const startMs = performance.now();
    await pause(options.seconds * 1000);
    const seconds = (performance.now() - startMs) / 1000;
    const completed = this.completed - before;
    const latenciesMs = [...this.#latencies];
    await options.onEnd();
    this.#refill = false;
    await this.drain();
    return { seconds, completed, latenciesMs };
  }

  /** @returns messages that never came */
  async drain(): Promise<number> {
    const endMs = performance.now() + DRAIN_MS_MAX;
    while (this.#messages.size > 0 && performance.now() < endMs) await pause(20);
    return this.#messages.size;
  }

  #sendNext(chat: number): void {
    const number = this.#next;
    this.#next += 1;
    this.sent += 1;
    this.#messages.set(number, { chat, sentMs: performance.now(), left: this.#receivers });
    const head = `q${number};`;
    this.#send(chat, head + this.#padding.slice(head.length));
  }
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** @returns the value below which a share of the samples lies; 0 when there are none */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

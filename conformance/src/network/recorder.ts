import { AsyncLocalStorage } from 'node:async_hooks';

/** One exchange with the target, byte for byte. */
export interface Recorded {
  readonly at: number;
  readonly sent: Buffer;
  /** empty where no answer came */
  readonly got: Buffer;
  readonly end: string;
}

const EXCHANGES_MAX = 40;
const BYTES_MAX = 2_097_152;
const current = new AsyncLocalStorage<Recorder>();

/** Keeps the last exchanges of some work, as evidence. */
export class Recorder {
  readonly exchanges: Recorded[] = [];

  async within<Value>(work: () => Promise<Value>): Promise<Value> {
    return await current.run(this, work);
  }

  note(exchange: Recorded): void {
    this.exchanges.push(exchange);
    while (this.exchanges.length > EXCHANGES_MAX || this.bytes > BYTES_MAX) this.exchanges.shift();
  }

  get bytes(): number {
    return this.exchanges.reduce((sum, { sent, got }) => sum + sent.length + got.length, 0);
  }
}

export function currentRecorder(): Recorder | undefined {
  return current.getStore();
}

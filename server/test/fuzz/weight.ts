import { request } from 'node:http';
import type { TestProvider } from '../support/test-network.js';

/** Memory and tables of a server, by its own metrics. */
export class Weight {
  readonly #provider: TestProvider;
  readonly #before: ReadonlyMap<string, number>;

  private constructor(provider: TestProvider, before: ReadonlyMap<string, number>) {
    this.#provider = provider;
    this.#before = before;
  }

  static async of(provider: TestProvider): Promise<Weight> {
    return new Weight(provider, await readSizes(provider));
  }

  /**
   * @param calls how many calls there have been
   * @returns what grew, and what grew more than so many calls explain
   */
  async since(calls: number): Promise<{ lines: string[]; tooMuch: string[] }> {
    const now = await readSizes(this.#provider);
    const lines: string[] = [];
    const tooMuch: string[] = [];
    for (const [name, bytes] of now) {
      const grown = bytes - (this.#before.get(name) ?? 0);
      const line = `${this.#provider.domain} ${name}: ${mib(bytes)} MiB, ${mib(grown)} more than before`;
      if (grown > MIB) lines.push(line);
      const most = name === MEMORY ? MEMORY_GROWTH_MAX : MIB + calls * BYTES_A_CALL_MAX;
      if (grown > most) tooMuch.push(line);
    }
    return { lines, tooMuch };
  }
}

const MIB = 1024 * 1024;
const MEMORY = 'memory';
const MEMORY_GROWTH_MAX = 300 * MIB;
/** A table may keep a call and its indexes once, with room for dead rows. */
const BYTES_A_CALL_MAX = 8192;

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

async function readSizes({ adminPort }: TestProvider): Promise<Map<string, number>> {
  const text = await readMetrics(adminPort);
  const sizes = new Map<string, number>();
  for (const [, table = '', bytes] of text.matchAll(/^payvand_table_bytes\{table="([^"]+)"\} (\S+)$/gm))
    sizes.set(table, Number(bytes));
  const [, memory] = /^process_resident_memory_bytes (\S+)$/m.exec(text) ?? [];
  sizes.set(MEMORY, Number(memory));
  return sizes;
}

async function readMetrics(port: number): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/metrics' }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => resolve(text)).on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

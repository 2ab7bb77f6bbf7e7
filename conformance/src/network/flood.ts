import { Agent, request } from 'node:https';
import type { Place } from './exchange.js';

export interface Flood {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly source?: string | undefined;
  /** how many requests there are at most */
  readonly most: number;
}

const AT_ONCE = 16;

/** Asks the same over and over, over few connections. @returns the first answer of that status */
export async function flood(
  place: Place,
  { path, headers, source, most }: Flood,
  wanted: number,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const { host, address, port, ca } = place;
  const where = { host: address, servername: host, port, ...(ca !== undefined && { ca }) };
  const from = source === undefined ? {} : { localAddress: source };
  let left = most;
  let found: Readonly<Record<string, unknown>> | undefined;
  const ask = async (): Promise<void> => {
    while (left > 0 && found === undefined) {
      left -= 1;
      await new Promise<void>((resolve, reject) => {
        request({ ...where, ...from, path, agent, headers: { host, ...headers } }, (incoming) => {
          if (incoming.statusCode === wanted) found = incoming.headers;
          incoming.on('end', resolve).on('error', reject).resume();
        })
          .on('error', reject)
          .end();
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
  } finally {
    agent.destroy();
  }
  return found;
}

import type { ServerResponse } from 'node:http';
import type { ReceivedFields } from '../formats/request-signature.js';
import { sleep } from '../run/wait.js';

/** A request as it came in. */
export interface Received {
  readonly servername: string;
  readonly method: string;
  readonly target: string;
  readonly fields: ReceivedFields;
  readonly body: Buffer;
  /** when all of it was here */
  readonly at: number;
}

/** What a provider of the suite answers; a hostile one answers in its own way. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** before the first byte */
  readonly delayMs?: number;
  /** between one byte of the body and the next */
  readonly dripMs?: number;
  /** the connection ends after so many bytes of the body; 0 for none, not even a head */
  readonly cutAfter?: number;
}

export function json(body: object): Reply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export function problem(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = { type: `urn:payvand:error:${code}`, title: code, status, code };
  return { status, headers: { 'content-type': 'application/problem+json', ...headers }, body: JSON.stringify(body) };
}

export async function writeReply(outgoing: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers = {}, body = '', delayMs, dripMs, cutAfter } = reply;
  if (delayMs !== undefined) await sleep(delayMs);
  if (cutAfter === 0) return void outgoing.destroy();
  const bytes = Buffer.from(body);
  outgoing.writeHead(status, { 'content-length': String(bytes.length), ...headers });
  if (cutAfter !== undefined) {
    outgoing.write(bytes.subarray(0, cutAfter));
    await sleep(50);
    return void outgoing.destroy();
  }
  if (dripMs === undefined) return void outgoing.end(bytes);
  outgoing.flushHeaders();
  for (let at = 0; at < bytes.length && !outgoing.destroyed; at += 1) {
    outgoing.write(bytes.subarray(at, at + 1));
    await sleep(dripMs);
  }
  outgoing.end();
}

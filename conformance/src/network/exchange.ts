import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { currentRecorder } from './recorder.js';
import { currentTranscript, quote } from '../run/transcripts.js';
import { stretched } from '../run/wait.js';

/** Where a host really is. */
export interface Place {
  /** name in TLS */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** authority to trust beside those of the system */
  readonly ca?: string;
}

/** What came back, or how the connection ended without an answer. */
export interface Answer {
  /** 0 where there was none */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly end: 'answered' | 'closed' | 'reset' | 'timeout' | 'refused';
  readonly ms: number;
  /** bytes sent and received */
  readonly bytes: number;
}

export interface Sending {
  /** written at once after the connection stands */
  readonly head: Uint8Array | string;
  /** written after it */
  readonly rest?: Uint8Array;
  /** milliseconds between one byte of `rest` and the next */
  readonly dripMs?: number;
  /** closes the sending side after the last byte */
  readonly hangsUp?: boolean;
  readonly timeoutMs?: number;
  readonly tls?: ConnectionOptions;
}

const TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 8_388_608;

/** Sends bytes over a connection of their own, as told, and reads until there is a whole answer or none will come. */
export async function exchange(place: Place, sending: Sending): Promise<Answer> {
  const started = Date.now();
  const { host, address, port, ca } = place;
  const trust = ca === undefined ? {} : { ca };
  const socket = connect({ host: address, port, servername: host, ...trust, ...sending.tls });
  const chunks: Buffer[] = [];
  let drip: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  const end = await new Promise<Answer['end']>((resolve) => {
    timer = setTimeout(() => resolve('timeout'), stretched(sending.timeoutMs ?? TIMEOUT_MS));
    let isConnected = false;
    let received = 0;
    socket.once('secureConnect', () => {
      isConnected = true;
      drip = write(socket, sending);
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      if (isWhole(chunks, received)) resolve('answered');
    });
    socket.on('error', () => resolve(isConnected ? 'reset' : 'refused'));
    socket.on('close', () => resolve('closed'));
  });
  clearTimeout(timer);
  clearInterval(drip);
  socket.destroy();
  const bytes = socket.bytesRead + socket.bytesWritten;
  const got = Buffer.concat(chunks);
  const { head, rest = Buffer.alloc(0) } = sending;
  currentRecorder()?.note({ at: started, sent: Buffer.concat([Buffer.from(head), rest]), got, end });
  const seen = got.length > 0 ? quote(got) : `(${end})`;
  currentTranscript()?.note({ sent: quote(Buffer.from(head)) + quote(rest), got: seen });
  return { ...readAnswer(got), end, ms: Date.now() - started, bytes };
}

function write(socket: TLSSocket, { head, rest, dripMs, hangsUp }: Sending): NodeJS.Timeout | undefined {
  socket.write(head);
  if (dripMs !== undefined && rest !== undefined) {
    let at = 0;
    return setInterval(() => {
      if (at < rest.length && socket.writable) socket.write(rest.subarray(at, (at += 1)));
    }, dripMs);
  }
  if (rest !== undefined) socket.write(rest);
  if (hangsUp === true) socket.end();
  return undefined;
}

function isWhole(chunks: readonly Buffer[], received: number): boolean {
  if (received > ANSWER_BYTES_MAX) return true;
  const [first] = chunks;
  if (first === undefined || received < 12) return false;
  const bytes = chunks.length === 1 ? first : Buffer.concat(chunks);
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const headers = readHeaders(bytes.subarray(0, end).toString('latin1'));
  const length = headers.get('content-length');
  if (length !== undefined) return bytes.length - end - 4 >= Number(length);
  if (headers.get('transfer-encoding') === 'chunked') return bytes.includes('\r\n0\r\n\r\n', end);
  return /^HTTP\/1\.1 (?:204|304)/.test(bytes.toString('latin1', 0, 12));
}

/** What bytes say that came back. */
export function readAnswer(bytes: Buffer): Pick<Answer, 'status' | 'headers' | 'text'> {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.subarray(0, Math.max(end, 0)).toString('latin1');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  const headers = readHeaders(head);
  const body = end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4);
  const text = (headers.get('transfer-encoding') === 'chunked' ? unchunk(body) : body).toString();
  return { status, headers, text };
}

function readHeaders(head: string): Map<string, string> {
  const lines = head.split('\r\n').slice(1);
  return new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function unchunk(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = body.indexOf('\r\n', at);
    const size = line < 0 ? 0 : Number.parseInt(body.toString('latin1', at, line), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}

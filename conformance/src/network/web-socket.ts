import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import type { Place } from './exchange.js';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10] as const;
const OPEN_MS = 10_000;

/** A WebSocket as RFC 6455 has it, without extensions; messages are kept in order. */
export class WebSocketLine {
  readonly messages: string[] = [];
  /** close status, once the other side has closed or hung up (then 0) */
  closed: number | undefined;
  /** whether the other side has offered or used an extension */
  isExtended = false;
  readonly #socket: TLSSocket;
  #bytes = Buffer.alloc(0);
  #parts: Buffer[] = [];

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  /** @throws Error when the other side does not open it */
  static async open(place: Place, path: string, source?: string): Promise<WebSocketLine> {
    const { host, address, port, ca } = place;
    const trust = ca === undefined ? {} : { ca };
    const from = source === undefined ? {} : { localAddress: source };
    const socket = connect({ host: address, port, servername: host, ...trust, ...from });
    const line = new WebSocketLine(socket);
    const key = randomBytes(16).toString('base64');
    const head = [
      ...[`GET ${path} HTTP/1.1`, `host: ${host}`, 'upgrade: websocket', 'connection: Upgrade'],
      ...[`sec-websocket-key: ${key}`, 'sec-websocket-version: 13', '', ''],
    ];
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer to the upgrade')), OPEN_MS);
      socket.on('error', (cause: Error) => {
        line.closed ??= 0;
        reject(cause);
      });
      socket.on('close', () => {
        line.closed ??= 0;
        clearTimeout(timer);
        reject(new Error('hung up'));
      });
      socket.once('secureConnect', () => socket.write(head.join('\r\n')));
      socket.on('data', (chunk: Buffer) => {
        line.#bytes = Buffer.concat([line.#bytes, chunk]);
        if (line.#isOpen || line.#shakeHands(key, reject)) {
          clearTimeout(timer);
          resolve();
          line.#read();
        }
      });
    });
    return line;
  }

  send(text: string): void {
    this.#write(TEXT, Buffer.from(text));
  }

  /** Reads no more, so that what is sent to it piles up. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  #isOpen = false;

  #shakeHands(key: string, reject: (cause: Error) => void): boolean {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.#bytes.subarray(0, end).toString('latin1');
    const accept = createHash('sha1').update(`${key}${MAGIC}`).digest('base64');
    if (
      !head.startsWith('HTTP/1.1 101') ||
      !head.toLowerCase().includes(`sec-websocket-accept: ${accept.toLowerCase()}`)
    ) {
      reject(new Error(head.split('\r\n')[0] ?? 'no answer'));
      return false;
    }
    this.isExtended = /sec-websocket-extensions/i.test(head);
    this.#bytes = this.#bytes.subarray(end + 4);
    this.#isOpen = true;
    return true;
  }

  #read(): void {
    for (;;) {
      const frame = parseFrame(this.#bytes);
      if (frame === undefined) return;
      this.#bytes = this.#bytes.subarray(frame.bytes);
      this.isExtended ||= frame.reserved !== 0;
      this.#take(frame);
    }
  }

  #take({ opcode, isFinal, payload }: Frame): void {
    if (opcode === PING) this.#write(PONG, payload);
    else if (opcode === CLOSE) {
      this.closed = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#write(CLOSE, payload.subarray(0, 2));
      this.#socket.end();
    } else if (opcode <= TEXT) {
      this.#parts.push(payload);
      if (!isFinal) return;
      this.messages.push(Buffer.concat(this.#parts).toString());
      this.#parts = [];
    }
  }

  #write(opcode: number, payload: Buffer): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    const mask = randomBytes(4);
    const length = payload.length;
    const head =
      length < 126
        ? Buffer.from([0x80 | opcode, 0x80 | length])
        : length < 65_536
          ? Buffer.from([0x80 | opcode, 0x80 | 126, length >> 8, length & 255])
          : Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | 127, 0, 0, 0, 0]), u32(length)]);
    const masked = payload.map((byte, place) => byte ^ (mask[place & 3] ?? 0));
    this.#socket.write(Buffer.concat([head, mask, masked]));
  }
}

interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly reserved: number;
  readonly payload: Buffer;
  /** of the whole frame */
  readonly bytes: number;
}

/** Frames of a server, which are not masked. */
function parseFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 127;
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < start + length) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  return { opcode: first & 15, isFinal: first >= 128, reserved: first & 112, payload, bytes: start + length };
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

import type { Socket } from 'node:net';
import { clientSendBytesMax, errorCodes, type ErrorCode } from '@payvand/spec';
import type { WebSocket } from 'ws';
import type { StreamSink } from '../../services/stream-account.js';

/** From here on nothing more is read for the client until it has taken what waits. */
export const BUFFERED_BYTES_MAX = 1024 * 1024;
/** Frames gathered in one message, unless a single one is longer. */
const MESSAGE_LENGTH_MAX = 64 * 1024;
/** How long a closing handshake may take. */
const CLOSE_MS = 3_000;

const POLICY = 1008;
const TRY_LATER = 1013;
const GOING_AWAY = 1001;

export interface StreamSocketEvents {
  message(bytes: Buffer): void;
  /** there is room again */
  drained(): void;
  closed(): void;
}

/**
 * A web socket that frames are written to: frames of one turn of the event loop travel in one message, so that a busy
 * stream costs one write for many events.
 *
 * @see PV-STR-002, PV-STR-003
 */
export class StreamSocket implements StreamSink {
  readonly #webSocket: WebSocket;
  readonly #events: StreamSocketEvents;
  #frames: string[] = [];
  #framesLength = 0;
  #isScheduled = false;
  #isAlive = true;
  #fullSince: number | undefined;

  constructor(webSocket: WebSocket, socket: Socket, events: StreamSocketEvents) {
    this.#webSocket = webSocket;
    this.#events = events;
    webSocket.on('message', (bytes, isBinary) => {
      if (isBinary || !Buffer.isBuffer(bytes)) this.close('bad-request');
      else if (webSocket.readyState === webSocket.OPEN) events.message(bytes);
    });
    webSocket.on('pong', () => void (this.#isAlive = true));
    // A message that is too long or no UTF-8 closes the socket with its own code; there is nothing to add.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => events.closed());
    socket.on('drain', () => this.#drain());
  }

  send(frame: string): void {
    this.#frames.push(frame);
    this.#framesLength += frame.length;
    if (this.#framesLength >= MESSAGE_LENGTH_MAX) this.#flush();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.#flush());
    }
  }

  isFull(): boolean {
    return this.#webSocket.bufferedAmount + this.#framesLength > BUFFERED_BYTES_MAX;
  }

  /** Stops or goes on reading what the client sends. */
  setPaused(isPaused: boolean): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN || this.#webSocket.isPaused === isPaused) return;
    if (isPaused) this.#webSocket.pause();
    else this.#webSocket.resume();
  }

  /** Says why and closes. */
  close(code: ErrorCode): void {
    this.send(JSON.stringify({ t: 'error', code }));
    this.#close(errorCodes[code].retryable ? TRY_LATER : POLICY, code);
  }

  /** Closes because the server stops. */
  leave(): void {
    this.#close(GOING_AWAY, 'draining');
  }

  /** For clients that no longer answer. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Asks for a sign of life. @returns whether there was one since the last time */
  ping(): boolean {
    // What a paused socket was sent has not been read, a sign of life neither.
    if (!this.#isAlive && !this.#webSocket.isPaused) return false;
    this.#isAlive = false;
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping();
    return true;
  }

  /** @returns how long the client has not taken what waits for it, in ms */
  stuckMs(now: number): number {
    if (!this.isFull()) this.#fullSince = undefined;
    else this.#fullSince ??= now;
    return this.#fullSince === undefined ? 0 : now - this.#fullSince;
  }

  #flush(): void {
    this.#isScheduled = false;
    const [first, ...rest] = this.#frames;
    if (first === undefined) return;
    const message = rest.length === 0 ? first : `[${this.#frames.join(',')}]`;
    this.#frames = [];
    this.#framesLength = 0;
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(message);
  }

  #drain(): void {
    this.#fullSince = undefined;
    this.#events.drained();
  }

  #close(status: number, reason: string): void {
    this.#flush();
    this.#webSocket.resume();
    this.#webSocket.close(status, reason);
    setTimeout(() => this.#webSocket.terminate(), CLOSE_MS).unref();
  }
}

/** Longest message a client may send. */
export const MESSAGE_BYTES_MAX = clientSendBytesMax;

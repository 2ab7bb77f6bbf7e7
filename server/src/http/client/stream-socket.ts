import { errorCodes, type ErrorCode } from '@payvand/spec';
import type { WebSocket } from 'ws';
import type { StreamSink } from '../../services/stream-account.js';

/** From here on nothing more is read for the client until it has taken what waits. */
const BUFFERED_BYTES_MAX = 1024 * 1024;
/** It goes on when so little waits. */
const BUFFERED_BYTES_LOW = 256 * 1024;
/** Frames gathered in one message, unless a single one is longer. */
const MESSAGE_LENGTH_MAX = 64 * 1024;
/** How long a closing handshake may take. */
const CLOSE_MS = 3_000;

const POLICY = 1008;
const TRY_LATER = 1013;

export interface StreamSocketEvents {
  message(bytes: Buffer): void;
  /** there is room again after `isFull` was true */
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
  #isAwaited = false;
  #fullSince: number | undefined;

  constructor(webSocket: WebSocket, events: StreamSocketEvents) {
    this.#webSocket = webSocket;
    this.#events = events;
    webSocket.on('message', (bytes, isBinary) => {
      if (isBinary || !Buffer.isBuffer(bytes)) this.close('bad-request');
      else if (webSocket.readyState === webSocket.OPEN) events.message(bytes);
    });
    webSocket.on('close', () => events.closed());
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
    const isFull = this.#webSocket.bufferedAmount + this.#framesLength > BUFFERED_BYTES_MAX;
    this.#isAwaited ||= isFull;
    return isFull;
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
    this.#flush();
    // A paused socket would never read the farewell of the other side.
    this.#webSocket.resume();
    this.#webSocket.close(errorCodes[code].retryable ? TRY_LATER : POLICY, code);
    setTimeout(() => this.#webSocket.terminate(), CLOSE_MS).unref();
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
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.send(message, () => this.#taken());
  }

  #taken(): void {
    if (!this.#isAwaited || this.#webSocket.bufferedAmount > BUFFERED_BYTES_LOW) return;
    this.#isAwaited = false;
    this.#fullSince = undefined;
    this.#events.drained();
  }
}

import { StreamOpen, type ErrorCode } from '@payvand/spec';
import type { WebSocket } from 'ws';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Authenticated } from '../../services/accounts/account-deps.js';
import { AccountStream, type StreamDeps, type StreamPosition } from '../../services/stream-account.js';
import { requireShape } from '../shape.js';
import { StreamOps, parseOp } from './stream-ops.js';
import { StreamSocket } from './stream-socket.js';

export interface LiveStreamDeps extends StreamDeps {
  /**
   * Called once it is known whose stream it is.
   *
   * @throws ProtocolError when there is no room for it
   */
  readonly admit: (stream: LiveStream, session: Authenticated) => void;
}

const OPEN_MS = 5_000;
const EARLY_MESSAGES_MAX = 64;
const STUCK_MS = 60_000;

const readOpen = requireShape(StreamOpen);

/** One client's web socket from its first frame to its end. */
export class LiveStream {
  readonly #deps: LiveStreamDeps;
  readonly #webSocket: WebSocket;
  readonly #socket: StreamSocket;
  readonly #source: string;
  readonly #deadline: NodeJS.Timeout;
  /** what came while the token was being looked up; undefined before and after */
  #early: Buffer[] | undefined;
  #open: { readonly stream: AccountStream; readonly ops: StreamOps } | undefined;
  #isEnded = false;

  constructor(deps: LiveStreamDeps, webSocket: WebSocket, source: string) {
    this.#deps = deps;
    this.#webSocket = webSocket;
    this.#source = source;
    this.#socket = new StreamSocket(webSocket, {
      message: (bytes) => this.#take(bytes),
      drained: () => this.#goOn(),
      closed: () => this.#end(),
    });
    this.#deadline = setTimeout(() => this.close('request-timeout'), OPEN_MS).unref();
  }

  /** Says why and closes. */
  close(code: ErrorCode): void {
    if (!this.#isEnded) this.#socket.close(code);
    this.#end();
  }

  /** Looks again whether the session is open, in case a bell was lost. */
  check(): void {
    this.#open?.stream.check();
  }

  endWhenStuck(now: number): void {
    if (this.#socket.stuckMs(now) <= STUCK_MS) return;
    this.close('too-slow');
    this.#webSocket.terminate();
  }

  #take(bytes: Buffer): void {
    try {
      if (this.#open) {
        this.#open.ops.take(bytes);
        this.#regulate();
      } else if (!this.#early) {
        this.#early = [];
        void this.#start(bytes);
      } else if (this.#early.push(bytes) > EARLY_MESSAGES_MAX) throw new ProtocolError('over-budget');
    } catch (error) {
      this.#fail(error);
    }
  }

  async #start(bytes: Buffer): Promise<void> {
    try {
      const { token, cursor } = readOpen(parseOp(bytes));
      const session = await this.#deps.authenticator.authenticate(token, this.#source);
      if (this.#isEnded) return;
      this.#deps.admit(this, session);
      clearTimeout(this.#deadline);
      this.#begin(session, cursor);
    } catch (error) {
      this.#fail(error);
    }
  }

  #begin(session: Authenticated, cursor: StreamPosition | null): void {
    const { roomServices: rooms, log } = this.#deps;
    const socket = this.#socket;
    const ops = new StreamOps({
      ...{ rooms, log, who: session.who },
      send: (frame) => socket.send(JSON.stringify(frame)),
      done: () => this.#regulate(),
    });
    const sink = {
      send: (frame: string) => socket.send(frame),
      isFull: () => socket.isFull(),
      close: (code: ErrorCode) => this.close(code),
    };
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#open = { ops, stream: new AccountStream(this.#deps, { session, sink, cursor }) };
    for (const message of early) this.#take(message);
  }

  /** A client that sends faster than its ops end, or does not read the answers, is not read any further. */
  #regulate(): void {
    this.#socket.setPaused(this.#open !== undefined && (this.#open.ops.isBusy() || this.#socket.isFull()));
  }

  #goOn(): void {
    this.#regulate();
    this.#open?.stream.wake();
  }

  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) this.#deps.log.error('stream-failed', { error });
    this.close(error instanceof ProtocolError ? error.code : 'internal');
  }

  #end(): void {
    this.#isEnded = true;
    clearTimeout(this.#deadline);
    this.#open?.stream.stop();
  }
}

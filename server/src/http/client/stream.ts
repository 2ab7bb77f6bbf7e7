import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { clientSendBytesMax } from '@payvand/spec';
import { WebSocketServer } from 'ws';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Authenticated } from '../../services/accounts/account-deps.js';
import { LiveStream, type LiveStreamDeps } from './live-stream.js';

export interface ClientStreams {
  /** Takes over an upgrade request to the stream's path. `source`: address the request came from. */
  upgrade(request: IncomingMessage, socket: Socket, early: { readonly head: Buffer; readonly source: string }): void;
  size(): number;
  /** Closes all streams and refuses new ones. */
  stop(): Promise<void>;
}

export interface ClientStreamsDeps extends Omit<LiveStreamDeps, 'admit'> {
  readonly clock: { now(): number };
  /** streams open at once, those not yet authenticated included */
  readonly streamsMax: number;
}

const ACCOUNT_STREAMS_MAX = 16;
const TICK_MS = 5_000;
const PING_TICKS = 6;
const CHECK_TICKS = 60;
const STOP_MS = 2_000;
const REFUSAL = 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';

/**
 * Holds the live streams of this process: at most one a session and 16 an account. Those that no longer answer, or no
 * longer read, are ended.
 *
 * @see PV-STR-001, PV-STR-017 to PV-STR-020
 */
export function openClientStreams(deps: ClientStreamsDeps): ClientStreams {
  const streams = new Set<LiveStream>();
  const admit = makeAdmission();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: clientSendBytesMax,
  });
  let isStopped = false;
  const stopTicking = tick(streams, deps.clock);
  return {
    upgrade(request, socket, { head, source }) {
      if (isStopped || streams.size >= deps.streamsMax) {
        socket.end(REFUSAL);
        return;
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const stream = new LiveStream(
          { ...deps, admit: (opened, session) => webSocket.on('close', admit(opened, session)) },
          { webSocket, socket, source },
        );
        streams.add(stream);
        webSocket.on('close', () => streams.delete(stream));
      });
    },
    size: () => streams.size,
    async stop() {
      isStopped = true;
      stopTicking();
      await Promise.all([...streams].map((stream) => stream.leave(STOP_MS)));
    },
  };
}

/** A session's older stream gives way to its new one; streams of other sessions do not. */
function makeAdmission(): (stream: LiveStream, session: Authenticated) => () => void {
  const accounts = new Map<number, Map<number, LiveStream>>();
  return (stream, { who: { accountId }, sessionId }) => {
    const sessions = accounts.get(accountId) ?? new Map<number, LiveStream>();
    const older = sessions.get(sessionId);
    if (!older && sessions.size >= ACCOUNT_STREAMS_MAX)
      throw new ProtocolError('over-budget', { detail: 'too many streams' });
    accounts.set(accountId, sessions.set(sessionId, stream));
    older?.close('replaced');
    return () => {
      if (sessions.get(sessionId) === stream) sessions.delete(sessionId);
      if (sessions.size === 0 && accounts.get(accountId) === sessions) accounts.delete(accountId);
    };
  };
}

function tick(streams: ReadonlySet<LiveStream>, clock: ClientStreamsDeps['clock']): () => void {
  let ticks = 0;
  const ticking = setInterval(() => {
    ticks += 1;
    for (const stream of streams) {
      stream.endWhenStuck(clock.now());
      if (ticks % PING_TICKS === 0) stream.ping();
      if (ticks % CHECK_TICKS === 0) stream.check();
    }
  }, TICK_MS).unref();
  return () => clearInterval(ticking);
}

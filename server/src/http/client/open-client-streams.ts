import type { WebSocket } from 'ws';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Authenticated } from '../../services/accounts/account-deps.js';
import { LiveStream, type LiveStreamDeps } from './live-stream.js';

export interface ClientStreams {
  /** Takes over an open web socket; what `StreamGate` needs. */
  open(webSocket: WebSocket, request: { readonly clientAddress: string }): void;
  /** Stops looking after streams; they end with their sockets. */
  stop(): void;
}

export interface ClientStreamsDeps extends Omit<LiveStreamDeps, 'admit'> {
  readonly clock: { now(): number };
  /** how often streams are looked after */
  readonly tickMs?: number;
}

const ACCOUNT_STREAMS_MAX = 16;
const TICK_MS = 5_000;
const CHECK_MS = 300_000;

/**
 * Holds the live streams of this process: at most one a session and 16 an account; those that no longer read are ended.
 *
 * @see PV-STR-004, PV-STR-017 to PV-STR-019
 */
export function openClientStreams(deps: ClientStreamsDeps): ClientStreams {
  const streams = new Set<LiveStream>();
  const admit = makeAdmission();
  let checkedAt = deps.clock.now();
  const ticking = setInterval(() => {
    const now = deps.clock.now();
    // Bells between processes may be lost: an ended session is found out all the same.
    const isCheckDue = now - checkedAt >= CHECK_MS;
    if (isCheckDue) checkedAt = now;
    for (const stream of streams) {
      stream.endWhenStuck(now);
      if (isCheckDue) stream.check();
    }
  }, deps.tickMs ?? TICK_MS).unref();
  return {
    open(webSocket, { clientAddress }) {
      const stream = new LiveStream(
        {
          ...deps,
          admit: (opened, session) => {
            webSocket.on('close', admit(opened, session));
            webSocket.on('close', deps.roomServices.streamOpened(session.who));
          },
        },
        webSocket,
        clientAddress,
      );
      streams.add(stream);
      webSocket.on('close', () => streams.delete(stream));
    },
    stop: () => clearInterval(ticking),
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

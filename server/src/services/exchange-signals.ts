import { domainOf, parseAddress, parseRoomId } from '../protocol/identifiers.js';
import type { Address, Domain } from '../protocol/identifiers.js';
import { discardedSender, hasBlockedOther } from './blocks-in-dm.js';
import type { Cancel, LoopState, ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';

type SignalDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'rooms' | 'peers' | 'clock' | 'timers' | 'bells' | 'log' | 'loops' | 'accountIdOf'
> & {
  /** takes what contacts tell and ask each other about presence */
  readonly hearContact: (live: LiveRoom, signal: WireSignal) => Promise<void>;
};

export interface WireSignal {
  readonly kind: string;
  readonly room: string;
  readonly from: string;
  readonly counter: number;
  readonly seq?: number | undefined;
  readonly state?: string | undefined;
}

export interface ExchangeSignals {
  /**
   * One of our people types, or has read up to a seq: told to everyone else in the room, here and elsewhere, and to nobody
   * in a dm with a person they have blocked.
   */
  send(live: LiveRoom, signal: { kind: 'typing' | 'read'; from: Address; seq?: number }): Promise<void>;
  accept(peer: Domain, items: readonly WireSignal[]): Promise<void>;
  /** Sends a signal to one provider. */
  sendTo(peer: Domain, signal: WireSignal): void;
  stop(): void;
}

const FLUSH_MS = 150;
const WAITING_MAX = 2048;
const ITEMS_MAX = 256;
const LATE_MS_MAX = 10_000;
const COUNTERS_MAX = 20_000;

/**
 * Sends and takes signals: short-lived news where only the latest counts. They are never repeated and the first thing to be
 * dropped.
 *
 * @see PV-SGL-001 to PV-SGL-008, PV-BLK-005
 */
export function createExchangeSignals(deps: SignalDeps): ExchangeSignals {
  const outbox = new SignalOutbox(deps);
  deps.loops.add(outbox);
  const counters = new Map<string, Heard>();

  async function acceptOne(peer: Domain, signal: WireSignal): Promise<void> {
    const room = parseRoomId(signal.room);
    const from = parseAddress(signal.from);
    if (room === undefined || from === undefined || domainOf(from) !== peer) return;
    const live = await deps.rooms.get(room);
    if (live?.state.isJoined(from) !== true || !isLatest(counters, signal)) return;
    if ((await discardedSender(deps, live)) !== undefined) return;
    if (signal.kind === 'watch' || signal.kind === 'presence') await deps.hearContact(live, signal);
    const isLate = deps.clock.now() - signal.counter > LATE_MS_MAX;
    if (signal.kind === 'typing' && !isLate) deps.bells.signal({ t: 'typing', room, from });
    if (signal.kind === 'read' && signal.seq !== undefined)
      await markRead(deps, live, { from, seq: signal.seq, counter: signal.counter });
  }

  return {
    async send(live, { kind, from, seq }) {
      if (await hasBlockedOther(deps, live, from)) return;
      const counter = deps.clock.now();
      const { room } = live;
      if (kind === 'typing') deps.bells.signal({ t: 'typing', room, from });
      else if (seq !== undefined) await markRead(deps, live, { from, seq, counter });
      for (const peer of live.state.joinedDomains().keys()) {
        if (peer !== deps.domain)
          outbox.queue(peer, { kind, room, from, counter, ...(seq === undefined ? {} : { seq }) });
      }
    },
    sendTo: (peer, signal) => outbox.queue(peer, signal),
    async accept(peer, items) {
      for (const item of items) await acceptOne(peer, item);
    },
    stop: () => outbox.stop(),
  };
}

/** What waits to be sent, in requests that hold all signals for a provider; what is lost is never sent again. */
class SignalOutbox implements LoopState {
  readonly resting = [];
  readonly #deps: SignalDeps;
  readonly #waiting = new Map<Domain, Map<string, WireSignal>>();
  #underWay = 0;
  #cancel: Cancel | undefined;

  constructor(deps: SignalDeps) {
    this.#deps = deps;
  }

  get isBusy(): boolean {
    return this.#waiting.size > 0 || this.#underWay > 0;
  }

  queue(peer: Domain, signal: WireSignal): void {
    const signals = this.#waiting.get(peer) ?? new Map<string, WireSignal>();
    if (signals.size < WAITING_MAX) signals.set(nameOf(signal), signal);
    this.#waiting.set(peer, signals);
    this.#cancel ??= this.#deps.timers.after(FLUSH_MS, () => this.#flush());
  }

  stop(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  #flush(): void {
    this.#cancel = undefined;
    for (const [peer, signals] of this.#waiting) {
      const items = [...signals.values()].slice(0, ITEMS_MAX);
      for (const item of items) signals.delete(nameOf(item));
      if (signals.size === 0) this.#waiting.delete(peer);
      this.#underWay += 1;
      void this.#deps.peers
        .call(peer, 'signals', JSON.stringify({ items }))
        .catch((cause: unknown) => this.#deps.log.debug('signals-lost', { peer, cause }))
        .finally(() => (this.#underWay -= 1));
    }
    if (this.#waiting.size > 0) this.#cancel = this.#deps.timers.after(FLUSH_MS, () => this.#flush());
  }
}

function nameOf({ kind, room, from }: WireSignal): string {
  return `${kind} ${room} ${from}`;
}

/** The last signal of a kind, room and person. */
interface Heard {
  readonly counter: number;
  readonly seq: number;
}

/** SPEC PV-SGL-006, PV-SGL-007. */
function isLatest(counters: Map<string, Heard>, signal: WireSignal): boolean {
  const name = nameOf(signal);
  const { counter, seq = 0 } = signal;
  const last = counters.get(name);
  if (last !== undefined && (last.counter >= counter || last.seq > seq)) return false;
  counters.delete(name);
  counters.set(name, { counter, seq });
  for (const oldest of counters.keys()) {
    if (counters.size <= COUNTERS_MAX) break;
    counters.delete(oldest);
  }
  return true;
}

/** Keeps how far somebody has read and tells the streams; it never goes backwards. */
async function markRead(
  { store, bells }: Pick<ServiceDeps, 'store' | 'bells'>,
  live: LiveRoom,
  mark: { from: Address; seq: number; counter: number },
): Promise<void> {
  const { from, counter } = mark;
  const seq = Math.min(mark.seq, live.seq);
  await store.saveReadMarks([{ room: live.room, address: from, seq, counter }]);
  bells.signal({ t: 'read', room: live.room, from, seq });
}

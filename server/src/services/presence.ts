import { BoundedMap } from '../bounded-map.js';
import { domainOf } from '../protocol/identifiers.js';
import type { Address, Domain, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { makeBudget, type Budget } from './accounts/leaky-budget.js';
import { readProfileRow } from './accounts/profile-parts.js';
import { findDm } from './create-room.js';
import type { Cancel, ServiceDeps } from './deps.js';
import type { WireSignal } from './exchange-signals.js';
import type { LiveRoom } from './live-room.js';
import type { Actor, PresenceState } from './room-services.js';

export type PresenceDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'rooms' | 'clock' | 'timers' | 'bells' | 'accountIdOf' | 'log'
> & {
  /** sends one signal to one provider, with others */
  readonly sendTo: (peer: Domain, signal: WireSignal) => void;
};

interface Told {
  readonly from: Address;
  readonly state: PresenceState;
}

const WATCH_MS = 3_600_000;
const PEOPLE_MAX = 50_000;
const WATCHERS_MAX = 20_000;
/** lists of contacts of one account: this many at once, then one every three seconds */
const WISHES = { burst: 30, refillMs: 3000 };
const AWAY_MS = 60_000;
const TOLD_AT_ONCE = 200;
const PAUSE_MS = 1000;
const RECENTLY_MS = 3 * 86_400_000;
const WEEK_MS = 7 * 86_400_000;
const STATES: ReadonlySet<string> = new Set<PresenceState>(['online', 'recently', 'week', 'long-ago']);

/**
 * Tells contacts who asked whether a person is there, coarsely; all of it in memory. A change goes out to 200 contacts a
 * second, in signals that share requests with others.
 *
 * @see PV-PRS-001 to PV-PRS-009
 */
export class Presence {
  readonly #deps: PresenceDeps;
  /** of our people: in which dms somebody wants to know, at which provider, and until when */
  readonly #watchers = new BoundedMap<Address, Map<RoomId, { peer: Domain; until: number }>>(PEOPLE_MAX);
  /** what our people want to know, by person: the dm, and until when */
  readonly #watched = new BoundedMap<number, Map<Address, { room: RoomId; until: number }>>(PEOPLE_MAX);
  /** open streams of our people; one who has just left counts as there for a while */
  readonly #streams = new Map<Address, { count: number; leaving?: Cancel }>();
  /** of our people: the telling of their last change */
  readonly #turns = new BoundedMap<Address, object>(PEOPLE_MAX);
  readonly #wishes: Budget;
  #isStopped = false;

  constructor(deps: PresenceDeps) {
    this.#deps = deps;
    this.#wishes = makeBudget({ clock: deps.clock, ...WISHES, keysMax: PEOPLE_MAX });
  }

  /** One of our people opens a stream. @returns to be called when it ends */
  opened(who: Actor): () => void {
    const known = this.#streams.get(who.address);
    known?.leaving?.();
    const entry = { count: (known?.count ?? 0) + 1 };
    this.#streams.set(who.address, entry);
    if (known === undefined) this.#change(who, 'online');
    return () => this.#leave(who);
  }

  /**
   * One of our people wants to know of these contacts for an hour; takes the place of what they wanted before.
   *
   * @throws ProtocolError `over-budget`
   */
  async watch(who: Actor, addresses: readonly Address[]): Promise<void> {
    const waitMs = this.#wishes.take(who.address);
    if (waitMs > 0) throw new ProtocolError('over-budget', { retryAfterS: Math.ceil(waitMs / 1000) });
    const wishes = new Map<Address, { room: RoomId; until: number }>();
    this.#watched.set(who.accountId, wishes);
    // SPEC PV-PRS-006: who shows this to nobody is told nothing of others.
    if (!(await this.#isShown(who))) return;
    const until = this.#deps.clock.now() + WATCH_MS;
    for (const address of addresses) {
      const live = await findDm(this.#deps, who, address);
      if (live?.state.isJoined(address) !== true) continue;
      wishes.set(address, { room: live.room, until });
      if (domainOf(address) === this.#deps.domain) await this.#hearWatch(live, who.address);
      else {
        const counter = this.#deps.clock.now();
        this.#deps.sendTo(domainOf(address), { kind: 'watch', room: live.room, from: who.address, counter });
      }
    }
  }

  /** Takes a signal of kind `watch` or `presence` of a person who is joined in the room. */
  async hear(live: LiveRoom, { kind, from: by, state }: WireSignal): Promise<void> {
    const from = by as Address;
    const other = otherOf(live, from);
    if (other === undefined) return;
    if (kind === 'watch') await this.#hearWatch(live, from);
    else if (isState(state)) await this.#ring(other, { from, state });
  }

  stop(): void {
    this.#isStopped = true;
    for (const { leaving } of this.#streams.values()) leaving?.();
  }

  #leave(who: Actor): void {
    const entry = this.#streams.get(who.address);
    if (entry === undefined) return;
    entry.count -= 1;
    if (entry.count > 0 || this.#isStopped) return;
    entry.leaving = this.#deps.timers.after(AWAY_MS, () => {
      this.#streams.delete(who.address);
      this.#change(who, 'recently');
    });
  }

  #change(who: Actor, state: PresenceState): void {
    this.#announce(who, state).catch((cause: unknown) => this.#deps.log.debug('presence-lost', { cause }));
  }

  /** A newer change takes the place of one that is still being told. */
  async #announce(who: Actor, state: PresenceState): Promise<void> {
    const { clock, timers } = this.#deps;
    const rooms = this.#watchers.get(who.address);
    if (rooms === undefined) return;
    const turn = {};
    this.#turns.set(who.address, turn);
    if (!(await this.#isShown(who))) return;
    // One provider after the other, so that few requests carry many signals.
    const byPeer = [...rooms].sort(([, { peer: one }], [, { peer: other }]) => (one < other ? -1 : 1));
    let told = 0;
    for (const [room, { until }] of byPeer) {
      if (this.#isStopped || this.#turns.get(who.address) !== turn) return;
      if (until <= clock.now()) rooms.delete(room);
      else await this.#tell(who, room, state);
      told += 1;
      if (told % TOLD_AT_ONCE === 0) await new Promise<void>((resolve) => timers.after(PAUSE_MS, resolve));
    }
    if (this.#turns.get(who.address) === turn) this.#turns.delete(who.address);
  }

  async #hearWatch(live: LiveRoom, by: Address): Promise<void> {
    const address = otherOf(live, by);
    const accountId = address && (await this.#deps.accountIdOf(address));
    if (address === undefined || accountId === undefined) return;
    const who = { accountId, address };
    if ((await this.#deps.store.isBlocked(accountId, by)) || !(await this.#isShown(who))) return;
    const rooms = this.#watchers.get(address) ?? new Map<RoomId, { peer: Domain; until: number }>();
    this.#watchers.set(address, rooms);
    if (rooms.size >= WATCHERS_MAX && !rooms.has(live.room)) return;
    rooms.set(live.room, { peer: domainOf(by), until: this.#deps.clock.now() + WATCH_MS });
    await this.#tell(who, live.room, await this.#stateOf(who));
  }

  /** Looks anew, for everyone who is told, whether they are a contact and not blocked. @see PV-PRS-004 */
  async #tell(who: Actor, room: RoomId, state: PresenceState): Promise<void> {
    const { rooms, store, domain, clock } = this.#deps;
    const live = await rooms.get(room);
    const other = live && otherOf(live, who.address);
    if (other === undefined || (await store.isBlocked(who.accountId, other))) return;
    const from = who.address;
    const peer = domainOf(other);
    if (peer === domain) await this.#ring(other, { from, state });
    else this.#deps.sendTo(peer, { kind: 'presence', room, from, counter: clock.now(), state });
  }

  /** Tells one of our own people, if they asked. @see PV-PRS-005 */
  async #ring(to: Address, { from, state }: Told): Promise<void> {
    const { accountIdOf, bells, clock } = this.#deps;
    const accountId = await accountIdOf(to);
    const wish = accountId === undefined ? undefined : this.#watched.get(accountId)?.get(from);
    if (wish !== undefined && wish.until > clock.now()) bells.signal({ t: 'presence', room: wish.room, from, state });
  }

  async #stateOf(who: Actor): Promise<PresenceState> {
    if (this.#streams.has(who.address)) return 'online';
    const since = this.#deps.clock.now() - (await this.#deps.store.lastSeen(who.accountId));
    if (since <= RECENTLY_MS) return 'recently';
    return since <= WEEK_MS ? 'week' : 'long-ago';
  }

  async #isShown(who: Actor): Promise<boolean> {
    return readProfileRow(await this.#deps.store.findProfile(who.accountId)).shown.presence !== 'nobody';
  }
}

/** The other person of a dm in which both are joined. @see PV-PRS-002 */
function otherOf({ kind, state }: LiveRoom, one: Address): Address | undefined {
  if (kind !== 'dm' || state.get('room.superseded', '') !== undefined || !state.isJoined(one)) return undefined;
  const { creator, with: invited } = state.creation ?? {};
  const other = creator === one ? invited : creator;
  return other !== undefined && state.isJoined(other) ? other : undefined;
}

function isState(value: string | undefined): value is PresenceState {
  return value !== undefined && STATES.has(value);
}

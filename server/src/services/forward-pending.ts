import { BoundedMap } from '../bounded-map.js';
import { parseEvent } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import type { Domain, EventId, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { countTaken } from '../protocol/submit-batch.js';
import type { NewPending, PendingRow } from '../storage/room-rows.js';
import { noteOf } from './account-news.js';
import { batchCalls } from './batch-calls.js';
import type { Cancel, ServiceDeps } from './deps.js';
import { KeyedLoop } from './keyed-loop.js';
import type { Turn } from './keyed-loop.js';
import type { LiveRoom } from './live-room.js';
import type { SendAnswer } from './room-services.js';
import { renewPending } from './renew-pending.js';
import { refusalOf } from './submit-event.js';
import type { Draft, Signed } from './submit-event.js';
import { verifyReceipt } from './verify-receipt.js';
import type { Receipt } from './verify-receipt.js';

type ForwardDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'rooms' | 'peers' | 'bells' | 'log' | 'random' | 'timers' | 'clock' | 'keys'
> & {
  readonly pull: (room: RoomId) => void;
};

interface Waiter {
  /** another one once the event was signed again */
  id: EventId;
  readonly resolve: (answer: SendAnswer) => void;
  readonly reject: (cause: ProtocolError) => void;
}

/** How far one hub's submissions have got. */
interface HubState {
  /** rows up to this `n` have been submitted and not asked for again */
  submitted: number;
  /** when everything that is still here is submitted once more */
  againAt: number;
}

type Result =
  | { readonly status: 'accepted' | 'duplicate'; readonly seq: number; readonly at: number }
  | { readonly status: 'denied'; readonly code: string; readonly rule: string | null }
  | { readonly status: 'retry'; readonly after: number; readonly code?: string }
  | { readonly status: 'not-hub' };

const WAIT_MS = 2000;
const RENEWABLE: ReadonlySet<string> = new Set(['until-passed', 'timer']);
const BATCH_ITEMS_MAX = 256;
const AGAIN_MS = 15_000;
const BAD_ANSWER_MS = 1000;
const HUBS_MAX = 1000;
const PENDING_WAITING_MAX = 20_000;
const RENEWED_MS = 250;
const TIMER_WAITS_MAX = 20;
const TIMER_WAITING_MAX = 10_000;

/**
 * Keeps submissions for other hubs until they stand in the log. A submission is on disk before anything is said about it;
 * it goes to the hub in order, one request at a time, as often as it takes, and leaves when the log brings it back.
 *
 * @see PV-SUB-006 to PV-SUB-012
 */
export class ForwardPending {
  readonly #deps: ForwardDeps;
  readonly #waiters = new Map<EventId, Waiter>();
  readonly #hubs = new Map<Domain, HubState>();
  /** how often an event was denied for a timer that we do not know of yet */
  readonly #timerWaits = new BoundedMap<EventId, number>(TIMER_WAITING_MAX);
  readonly #loop: KeyedLoop<Domain>;
  readonly #keep: (row: NewPending) => Promise<number>;
  #cancel: Cancel | undefined;
  #offRooms: (() => void) | undefined;

  constructor(deps: ForwardDeps) {
    this.#deps = deps;
    this.#loop = new KeyedLoop(deps, { name: 'submit', concurrency: 32, run: (hub) => this.#submitNext(hub) });
    this.#keep = batchCalls((rows: readonly NewPending[]) => deps.store.addPending(rows), {
      ...{ itemsMax: BATCH_ITEMS_MAX, waitingMax: PENDING_WAITING_MAX, timers: deps.timers },
      refuse: () => new ProtocolError('overloaded', { retryAfterS: 1 }),
    });
  }

  async start(): Promise<void> {
    const { store, timers, log, bells } = this.#deps;
    for (const hub of await store.pendingHubs(HUBS_MAX)) this.#loop.ring(hub);
    this.#offRooms = bells.onAnyRoom((room) => this.#answerFromLog(room));
    this.#cancel = timers.every(AGAIN_MS, () => {
      this.#sweep().catch((cause: unknown) => log.warn('sweep-failed', { cause }));
    });
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#offRooms?.();
    await this.#loop.stop();
  }

  /** The hub is back. */
  hurry(hub: Domain): void {
    this.#loop.hurry(hub);
  }

  /**
   * Keeps an event for its hub and waits a while for the hub's answer.
   *
   * @throws ProtocolError the hub's refusal · `overloaded` (too much waits to be kept)
   */
  async forward(live: LiveRoom, signed: Signed, draft: Draft): Promise<SendAnswer> {
    const { event, content, statement } = signed;
    const { room, hub } = live;
    await this.#keep({
      ...{ hub, room, eventId: event.id, jws: event.jws, content, statement: statement?.jws ?? null },
      ...(draft.request ?? { accountId: null, requestKey: null }),
      at: this.#deps.clock.now(),
    });
    this.#loop.ring(hub);
    return await new Promise<SendAnswer>((resolve, reject) => {
      const cancel = this.#deps.timers.after(WAIT_MS, () => {
        settle(() => resolve({ status: 'pending', id: waiter.id }));
      });
      const settle = (answer: () => void): void => {
        cancel();
        this.#waiters.delete(waiter.id);
        answer();
      };
      const waiter: Waiter = {
        id: event.id,
        resolve: (answer) => settle(() => resolve(answer)),
        reject: (cause) => settle(() => reject(cause)),
      };
      this.#waiters.set(event.id, waiter);
    });
  }

  /** The log may bring an event back before the hub's answer does. */
  #answerFromLog(room: RoomId): void {
    const live = this.#waiters.size === 0 ? undefined : this.#deps.rooms.peek(room);
    if (live === undefined || live.hub === this.#deps.domain) return;
    for (const { eventId: id, seq, at, void: code } of live.tailAfter(live.flushedFrom, BATCH_ITEMS_MAX) ?? []) {
      if (code === null) this.#waiters.get(id)?.resolve({ status: 'ordered', id, seq, at });
      else this.#waiters.get(id)?.reject(refusalOf(code, null));
    }
  }

  async #submitNext(hub: Domain): Promise<Turn> {
    const { store, rooms, peers } = this.#deps;
    const state = this.#stateOf(hub);
    const listed = fit(await store.listPending(hub, { after: state.submitted, limit: BATCH_ITEMS_MAX }));
    const last = listed.at(-1);
    if (last === undefined) return { kind: 'done' };
    // A join under way is the business of its own request.
    const rows = listed.filter(({ room }) => rooms.peek(room)?.status !== 'joining');
    if (rows.length > 0) {
      const answer = await peers.call(hub, 'submit', submitBody(rows));
      const waitMs = answer.kind === 'ok' ? await this.#takeResults(rows, answer.body as unknown as SubmitAnswer) : 0;
      if (answer.kind !== 'ok' || waitMs > 0) {
        state.submitted = 0;
        return { kind: 'retry', afterMs: answer.kind === 'problem' ? answer.retryAfterMs : waitMs };
      }
    }
    state.submitted = last.n;
    return { kind: 'more' };
  }

  #stateOf(hub: Domain): HubState {
    const known = this.#hubs.get(hub);
    if (known !== undefined) return known;
    const fresh = { submitted: 0, againAt: this.#deps.clock.now() + AGAIN_MS };
    this.#hubs.set(hub, fresh);
    return fresh;
  }

  /** @returns for how long the hub wants to be left alone with what it did not take, in ms */
  async #takeResults(rows: readonly PendingRow[], body: SubmitAnswer): Promise<number> {
    let waitMs = 0;
    for (const [index, row] of rows.entries()) {
      const result = body.results[index];
      if (result === undefined || result.status === 'not-hub') waitMs = Math.max(waitMs, BAD_ANSWER_MS);
      else if (result.status === 'retry' && result.code !== undefined)
        await this.#refuse(row, { code: result.code, rule: null, retryAfterS: result.after });
      else if (result.status === 'retry') waitMs = Math.max(waitMs, result.after * 1000, 1);
      else if (result.status === 'denied') {
        if (await this.#renew(row, result.code)) waitMs = Math.max(waitMs, RENEWED_MS);
        else await this.#refuse(row, result);
      } else if (!(await this.#isProven(row, body))) {
        // A hub with new keys says so in the log.
        this.#deps.pull(row.room);
        waitMs = Math.max(waitMs, BAD_ANSWER_MS);
      } else
        this.#waiters.get(row.eventId)?.resolve({ status: 'ordered', id: row.eventId, seq: result.seq, at: result.at });
    }
    return waitMs;
  }

  async #isProven(row: PendingRow, body: SubmitAnswer): Promise<boolean> {
    const live = await this.#deps.rooms.get(row.room);
    const event = parseEvent(row.jws);
    const receipt = body.rooms.find(({ room }) => room === row.room);
    if (live === undefined || !event.ok || receipt === undefined) return false;
    if (isHeld(live, event.value) || verifyReceipt(event.value, live, { receipt, seals: body.seals })) return true;
    this.#deps.log.warn('bad-receipt', { hub: row.hub, room: row.room, id: row.eventId });
    return false;
  }

  /** What came too late, or for a timer that has changed, may be asked for again. @returns false: it is refused for good */
  async #renew(row: PendingRow, code: string): Promise<boolean> {
    const live = RENEWABLE.has(code) ? await this.#deps.rooms.get(row.room) : undefined;
    const id = live && (await renewPending(this.#deps, live, row));
    const waiter = this.#waiters.get(row.eventId);
    if (id === undefined) return code === 'timer' && this.#waitsForTimer(row);
    if (waiter === undefined) return true;
    this.#waiters.delete(row.eventId);
    this.#waiters.set(id, Object.assign(waiter, { id }));
    return true;
  }

  /** The change of the timer is on its way to us. @returns false: for too long */
  #waitsForTimer({ eventId, room }: PendingRow): boolean {
    const waits = this.#timerWaits.get(eventId) ?? 0;
    this.#timerWaits.set(eventId, waits + 1);
    this.#deps.pull(room);
    return waits < TIMER_WAITS_MAX;
  }

  async #refuse(row: PendingRow, { code, rule, retryAfterS }: Refusal): Promise<void> {
    const { store, bells } = this.#deps;
    await store.refusePending(row.hub, row.eventId, code);
    this.#waiters.get(row.eventId)?.reject(refusalOf(code, rule, retryAfterS));
    if (row.accountId === null) return;
    const { accountId, room, eventId: id, requestKey: key } = row;
    await store.addNotes([noteOf(accountId, { kind: 'refused', key: key ?? '', room, id, code })]);
    bells.ringAccount(accountId);
  }

  /** What was accepted but has not come back in the log is asked for, and submitted again. */
  async #sweep(): Promise<void> {
    const { store, clock, pull } = this.#deps;
    for (const hub of await store.pendingHubs(HUBS_MAX)) {
      const state = this.#stateOf(hub);
      if (state.againAt <= clock.now() && !this.#loop.isBackingOff(hub)) {
        Object.assign(state, { submitted: 0, againAt: clock.now() + AGAIN_MS });
        const rows = await store.listPending(hub, { limit: BATCH_ITEMS_MAX });
        for (const room of new Set(rows.map((row) => row.room))) pull(room);
      }
      this.#loop.ring(hub);
    }
  }
}

interface Refusal {
  readonly code: string;
  readonly rule: string | null;
  /** s, where a hub asks only to wait */
  readonly retryAfterS?: number;
}

interface SubmitAnswer {
  readonly results: readonly Result[];
  readonly rooms: readonly Receipt[];
  readonly seals: readonly string[];
}

/** The log has come back before the answer: that is proof enough. */
function isHeld(live: LiveRoom, event: ParsedEvent): boolean {
  return live.findRecent(event.id) !== undefined;
}

/** As many rows as one request may carry, at least one. @see PV-SUB-015 */
function fit(rows: readonly PendingRow[]): readonly PendingRow[] {
  return rows.slice(0, countTaken(rows.map(({ jws, content }) => jws.length + Buffer.byteLength(content))));
}

function submitBody(rows: readonly PendingRow[]): string {
  const items = rows.map(({ jws, content, statement }) => {
    const tail = statement === null ? '' : `,"statement":"${statement}"`;
    return `{"jws":"${jws}","content":${JSON.stringify(content)}${tail}}`;
  });
  return `{"items":[${items.join(',')}]}`;
}

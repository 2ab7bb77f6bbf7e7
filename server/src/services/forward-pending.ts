import { parseEvent } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import { parseDomain } from '../protocol/identifiers.js';
import type { Domain, EventId, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { NewPending, PendingRow } from '../storage/room-rows.js';
import { noteOf } from './account-news.js';
import { batchCalls } from './batch-calls.js';
import type { ServiceDeps } from './deps.js';
import { createKeyedLoop } from './keyed-loop.js';
import type { Turn } from './keyed-loop.js';
import type { LiveRoom } from './live-room.js';
import type { SendAnswer } from './room-services.js';
import { refusalOf } from './submit-event.js';
import type { Draft, Signed } from './submit-event.js';
import { verifyReceipt } from './verify-receipt.js';
import type { Receipt } from './verify-receipt.js';

type ForwardDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'rooms' | 'peers' | 'bells' | 'log' | 'random' | 'clock'
> & {
  readonly pull: (room: RoomId) => void;
};

export interface ForwardPending {
  forward(live: LiveRoom, signed: Signed, draft: Draft): Promise<SendAnswer>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The hub is back. */
  hurry(hub: Domain): void;
}

interface Waiter {
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
  | { readonly status: 'retry'; readonly after: number }
  | { readonly status: 'not-hub' };

const WAIT_MS = 2000;
const BATCH_ITEMS_MAX = 256;
const BATCH_BYTES_MAX = 1024 * 1024;
const AGAIN_MS = 15_000;
const PENDING_WAITING_MAX = 20_000;

/**
 * Keeps submissions for other hubs until they stand in the log. A submission is on disk before anything is said about it;
 * it goes to the hub in order, one request at a time, as often as it takes, and leaves when the log brings it back.
 *
 * @see PV-SUB-006 to PV-SUB-012
 */
export function createForwardPending(deps: ForwardDeps): ForwardPending {
  const waiters = new Map<EventId, Waiter>();
  const hubs = new Map<Domain, HubState>();
  const loop = createKeyedLoop(deps, { name: 'submit', concurrency: 32, run: (key) => submitNext(key as Domain) });
  const keep = batchCalls((rows: readonly NewPending[]) => deps.store.addPending(rows), {
    ...{ itemsMax: BATCH_ITEMS_MAX, waitingMax: PENDING_WAITING_MAX },
    refuse: () => new ProtocolError('overloaded', { retryAfterS: 1 }),
  });
  let sweeper: NodeJS.Timeout | undefined;

  async function forward(live: LiveRoom, signed: Signed, draft: Draft): Promise<SendAnswer> {
    const { event, content, statement } = signed;
    const { room, hub } = live;
    await keep({
      ...{ hub, room, eventId: event.id, jws: event.jws, content, statement: statement?.jws ?? null },
      ...{ accountId: draft.request?.accountId ?? null, requestKey: draft.request?.requestKey ?? null },
      at: deps.clock.now(),
    });
    const placed = new Promise<SendAnswer>((resolve, reject) => waiters.set(event.id, { resolve, reject }));
    loop.ring(hub);
    const timeout = new AbortController();
    const late = after(WAIT_MS, timeout.signal).then((): SendAnswer => ({ status: 'pending', id: event.id }));
    return await Promise.race([placed, late]).finally(() => {
      timeout.abort();
      waiters.delete(event.id);
    });
  }

  async function submitNext(hub: Domain): Promise<Turn> {
    const state = hubs.get(hub) ?? { submitted: 0, againAt: deps.clock.now() + AGAIN_MS };
    hubs.set(hub, state);
    const listed = fit(await deps.store.listPending(hub, { after: state.submitted, limit: BATCH_ITEMS_MAX }));
    const last = listed.at(-1);
    if (last === undefined) return { kind: 'done' };
    // A join under way is the business of its own request.
    const rows = listed.filter(({ room }) => deps.rooms.peek(room)?.status !== 'joining');
    if (rows.length === 0) {
      state.submitted = last.n;
      return { kind: 'more' };
    }
    const answer = await deps.peers.call(hub, 'submit', submitBody(rows));
    if (answer.kind !== 'ok') {
      state.submitted = 0;
      return { kind: 'retry', ...(answer.kind === 'problem' ? { afterMs: answer.retryAfterMs } : {}) };
    }
    const waitMs = await takeResults(rows, answer.body as unknown as SubmitAnswer);
    if (waitMs > 0) state.submitted = 0;
    else state.submitted = last.n;
    return waitMs > 0 ? { kind: 'retry', afterMs: waitMs } : { kind: 'more' };
  }

  /** @returns for how long the hub wants to be left alone with what it did not take, in ms */
  async function takeResults(rows: readonly PendingRow[], body: SubmitAnswer): Promise<number> {
    let waitMs = 0;
    for (const [index, row] of rows.entries()) {
      const result = body.results[index];
      if (result === undefined || result.status === 'not-hub') waitMs = Math.max(waitMs, 1000);
      else if (result.status === 'retry') waitMs = Math.max(waitMs, result.after * 1000, 1);
      else if (result.status === 'denied') await refuse(row, result);
      else if (!(await isProven(row, body))) waitMs = Math.max(waitMs, 1000);
      else waiters.get(row.eventId)?.resolve({ status: 'ordered', id: row.eventId, seq: result.seq, at: result.at });
    }
    return waitMs;
  }

  async function isProven(row: PendingRow, body: SubmitAnswer): Promise<boolean> {
    const live = await deps.rooms.get(row.room);
    const event = parseEvent(row.jws);
    const receipt = body.rooms.find(({ room }) => room === row.room);
    if (live === undefined || !event.ok || receipt === undefined) return false;
    if (isHeld(live, event.value) || verifyReceipt(event.value, live, { receipt, seals: body.seals })) return true;
    deps.log.warn('bad-receipt', { hub: row.hub, room: row.room, id: row.eventId });
    return false;
  }

  async function refuse(row: PendingRow, { code, rule }: { code: string; rule: string | null }): Promise<void> {
    await deps.store.refusePending(row.hub, row.eventId, code);
    waiters.get(row.eventId)?.reject(refusalOf(code, rule));
    if (row.accountId === null) return;
    const { accountId, room, eventId: id, requestKey: key } = row;
    await deps.store.addNotes([noteOf(accountId, { kind: 'refused', key: key ?? '', room, id, code })]);
    deps.bells.ringAccount(accountId);
  }

  /** What was accepted but has not come back in the log is asked for, and submitted again. */
  async function sweep(): Promise<void> {
    for (const hub of await deps.store.pendingHubs(1000)) {
      const state = hubs.get(hub);
      if (state !== undefined && state.againAt <= deps.clock.now() && !loop.isBackingOff(hub)) {
        Object.assign(state, { submitted: 0, againAt: deps.clock.now() + AGAIN_MS });
        const rows = await deps.store.listPending(hub, { limit: BATCH_ITEMS_MAX });
        for (const room of new Set(rows.map((row) => row.room))) deps.pull(room);
      }
      loop.ring(hub);
    }
  }

  return {
    forward,
    async start() {
      for (const hub of await deps.store.pendingHubs(1000)) loop.ring(hub);
      sweeper = setInterval(() => void sweep().catch((cause: unknown) => deps.log.warn('sweep-failed', { cause })), AGAIN_MS);
    },
    async stop() {
      clearInterval(sweeper);
      await loop.stop();
    },
    hurry(hub) {
      if (parseDomain(hub) !== undefined) loop.ring(hub, { hurry: true });
    },
  };
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

/** As many rows as one request may carry, at least one. */
function fit(rows: readonly PendingRow[]): PendingRow[] {
  let bytes = 0;
  return rows.filter((row, index) => {
    bytes += row.jws.length + Buffer.byteLength(row.content);
    return index === 0 || bytes <= BATCH_BYTES_MAX;
  });
}

function submitBody(rows: readonly PendingRow[]): string {
  const items = rows.map(({ jws, content, statement }) => {
    const tail = statement === null ? '' : `,"statement":"${statement}"`;
    return `{"jws":"${jws}","content":${JSON.stringify(content)}${tail}}`;
  });
  return `{"items":[${items.join(',')}]}`;
}

async function after(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}

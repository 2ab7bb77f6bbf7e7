import { sealHeads } from '../protocol/head.js';
import type { RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { StorageError } from '../storage/storage-error.js';
import type { AppendBatch } from '../storage/room-rows.js';
import type { RoomWriter, ServiceDeps, WriteJob } from './deps.js';
import { RoomDraft } from './draft-room.js';
import { renewStatement } from './renew-statement.js';

interface QueuedJob {
  readonly job: WriteJob<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
  answer?: unknown;
  attempts: number;
}

const QUEUE_MAX = 20_000;
const FLUSH_EVENTS_MAX = 512;
const FLUSH_BYTES_MAX = 4 * 1024 * 1024;
const ROOM_EVENTS_MAX = 128;
const ROOM_BYTES_MAX = 512 * 1024;
const CONFLICT_ATTEMPTS_MAX = 5;

type WriterDeps = Pick<
  ServiceDeps,
  'domain' | 'store' | 'clock' | 'random' | 'timers' | 'keys' | 'bells' | 'rooms' | 'log'
>;

/**
 * Makes the one place where records come into being or are appended: a flush takes what has queued up over many rooms,
 * judges it on cached state and commits it in one transaction, under one seal where we are the hub. While a flush
 * is being committed the next one gathers, so a busy server batches more and an idle one answers at once.
 *
 * @see PV-HUB-001, PV-SEAL-001
 */
export function createRoomWriter(deps: WriterDeps): RoomWriter {
  const queue: QueuedJob[] = [];
  const idle: (() => void)[] = [];
  let running = false;

  async function run(): Promise<void> {
    // Let everything that arrived in this turn of the event loop into the first flush.
    await new Promise<void>((resolve) => deps.timers.soon(resolve));
    while (queue.length > 0) {
      const jobs = takeFlush(queue);
      await flush(deps, jobs);
    }
    running = false;
    for (const resolve of idle.splice(0)) resolve();
  }

  return {
    write<Answer>(job: WriteJob<Answer>): Promise<Answer> {
      if (queue.length >= QUEUE_MAX) return Promise.reject(new ProtocolError('overloaded', { retryAfterS: 1 }));
      return new Promise<Answer>((resolve, reject) => {
        queue.push({ job, resolve: resolve as (answer: unknown) => void, reject, attempts: 0 });
        if (running) return;
        running = true;
        void run();
      });
    },
    get queued() {
      return queue.length;
    },
    async drain() {
      if (running) await new Promise<void>((resolve) => idle.push(resolve));
    },
  };
}

/** Takes jobs in order until a flush is full; a room that has had its share waits, all its later jobs with it. */
function takeFlush(queue: QueuedJob[]): QueuedJob[] {
  const taken: QueuedJob[] = [];
  const shares = new Map<RoomId, { events: number; bytes: number; full: boolean }>();
  const left: QueuedJob[] = [];
  let events = 0;
  let bytes = 0;
  for (const queued of queue) {
    const { room, events: more, bytes: weight } = queued.job;
    const share = shares.get(room) ?? { events: 0, bytes: 0, full: false };
    shares.set(room, share);
    share.full ||= share.events > 0 && (share.events + more > ROOM_EVENTS_MAX || share.bytes + weight > ROOM_BYTES_MAX);
    const hasSpace = taken.length === 0 || (events + more <= FLUSH_EVENTS_MAX && bytes + weight <= FLUSH_BYTES_MAX);
    if (share.full || !hasSpace) {
      share.full = true;
      left.push(queued);
      continue;
    }
    taken.push(queued);
    share.events += more;
    share.bytes += weight;
    events += more;
    bytes += weight;
  }
  queue.splice(0, queue.length, ...left);
  return taken;
}

/** One flush, whatever happens in it: every job is answered. */
async function flush(deps: WriterDeps, jobs: readonly QueuedJob[]): Promise<void> {
  let left: readonly QueuedJob[] = [];
  try {
    const prepared = await prepare(deps, jobs);
    left = prepared.left;
    const written = prepared.drafts.filter((draft) => draft.records.length > 0);
    if (written.length > 0) await commit(deps, written);
  } catch (cause) {
    for (const { job } of jobs) deps.rooms.drop(job.room);
    await recover(deps, jobs, cause);
    return;
  }
  for (const queued of jobs) if (!left.includes(queued)) queued.resolve(queued.answer);
  if (left.length > 0) await flush(deps, left);
}

/** @returns the drafts, and the jobs that have to wait for the next flush */
async function prepare(
  deps: WriterDeps,
  jobs: readonly QueuedJob[],
): Promise<{ drafts: RoomDraft[]; left: QueuedJob[] }> {
  const left: QueuedJob[] = [];
  const drafts = new Map<RoomId, RoomDraft>();
  for (const { job } of jobs) {
    if (drafts.has(job.room)) continue;
    const live = (await deps.rooms.get(job.room)) ?? job.fresh?.();
    if (live === undefined) continue;
    const draft = new RoomDraft(live, deps.domain);
    drafts.set(job.room, draft);
    if (live.hub === deps.domain) renewStatement(deps, draft);
  }
  for (const queued of jobs) {
    const draft = drafts.get(queued.job.room);
    if (draft === undefined) throw new ProtocolError('unknown-room');
    if (draft.isClosed) left.push(queued);
    else queued.answer = queued.job.prepare(draft);
  }
  return { drafts: [...drafts.values()], left };
}

async function commit(deps: WriterDeps, drafts: readonly RoomDraft[]): Promise<void> {
  sealOwn(deps, drafts);
  const batch: AppendBatch = {
    appends: drafts.map((draft) => draft.toAppend()),
    sent: drafts.flatMap((draft) => draft.sent),
    statements: drafts.flatMap((draft) => draft.statements),
    notes: drafts.flatMap((draft) => draft.notes),
  };
  const { conflicts } = await deps.store.commitAppends(batch);
  if (conflicts.length > 0) throw new FlushConflict();
  for (const draft of drafts) {
    draft.publish();
    deps.rooms.add(draft.live, draft.bytes);
  }
  for (const { accountId } of batch.notes ?? []) deps.bells.ringAccount(accountId);
  for (const { live } of drafts) deps.bells.ringRoom(live.room);
}

/** Seals the rooms we are the hub of, all under one signature; a follower's draft brings its hub's seal. */
function sealOwn(deps: WriterDeps, drafts: readonly RoomDraft[]): void {
  const own = drafts.filter((draft) => draft.live.hub === deps.domain);
  if (own.length === 0) return;
  const { seal } = deps.keys.current;
  const sealed = sealHeads(
    own.map((draft) => draft.head()),
    { hub: deps.domain, at: deps.clock.now() },
    seal,
  );
  for (const [index, draft] of own.entries()) draft.sealed = sealed[index];
}

class FlushConflict extends Error {}

/**
 * After a flush that failed: a conflict or an unacceptable row is searched for by halving, until the one job that
 * cannot be written stands alone; when the database is away everyone is told so.
 */
async function recover(deps: WriterDeps, jobs: readonly QueuedJob[], cause: unknown): Promise<void> {
  if (isConnectionLoss(cause)) {
    deps.log.warn('flush-failed', { jobs: jobs.length, cause: String(cause) });
    for (const queued of jobs) queued.reject(new ProtocolError('unavailable', { retryAfterS: 1 }));
    return;
  }
  const again = jobs.every((queued) => (queued.attempts += 1) < CONFLICT_ATTEMPTS_MAX);
  if (cause instanceof FlushConflict && again) {
    await flush(deps, jobs);
    return;
  }
  if (jobs.length > 1) {
    const half = Math.ceil(jobs.length / 2);
    await flush(deps, jobs.slice(0, half));
    await flush(deps, jobs.slice(half));
    return;
  }
  const refusal = cause instanceof ProtocolError ? cause : new ProtocolError('storage-rejected');
  // A request or event that came twice at once is nobody's fault; a row that the schema refuses is ours.
  const level = cause instanceof StorageError && cause.repeated ? 'info' : 'error';
  if (refusal !== cause) deps.log[level]('job-refused', { room: jobs[0]?.job.room, cause: String(cause) });
  jobs[0]?.reject(refusal);
}

function isConnectionLoss(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'connection';
}

import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { RoomRow } from '../storage/room-rows.js';
import { judgeAgain } from './accept-push.js';
import type { PushDeps } from './accept-push.js';
import type { Cancel, ServiceDeps } from './deps.js';
import { KeyedLoop } from './keyed-loop.js';
import type { Turn } from './keyed-loop.js';
import { isSealedByHub, PAGE_RECORDS_MAX, readPage, readSeals } from './read-page.js';

type RejudgeDeps = PushDeps & Pick<ServiceDeps, 'peers' | 'random' | 'timers'>;

export interface RejudgeRooms {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The operator wants the rooms of a hub judged anew, those it has forked too. */
  ofHub(hub: Domain): Promise<void>;
}

const EVERY_MS = 3_600_000;
const PAGE = 256;

/**
 * Asks the hubs of quarantined rooms for what comes after the last record that all agreed on, and goes on where it is as it should
 * be by now: after an upgrade of ours, or a repair of theirs. A fork is no mistake that could be mended: whether to go on is for
 * the operator to say.
 *
 * @see PV-PUSH-015, PV-PUSH-016
 */
export function createRejudgeRooms(deps: RejudgeDeps): RejudgeRooms {
  const forced = new Set<RoomId>();
  const loop = new KeyedLoop<RoomId>(deps, {
    ...{ name: 'rejudge', concurrency: 4 },
    run: (room) => rejudge(deps, room, { isForced: forced.delete(room) }),
  });
  let cancel: Cancel | undefined;

  async function ringAll(): Promise<void> {
    for await (const { room } of quarantined(deps)) loop.ring(room);
  }

  return {
    async start() {
      cancel = deps.timers.every(EVERY_MS, () => {
        ringAll().catch((cause: unknown) => deps.log.warn('rejudge-failed', { cause }));
      });
      await ringAll();
    },
    async stop() {
      cancel?.();
      await loop.stop();
    },
    async ofHub(hub) {
      for await (const { room } of quarantined(deps, hub)) {
        forced.add(room);
        loop.ring(room);
      }
    },
  };
}

async function* quarantined({ store }: RejudgeDeps, hub?: Domain): AsyncGenerator<RoomRow> {
  let after: RoomId | undefined;
  do {
    const where = { status: 'quarantined' as const, limit: PAGE, ...(hub && { hub }), ...(after && { after }) };
    const page = await store.listRooms(where);
    yield* page;
    after = page.length < PAGE ? undefined : page.at(-1)?.room;
  } while (after !== undefined);
}

async function rejudge(deps: RejudgeDeps, room: RoomId, { isForced }: { isForced: boolean }): Promise<Turn> {
  const live = await deps.rooms.get(room);
  if (live?.status !== 'quarantined' || live.hub === deps.domain) return { kind: 'done' };
  if (live.code === 'fork' && !isForced) return { kind: 'done' };
  const body = JSON.stringify({ room, from: live.seq + 1, max: PAGE_RECORDS_MAX });
  const answer = await deps.peers.call(live.hub, 'log', body);
  const page = answer.kind === 'ok' ? readPage(answer.body.page, readSeals(answer.body.seals)) : undefined;
  if (page === undefined || page.room !== room || !isSealedByHub(page, live)) return { kind: 'done' };
  await judgeAgain(deps, live, page);
  return { kind: 'done' };
}

import type { Domain, RoomId } from '../protocol/identifiers.js';
import { takePage } from './accept-push.js';
import type { ServiceDeps } from './deps.js';
import type { FillHoles } from './fill-holes.js';
import type { Turn } from './keyed-loop.js';
import type { LiveRoom } from './live-room.js';
import type { PeerAnswer } from '../transport/peer-client.js';
import { isSealedByHub, PAGE_RECORDS_MAX, readPage, readSeals } from './read-page.js';

type PullDeps = Pick<
  ServiceDeps,
  'store' | 'rooms' | 'unjudged' | 'writer' | 'accountIdOf' | 'domain' | 'log' | 'clock' | 'bells' | 'peers'
> & {
  readonly completeSnapshot: (room: RoomId) => Promise<boolean>;
  readonly holes: Pick<FillHoles, 'note'>;
};

/**
 * Takes one step of bringing a room we follow up to date: one page of its log, from the hub or, when that is away, from
 * another participant. What arrives is verified in the same way, whoever sends it.
 *
 * @see PV-LOG-001, PV-LOG-008
 */
export async function pullLog(deps: PullDeps, room: RoomId): Promise<Turn> {
  const live = await deps.rooms.get(room);
  if (live === undefined || live.hub === deps.domain || live.status === 'quarantined') return { kind: 'done' };
  if (live.status === 'partial') return (await deps.completeSnapshot(room)) ? { kind: 'more' } : { kind: 'retry' };
  if (live.status === 'joining') return { kind: 'done' };
  for (const peer of sources(live, deps.domain)) {
    const answer = await deps.peers.call(peer, 'log', logRequest(live));
    if (answer.kind !== 'ok') {
      if (peer === live.hub && isOver(answer)) return { kind: 'done' };
      continue;
    }
    return await takeAnswer(deps, live, answer.body);
  }
  return { kind: 'retry' };
}

type PeerBody = Extract<PeerAnswer<'log'>, { kind: 'ok' }>['body'];

function logRequest(live: LiveRoom): string {
  return JSON.stringify({ room: live.room, from: live.seq + 1, max: PAGE_RECORDS_MAX });
}

/** The hub first, then a few of the others: any participant's copy will do. */
function sources(live: LiveRoom, domain: Domain): Domain[] {
  const others = [...live.state.joinedDomains().keys()].filter((peer) => peer !== live.hub && peer !== domain);
  return [live.hub, ...others.slice(0, 3)];
}

/** A hub that no longer knows us in the room has nothing more for us. */
function isOver(answer: PeerAnswer<'log'>): boolean {
  return answer.kind === 'problem' && answer.code === 'unknown-room';
}

async function takeAnswer(deps: PullDeps, live: LiveRoom, body: PeerBody): Promise<Turn> {
  const page = readPage(body.page, readSeals(body.seals));
  if (page === undefined || page.room !== live.room || !isSealedByHub(page, live)) {
    deps.log.warn('bad-log-answer', { room: live.room, hub: live.hub });
    return { kind: 'retry' };
  }
  const answer = await takePage({ ...deps, pull: () => undefined }, live, page);
  if (answer.status === 'quarantined') return { kind: 'done' };
  if (answer.status === 'gap') return { kind: 'retry' };
  return body.newest > answer.seq ? { kind: 'more' } : { kind: 'done' };
}

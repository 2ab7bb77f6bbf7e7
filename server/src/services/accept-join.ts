import type { Domain, RoomId } from '../protocol/identifiers.js';
import { orderItems, resultText } from './accept-submission.js';
import type { SubmitItem } from './accept-submission.js';
import type { ServiceDeps } from './deps.js';
import { snapshotText } from './make-snapshot.js';

type JoinDeps = Parameters<typeof orderItems>[0] & Pick<ServiceDeps, 'store' | 'rooms'>;

const HEAD_SEARCH = 255;

/**
 * Lets another provider's person into a room: records the join and answers with the state as of a sealed head that holds
 * it. May be repeated: what is recorded is answered as `duplicate`, with the snapshot again.
 *
 * @returns JSON text
 * @see PV-JOIN-001 to PV-JOIN-008
 */
export async function acceptJoin(
  deps: JoinDeps,
  peer: Domain,
  body: { room: string; items: readonly SubmitItem[] },
): Promise<string> {
  const answers = await orderItems(deps, peer, body.items);
  const results = answers.map(({ room, answer }) => resultText(deps, room, answer));
  const last = answers.at(-1)?.answer;
  const seals: string[] = [];
  const seq = last !== undefined && 'seq' in last ? last.seq : undefined;
  const snapshot =
    seq === undefined ? undefined : await snapshotFor(deps, peer, { room: body.room as RoomId, seq, seals });
  const part = snapshot === undefined ? '' : `"snapshot":${snapshot},`;
  return `{"results":[${results.join(',')}],${part}"seals":${JSON.stringify(seals)}}`;
}

async function snapshotFor(
  deps: JoinDeps,
  peer: Domain,
  { room, seq, seals }: { room: RoomId; seq: number; seals: string[] },
): Promise<string | undefined> {
  const live = await deps.rooms.get(room);
  if (live === undefined || !live.state.hasJoined(peer)) return undefined;
  const sealed = await deps.store.nextHead(room, seq, seq + HEAD_SEARCH);
  return sealed === undefined ? undefined : await snapshotText(deps, live, { sealed, seals });
}

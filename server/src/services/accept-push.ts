import { parseEvent } from '../protocol/event.js';
import type { Domain, EventId, RoomId } from '../protocol/identifiers.js';
import type { Seal, SealedHead } from '../protocol/head.js';
import { headToWire } from '../protocol/head.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { appendPage } from './append-page.js';
import type { AppendAnswer } from './append-page.js';
import type { RoomPage } from '../protocol/room-page.js';
import type { ServiceDeps } from './deps.js';
import type { FillHoles } from './fill-holes.js';
import type { LiveRoom } from './live-room.js';
import { isSealedByHub, readPage, readSeals } from './read-page.js';
import { tellMembers } from './tell-members.js';

export type PushDeps = Pick<
  ServiceDeps,
  'store' | 'rooms' | 'unjudged' | 'writer' | 'accountIdOf' | 'domain' | 'log' | 'clock' | 'bells'
> & {
  /** fetches what is missing of a room, in the background */
  readonly pull: (room: RoomId) => void;
  readonly holes: Pick<FillHoles, 'note'>;
};

export type PushAnswer =
  | ({ readonly room: RoomId } & AppendAnswer)
  | { readonly room: RoomId; readonly status: 'unknown-room' }
  | { readonly room: RoomId; readonly status: 'retry'; readonly after: number };

const AHEAD_MS_MAX = 60_000;

/**
 * Takes in records that a hub pushes, many rooms at once. Each room is answered for itself.
 *
 * @see PV-PUSH-001 to PV-PUSH-012
 */
export async function acceptPush(
  deps: PushDeps,
  peer: Domain,
  body: { rooms: readonly { room: string }[]; seals: readonly string[] },
): Promise<{ rooms: readonly PushAnswer[] }> {
  const seals = readSeals(body.seals);
  const rooms = await Promise.all(body.rooms.map((json) => acceptPage(deps, peer, { json, seals })));
  return { rooms };
}

async function acceptPage(
  deps: PushDeps,
  peer: Domain,
  { json, seals }: { json: { room: string }; seals: readonly Seal[] },
): Promise<PushAnswer> {
  const room = json.room as RoomId;
  const live = await deps.rooms.get(room);
  if (live === undefined || live.hub !== peer || live.hub === deps.domain) return { room, status: 'unknown-room' };
  // Our copy begins with the snapshot that is on its way.
  if (live.status === 'joining') return { room, status: 'retry', after: 1 };
  const page = readPage(json, seals);
  if (page === undefined || !isSealedByHub(page, live))
    return { room, status: 'quarantined', code: 'bad-seal', seq: live.seq };
  if (live.status === 'partial') {
    if (deps.unjudged.take(live, page, deps.clock.now())) deps.bells.ringRoom(room);
    return { room, status: 'retry', after: 1 };
  }
  try {
    const answer = await takePage(deps, live, page);
    if (answer.status === 'gap') deps.pull(room);
    return { room, ...answer };
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    return { room, status: 'retry', after: cause.members.retryAfterS ?? 1 };
  }
}

/**
 * Appends a page whose seal is good to a room we follow, whoever sent it. What a hub can be held to is kept as a proof.
 *
 * @throws ProtocolError `overloaded` · `unavailable`
 * @see PV-PUSH-004 to PV-PUSH-010
 */
export async function takePage(deps: PushDeps, live: LiveRoom, page: RoomPage): Promise<AppendAnswer> {
  if (live.status === 'quarantined') return { status: 'quarantined', code: live.code ?? 'fork', seq: live.seq };
  const answer = await append(deps, live, page);
  if (answer.status === 'quarantined' && answer.code !== live.code) await quarantine(deps, live, { answer, page });
  if (answer.status === 'acked') deps.holes.note(live.room, withoutContent(page));
  return answer;
}

function withoutContent({ records }: RoomPage): number[] {
  return records.flatMap((record) => ('jws' in record && record.content === null ? [record.seq] : []));
}

/**
 * Judges what comes after the last record of a quarantined room on which all agreed, and goes on with the room if it is good
 * now. What was proven stays proven.
 *
 * @see PV-PUSH-015
 */
export async function judgeAgain(deps: PushDeps, live: LiveRoom, page: RoomPage): Promise<void> {
  const { room, hub, code } = live;
  const answer = await append(deps, live, page, { isJudgedAgain: true });
  if (answer.status !== 'acked') {
    deps.log.info('room-still-quarantined', { room, hub, code, answer: answer.status });
    return;
  }
  await deps.store.setRoomStatus(room, 'live', null);
  deps.rooms.drop(room);
  deps.log.warn('room-resumed', { room, hub, code, seq: answer.seq });
  await tellMembers(deps, room);
  deps.pull(room);
}

// eslint-disable-next-line max-params -- what, where, and how it stands
async function append(
  deps: PushDeps,
  live: LiveRoom,
  page: RoomPage,
  how: { isJudgedAgain: boolean } = { isJudgedAgain: false },
): Promise<AppendAnswer> {
  const { head } = page.sealed;
  if (head.at > deps.clock.now() + AHEAD_MS_MAX) throw new ProtocolError('overloaded', { retryAfterS: 30 });
  if (page.records.length === 0 && head.seq > live.seq) return { status: 'gap', have: live.seq };
  const job = await appendPage(deps, live, page, how);
  try {
    return await deps.writer.write(job);
  } catch (cause) {
    const code = cause instanceof ProtocolError ? cause.code : undefined;
    if (code === 'state-mismatch') return { status: 'quarantined', code, seq: live.seq };
    if (code === 'storage-rejected' && (await holdsAnother(deps, page)))
      return { status: 'quarantined', code: 'duplicate-event', seq: live.seq };
    throw cause;
  }
}

/** Whether an event of the page stands at another place of the log already: the hub gave it a second one. */
async function holdsAnother({ store }: PushDeps, page: RoomPage): Promise<boolean> {
  const places = new Map<EventId, number>();
  for (const record of page.records) {
    const event = 'jws' in record ? parseEvent(record.jws) : undefined;
    if (event?.ok === true) places.set(event.value.id, record.seq);
  }
  const found = await store.findEvents([...places.keys()].map((id) => [page.room, id] as const));
  return found.some(({ eventId, seq }) => places.get(eventId) !== seq);
}

/** The room stops at the last record on which all agree, and its people are told. */
async function quarantine(
  deps: PushDeps,
  live: LiveRoom,
  { answer, page }: { answer: Extract<AppendAnswer, { status: 'quarantined' }>; page: RoomPage },
): Promise<void> {
  const { room } = live;
  deps.log.error('room-quarantined', { room, hub: live.hub, code: answer.code, seq: answer.seq });
  const held = await heldHead(deps, live, page.sealed.head.seq);
  const proof = JSON.stringify({ code: answer.code, heads: [held, page.sealed].flatMap(proofOf) });
  await deps.store.addProof({ room, kind: answer.code, at: deps.clock.now(), proof });
  await deps.store.setRoomStatus(room, 'quarantined', answer.code);
  deps.rooms.drop(room);
  await tellMembers(deps, room);
}

async function heldHead(deps: PushDeps, live: LiveRoom, seq: number): Promise<SealedHead | undefined> {
  return (await deps.store.headAt(live.room, seq)) ?? live.sealed;
}

function proofOf(sealed: SealedHead | undefined): object[] {
  if (sealed === undefined) return [];
  const { head, seal, index, path } = sealed;
  return [{ head: headToWire(head), seal, index, path: path.map((hash) => hash.toString('base64url')) }];
}

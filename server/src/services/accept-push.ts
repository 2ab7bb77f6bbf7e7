import { parseEvent } from '../protocol/event.js';
import type { Domain, EventId, RoomId } from '../protocol/identifiers.js';
import type { Seal, SealedHead } from '../protocol/head.js';
import { headToWire } from '../protocol/head.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { noteOf } from './account-news.js';
import { appendPage } from './append-page.js';
import type { AppendAnswer, RoomPage } from './append-page.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';
import { isSealedByHub, readPage, readSeals } from './read-page.js';

type PushDeps = Pick<
  ServiceDeps,
  'store' | 'rooms' | 'writer' | 'accountIdOf' | 'domain' | 'log' | 'clock' | 'bells'
> & {
  /** fetches what is missing of a room, in the background */
  readonly pull: (room: RoomId) => void;
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
  const { head } = page.sealed;
  if (head.at > deps.clock.now() + AHEAD_MS_MAX) throw new ProtocolError('overloaded', { retryAfterS: 30 });
  if (page.records.length === 0 && head.seq > live.seq) return { status: 'gap', have: live.seq };
  const answer = await append(deps, live, page);
  if (answer.status === 'quarantined' && answer.code !== live.code) await quarantine(deps, live, { answer, page });
  return answer;
}

async function append(deps: PushDeps, live: LiveRoom, page: RoomPage): Promise<AppendAnswer> {
  const job = await appendPage(deps, live, page);
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

/** Puts a word into the account log of everyone here who is in the room. */
export async function tellMembers(deps: Pick<ServiceDeps, 'store' | 'bells'>, room: RoomId): Promise<void> {
  let after: number | undefined;
  for (;;) {
    const accounts = await deps.store.listRoomAccounts(room, { limit: 256, ...(after === undefined ? {} : { after }) });
    const joined = accounts.filter(({ membership }) => membership === 'joined');
    await deps.store.addNotes(joined.map(({ accountId }) => noteOf(accountId, { kind: 'room', room })));
    for (const { accountId } of joined) deps.bells.ringAccount(accountId);
    after = accounts.at(-1)?.accountId;
    if (accounts.length < 256) return;
  }
}

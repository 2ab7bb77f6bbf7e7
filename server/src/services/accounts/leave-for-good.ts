import { ProtocolError } from '../../protocol/protocol-error.js';
import type { Address, RoomId } from '../../protocol/identifiers.js';
import type { Closing } from '../../storage/account-rows.js';
import type { ServiceDeps } from '../deps.js';
import type { Turn } from '../keyed-loop.js';
import type { LiveRoom } from '../live-room.js';
import { requestHash } from '../request-hash.js';
import { answeredBefore } from '../send-event.js';
import { submitEvent, type Draft } from '../submit-event.js';

export type LeaveDeps = Parameters<typeof submitEvent>[0] &
  Pick<ServiceDeps, 'rooms' | 'bells' | 'timers' | 'log' | 'forgetAccount'>;

const DAY_MS = 86_400_000;
const TARGETS_MAX = 16;
const PAGE = 200;
const SEEN_MS = 5000;
/** how long hubs that do not answer are waited for */
const PATIENCE_MS = 30 * DAY_MS;

/**
 * Does what is left to do for a closed account: takes back what it wrote, where that was wished for, hands its groups over
 * and leaves every room; at last nothing is kept of it but that its address is taken. It may be cut off anywhere and begins
 * again with what is left.
 *
 * @see PV-CLS-003 to PV-CLS-008, PV-CLS-010
 */
export async function leaveForGood(deps: LeaveDeps, closing: Closing): Promise<Turn> {
  const { store, clock, log } = deps;
  let isDone = true;
  for (const room of await roomsOf(deps, closing)) {
    try {
      isDone = (await leaveRoom(deps, closing, room)) && isDone;
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause;
      log.warn('room-not-left', { room, code: cause.code });
      isDone = false;
    }
  }
  if (!isDone && clock.now() - closing.at < PATIENCE_MS) return { kind: 'retry' };
  await store.eraseAccount(closing);
  deps.forgetAccount(closing.address);
  return { kind: 'done' };
}

interface Place extends Closing {
  readonly live: LiveRoom;
}

async function roomsOf({ store }: LeaveDeps, { accountId, address }: Closing): Promise<RoomId[]> {
  const rooms: RoomId[] = [];
  for (let after: RoomId | undefined; ;) {
    const page = await store.listAccountRooms(accountId, address, {
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    rooms.push(...page.filter(({ membership }) => membership === 'joined').map(({ room }) => room));
    if (page.length < PAGE) return rooms;
    after = page.at(-1)?.room;
  }
}

/** @returns whether the log shows that the person has left */
async function leaveRoom(deps: LeaveDeps, closing: Closing, room: RoomId): Promise<boolean> {
  const { address, content } = closing;
  const live = await deps.rooms.get(room);
  if (live === undefined || live.status === 'quarantined' || !live.state.isJoined(address)) return true;
  const place = { ...closing, live };
  if (content === 'delete' && !(await deleteAll(deps, place))) return false;
  await passAliasesOn(deps, place);
  const owner = live.state.owner === address ? heirOf(live, othersIn(live, address)) : undefined;
  if (owner !== undefined && !(await record(deps, place, { type: 'room.owner', key: '', content: { owner } })))
    return false;
  return await record(deps, place, { type: 'member', key: address, content: { membership: 'left' } });
}

async function deleteAll(deps: LeaveDeps, place: Place): Promise<boolean> {
  const { live, address: sender } = place;
  for (let after = -1; ;) {
    const events = await deps.store.listOwnEvents(live.room, { sender, after, limit: TARGETS_MAX });
    const last = events.at(-1);
    if (last === undefined) return true;
    const rel = events.map(({ id }) => ['delete', id] as const);
    try {
      if (!(await record(deps, place, { type: 'message.delete', content: {}, rel }))) return false;
    } catch (cause) {
      // None of them can be deleted: they are state of types nobody here knows.
      if (!(cause instanceof ProtocolError && cause.code === 'no-right')) throw cause;
    }
    after = last.seq;
  }
}

/** The room's names in our directory go to somebody here who could have given them; else they end with the account. @see PV-CLS-010 */
async function passAliasesOn(deps: LeaveDeps, { live, accountId, address }: Place): Promise<void> {
  const mayName = (one: Address): boolean => live.state.roleOf(one, live.at).rights.has('info');
  const here = [...live.state.joinedMembersOf(deps.domain)].filter((one) => one !== address && mayName(one));
  const heir = heirOf(live, here);
  const to = heir && (await deps.accountIdOf(heir));
  if (to !== undefined) await deps.store.passAliases(live.room, { from: accountId, to });
}

function othersIn({ state }: LiveRoom, person: Address): Address[] {
  return [...state.joinedDomains().values()].flatMap((people) => [...people]).filter((one) => one !== person);
}

/** The person of the highest rank, among several the one who has been there longest. */
function heirOf({ state, at }: LiveRoom, others: readonly Address[]): Address | undefined {
  const joinedAt = (one: Address): number => state.joinEntry(one)?.seq ?? 0;
  const ranked = others.map((one) => ({ one, rank: state.roleOf(one, at).rank, seq: joinedAt(one) }));
  return ranked.sort((first, second) => second.rank - first.rank || first.seq - second.seq)[0]?.one;
}

/**
 * Sends an event in the person's name. What waits for a hub is not sent again, at least not on the same day.
 *
 * @returns whether it stands in our copy of the log
 */
async function record(deps: LeaveDeps, place: Place, draft: Omit<Draft, 'sender'>): Promise<boolean> {
  const { live, accountId, address, at } = place;
  const day = Math.floor((deps.clock.now() - at) / DAY_MS);
  const requestKey = ['close', day, live.room, draft.type, draft.rel?.[0]?.[1] ?? ''].join(' ');
  const request = { accountId, requestKey, requestHash: requestHash([requestKey]) };
  const answer =
    (await answeredBefore(deps, request)) ?? (await submitEvent(deps, live, { ...draft, sender: address, request }));
  return answer.status === 'ordered' && (await arrives(deps, live.room, answer.seq));
}

async function arrives({ rooms, bells, timers }: LeaveDeps, room: RoomId, seq: number): Promise<boolean> {
  let rung: (isRung: boolean) => void = () => undefined;
  const off = bells.onRoom(room, () => rung(true));
  const cancel = timers.after(SEEN_MS, () => rung(false));
  try {
    for (let isRung = true; isRung;) {
      const next = new Promise<boolean>((resolve) => (rung = resolve));
      if (((await rooms.get(room))?.seq ?? -1) >= seq) return true;
      isRung = await next;
    }
    return false;
  } finally {
    off();
    cancel();
  }
}

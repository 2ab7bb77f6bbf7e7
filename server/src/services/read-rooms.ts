import { parseEvent } from '../protocol/event.js';
import type { Address, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { AccountRoomSummary } from '../storage/account-rows.js';
import type { ServiceDeps } from './deps.js';
import { clientRecord } from './live-room.js';
import type { HeldRecord, LiveRoom } from './live-room.js';
import { withStatements } from './make-page.js';
import { preferencesOf } from './change-preferences.js';
import { blockedIn } from './remember-blocks.js';
import type { Actor, LiveRecord, RoomDescription, RoomMember, RoomRole, RoomSummary } from './room-services.js';

type ReadDeps = Pick<ServiceDeps, 'store' | 'rooms' | 'domain'>;

const PAGE_BYTES_MAX = 1024 * 1024;

/** @throws ProtocolError `unknown-room` */
export async function roomSummary(deps: ReadDeps, who: Actor, room: RoomId): Promise<RoomSummary> {
  const [own, live] = await Promise.all([
    deps.store.findAccountRoom(who.accountId, who.address, room),
    deps.rooms.get(room),
  ]);
  if (own === undefined || live === undefined) throw new ProtocolError('unknown-room');
  return summaryOf(who, own, live);
}

/** Rooms the person is or was in, by room id; `next` = `after` of the next page. */
export async function listRooms(
  deps: ReadDeps,
  who: Actor,
  page: { after?: RoomId; limit: number },
): Promise<{ rooms: readonly RoomSummary[]; next?: RoomId }> {
  const own = await deps.store.listAccountRooms(who.accountId, who.address, page);
  const rooms: RoomSummary[] = [];
  for (const place of own) {
    const live = await deps.rooms.get(place.room);
    if (live !== undefined) rooms.push(summaryOf(who, place, live));
  }
  const next = own.length === page.limit ? own.at(-1)?.room : undefined;
  return { rooms, ...(next === undefined ? {} : { next }) };
}

function summaryOf(who: Actor, own: AccountRoomSummary, live: LiveRoom): RoomSummary {
  const { state } = live;
  const role = state.roleOf(who.address, live.at);
  const { title = null, about, alias } = (state.get('room.info', '')?.content ?? {}) as Partial<RoomDescription>;
  const creation = state.creation;
  const other = creation?.with === who.address ? creation.creator : creation?.with;
  return {
    ...{ room: live.room, kind: live.kind, title, hub: live.hub },
    ...(about === undefined ? {} : { about }),
    ...(alias === undefined ? {} : { alias }),
    ...{ settings: state.settings, pins: state.pins, denied: state.deniedDomains },
    ...(live.kind === 'dm' && other !== undefined ? { with: other } : {}),
    ...{ owner: state.owner ?? null, status: live.status, ...(live.code === null ? {} : { code: live.code }) },
    ...{ membership: own.membership, history: state.history, head: { seq: live.seq, at: live.at } },
    ...{ role: role.name, rank: role.rank, rights: [...role.rights], members: state.joinedCount },
    ...{ unread: own.unread, mentions: own.mentions, readSeq: own.readSeq, visibleFrom: own.visibleFrom },
    mutual: live.kind === 'group' || state.joinedCount === 2,
    ...preferencesOf(own.preferences),
  };
}

/** People who are in a room, in byte order of addresses. @throws ProtocolError `unknown-room` */
export async function listMembers(
  deps: ReadDeps,
  who: Actor,
  { room, after, limit }: { room: RoomId; after?: Address; limit: number },
): Promise<{ members: readonly RoomMember[]; next?: Address }> {
  const live = await visibleRoom(deps, who, room);
  const addresses = [...live.state.joinedDomains().values()].flatMap((members) => [...members]);
  const sorted = addresses.filter((address) => after === undefined || address > after).sort();
  const page = sorted.slice(0, limit);
  const next = sorted.length > limit ? page.at(-1) : undefined;
  return { members: page.map((address) => memberOf(live, address)), ...(next === undefined ? {} : { next }) };
}

function memberOf({ state, at }: LiveRoom, address: Address): RoomMember {
  const { name, rank } = state.roleOf(address, at);
  const { restrict, title } = state.access(address) ?? {};
  return { address, role: name, rank, ...(restrict && { restrict }), ...(title !== undefined && { title }) };
}

/** The roles of a room, built-in ones included, by rank and name. @throws ProtocolError `unknown-room` */
export async function listRoles(deps: ReadDeps, who: Actor, room: RoomId): Promise<{ roles: readonly RoomRole[] }> {
  const { state } = await visibleRoom(deps, who, room);
  const roles = state.roles().map(({ name, rank, rights }) => ({ name, rank, rights: [...rights] }));
  return { roles: roles.toSorted((one, other) => one.rank - other.rank || (one.name < other.name ? -1 : 1)) };
}

async function visibleRoom(deps: ReadDeps, who: Actor, room: RoomId): Promise<LiveRoom> {
  const live = await deps.rooms.get(room);
  if (live?.state.isJoined(who.address) !== true) throw new ProtocolError('unknown-room');
  return live;
}

/** What an account may see of a room: `from` ≤ seq ≤ `to`; no `to` while a member. */
interface VisibleRange {
  readonly from: number;
  readonly to?: number;
  /** of whom nothing is shown */
  readonly blocked: Address | undefined;
}

/** @returns undefined: nothing of the room */
export async function visibleRange({ store }: ReadDeps, who: Actor, room: RoomId): Promise<VisibleRange | undefined> {
  const own = await store.findAccountRoom(who.accountId, who.address, room);
  if (own === undefined) return undefined;
  const blocked = await blockedIn({ store }, who, own.row);
  const { visibleFrom: from, leftSeq: to, membership } = own;
  return membership === 'left' && to !== null ? { from, to, blocked } : { from, blocked };
}

/**
 * Records after a seq as live streams send them: from memory or, for those who were away longer, from the database.
 *
 * @returns contiguous from `after` + 1, unless our copy begins later; empty only when there is nothing newer. Where the log
 *   has nothing newer and the room is partial, all that can be shown before it is judged
 */
export async function readRecords(
  deps: ReadDeps & Pick<ServiceDeps, 'unjudged' | 'clock'>,
  room: RoomId,
  { after, max }: { after: number; max: number },
): Promise<readonly LiveRecord[]> {
  const live = await deps.rooms.get(room);
  if (live === undefined) return [];
  if (after >= live.seq)
    return deps.unjudged
      .after(live, after, deps.clock.now())
      .map((record) => asUnjudged(liveRecord(deps, live, record)));
  const records = live.tailAfter(after, max) ?? (await readStored(deps, live, { after, max }));
  return records.map((record) => liveRecord(deps, live, record));
}

async function readStored(
  deps: ReadDeps,
  live: LiveRoom,
  { after, max }: { after: number; max: number },
): Promise<HeldRecord[]> {
  const from = Math.max(after + 1, live.first);
  const rows = await deps.store.readLog(live.room, from, { max: Math.min(max, 256), bytesMax: PAGE_BYTES_MAX });
  return await withStatements(deps, live, rows);
}

function liveRecord({ domain }: Pick<ReadDeps, 'domain'>, live: LiveRoom, record: HeldRecord): LiveRecord {
  const clientJson = clientRecord(live.room, record, domain);
  const about = record.type === 'member' || record.type === 'access' ? keyOf(record) : undefined;
  return { seq: record.seq, sender: record.sender, clientJson, ...(about === undefined ? {} : { about }) };
}

function asUnjudged({ clientJson, ...record }: LiveRecord): LiveRecord {
  const marked = clientJson === null ? null : `{"unjudged":true,${clientJson.slice(1)}`;
  return { ...record, clientJson: marked, unjudged: true };
}

function keyOf(record: HeldRecord): Address | undefined {
  if (record.parsed !== undefined) return record.parsed.fields.key as Address;
  const event = parseEvent(record.jws ?? '');
  return event.ok ? (event.value.fields.key as Address) : undefined;
}

import { parseEvent } from '../protocol/event.js';
import { parseAddress } from '../protocol/identifiers.js';
import type { Address, Domain, RoomId } from '../protocol/identifiers.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { RoomState } from '../protocol/room-state.js';
import type { MemberContent } from '../protocol/state-content.js';
import { ZERO_HASH } from '../protocol/record.js';
import type { PendingRow, RoomCreation, SnapshotEntry } from '../storage/room-rows.js';
import { noteOf } from './account-news.js';
import type { ServiceDeps } from './deps.js';
import type { InTurn } from './in-turn.js';
import type { Turn } from './keyed-loop.js';
import { LiveRoom } from './live-room.js';
import { membersHere, rangesOf } from './people-of-state.js';
import { readEntries, readSnapshotAnswer } from './read-snapshot-answer.js';
import type { VerifiedSnapshot } from './read-snapshot-answer.js';
import { stateEntryOf } from './room-cache.js';
import type { SendAnswer } from './room-services.js';
import { renewPending } from './renew-pending.js';
import { provideStatement, refusalOf, signDraft, submitEvent } from './submit-event.js';
import type { Draft, Signed } from './submit-event.js';
import type { PeerAnswer } from '../transport/peer-client.js';

/** A document this young need not be fetched again. */
const FRESH_MS = 2000;

export type JoinDeps = Parameters<typeof submitEvent>[0] &
  Pick<ServiceDeps, 'rooms' | 'peers' | 'directory' | 'bells' | 'log'> & {
    /** one after the other by room: what changes whether and how a room is joined */
    readonly inTurn: InTurn;
    /** makes the attempt, now and until it is answered */
    readonly attempt: (room: RoomId) => Promise<void>;
    readonly backfill: (room: RoomId) => void;
    /** brings a room up to date, the rest of its snapshot first */
    readonly pull: (room: RoomId) => void;
  };

type JoinResult = Extract<PeerAnswer<'join'>, { kind: 'ok' }>['body']['results'][number];

export interface Invitation {
  readonly room: RoomId;
  readonly hub: Domain;
  readonly creation: RoomCreation;
  /** what the join holds beside: nothing for the person a dm names */
  readonly join?: Omit<MemberContent, 'membership'>;
}

/**
 * Brings one of our people into a room: by an ordinary event when we hold the room already, else by asking its hub for
 * the join and a snapshot. The wish is on disk first and survives a crash. Who is in it stays in it, so asking again is no fault.
 *
 * @throws ProtocolError the code of the rule that refuses it · `hub-unreachable` (kept, and tried again)
 * @see PV-JOIN-001
 */
export async function joinRoom(
  deps: JoinDeps,
  who: { address: Address },
  invitation: Invitation,
): Promise<SendAnswer | undefined> {
  const { room, join } = invitation;
  const content = { membership: 'joined', ...join };
  const draft: Draft = { sender: who.address, type: 'member', key: who.address, content };
  const joined = await deps.inTurn(room, () => keepWish(deps, invitation, draft));
  if (joined?.state.isJoined(who.address) === true) return undefined;
  if (joined !== undefined) return await submitEvent(deps, joined, draft);
  await deps.attempt(room);
  return undefined;
}

/** @returns the room, when we hold it already and nothing has to be kept */
async function keepWish(deps: JoinDeps, invitation: Invitation, draft: Draft): Promise<LiveRoom | undefined> {
  const { room, hub, creation } = invitation;
  const live = await deps.rooms.get(room);
  if (live !== undefined && (live.hub === deps.domain || live.state.hasJoined(deps.domain))) return live;
  const base = live ?? blankRoom(invitation);
  // The hub may have recorded an earlier attempt: what is kept is repeated, never signed anew.
  const kept = live?.status === 'joining' ? await joinRows(deps, base) : [];
  const isKept = ({ event: { fields } }: Signed): boolean =>
    kept.some(({ type, key }) => type === fields.type && key === fields.key);
  const items = [...provideStatement(deps, base), signDraft(deps, base, draft)].filter((item) => !isKept(item));
  await deps.store.startJoin(room, creation);
  deps.rooms.drop(room);
  if (items.length > 0)
    await deps.store.addPending(
      items.map(({ event, content: text, statement }) => ({
        ...{ hub, room, eventId: event.id, accountId: null, requestKey: null, jws: event.jws, content: text },
        ...{ statement: statement?.jws ?? null, at: deps.clock.now() },
      })),
    );
  return undefined;
}

function blankRoom({ room, hub, creation }: Invitation): LiveRoom {
  return new LiveRoom({
    ...{
      room,
      hub,
      kind: creation.kind,
      state: new RoomState(room),
      statements: new Map(),
      status: 'joining',
      code: null,
    },
    ...{ epoch: 0, seq: -1, at: 0, hash: ZERO_HASH, first: 0, sealed: undefined, ranges: [] },
  });
}

/**
 * One attempt at a join that is on disk: may be repeated at any time.
 *
 * @returns `retry` while the hub cannot be reached
 * @throws ProtocolError the hub's refusal, final
 */
export async function attemptJoin(deps: JoinDeps, room: RoomId): Promise<Turn> {
  const live = await deps.rooms.get(room);
  if (live?.status !== 'joining') return { kind: 'done' };
  const rows = firstAttempt(await joinRows(deps, live));
  if (rows.length === 0) return { kind: 'done' };
  const items = rows.map(({ jws, content, statement }) => ({
    jws,
    content,
    ...(statement === null ? {} : { statement }),
  }));
  const answer = await deps.peers.call(live.hub, 'join', JSON.stringify({ room, items }));
  if (answer.kind === 'unreachable') return { kind: 'retry' };
  if (answer.kind === 'problem') return { kind: 'retry', afterMs: answer.retryAfterMs };
  const { results, snapshot, seals } = answer.body;
  const denied = results.find((result) => result.status === 'denied');
  if (denied?.status === 'denied' && (await renewAll(deps, live, { rows, code: denied.code })))
    return { kind: 'retry' };
  if (denied?.status === 'denied')
    return await deps.inTurn(room, () => giveUp(deps, live, { rows, code: denied.code, rule: denied.rule ?? null }));
  if (snapshot === undefined) return { kind: 'retry' };
  const read = async (ageMsMax?: number): Promise<ReturnType<typeof readSnapshotAnswer>> => {
    const hubStatement = await deps.directory.statementOf(live.hub, ageMsMax);
    return readSnapshotAnswer(snapshot, { room, hub: live.hub, seals, hubStatement });
  };
  const known = await read();
  // The hub may have new keys that the document we hold does not announce yet.
  const verified = known === 'statement of the hub' ? await read(FRESH_MS) : known;
  if (typeof verified === 'string') {
    deps.log.error('bad-snapshot', { room, hub: live.hub, fault: verified });
    return { kind: 'retry' };
  }
  const own = ownEntry(room, { rows, results });
  await deps.inTurn(room, () => begin(deps, live, { verified: withOwnEntry(verified, own), rows }));
  return { kind: 'done' };
}

/** What waits to be asked of the hub for a room, the oldest first. */
interface JoinRow extends PendingRow {
  readonly type: string;
  readonly key: string | undefined;
}

async function joinRows({ store }: JoinDeps, live: LiveRoom): Promise<JoinRow[]> {
  const rows: JoinRow[] = [];
  let after: number | undefined;
  for (;;) {
    const page = await store.listPending(live.hub, { limit: 256, ...(after === undefined ? {} : { after }) });
    for (const row of page) {
      const event = row.room === live.room ? parseEvent(row.jws) : undefined;
      if (event?.ok !== true) continue;
      const { type, key } = event.value.fields;
      if (type === 'provider' || (type === 'member' && isJoin(row.content))) rows.push({ ...row, type, key });
    }
    after = page.at(-1)?.n;
    if (page.length < 256) return rows;
  }
}

function isJoin(content: string): boolean {
  return (JSON.parse(content) as { membership?: unknown }).membership === 'joined';
}

/** One person at a time brings the provider in; the others follow by ordinary events. */
function firstAttempt(rows: readonly JoinRow[]): JoinRow[] {
  const attempt = ['provider', 'member'].map((type) => rows.find((row) => row.type === type));
  return attempt.filter((row) => row !== undefined);
}

/** A wish to join that came too late is signed anew. */
async function renewAll(
  deps: JoinDeps,
  live: LiveRoom,
  { rows, code }: { rows: readonly JoinRow[]; code: string },
): Promise<boolean> {
  if (code !== 'until-passed') return false;
  const renewed = [];
  for (const row of rows) renewed.push(await renewPending(deps, live, row));
  return renewed.some((id) => id !== undefined);
}

async function giveUp(
  deps: JoinDeps,
  live: LiveRoom,
  { rows, code, rule }: { rows: readonly JoinRow[]; code: string; rule: string | null },
): Promise<Turn> {
  const { hub, room } = live;
  if ((await deps.rooms.get(room))?.status !== 'joining') return { kind: 'done' };
  const tried = new Set(rows.map(({ eventId }) => eventId));
  const others = (await joinRows(deps, live)).some(({ type, eventId }) => type === 'member' && !tried.has(eventId));
  for (const { type, eventId } of rows)
    if (type === 'member' || !others) await deps.store.refusePending(hub, eventId, code);
  if (others) return { kind: 'retry' };
  await deps.store.setRoomStatus(room, 'left', code);
  deps.rooms.drop(room);
  throw refusalOf(code, rule);
}

/** The join as the hub says that it was recorded. */
function ownEntry(
  room: RoomId,
  { rows, results }: { rows: readonly JoinRow[]; results: readonly JoinResult[] },
): SnapshotEntry | undefined {
  const result = results.at(-1);
  const row = rows.find(({ type }) => type === 'member');
  if (row === undefined || result === undefined || !('seq' in result) || result.id !== row.eventId) return undefined;
  const { seq, at, epoch } = result;
  const read = readEntries(room, [{ seq, at, epoch, jws: row.jws, content: row.content }]);
  return typeof read === 'string' ? undefined : read[0]?.row;
}

/** Whose own join let us in counts as joined until the bucket of their entry is here. @see PV-SNAP-009 */
function withOwnEntry(verified: VerifiedSnapshot, own: SnapshotEntry | undefined): VerifiedSnapshot {
  const { gap, sealed, state, entries } = verified;
  if (own === undefined || own.bucket < (gap?.covered ?? Infinity) || own.seq > sealed.head.seq) return verified;
  const { statement, ...row } = own;
  state.apply(stateEntryOf(row));
  return { ...verified, entries: [...entries, own] };
}

/** Our copy of the room begins at the snapshot. */
async function begin(
  deps: JoinDeps,
  live: LiveRoom,
  { verified, rows }: { verified: VerifiedSnapshot; rows: readonly JoinRow[] },
): Promise<void> {
  const { sealed, entries, state, gap, statements } = verified;
  const { room } = live;
  const { creation } = state;
  if (creation === undefined) throw new ProtocolError('internal');
  // Another attempt, by the clock or by hand, may have been answered first.
  if ((await deps.rooms.get(room))?.status !== 'joining') return;
  const title = state.get('room.info', '')?.content['title'];
  const members = await membersHere(deps, state);
  await deps.store.startFromSnapshot(
    {
      ...{
        room,
        sealed,
        entries,
        ...(gap === undefined ? {} : { gap }),
        title: typeof title === 'string' ? title : null,
      },
      creation: { kind: creation.kind, hub: live.hub, creator: creation.creator, peer: creation.with ?? null },
      ...{ providers: rangesOf(state), members },
      notes: members.map(({ accountId }) => noteOf(accountId, { kind: 'room', room })),
    },
    [...statements.values()].map(({ hash, provider: domain, version, jws }) => ({ hash, domain, version, jws })),
  );
  await deps.store.resolvePending(
    live.hub,
    rows.map(({ eventId }) => eventId),
  );
  deps.rooms.drop(room);
  await letOthersFollow(deps, live);
  for (const { accountId } of members) deps.bells.ringAccount(accountId);
  deps.bells.ringRoom(room);
  if (gap !== undefined) deps.pull(room);
  deps.backfill(room);
}

/** Whoever asked while the first one's attempt was under way signed before we held the room: that is signed again. */
async function letOthersFollow(deps: JoinDeps, { room, hub }: LiveRoom): Promise<void> {
  const live = await deps.rooms.get(room);
  if (live === undefined) return;
  for (const row of await joinRows(deps, live)) {
    const { eventId, accountId, requestKey, type, key } = row;
    const sender = key === undefined ? undefined : parseAddress(key);
    if (type !== 'member' || sender === undefined) {
      await deps.store.resolvePending(hub, [eventId]);
      continue;
    }
    const { salt, ...content } = JSON.parse(row.content) as Record<string, unknown>;
    const signed = signDraft(deps, live, { sender, type, key: sender, content });
    await deps.store.replacePending(eventId, {
      ...{ hub, room, eventId: signed.event.id, accountId, requestKey, jws: signed.event.jws },
      ...{ content: signed.content, statement: null, at: deps.clock.now() },
    });
  }
}

import { checkContent } from '../protocol/content.js';
import { expiryOf } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import { domainOf } from '../protocol/identifiers.js';
import type { Address, RoomId } from '../protocol/identifiers.js';
import type { JsonObject } from '../protocol/json-shape.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import type { FullRecord } from '../protocol/record.js';
import { readRecord } from '../protocol/read-record.js';
import { recordHash } from '../protocol/record.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { RoomPage } from '../protocol/room-page.js';
import { judge } from '../protocol/rules.js';
import { discardedSender, isDiscarded } from './blocks-in-dm.js';
import type { ServiceDeps } from './deps.js';
import type { RoomDraft } from './draft-room.js';
import { effectOf, findTargets, isAboutGone } from './find-targets.js';
import type { Targets } from './find-targets.js';
import { findMentioned, mentionsIn } from './find-mentions.js';
import type { Mentioned } from './find-mentions.js';
import { internStatement } from './intern-statement.js';
import type { LiveRoom } from './live-room.js';
import type { WriteJob } from './deps.js';

export type AppendAnswer =
  | { readonly status: 'acked'; readonly seq: number }
  | { readonly status: 'gap'; readonly have: number }
  | { readonly status: 'quarantined'; readonly code: string; readonly seq: number };

/** A record of a page with everything about it that needs no lock and no state. */
interface ReadRecord {
  readonly record: FullRecord;
  readonly event: ParsedEvent | undefined;
  readonly value: JsonObject | undefined;
  readonly isContentGood: boolean;
  /** parsed content of what is not state */
  readonly said: JsonObject | undefined;
  readonly mentioned: Mentioned | undefined;
  readonly statement: KeyStatement | undefined;
  readonly accountId: number | undefined;
  /** our accounts, where the event denies our provider */
  readonly shutOut: readonly number[];
}

/** What was looked up before the lock. */
interface Prepared {
  readonly read: readonly ReadRecord[];
  readonly targets: Targets;
  readonly seen: ReadonlyMap<number, Buffer>;
  /** of whom no content is kept */
  readonly discarded: Address | undefined;
  readonly isJudgedAgain: boolean;
  readonly now: number;
}

type Chained = ReadRecord & { readonly hash: Buffer };

/**
 * Makes the job that continues a room we follow with a page from its hub: verifies the chain up to the sealed head,
 * judges every event as the hub should have, and refuses the page where the folds differ.
 *
 * @param isJudgedAgain whether a room in quarantine may go on with this page
 * @returns undefined when the page holds nothing that could be appended (only headers, say)
 * @see PV-PUSH-004 to PV-PUSH-010, PV-REC-007
 */
// eslint-disable-next-line max-params -- what, where, and how it stands
export async function appendPage(
  deps: Pick<ServiceDeps, 'store' | 'accountIdOf' | 'domain' | 'clock'>,
  live: LiveRoom,
  page: RoomPage,
  { isJudgedAgain }: { isJudgedAgain: boolean },
): Promise<WriteJob<AppendAnswer>> {
  const records = page.records.filter((record): record is FullRecord => 'jws' in record && record.seq > live.seq);
  const read = await Promise.all(records.map((record) => readPageRecord(deps, live, record)));
  const targets = await findTargets(
    deps,
    read.flatMap(({ event }) => (event === undefined ? [] : [event])),
  );
  const seen = await findSeen(deps, live, read);
  const discarded = await discardedSender(deps, live);
  return {
    room: page.room,
    events: Math.max(1, read.length),
    bytes: read.reduce((sum, { record }) => sum + record.jws.length + (record.content?.length ?? 0), 0),
    prepare: (draft) =>
      continueRoom(draft, page, { read, targets, seen, discarded, isJudgedAgain, now: deps.clock.now() }),
  };
}

async function readPageRecord(
  deps: Pick<ServiceDeps, 'store' | 'accountIdOf' | 'domain'>,
  live: LiveRoom,
  record: FullRecord,
): Promise<ReadRecord> {
  const read = readRecord(record, internStatement);
  // Not a verdict: the same record may come whole another time, or from somebody else.
  if (read.kind === 'wrong')
    throw new ProtocolError('content-mismatch', { detail: read.detail, more: { seq: record.seq } });
  if (read.kind === 'unreadable') return { record, ...UNREADABLE };
  const { event, content: value, attachedStatement: statement } = read;
  const isState = event.fields.key !== undefined;
  const whole = isState ? record : await withOwnContent(deps, live, { record, event });
  const content = isState || whole.content === null ? undefined : checkContent(event, whole.content);
  const isContentGood = isState || content?.ok === true;
  const accountId = await localAccountOf(deps, event);
  const said = content?.ok === true ? content.value : undefined;
  const mentioned = await findMentioned(deps, event, said);
  const isOurDeny = event.fields.type === 'room.deny' && event.fields.key === deps.domain && value?.['denied'] === true;
  const shutOut = isOurDeny ? await joinedAccounts(deps.store, event.room) : [];
  return { record: whole, event, value, isContentGood, said, mentioned, statement, accountId, shutOut };
}

/** What our own people said is ours to keep: where the hub has it no more, it comes from the submission. @see PV-BLK-004 */
async function withOwnContent(
  { store, domain }: Pick<ServiceDeps, 'store' | 'domain'>,
  live: LiveRoom,
  { record, event }: { record: FullRecord; event: ParsedEvent },
): Promise<FullRecord> {
  if (record.content !== null || domainOf(event.fields.sender) !== domain) return record;
  const submitted = await store.findPending(live.hub, event.id);
  return submitted === undefined ? record : { ...record, content: submitted.content };
}

const UNREADABLE = {
  event: undefined,
  value: undefined,
  isContentGood: false,
  said: undefined,
  mentioned: undefined,
  statement: undefined,
  accountId: undefined,
  shutOut: [],
};

/** Accounts of ours that are in a room. */
export async function joinedAccounts(store: ServiceDeps['store'], room: RoomId): Promise<number[]> {
  const joined: number[] = [];
  for (let after: number | undefined; ;) {
    const page = await store.listRoomAccounts(room, { limit: 256, ...(after === undefined ? {} : { after }) });
    joined.push(...page.filter(({ membership }) => membership === 'joined').map(({ accountId }) => accountId));
    after = page.at(-1)?.accountId;
    if (page.length < 256) return joined;
  }
}

/** Hashes of records that events have seen and that are older than memory goes; none on the live path. */
async function findSeen(
  { store }: Pick<ServiceDeps, 'store'>,
  live: LiveRoom,
  read: readonly ReadRecord[],
): Promise<ReadonlyMap<number, Buffer>> {
  const seqs = new Set(read.flatMap(({ event }) => (event?.fields.seen === undefined ? [] : [event.fields.seen[1]])));
  const found = new Map<number, Buffer>();
  for (const seq of seqs) {
    if (seq >= live.seq || live.recordAt(seq) !== undefined) continue;
    const hash = await store.recordHashAt(live.room, seq);
    if (hash !== undefined) found.set(seq, hash);
  }
  return found;
}

/** Our account that a member or access event is about. */
export async function localAccountOf(
  { accountIdOf, domain }: Pick<ServiceDeps, 'accountIdOf' | 'domain'>,
  event: ParsedEvent,
): Promise<number | undefined> {
  const { type, key } = event.fields;
  if ((type !== 'member' && type !== 'access') || key === undefined) return undefined;
  return domainOf(key as Address) === domain ? await accountIdOf(key as Address) : undefined;
}

function continueRoom(draft: RoomDraft, page: RoomPage, prepared: Prepared): AppendAnswer {
  const { live } = draft;
  const { head } = page.sealed;
  if (live.status === 'quarantined' && !prepared.isJudgedAgain)
    return { status: 'quarantined', code: live.code ?? 'fork', seq: draft.seq };
  if (live.status === 'partial' || live.status === 'joining') return { status: 'gap', have: live.first - 1 };
  if (head.epoch !== draft.epoch) return { status: 'quarantined', code: 'bad-chain', seq: draft.seq };
  if (head.seq <= draft.seq) return agreesWithPast(draft, page);
  const fresh = prepared.read.filter(({ record }) => record.seq > draft.seq);
  if (fresh[0]?.record.seq !== draft.seq + 1) return { status: 'gap', have: draft.seq };
  const chained = chain(draft, fresh);
  if (typeof chained === 'string') return { status: 'quarantined', code: chained, seq: draft.seq };
  const last = chained.at(-1);
  if (last?.record.seq !== head.seq) return { status: 'gap', have: draft.seq };
  if (!last.hash.equals(head.hash)) return { status: 'quarantined', code: 'fork', seq: draft.seq };
  const before = draft.seq;
  for (const item of chained) appendRecord(draft, item, prepared);
  // The draft is spoilt: the error throws the flush away, and the room is loaded anew.
  if (!draft.state.hash().equals(head.state)) throw new ProtocolError('state-mismatch', { more: { seq: before } });
  draft.sealed = page.sealed;
  return { status: 'acked', seq: draft.seq };
}

/** A sealed head at or below ours must be of the very records we hold. */
function agreesWithPast(draft: RoomDraft, page: RoomPage): AppendAnswer {
  const { head } = page.sealed;
  const held = draft.hashAt(head.seq);
  if (held !== undefined && !held.equals(head.hash)) return { status: 'quarantined', code: 'fork', seq: draft.seq };
  return { status: 'acked', seq: draft.seq };
}

/** Links the records to ours by their hashes, before anything in them is believed. */
function chain(draft: RoomDraft, fresh: readonly ReadRecord[]): Chained[] | string {
  const chained: Chained[] = [];
  const ids = new Set<string>();
  let { hash: prev, seq, at } = draft;
  for (const item of fresh) {
    const { record, event } = item;
    seq += 1;
    if (record.seq !== seq || record.epoch !== draft.epoch) return 'bad-chain';
    if (record.at < at) return 'at-decreased';
    if (event === undefined) return 'bad-event';
    if (draft.findRecent(event.id) !== undefined || ids.has(event.id)) return 'duplicate-event';
    ids.add(event.id);
    at = record.at;
    const header = { epoch: record.epoch, seq, at, event: event.id, jwsHash: event.jwsHash };
    prev = recordHash(draft.live.room, header, prev);
    chained.push({ ...item, hash: prev });
  }
  return chained;
}

function appendRecord(draft: RoomDraft, item: Chained, { targets, seen, discarded, now }: Prepared): void {
  const { record, event, value, said, statement, mentioned, accountId, shutOut } = item;
  if (event === undefined) return;
  const verdict = judge(draft.state, {
    ...{ room: draft.live.room, record, event, content: value, attachedStatement: statement },
    statements: (hash) => (statement?.hash === hash ? statement : draft.live.statements.get(hash)),
    seenHash: (seq) => draft.hashAt(seq) ?? seen.get(seq),
  });
  const allowed = verdict.kind === 'allow';
  const effect = allowed ? effectOf(event, { draft, targets, at: record.at, value: said }) : undefined;
  draft.append({
    ...{ event, epoch: record.epoch, at: record.at, void: allowed ? null : verdict.code },
    content: keptContent(
      item,
      isDiscarded(event, discarded) || isAboutGone(event, { draft, targets, at: record.at }),
      now,
    ),
    ...(value === undefined || event.fields.key === undefined ? {} : { value }),
    ...(statement === undefined ? {} : { statement }),
    ...(effect === undefined ? {} : { effect }),
    ...(mentioned === undefined ? {} : { mentions: mentionsIn(event, { draft, mentioned, at: record.at }) }),
    ...(accountId === undefined ? {} : { accountId }),
    shutOut,
  });
}

/**
 * Content that is not its event's, or is malformed, is a hole: to be filled by somebody who has it. What has run out on
 * its way to us is not kept.
 */
function keptContent({ record, event, isContentGood }: ReadRecord, isGone: boolean, now: number): string | null {
  const expiresAt = (event && expiryOf(event, record.at)) ?? Infinity;
  return isContentGood && !isGone && now < expiresAt ? record.content : null;
}

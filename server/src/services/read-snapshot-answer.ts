import { decodeBase64url } from '../protocol/base64url.js';
import { checkContent } from '../protocol/content.js';
import { parseEvent, verifyEventSignature } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import { sealedFromWire, verifySealedHead } from '../protocol/head.js';
import type { SealedHead } from '../protocol/head.js';
import { createIdOf, domainOf } from '../protocol/identifiers.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import { verifyFirstStatement } from '../protocol/key-statement.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { loadRoomState } from '../protocol/room-state.js';
import type { RoomState, StateEntry } from '../protocol/room-state.js';
import { stateBucket, stateHashOf } from '../protocol/state-hash.js';
import type { SnapshotEntry, SnapshotGap } from '../storage/room-rows.js';
import { internStatement } from './intern-statement.js';
import { isSealedUnder, readSeals } from './read-page.js';
import { stateEntryOf } from './room-cache.js';

/** A verified snapshot: every entry is signed by its author, and the hashes of the covered buckets are the sealed ones. */
export interface VerifiedSnapshot {
  readonly sealed: SealedHead;
  readonly entries: readonly SnapshotEntry[];
  readonly state: RoomState;
  /** what the answer had no room for */
  readonly gap: SnapshotGap | undefined;
  readonly statements: ReadonlyMap<string, KeyStatement>;
}

export interface WireEntry {
  readonly seq: number;
  readonly at: number;
  readonly epoch: number;
  readonly jws: string;
  readonly content: string;
  readonly statement?: string;
}

export interface WireSnapshot {
  readonly room: string;
  readonly sealed: unknown;
  readonly entries: readonly WireEntry[];
  readonly covered: number;
  readonly buckets: readonly string[];
}

interface ReadEntry {
  readonly event: ParsedEvent;
  readonly row: SnapshotEntry;
  readonly statement: KeyStatement | undefined;
}

/**
 * Reads the snapshot a hub gives a provider that joins, believing nothing in it: the create event must be the room's,
 * every entry signed under its provider's statement, the buckets must hash to the sealed state, and the seal be the hub's.
 *
 * @returns a sentence that says what is wrong, or the snapshot
 * @see PV-JOIN-009 to PV-JOIN-014
 */
export function readSnapshotAnswer(
  snapshot: WireSnapshot,
  expected: { room: RoomId; hub: Domain; seals: readonly string[]; hubStatement: KeyStatement | undefined },
): VerifiedSnapshot | string {
  const { room, hub } = expected;
  const seals = readSeals(expected.seals);
  const sealed = sealedFromWire(snapshot.sealed, seals);
  if (!sealed.ok || sealed.value.head.room !== room || sealed.value.head.hub !== hub) return 'sealed head';
  const read = readEntries(room, snapshot.entries);
  if (typeof read === 'string') return read;
  const state = loadRoomState(
    read.map(({ row, statement }) => entryOf(row, statement)),
    room,
  );
  const statements = new Map(
    read.flatMap(({ statement }) => (statement === undefined ? [] : [[statement.hash, statement] as const])),
  );
  const buckets = readBuckets(snapshot.buckets, sealed.value.head);
  if (buckets === undefined) return 'buckets';
  const { covered } = snapshot;
  const fault =
    faultOfSignatures(read, { state, statements }) ?? faultOfBuckets(state, buckets, { from: 0, to: covered });
  if (fault !== undefined) return fault;
  // Whoever invites could name any hub; only create's says which it is.
  if (state.hub !== hub) return 'hub';
  const name = state.statementInForce(hub);
  const hubStatement = name && statements.get(name.hash);
  if (hubStatement === undefined || isOlder(expected.hubStatement, hubStatement)) return 'statement of the hub';
  const seal = seals.find(({ jws }) => jws === sealed.value.seal);
  if (seal === undefined || !verifySealedHead(sealed.value, seal)) return 'seal';
  if (!isSealedUnder(sealed.value, hubStatement, { retired: false })) return 'signature of the seal';
  const entries = read.map(({ row }) => row);
  return { sealed: sealed.value, entries, state, statements, gap: covered < 256 ? { covered, buckets } : undefined };
}

/** The hub's own document may be newer than what the room knows of it, not the other way round, and not another one of the same age. */
function isOlder(document: KeyStatement | undefined, inRoom: KeyStatement): boolean {
  if (document === undefined) return false;
  return document.version < inRoom.version || (document.version === inRoom.version && document.hash !== inRoom.hash);
}

/** Form of the entries: events of this room with their content and statements, the room's own create among them. */
export function readEntries(room: RoomId, list: readonly WireEntry[]): ReadEntry[] | string {
  const read: ReadEntry[] = [];
  for (const wire of list) {
    const entry = readEntry(room, wire);
    if (entry === undefined) return `entry at ${wire.seq}`;
    read.push(entry);
  }
  return read;
}

function readEntry(room: RoomId, wire: WireEntry): ReadEntry | undefined {
  const parsed = parseEvent(wire.jws);
  if (!parsed.ok || parsed.value.room !== room) return undefined;
  const event = parsed.value;
  const { type, key, sender } = event.fields;
  const content = checkContent(event, wire.content);
  if (key === undefined || !content.ok || content.value === undefined) return undefined;
  if (type === 'room.create' && event.id !== createIdOf(room)) return undefined;
  const statement = wire.statement === undefined ? undefined : internStatement(wire.statement);
  if ((type === 'provider' || type === 'room.create') && statement?.hash !== content.value['statement'])
    return undefined;
  const { seq, at, epoch, jws } = wire;
  const row = {
    type,
    key,
    bucket: stateBucket(type, key),
    seq,
    epoch,
    at,
    eventId: event.id,
    sender,
    jws,
    content: wire.content,
  };
  if (statement === undefined) return { event, row, statement };
  const { hash, provider: domain, version, jws: statementJws } = statement;
  return { event, row: { ...row, statement: { hash, domain, version, jws: statementJws } }, statement };
}

function entryOf(row: SnapshotEntry, statement: KeyStatement | undefined): StateEntry {
  const { statement: own, ...rest } = row;
  return stateEntryOf(statement === undefined ? rest : { ...rest, statement: statement.jws });
}

/** @returns what is wrong with the authorship of the entries */
export function faultOfSignatures(
  read: readonly ReadEntry[],
  { state, statements }: { state: RoomState; statements: ReadonlyMap<string, KeyStatement> },
): string | undefined {
  if (state.creation === undefined) return 'no create event';
  for (const { event, row, statement } of read) {
    const domain = domainOf(event.fields.sender);
    const name = state.statementInForce(domain);
    const own = row.type === 'provider' || row.type === 'room.create' ? statement : name && statements.get(name.hash);
    if (own === undefined || own.provider !== domain) return `statement for the entry at ${row.seq}`;
    if (statement !== undefined && !verifyFirstStatement(statement)) return `statement at ${row.seq}`;
    if (!verifyEventSignature(event, own)) return `signature of the entry at ${row.seq}`;
  }
  return undefined;
}

/** The 256 bucket hashes, if they are those of the sealed state. */
function readBuckets(texts: readonly string[], head: SealedHead['head']): Buffer[] | undefined {
  const buckets = texts.map((text) => decodeBase64url(text)).filter((bucket) => bucket?.length === 32) as Buffer[];
  return texts.length === 256 && buckets.length === 256 && stateHashOf(buckets).equals(head.state)
    ? buckets
    : undefined;
}

/** @returns what is wrong with the entries of the buckets `from` to `to` − 1; nothing where no hashes are known */
export function faultOfBuckets(
  state: RoomState,
  buckets: readonly Buffer[],
  { from, to }: { from: number; to: number },
): string | undefined {
  const own = state.bucketHashes();
  const isWrong = (hash: Buffer, bucket: number): boolean =>
    bucket >= from && bucket < to && own[bucket]?.equals(hash) !== true;
  const wrong = buckets.findIndex(isWrong);
  return wrong < 0 ? undefined : `entries of bucket ${wrong}`;
}

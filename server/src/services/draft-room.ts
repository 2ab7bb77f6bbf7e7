import { expiryOf } from '../protocol/event.js';
import type { ParsedEvent } from '../protocol/event.js';
import type { Head, SealedHead } from '../protocol/head.js';
import { domainOf } from '../protocol/identifiers.js';
import type { Address, Domain, EventId } from '../protocol/identifiers.js';
import type { JsonObject } from '../protocol/json-shape.js';
import type { KeyStatement } from '../protocol/key-statement.js';
import { recordHash } from '../protocol/record.js';
import { rangesAfter, readingChangeOf, visibleFrom } from '../protocol/reading-range.js';
import type { RoomState, StateEntry } from '../protocol/room-state.js';
import { stateBucket } from '../protocol/state-hash.js';
import type {
  AccountNote,
  EntryChange,
  MemberChange,
  MentionRow,
  ReadingRange,
  RelationRow,
  RoomAppend,
  SentRow,
  StatementRow,
} from '../storage/room-rows.js';
import { noteOf } from './account-news.js';
import { isSaid, recordBytes } from './live-room.js';
import type { HeldRecord, LiveRoom } from './live-room.js';

/** A judged event on its way into the log. */
export interface Admitted {
  readonly event: ParsedEvent;
  readonly epoch: number;
  readonly at: number;
  /** as it is to be kept: null when withheld, erased, or not worth keeping */
  readonly content: string | null;
  /** content that is passed on and not kept */
  readonly passing?: string;
  /** parsed content of a state event */
  readonly value?: JsonObject;
  /** the statement that came with the event */
  readonly statement?: KeyStatement;
  /** code of the broken rule; null when the event has effect */
  readonly void: string | null;
  readonly effect?: Effect;
  /** our accounts that it mentions, or `EVERYONE` */
  readonly mentions?: readonly number[];
  /** our account behind the `key` of a member or access event */
  readonly accountId?: number;
  /** our joined accounts, where the event denies our provider */
  readonly shutOut?: readonly number[];
}

/** What an event does to older ones. */
export interface Effect {
  readonly relations: readonly RelationRow[];
  readonly erase: readonly EventId[];
}

const HEAD_EVERY_RECORDS = 64;
const HEAD_EVERY_BYTES = 256 * 1024;

/** What one flush adds to one room. Reads see the room as it will be; `publish` makes it so after the commit. */
export class RoomDraft {
  readonly live: LiveRoom;
  readonly records: HeldRecord[] = [];
  readonly sent: SentRow[] = [];
  readonly statements: StatementRow[] = [];
  readonly notes: AccountNote[] = [];
  seq: number;
  at: number;
  epoch: number;
  hash: Buffer;
  sealed: SealedHead | undefined;
  readonly #domain: Domain;
  readonly #isNew: boolean;
  readonly #entries: EntryChange[] = [];
  readonly #relations: RelationRow[] = [];
  readonly #erase: EventId[] = [];
  readonly #members: MemberChange[] = [];
  readonly #mentions: MentionRow[] = [];
  readonly #resolved: EventId[] = [];
  #ranges: readonly ReadingRange[];
  #changedRanges: ReadingRange[] = [];
  #title: string | undefined;
  /** of the drafted records */
  bytes = 0;
  readonly #linkUses = new Map<string, number>();

  /** @param domain our own provider */
  constructor(live: LiveRoom, domain: Domain) {
    this.live = live;
    this.#domain = domain;
    this.#isNew = live.seq < 0;
    this.#ranges = live.ranges;
    this.seq = live.seq;
    this.at = live.at;
    this.epoch = live.epoch;
    this.hash = live.hash;
  }

  /** Joins so far by a link, with those of this flush; undefined where they were not counted. @see PV-LNK-012 */
  usesOf(link: string): number | undefined {
    const before = this.live.linkUses.get(link);
    return before === undefined ? undefined : before + (this.#linkUses.get(link) ?? 0);
  }

  countUse(link: string): void {
    this.#linkUses.set(link, (this.#linkUses.get(link) ?? 0) + 1);
  }

  get state(): RoomState {
    return this.live.state;
  }

  /** An event that is already here, in this flush or among the newest records. */
  findRecent(id: EventId): HeldRecord | undefined {
    return this.records.find((record) => record.eventId === id) ?? this.live.findRecent(id);
  }

  /** A provider's membership has ended: its last page ends here too, so nothing may follow in this flush. */
  get isClosed(): boolean {
    return this.#changedRanges.some(({ to }) => to !== null);
  }

  /** When somebody last said something in this flush. */
  spokeAt(sender: Address | Domain): number | undefined {
    return this.records.findLast((record) => record.sender === sender && isSaid(record))?.at;
  }

  /** Whether an event was deleted in this flush. */
  isErased(id: EventId): boolean {
    return this.#erase.includes(id);
  }

  /** Hash of a record, if it is in memory. */
  hashAt(seq: number): Buffer | undefined {
    if (seq === this.live.seq) return this.live.hash;
    return this.records[seq - this.live.seq - 1]?.hash ?? this.live.recordAt(seq)?.hash;
  }

  /** Chains the event as the next record and lets it take effect. */
  append(admitted: Admitted): HeldRecord {
    const { event, epoch, at, content, statement } = admitted;
    const seq = this.seq + 1;
    const hash = recordHash(this.live.room, { epoch, seq, at, event: event.id, jwsHash: event.jwsHash }, this.hash);
    const { type, sender } = event.fields;
    const expiresAt = expiryOf(event, at);
    const record: HeldRecord = {
      ...{ seq, epoch, at, eventId: event.id, jws: event.jws, jwsHash: event.jwsHash, hash, content, type, sender },
      ...{ void: admitted.void, parsed: event },
      ...(admitted.passing === undefined ? {} : { passing: admitted.passing }),
      ...(statement === undefined ? {} : { statement: statement.hash, statementJws: statement.jws }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    Object.assign(this, { seq, epoch, at, hash });
    this.records.push(record);
    this.bytes += recordBytes(record);
    // Where we are the hub nothing of ours is pending.
    if (this.live.hub !== this.#domain && domainOf(sender) === this.#domain) this.#resolved.push(event.id);
    if (statement !== undefined) this.#keepStatement(statement);
    if (admitted.void === null) this.#takeEffect(admitted, seq);
    return record;
  }

  head(): Head {
    const { room, hub } = this.live;
    const { epoch, seq, at, hash } = this;
    return { hub, room, epoch, seq, at, hash, state: this.state.hash(), committed: seq };
  }

  toAppend(): RoomAppend {
    const { live, sealed } = this;
    if (sealed === undefined) throw new Error(`${live.room} was drafted without a seal`);
    return {
      ...(this.#isNew ? { create: creationOf(live) } : {}),
      ...{ room: live.room, expectSeq: live.seq, rows: this.records, sealed, keepHead: this.#keepsHead() },
      ...{ entries: this.#entries, relations: this.#relations, erase: this.#erase },
      ...{ providers: this.#changedRanges, members: this.#members, mentions: this.#mentions, resolved: this.#resolved },
      ...(this.#title === undefined ? {} : { title: this.#title }),
    };
  }

  /** After the commit: what was drafted is the room. */
  publish(): void {
    const { live } = this;
    live.unheaded = this.#keepsHead()
      ? { records: 0, bytes: 0 }
      : { records: live.unheaded.records + this.records.length, bytes: live.unheaded.bytes + this.bytes };
    const { seq, at, epoch, hash, sealed } = this;
    Object.assign(live, { flushedFrom: live.seq, seq, at, epoch, hash, sealed, ranges: this.#ranges });
    for (const { domain, to } of this.#changedRanges) {
      if (to === null) live.leaving.delete(domain);
      else live.leaving.set(domain, to);
    }
    for (const [link, uses] of this.#linkUses) {
      const before = live.linkUses.get(link);
      if (before !== undefined) live.linkUses.set(link, before + uses);
    }
    live.extend(this.records);
    if (this.#erase.length > 0) live.erase(this.#erase);
  }

  /** Pages and snapshots end at stored heads, so no stretch without one may outgrow a page. */
  #keepsHead(): boolean {
    const { records, bytes } = this.live.unheaded;
    if (this.#entries.length > 0) return true;
    return records + this.records.length >= HEAD_EVERY_RECORDS || bytes + this.bytes >= HEAD_EVERY_BYTES;
  }

  #keepStatement(statement: KeyStatement): void {
    const { hash, provider: domain, version, jws } = statement;
    this.live.statements.set(hash, statement);
    this.statements.push({ hash, domain, version, jws });
  }

  #takeEffect(admitted: Admitted, seq: number): void {
    const { event, value, effect, mentions = [] } = admitted;
    const { type, key } = event.fields;
    for (const accountId of mentions) this.#mentions.push({ accountId, seq, at: admitted.at });
    if (effect !== undefined) {
      this.#relations.push(...effect.relations);
      this.#erase.push(...effect.erase);
    }
    if (key === undefined || value === undefined) return;
    const bytes = event.jws.length + event.fields.size + (admitted.statement?.jws.length ?? 0);
    const entry = { type, key, id: event.id, sender: event.fields.sender, seq, content: value, bytes };
    this.#changeMembership(entry, admitted.accountId);
    for (const shutOut of admitted.shutOut ?? []) {
      this.#members.push({ accountId: shutOut, membership: 'left', visibleFrom: 0, seq });
      this.#tell(shutOut);
    }
    this.state.apply(entry);
    this.#entries.push({ type, key, bucket: stateBucket(type, key), seq, eventId: event.id });
    if (type === 'room.info' && typeof value['title'] === 'string') this.#title = value['title'];
    if (accountIsTold(type) && admitted.accountId !== undefined) this.#tell(admitted.accountId);
  }

  /** Who may read, and our own account's place in the room, before the entry is applied. */
  #changeMembership(entry: StateEntry, accountId: number | undefined): void {
    const { type, key, seq } = entry;
    if (type !== 'member' && type !== 'access' && type !== 'room.deny') return;
    const change = readingChangeOf(this.state, entry);
    if (change !== undefined) this.#setRanges(rangesAfter(this.#ranges, change));
    if (accountId === undefined) return;
    const joins = type === 'member' && entry.content['membership'] === 'joined';
    if (!joins && !this.state.isJoined(key as Address)) return;
    const leaves = type === 'member' || entry.content['ban'] === true || entry.content['remove'] !== undefined;
    if (!joins && !leaves) return;
    const membership = joins ? 'joined' : 'left';
    this.#members.push({ accountId, membership, visibleFrom: visibleFrom(this.state, seq), seq });
  }

  #tell(accountId: number): void {
    this.notes.push(noteOf(accountId, { kind: 'room', room: this.live.room }));
  }

  #setRanges(changed: readonly ReadingRange[]): void {
    this.#changedRanges = [...this.#changedRanges, ...changed];
    const kept = this.#ranges.filter((range) => !changed.some((other) => isSameRange(range, other)));
    this.#ranges = [...kept, ...changed.filter((range) => range.to === null)];
  }
}

/** Changes of these types change what a person's room list shows of them. */
function accountIsTold(type: string): boolean {
  return type === 'member' || type === 'access';
}

function isSameRange(one: ReadingRange, other: ReadingRange): boolean {
  return one.domain === other.domain && one.from === other.from;
}

function creationOf(live: LiveRoom): NonNullable<RoomAppend['create']> {
  const creation = live.state.creation;
  return { kind: live.kind, hub: live.hub, creator: creation?.creator ?? null, peer: creation?.with ?? null };
}

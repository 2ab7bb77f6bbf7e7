import { effectsOf } from './effects.js';
import type { EffectTarget } from './effects.js';
import { verifyEventSignature } from './event.js';
import type { SealedHead } from './head.js';
import { domainOf } from './identifiers.js';
import type { Address, EventId, RoomId } from './identifiers.js';
import type { KeyStatement } from './key-statement.js';
import { readRecord } from './read-record.js';
import type { ReadEvent } from './read-record.js';
import { recordHash, ZERO_HASH } from './record.js';
import type { FullRecord, RecordHeader } from './record.js';
import { RoomState } from './room-state.js';
import { denyUnreadable, entryOf, judge } from './rules.js';
import type { RuleInput, Verdict } from './rules.js';
import { faultOfSeal } from './seal-check.js';
import type { SealCache } from './seal-check.js';

export interface ReplayOptions {
  readonly room: RoomId;
  /** where the log begins when not at seq 0: its first seq, and hash and time of the record before */
  readonly start?: { readonly seq: number; readonly prev: Buffer; readonly at: number };
  /** the state at a sealed head, from which a log can be judged on that is not whole before */
  readonly snapshot?: StateSnapshot;
  /** ms; contents whose `ttl` has run out by then need not be there */
  readonly now: number;
  /** signatures of events are taken as good; seals, chain and rules are checked all the same */
  readonly signaturesTrusted?: boolean;
}

export interface StateSnapshot {
  readonly seq: number;
  readonly state: RoomState;
  readonly statements: readonly KeyStatement[];
}

export interface ReplayedRecord {
  readonly seq: number;
  readonly id: EventId;
  /** undefined where the state is not known, so that nothing can be judged */
  readonly verdict: Verdict | undefined;
  readonly event?: ReadEvent;
}

export interface VoidRecord {
  readonly seq: number;
  readonly id: EventId;
  readonly rule: string;
  readonly code: string;
  readonly detail: string;
}

/** Why a log cannot be believed from some record on. */
export interface ReplayFault {
  readonly code: ReplayFaultCode;
  /** the first record that may be wrong */
  readonly from: number;
  /** the record at which it shows */
  readonly seq: number;
  readonly detail: string;
}

export type ReplayFaultCode =
  | 'bad-chain'
  | 'bad-seal'
  | 'fork'
  | 'duplicate-event'
  | 'state-mismatch'
  | 'at-decreased'
  | 'bad-create'
  | 'content-mismatch'
  | 'content-missing';

export interface ReplayResult {
  /** after the last good record; undefined where it is not known */
  readonly state: RoomState | undefined;
  /** last record replayed, −1 for none */
  readonly seq: number;
  readonly hash: Buffer;
  /** last record that a good seal covers, −1 for none */
  readonly sealedSeq: number;
  readonly voids: readonly VoidRecord[];
  /** every key statement that was in force, in the order they came */
  readonly statements: readonly KeyStatement[];
  /** records whose content is absent with no reason in the log */
  readonly holes: readonly number[];
}

/**
 * Replays a room's log, one record after the other: chain, seals, rules and fold. After a fault it must not be fed on; void
 * records are no fault of the log, but of its hub.
 *
 * @see PV-ROOM-015 to PV-ROOM-020
 */
export class RoomReplay {
  readonly #options: ReplayOptions;
  readonly #first: number;
  readonly #seals: SealCache = new Map();
  readonly #statements = new Map<string, KeyStatement>();
  /** of the record before the first, then of every record */
  readonly #hashes: Buffer[];
  /** every event of the log by id, undefined for those that nothing can act on */
  readonly #events = new Map<EventId, EffectTarget | undefined>();
  readonly #voids: VoidRecord[] = [];
  readonly #missing: { seq: number; coveredBy: EventId[] }[] = [];
  readonly #deleted = new Set<EventId>();
  #state: RoomState | undefined;
  #at: number;
  #sealedSeq: number;

  constructor(options: ReplayOptions) {
    const { room, start = { seq: 0, prev: ZERO_HASH, at: 0 } } = options;
    this.#options = options;
    this.#first = start.seq;
    this.#hashes = [start.prev];
    this.#at = start.at;
    this.#sealedSeq = start.seq - 1;
    this.#state = start.seq === 0 ? new RoomState(room) : undefined;
  }

  /** The last record replayed; one below the first seq before any. */
  get seq(): number {
    return this.#first + this.#hashes.length - 2;
  }

  /** Hash of a record replayed, or of the one before the first. */
  hashAt(seq: number): Buffer | undefined {
    return this.#hashes[seq - this.#first + 1];
  }

  /** Takes the next record. The verdict is undefined where the state is not known, so that nothing can be judged. */
  next(record: FullRecord | RecordHeader, onRecord?: (record: ReplayedRecord) => void): ReplayFault | undefined {
    const seq = this.seq + 1;
    if (record.seq !== seq) return this.#fault('bad-chain', seq, `seq ${record.seq} in the place of ${seq}`);
    if (record.epoch !== 0) return this.#fault('bad-chain', seq, `epoch ${record.epoch}`);
    if (record.at < this.#at) return this.#fault('at-decreased', seq, `${record.at} after ${this.#at}`);
    this.#at = record.at;
    const taken = 'jws' in record ? this.#judgeRecord(record) : this.#passHeader(record);
    if ('code' in taken) return taken;
    onRecord?.(taken);
    return this.#noteVoid(taken);
  }

  /** Checks sealed heads at the last record: all of the hub, all the same, and the same as what was replayed. */
  seal(heads: readonly SealedHead[]): ReplayFault | undefined {
    const { seq } = this;
    const { snapshot } = this.#options;
    if (this.#state === undefined && snapshot?.seq === seq) {
      if (heads.length === 0) return this.#fault('bad-seal', seq, 'no sealed head of the snapshot');
      this.#state = snapshot.state;
      for (const statement of snapshot.statements) this.#statements.set(statement.hash, statement);
    }
    const state = this.#state;
    if (heads.length === 0 || state === undefined) return undefined;
    const fault = this.#checkSeals(heads, state) ?? this.#compareHeads(heads, state, seq);
    if (fault === undefined) this.#sealedSeq = seq;
    return fault;
  }

  /**
   * What can be said only when no record is left.
   *
   * @param newest seq of the newest sealed head there is
   */
  end(newest: number): ReplayFault | undefined {
    const { seq } = this;
    if (newest > seq) return this.#fault('bad-chain', seq + 1, `the log goes on to ${newest}`);
    return this.#sealedSeq < seq ? this.#fault('bad-seal', seq, 'no seal covers the end') : undefined;
  }

  result(): ReplayResult {
    const isHole = ({ coveredBy }: { coveredBy: EventId[] }): boolean => !coveredBy.some((id) => this.#deleted.has(id));
    return {
      state: this.#state,
      seq: this.seq,
      hash: this.#last,
      sealedSeq: this.#sealedSeq,
      statements: [...this.#statements.values()],
      voids: this.#voids,
      holes: this.#missing.filter(isHole).map(({ seq }) => seq),
    };
  }

  get #last(): Buffer {
    return this.#hashes.at(-1) ?? ZERO_HASH;
  }

  /** A header keeps the chain; what it did to the state is not known, so the state is not known after it. */
  #passHeader(header: RecordHeader): ReplayFault | ReplayedRecord {
    this.#state = undefined;
    return this.#chain(header) ?? { seq: header.seq, id: header.event, verdict: undefined };
  }

  #judgeRecord(record: FullRecord): ReplayFault | ReplayedRecord {
    const { epoch, seq, at } = record;
    const read = readRecord(record);
    if (read.kind === 'wrong') return this.#fault(read.code, seq, read.detail);
    const { id, jwsHash } = read.kind === 'event' ? read.event : read;
    const fault = this.#chain({ epoch, seq, at, event: id, jwsHash });
    if (fault !== undefined) return fault;
    if (read.kind === 'unreadable') return { seq, id, verdict: denyUnreadable(read.detail) };
    const state = this.#state;
    if (state === undefined) return { seq, id, verdict: this.#judgeAuthor(read), event: read };
    const input = this.#ruleInput(record, read);
    const verdict = judge(state, input);
    if (verdict.kind === 'allow') this.#apply(state, input, record.content === null);
    return { seq, id, verdict, event: read };
  }

  /** All that can be said where the state is not known: who signed, going by the statements of the snapshot to come. */
  #judgeAuthor({ event, attachedStatement }: ReadEvent): Verdict | undefined {
    const { snapshot, signaturesTrusted } = this.#options;
    if (snapshot === undefined || signaturesTrusted === true) return undefined;
    const domain = domainOf(event.fields.sender);
    const hash = snapshot.state.statementInForce(domain)?.hash;
    const statement = snapshot.statements.find((one) => one.hash === hash) ?? attachedStatement;
    const isSigned = statement !== undefined && verifyEventSignature(event, statement);
    return isSigned ? undefined : denyUnreadable('signature');
  }

  #chain(header: RecordHeader): ReplayFault | undefined {
    const { event, seq } = header;
    if (this.#events.has(event)) return this.#fault('duplicate-event', seq, event);
    this.#events.set(event, undefined);
    this.#hashes.push(recordHash(this.#options.room, header, this.#last));
    return undefined;
  }

  #ruleInput(record: FullRecord, { event, content, attachedStatement }: ReadEvent): RuleInput {
    return {
      room: this.#options.room,
      record,
      event,
      content,
      attachedStatement,
      statements: (hash) => this.#statements.get(hash),
      seenHash: (seq) => this.hashAt(seq),
      signatureTrusted: this.#options.signaturesTrusted ?? false,
    };
  }

  #apply(state: RoomState, input: RuleInput, isWithoutContent: boolean): void {
    const { event, attachedStatement: statement, record } = input;
    const { type, sender, rel, key } = event.fields;
    if (rel !== undefined && key === undefined) {
      const holdsModerate = state.roleOf(sender as Address, record.at).rights.has('moderate');
      const effects = effectsOf({ type, sender, rel, holdsModerate }, (id) => this.#events.get(id));
      for (const { kind, target } of effects) if (kind === 'delete') this.#deleted.add(target);
    }
    this.#events.set(event.id, { type, sender, isState: key !== undefined });
    if (isWithoutContent) this.#miss(input);
    if (statement !== undefined) this.#statements.set(statement.hash, statement);
    const entry = entryOf(input);
    if (entry !== undefined) state.apply(entry);
  }

  #miss({ event, record }: RuleInput): void {
    const { type, ttl, rel = [] } = event.fields;
    const hasExpired = ttl !== undefined && record.at + ttl * 1000 <= this.#options.now;
    const edited = type === 'message.edit' || type === 'message.vote' ? rel.map(([, target]) => target) : [];
    if (!hasExpired) this.#missing.push({ seq: record.seq, coveredBy: [event.id, ...edited] });
  }

  #noteVoid({ seq, id, verdict }: ReplayedRecord): ReplayFault | undefined {
    if (verdict?.kind !== 'deny') return undefined;
    const { rule, code, detail } = verdict;
    this.#voids.push({ seq, id, rule, code, detail });
    return seq === 0 ? this.#fault('bad-create', 0, `${rule} ${code}: ${detail}`) : undefined;
  }

  #checkSeals(heads: readonly SealedHead[], state: RoomState): ReplayFault | undefined {
    const { seq } = this;
    const { room } = this.#options;
    const hub = state.hub;
    const statement = hub && this.#statements.get(state.statementInForce(hub)?.hash ?? '');
    if (statement === undefined) return this.#fault('bad-seal', seq, 'the statement of the hub is not here');
    for (const sealed of heads) {
      const detail = faultOfSeal(sealed, { room, statement }, this.#seals);
      if (detail !== undefined) return this.#fault('bad-seal', seq, detail);
    }
    return undefined;
  }

  #compareHeads(heads: readonly SealedHead[], state: RoomState, seq: number): ReplayFault | undefined {
    const [first, ...others] = heads.map(({ head }) => head);
    if (first === undefined) return undefined;
    const isFork = others.some(({ hash, state: fold }) => !hash.equals(first.hash) || !fold.equals(first.state));
    if (isFork) return this.#fault('fork', seq, 'two sealed heads differ');
    const isOfChain = first.hash.equals(this.#last) && first.at === this.#at && first.epoch === 0;
    if (!isOfChain) return this.#fault('bad-chain', seq, 'the sealed hash is another');
    return first.state.equals(state.hash())
      ? undefined
      : this.#fault('state-mismatch', seq, 'the sealed state is another');
  }

  #fault(code: ReplayFaultCode, seq: number, detail: string): ReplayFault {
    return { code, from: this.#sealedSeq + 1, seq, detail };
  }
}

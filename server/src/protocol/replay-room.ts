import { effectsOf } from './effects.js';
import type { EffectTarget } from './effects.js';
import type { SealedHead } from './head.js';
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

export interface ReplayInput {
  readonly room: RoomId;
  /** from seq 0 on; a header where the holder may not read */
  readonly records: Iterable<FullRecord | RecordHeader>;
  /** sealed heads in any order */
  readonly heads: readonly SealedHead[];
  /** the state at a sealed head, from which a log that starts with headers can be judged on */
  readonly snapshot?: { readonly seq: number; readonly state: RoomState; readonly statements: readonly KeyStatement[] };
  /** ms; contents whose `ttl` has run out by then need not be there */
  readonly now: number;
  /** signatures of events are taken as good; seals, chain and rules are checked all the same */
  readonly signaturesTrusted?: boolean;
  readonly onRecord?: (record: ReplayedRecord) => void;
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
  /** records whose content is absent with no reason in the log */
  readonly holes: readonly number[];
  readonly fault?: ReplayFault;
}

/**
 * Replays a room's log from its first record: chain, seals, rules and fold. Stops at the first fault; void records are
 * no fault of the log, but of its hub.
 *
 * @see PV-ROOM-015 to PV-ROOM-021
 */
export function replayRoom(input: ReplayInput): ReplayResult {
  const replay = new Replay(input);
  let fault: ReplayFault | undefined;
  for (const record of input.records) {
    fault = replay.next(record);
    if (fault !== undefined) break;
  }
  fault ??= replay.end();
  return { ...replay.result(), ...(fault && { fault }) };
}

/** What replaying has come to know, one record after the other. */
class Replay {
  readonly #input: ReplayInput;
  readonly #heads = new Map<number, SealedHead[]>();
  readonly #seals: SealCache = new Map();
  readonly #statements = new Map<string, KeyStatement>();
  readonly #hashes: Buffer[] = [];
  /** every event of the log by id, undefined for those that nothing can act on */
  readonly #events = new Map<EventId, EffectTarget | undefined>();
  readonly #voids: VoidRecord[] = [];
  readonly #missing: { seq: number; coveredBy: EventId[] }[] = [];
  readonly #deleted = new Set<EventId>();
  #state: RoomState | undefined;
  #at = 0;
  #sealedSeq = -1;

  constructor(input: ReplayInput) {
    this.#input = input;
    this.#state = new RoomState(input.room);
    for (const sealed of input.heads) {
      const heads = this.#heads.get(sealed.head.seq) ?? [];
      this.#heads.set(sealed.head.seq, [...heads, sealed]);
    }
  }

  next(record: FullRecord | RecordHeader): ReplayFault | undefined {
    const seq = this.#hashes.length;
    if (record.seq !== seq) return this.#fault('bad-chain', seq, `seq ${record.seq} in the place of ${seq}`);
    if (record.epoch !== 0) return this.#fault('bad-chain', seq, `epoch ${record.epoch}`);
    if (record.at < this.#at) return this.#fault('at-decreased', seq, `${record.at} after ${this.#at}`);
    this.#at = record.at;
    return ('jws' in record ? this.#judgeRecord(record) : this.#passHeader(record)) ?? this.#checkHeads(seq);
  }

  /** What can be said only when no record is left. */
  end(): ReplayFault | undefined {
    const seq = this.#hashes.length - 1;
    const beyond = this.#input.heads.reduce((newest, { head }) => Math.max(newest, head.seq), -1);
    if (beyond > seq) return this.#fault('bad-chain', seq + 1, `the log goes on to ${beyond}`);
    return this.#sealedSeq < seq ? this.#fault('bad-seal', seq, 'no seal covers the end') : undefined;
  }

  result(): ReplayResult {
    const isHole = ({ coveredBy }: { coveredBy: EventId[] }): boolean => !coveredBy.some((id) => this.#deleted.has(id));
    return {
      state: this.#state,
      seq: this.#hashes.length - 1,
      hash: this.#hashes.at(-1) ?? ZERO_HASH,
      sealedSeq: this.#sealedSeq,
      voids: this.#voids,
      holes: this.#missing.filter(isHole).map(({ seq }) => seq),
    };
  }

  /** A header keeps the chain; what it did to the state is not known, so the state is not known after it. */
  #passHeader(header: RecordHeader): ReplayFault | undefined {
    this.#state = undefined;
    return this.#chain(header) ?? this.#take({ seq: header.seq, id: header.event, verdict: undefined });
  }

  #judgeRecord(record: FullRecord): ReplayFault | undefined {
    const { epoch, seq, at } = record;
    const read = readRecord(record);
    if (read.kind === 'wrong') return this.#fault(read.code, seq, read.detail);
    const { id, jwsHash } = read.kind === 'event' ? read.event : read;
    const fault = this.#chain({ epoch, seq, at, event: id, jwsHash });
    if (fault !== undefined) return fault;
    if (read.kind === 'unreadable') return this.#take({ seq, id, verdict: denyUnreadable(read.detail) });
    const state = this.#state;
    if (state === undefined) return this.#take({ seq, id, verdict: undefined, event: read });
    const input = this.#ruleInput(record, read);
    const verdict = judge(state, input);
    if (verdict.kind === 'allow') this.#apply(state, input, record.content === null);
    return this.#take({ seq, id, verdict, event: read });
  }

  #chain(header: RecordHeader): ReplayFault | undefined {
    const { event, seq } = header;
    if (this.#events.has(event)) return this.#fault('duplicate-event', seq, event);
    this.#events.set(event, undefined);
    this.#hashes.push(recordHash(this.#input.room, header, this.#hashes.at(-1) ?? ZERO_HASH));
    return undefined;
  }

  #ruleInput(record: FullRecord, { event, content, attachedStatement }: ReadEvent): RuleInput {
    return {
      room: this.#input.room,
      record,
      event,
      content,
      attachedStatement,
      statements: (hash) => this.#statements.get(hash),
      seenHash: (seq) => this.#hashes[seq],
      signatureTrusted: this.#input.signaturesTrusted ?? false,
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
    const hasExpired = ttl !== undefined && record.at + ttl * 1000 <= this.#input.now;
    const edited = type === 'message.edit' ? rel.map(([, target]) => target) : [];
    if (!hasExpired) this.#missing.push({ seq: record.seq, coveredBy: [event.id, ...edited] });
  }

  #take(record: ReplayedRecord): ReplayFault | undefined {
    const { seq, id, verdict } = record;
    this.#input.onRecord?.(record);
    if (verdict?.kind !== 'deny') return undefined;
    const { rule, code, detail } = verdict;
    this.#voids.push({ seq, id, rule, code, detail });
    return seq === 0 ? this.#fault('bad-create', 0, `${rule} ${code}: ${detail}`) : undefined;
  }

  /** The heads at a seq: all of the hub, all the same, and the same as what was replayed. */
  #checkHeads(seq: number): ReplayFault | undefined {
    const heads = this.#heads.get(seq) ?? [];
    const { snapshot } = this.#input;
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

  #checkSeals(heads: readonly SealedHead[], state: RoomState): ReplayFault | undefined {
    const seq = this.#hashes.length - 1;
    const { room } = this.#input;
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
    const isOfChain = first.hash.equals(this.#hashes[seq] ?? ZERO_HASH) && first.at === this.#at && first.epoch === 0;
    if (!isOfChain) return this.#fault('bad-chain', seq, 'the sealed hash is another');
    return first.state.equals(state.hash())
      ? undefined
      : this.#fault('state-mismatch', seq, 'the sealed state is another');
  }

  #fault(code: ReplayFaultCode, seq: number, detail: string): ReplayFault {
    return { code, from: this.#sealedSeq + 1, seq, detail };
  }
}

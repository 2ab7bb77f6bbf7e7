import { parseArchiveLine } from './archive-lines.js';
import type { ArchiveHeader, ArchiveLine } from './archive-lines.js';
import { readArchiveSnapshot } from './archive-snapshot.js';
import type { SealedHead } from './head.js';
import type { Domain, KeyId, RoomId } from './identifiers.js';
import { keyThumbprint } from './key-thumbprint.js';
import type { FullRecord } from './record.js';
import { RoomReplay } from './room-replay.js';
import type { ReplayFault, StateSnapshot } from './room-replay.js';

/** What is wrong with an archive. */
export interface ArchiveFault {
  /** of a rule, of a chain fault, or `bad-archive`, `cut-tail`, `wrong-root` */
  readonly code: string;
  /** the record at which it shows */
  readonly seq: number;
  /** where it may begin, when that is not known more exactly */
  readonly from?: number;
  /** the broken rule, when the record has its place in the chain and is without effect */
  readonly rule?: string;
  readonly detail: string;
}

/** A head that somebody was given, for instance with an acknowledgement. */
export interface ExpectedHead {
  readonly seq: number;
  readonly hash: Buffer;
}

export interface ArchiveReport {
  readonly header: ArchiveHeader | undefined;
  /** records read */
  readonly records: number;
  readonly seq: number;
  readonly hash: Buffer | undefined;
  /** last record that a good seal covers */
  readonly sealedSeq: number;
  /** first record that the rules were applied to; before it only chain and signatures were */
  readonly judgedFrom: number | undefined;
  /** in order of seq; none: verified */
  readonly faults: readonly ArchiveFault[];
  /** records whose content is absent with no reason in the log */
  readonly holes: readonly number[];
  /** by provider, the root that all its keys are believed for */
  readonly roots: ReadonlyMap<Domain, KeyId>;
  /** expected heads from before the archive begins */
  readonly unchecked: readonly number[];
}

type Kind = ArchiveLine['kind'];

const FOLLOWERS: Readonly<Record<Kind | 'nothing', readonly Kind[]>> = {
  nothing: ['header'],
  header: ['entry', 'record', 'end'],
  entry: ['entry', 'snapshot'],
  snapshot: ['record', 'end'],
  record: ['record', 'sealed', 'end'],
  sealed: ['record', 'sealed', 'end'],
  end: [],
};

const ENTRIES_MAX = 20_000;

/**
 * Verifies an archive line by line, believing nothing in it: chain, seals, signatures, contents, rules, statements and
 * fold. It stops at the first fault of the chain; void records it only notes.
 *
 * @see PV-ARC-010 to PV-ARC-019
 */
export class ArchiveVerifier {
  readonly #now: number;
  readonly #expected: readonly ExpectedHead[];
  readonly #entries: FullRecord[] = [];
  #header: ArchiveHeader | undefined;
  #snapshot: { readonly state: StateSnapshot; readonly sealed: SealedHead } | undefined;
  #replay: RoomReplay | undefined;
  #heads: SealedHead[] = [];
  #last: Kind | 'nothing' = 'nothing';
  #lines = 0;
  #records = 0;
  #fault: ArchiveFault | undefined;

  constructor({ now, expected = [] }: { now: number; expected?: readonly ExpectedHead[] }) {
    this.#now = now;
    this.#expected = expected;
  }

  /** Takes a line, without its line feed. @returns false once it is pointless to go on */
  take(text: string | Uint8Array): boolean {
    this.#lines += 1;
    const line = parseArchiveLine(text);
    if (!line.ok) this.#fault = this.#unreadable(line.detail);
    else if (!FOLLOWERS[this.#last].includes(line.value.kind))
      this.#fault = this.#unreadable(`${line.value.kind} here`);
    else {
      this.#last = line.value.kind;
      this.#fault = this.#takeLine(line.value);
    }
    return this.#fault === undefined;
  }

  /** To be asked when no line is left. */
  report(): ArchiveReport {
    if (this.#fault === undefined && this.#header === undefined) this.#fault = this.#unreadable('empty');
    if (this.#last !== 'end') this.#fault ??= this.#cut('the last line is missing');
    this.#fault ??= this.#compareExpected();
    const result = this.#replay?.result();
    const last = this.#fault;
    const voids = (result?.voids ?? []).filter(({ seq, code }) => seq !== last?.seq || code !== last.code);
    return {
      header: this.#header,
      records: this.#records,
      seq: this.seq,
      hash: result?.hash,
      sealedSeq: result?.sealedSeq ?? -1,
      judgedFrom: this.#snapshot === undefined ? this.#wholeFrom : this.#snapshot.state.seq + 1,
      faults: [
        ...voids.map(({ seq, code, rule, detail }) => ({ seq, code, rule, detail })),
        ...(this.#fault ? [this.#fault] : []),
      ],
      holes: result?.holes ?? [],
      roots: rootsOf(result?.statements ?? []),
      unchecked: this.#expected.flatMap(({ seq }) => (seq < (this.#header?.first ?? 0) - 1 ? [seq] : [])),
    };
  }

  get #wholeFrom(): number | undefined {
    return this.#header?.first === 0 ? 0 : undefined;
  }

  /** The last record taken. */
  get seq(): number {
    return this.#replay?.seq ?? -1;
  }

  get room(): RoomId | undefined {
    return this.#header?.room;
  }

  /** Hash of a record taken, or of the one before the first. */
  hashAt(seq: number): Buffer | undefined {
    return this.#replay?.hashAt(seq);
  }

  #takeLine(line: ArchiveLine): ArchiveFault | undefined {
    switch (line.kind) {
      case 'header':
        this.#header = line.header;
        return line.header.first === 0 ? this.#begin(line.header) : undefined;
      case 'entry':
        if (this.#entries.push(line.record) > ENTRIES_MAX) return this.#unreadable('too many entries');
        return undefined;
      case 'snapshot':
        return this.#takeSnapshot(line.sealed);
      case 'record':
        return this.#takeRecord(line);
      case 'sealed':
        this.#heads.push(line.sealed);
        return undefined;
      case 'end':
        return this.#takeEnd(line);
    }
  }

  #takeSnapshot(sealed: SealedHead): ArchiveFault | undefined {
    const header = this.#header;
    if (header === undefined) return this.#unreadable('snapshot here');
    const { seq } = sealed.head;
    if (seq < header.first - 1) return this.#unreadable('a snapshot that leads nowhere');
    const state = readArchiveSnapshot(header.room, this.#entries, seq);
    if ('code' in state) return state;
    this.#entries.length = 0;
    this.#snapshot = { state, sealed };
    return this.#begin(header);
  }

  #begin({ room, first, prev }: ArchiveHeader): ArchiveFault | undefined {
    const { state: snapshot, sealed } = this.#snapshot ?? {};
    const at = sealed?.head.seq === first - 1 ? sealed.head.at : 0;
    const options = { room, start: { seq: first, prev, at }, now: this.#now };
    this.#replay = new RoomReplay({ ...options, ...(snapshot && { snapshot }) });
    if (sealed?.head.seq === first - 1) this.#heads.push(sealed);
    return undefined;
  }

  #takeRecord({ record, hash }: Extract<ArchiveLine, { kind: 'record' }>): ArchiveFault | undefined {
    const replay = this.#replay;
    if (replay === undefined) return this.#unreadable('a log that begins late without its state');
    const before = this.#checkHeads(replay);
    if (before !== undefined) return before;
    const fault = replay.next(record);
    if (fault !== undefined) return this.#describe(fault);
    this.#records += 1;
    if (this.#snapshot?.sealed.head.seq === record.seq) this.#heads.push(this.#snapshot.sealed);
    // The hash in the line proves nothing; it tells where the log was damaged, which seals tell only roughly.
    if (replay.hashAt(record.seq)?.equals(hash) === true) return undefined;
    const { seq } = record;
    return this.#describe({ code: 'bad-chain', seq, from: seq, detail: 'the hash of the record is another' });
  }

  #takeEnd({ records, sealed }: Extract<ArchiveLine, { kind: 'end' }>): ArchiveFault | undefined {
    const replay = this.#replay;
    if (replay === undefined) return this.#unreadable('a log that begins late without its state');
    const { seq } = sealed.head;
    if (seq > replay.seq) return this.#cut(`the sealed head at the end is of record ${seq}`);
    if (records !== this.#records || seq < replay.seq)
      return { code: 'bad-archive', seq: replay.seq, detail: 'the last line is of another archive' };
    this.#heads.push(sealed);
    const fault = this.#checkHeads(replay);
    if (fault !== undefined) return fault;
    const end = replay.end(seq);
    if (end !== undefined) return this.#describe(end);
    return replay.result().state?.hub === this.#header?.hub
      ? undefined
      : this.#unreadable('the header names another hub');
  }

  /** Heads follow their record, so they are checked when the next one comes. */
  #checkHeads(replay: RoomReplay): ArchiveFault | undefined {
    const heads = this.#heads;
    this.#heads = [];
    const other = heads.find(({ head }) => head.seq !== replay.seq);
    if (other !== undefined) return this.#unreadable(`a sealed head of record ${other.head.seq} here`);
    const fault = replay.seal(heads);
    return fault && this.#describe(fault);
  }

  /** A record that is not its sender's own is what breaks the chain, if there is one in the part that is in doubt. */
  #describe({ code, seq, from, detail }: ReplayFault): ArchiveFault {
    const forged = this.#replay?.result().voids.find((one) => one.seq >= from && one.code === 'bad-event');
    if (code === 'bad-chain' && forged !== undefined)
      return { code: forged.code, seq: forged.seq, detail: forged.detail };
    return { code, seq, ...(from < seq && { from }), detail };
  }

  #compareExpected(): ArchiveFault | undefined {
    for (const { seq, hash } of this.#expected) {
      if (seq > this.seq) return this.#cut(`the log went on to ${seq}`);
      const held = this.hashAt(seq);
      if (held !== undefined && !held.equals(hash))
        return { code: 'fork', seq, detail: 'the expected head is of another log' };
    }
    return undefined;
  }

  #cut(detail: string): ArchiveFault {
    const seq = this.#replay === undefined ? (this.#header?.first ?? 0) : this.seq + 1;
    return { code: 'cut-tail', seq, detail };
  }

  #unreadable(detail: string): ArchiveFault {
    return { code: 'bad-archive', seq: this.seq + 1, detail: `line ${this.#lines}: ${detail}` };
  }
}

/** All later keys of a provider stand on the root of the first statement that was believed. */
function rootsOf(statements: readonly { provider: Domain; roots: readonly Buffer[] }[]): Map<Domain, KeyId> {
  const roots = new Map<Domain, KeyId>();
  for (const {
    provider,
    roots: [root],
  } of statements)
    if (root !== undefined && !roots.has(provider)) roots.set(provider, keyThumbprint(root));
  return roots;
}

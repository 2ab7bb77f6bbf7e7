import { sealHeads, sealedToWire } from '../../src/protocol/head.js';
import type { Head } from '../../src/protocol/head.js';
import type { ParsedEvent } from '../../src/protocol/event.js';
import type { Address, RoomId } from '../../src/protocol/identifiers.js';
import { buildInvite } from '../../src/protocol/invite.js';
import type { SigningKey } from '../../src/protocol/key-thumbprint.js';
import type { KeyStatement } from '../../src/protocol/key-statement.js';
import { buildMail } from '../../src/protocol/mail.js';
import type { MailFields } from '../../src/protocol/mail.js';
import { readRecord } from '../../src/protocol/read-record.js';
import { recordHash, ZERO_HASH } from '../../src/protocol/record.js';
import type { FullRecord } from '../../src/protocol/record.js';
import { isPagedType, RoomState } from '../../src/protocol/room-state.js';
import type { StateEntry } from '../../src/protocol/room-state.js';
import { entryOf, judge } from '../../src/protocol/rules.js';
import { stateBucket } from '../../src/protocol/state-hash.js';
import { DAY_MS, domain, nonce } from './hostile-peer.js';
import type { HostilePeer, Item } from './hostile-peer.js';
import type { Json } from './test-person.js';

/** What a forged page says instead of the truth. */
export interface PageChanges {
  readonly records?: (records: FullRecord[]) => readonly object[];
  readonly head?: (head: Head) => Head;
  /** the head that is shown, under a seal over the other one */
  readonly shown?: (head: Head) => Head;
  readonly key?: SigningKey;
}

/** A group whose hub is the hostile provider. */
export class HostileRoom {
  readonly room: RoomId;
  readonly owner: Address;
  readonly records: FullRecord[] = [];
  readonly state: RoomState;
  readonly #peer: HostilePeer;
  readonly #create: Item;
  readonly #statements = new Map<string, KeyStatement>();
  readonly #hashes: Buffer[] = [];
  #snapshot: StateEntry[] = [];

  constructor(peer: HostilePeer, owner: Address) {
    this.#peer = peer;
    this.owner = owner;
    const { hash, version, jws } = peer.statement;
    const content = { kind: 'group', rules: 1, statement: hash, version };
    const { event, ...create } = peer.make({ type: 'room.create', sender: owner, key: '' }, content);
    this.room = event.room;
    this.state = new RoomState(this.room);
    this.#create = { ...create, statement: jws };
    this.append(this.#create);
    this.append(peer.make({ room: this.room, type: 'member', sender: owner, key: owner }, { membership: 'joined' }));
  }

  get seq(): number {
    return this.records.length - 1;
  }

  /** Of the newest record. */
  get hash(): string {
    return this.#hashAt(this.seq).toString('base64url');
  }

  /** A mailbox item that invites somebody. */
  invitation(to: Address, changes: Partial<MailFields> = {}, key: SigningKey = this.#peer.event): string {
    const invite = buildInvite(
      { room: this.room, hub: this.#peer.domain, by: this.owner, to, until: Date.now() + DAY_MS, nonce: nonce() },
      this.#peer.event,
    );
    const body = { create: { ...this.#create }, invite: invite.jws, ...changes.body };
    const people = { from: this.owner, to, kind: 'invite' as const };
    return buildMail({ ...people, nonce: nonce(), until: Date.now() + DAY_MS, ...changes, body }, key).jws;
  }

  /** A message, of the owner where nobody else is said. */
  message(text: string, sender = this.owner): Item & { readonly event: ParsedEvent } {
    const { room, seq } = this;
    const seen = [0, seq, this.#hashAt(seq).toString('base64url')] as const;
    return this.#peer.make({ room, type: 'message', sender, seen }, { text });
  }

  /** Records an event, whatever the rules say; one that breaks them has no effect. */
  append({ jws, content, statement }: Item, at = Date.now()): string {
    const texts = { jws, content, ...(statement === undefined ? {} : { statement }) };
    const read = readRecord(texts);
    if (read.kind !== 'event') throw new Error(`not an event: ${read.detail}`);
    const record = { epoch: 0, seq: this.records.length, at, ...texts };
    const { event, content: value, attachedStatement } = read;
    const input = {
      ...{ room: this.room, record, event, content: value, attachedStatement },
      statements: (hash: string) => (attachedStatement?.hash === hash ? attachedStatement : this.#statements.get(hash)),
      seenHash: (seq: number) => this.#hashes[seq],
    };
    const verdict = judge(this.state, input);
    this.#hashes.push(
      recordHash(this.room, { ...record, event: event.id, jwsHash: event.jwsHash }, this.#hashAt(this.seq)),
    );
    this.records.push(record);
    if (verdict.kind === 'deny') return verdict.code;
    if (attachedStatement !== undefined) this.#statements.set(attachedStatement.hash, attachedStatement);
    const entry = entryOf(input);
    if (entry !== undefined) this.state.apply(entry);
    return 'allowed';
  }

  /** The honest answer to a join. @param covered buckets of people that it has room for */
  join(items: readonly Item[], covered = 256): object {
    const results = items.map((item) => {
      const verdict = this.append(item);
      if (verdict !== 'allowed') throw new Error(`the join is ${verdict}`);
      const { seq, at } = this.records.at(-1) ?? { seq: 0, at: 0 };
      const hash = this.#hashAt(seq).toString('base64url');
      const read = readRecord(item);
      return { id: read.kind === 'event' ? read.event.id : null, status: 'accepted', epoch: 0, seq, at, hash };
    });
    const seals: string[] = [];
    const fits = ({ type, key }: StateEntry): boolean => !isPagedType(type) || stateBucket(type, key) < covered;
    this.#snapshot = [...this.state.entries()];
    const entries = this.#snapshot.filter(fits).map(({ seq }) => this.records[seq]);
    const buckets = this.state.bucketHashes().map((hash) => hash.toString('base64url'));
    const sealed = this.#seal({}, seals);
    return { results, snapshot: { room: this.room, sealed, entries, covered, buckets }, seals };
  }

  /** The honest answer to `snapshot`, of the state of the last join. */
  snapshot(from: number, covered = 256): object {
    const isIn = ({ type, key }: StateEntry): boolean => {
      const bucket = stateBucket(type, key);
      return isPagedType(type) && bucket >= from && bucket < covered;
    };
    return { entries: this.#snapshot.filter(isIn).map(({ seq }) => this.records[seq]), covered };
  }

  /** A page from a seq to the end, with lies on request. */
  page(from: number, changes: PageChanges = {}): { rooms: Json[]; seals: string[] } {
    const seals: string[] = [];
    const records = this.records.slice(from).map((record) => ({ ...record }));
    const sealed = this.#seal(changes, seals);
    return { rooms: [{ room: this.room, records: changes.records?.(records) ?? records, sealed }], seals };
  }

  /** The honest answer to `log`. */
  log(from: number): object {
    const { rooms, seals } = this.page(from);
    return { page: rooms[0], seals, newest: this.seq };
  }

  /** Hash that the log would have with other records in the place of the last ones. */
  hashWith(records: readonly FullRecord[]): Buffer {
    const [first] = records;
    let hash = this.#hashAt((first?.seq ?? 0) - 1);
    for (const record of records) {
      const read = readRecord(record);
      if (read.kind === 'wrong') throw new Error(read.detail);
      const { id: event, jwsHash } = read.kind === 'event' ? read.event : read;
      hash = recordHash(this.room, { ...record, event, jwsHash }, hash);
    }
    return hash;
  }

  #seal({ head: changed, shown, key }: PageChanges, seals: string[]): object {
    const { room, seq } = this;
    const at = this.records.at(-1)?.at ?? 0;
    const hub = domain(this.#peer.domain);
    const head = { hub, room, epoch: 0, seq, at, hash: this.#hashAt(seq), state: this.state.hash(), committed: seq };
    const [sealed] = sealHeads([changed?.(head) ?? head], { hub, at: Date.now() }, key ?? this.#peer.seal);
    if (sealed === undefined) throw new Error('no seal');
    return sealedToWire(shown === undefined ? sealed : { ...sealed, head: shown(sealed.head) }, seals);
  }

  #hashAt(seq: number): Buffer {
    return this.#hashes[seq] ?? ZERO_HASH;
  }
}

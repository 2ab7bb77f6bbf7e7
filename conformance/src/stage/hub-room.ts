import { bucketHashes, stateHash } from '../formats/state-hash.js';
import { encode64 } from '../formats/base64url.js';
import type { SigningKey } from '../formats/ed25519.js';
import { DAY_MS, freshNonce, makeEvent, parseEvent } from '../formats/event.js';
import type { EventFields, Item } from '../formats/event.js';
import { sealHeads } from '../formats/head.js';
import type { Head, SealedHead } from '../formats/head.js';
import { signJws } from '../formats/jws.js';
import { headerOf, recordHash, ZERO_HASH } from '../formats/record.js';
import type { FullRecord, Header } from '../formats/record.js';
import type { Members } from '../formats/strict-json.js';
import type { Peer } from '../network/peer.js';

export type PageItem = FullRecord | Header;

/** What a forged page says instead of the truth. */
export interface PageChanges {
  readonly records?: (records: FullRecord[]) => readonly PageItem[];
  readonly head?: (head: Head) => Head;
  /** the head that is shown, under a seal over the other one */
  readonly shown?: (head: Head) => Head;
  readonly key?: SigningKey;
}

export interface Page {
  readonly rooms: Members[];
  readonly seals: string[];
}

/** A group whose hub is a provider of the suite. */
export class HubRoom {
  readonly room: string;
  readonly owner: string;
  readonly records: FullRecord[] = [];
  readonly #peer: Peer;
  readonly #hashes: string[] = [];
  readonly #entries = new Map<string, { type: string; key: string; id: string; record: FullRecord }>();

  constructor(peer: Peer, owner: string, content: Members = { kind: 'group' }) {
    this.#peer = peer;
    this.owner = owner;
    const { hash, version, jws } = peer.statement;
    const said = { rules: 1, statement: hash, version, ...content };
    const { id, ...create } = makeEvent({ type: 'room.create', sender: owner, key: '' }, said, peer.keys.event);
    this.room = `r${id.slice(1)}`;
    this.append({ ...create, statement: jws.text });
    this.append(this.make({ type: 'member', key: owner }, { membership: 'joined' }));
  }

  get seq(): number {
    return this.records.length - 1;
  }

  /** An event of the owner, honest unless told otherwise. */
  make(fields: Partial<EventFields> & { type: string }, content: string | object, key = this.#peer.keys.event): Item {
    const seen = this.seq > 0 ? { seen: [0, this.seq, this.hashAt(this.seq)] as const } : {};
    const { id: _, ...item } = makeEvent({ room: this.room, sender: this.owner, ...seen, ...fields }, content, key);
    return item;
  }

  message(text: string): Item {
    return this.make({ type: 'message' }, { text });
  }

  /** Records an event. @param isVoid whether it breaks a rule, and so changes nothing */
  append(item: Item, { isVoid = false, at = Date.now() } = {}): FullRecord {
    const record = { epoch: 0, seq: this.records.length, at, ...item };
    this.#hashes.push(recordHash(this.#roomOr(item), headerOf(record), this.hashAt(this.seq)));
    this.records.push(record);
    if (isVoid) return record;
    const { type, key, id } = parseEvent(item.jws);
    if (key !== undefined) this.#entries.set(`${type}\0${key}`, { type, key, id, record });
    return record;
  }

  hashAt(seq: number): string {
    return this.#hashes[seq] ?? ZERO_HASH;
  }

  entryId(type: string, key: string): string | undefined {
    return this.#entries.get(`${type}\0${key}`)?.id;
  }

  /** Entries of the state that are not a person's. SPEC PV-ROOM-014. */
  get sharedEntries(): number {
    return [...this.#entries.values()].filter(({ type }) => !['member', 'access', 'room.link'].includes(type)).length;
  }

  /** A mailbox item that invites somebody, honest unless told otherwise. */
  invitation(to: string, changes: Members = {}, key = this.#peer.keys.event): string {
    const until = Date.now() + DAY_MS;
    const [create] = this.records;
    const invite = { room: this.room, hub: this.#peer.domain, by: this.owner, to, until, nonce: freshNonce() };
    const { jws, content, statement } = create ?? {};
    const honest = {
      create: { jws, content, statement },
      invite: signJws('payvand-invite', invite, this.#peer.keys.event),
    };
    const body = { ...honest, ...(changes['body'] as Members | undefined) };
    const mail = { from: this.owner, to, kind: 'invite', nonce: freshNonce(), until, ...changes, body };
    return signJws('payvand-mail', mail, key);
  }

  /** The honest answer to a join. SPEC PV-JOIN-004, PV-JOIN-005. */
  join(items: readonly Item[], changes: (answer: Members) => Members = (answer) => answer): Members {
    const known = new Map(this.records.map((record) => [record.jws, record]));
    const results = items.map((item) => {
      const old = known.get(item.jws);
      const { seq, at } = old ?? this.append(item);
      const status = old === undefined ? 'accepted' : 'duplicate';
      return { id: parseEvent(item.jws).id, status, epoch: 0, seq, at, hash: this.hashAt(seq) };
    });
    const { sealed, seals } = this.#seal({});
    const entries = [...this.#entries.values()].map(({ record }) => record);
    const buckets = bucketHashes(this.#entries.values()).map(encode64);
    return changes({ results, snapshot: { room: this.room, sealed, entries, covered: 256, buckets }, seals });
  }

  /** Whether an event is for this room. */
  holds(item: Item): boolean {
    return parseEvent(item.jws).room === this.room;
  }

  /** The honest answer to one submitted item: SPEC PV-SUB-001, PV-SUB-010. */
  accept(item: Item): { result: Members; seq: number } {
    const old = this.records.find(({ jws }) => jws === item.jws);
    const { seq, at } = old ?? this.append(item);
    const status = old === undefined ? 'accepted' : 'duplicate';
    return { result: { id: parseEvent(item.jws).id, status, epoch: 0, seq, at, hash: this.hashAt(seq) }, seq };
  }

  /** That the log holds what was accepted, from a seq on. SPEC PV-SUB-010. */
  proofFrom(seq: number): { proof: Members; seals: string[] } {
    const { sealed, seals } = this.#seal({});
    const headers = this.records.slice(seq).map(headerOf);
    return { proof: { room: this.room, prev: this.hashAt(seq - 1), headers, sealed }, seals };
  }

  /** Where the log stood at a time; seq -1 where there was none yet. */
  placeAt(asOf: number): { seq: number; hash: string } {
    const seq = this.records.findLastIndex(({ at }) => at <= asOf);
    return { seq, hash: this.hashAt(seq) };
  }

  /** A page from a seq to the end, with lies on request. */
  page(from: number, changes: PageChanges = {}): Page {
    const records = this.records.slice(from).map((record) => ({ ...record }));
    const { sealed, seals } = this.#seal(changes);
    return { rooms: [{ room: this.room, records: changes.records?.(records) ?? records, sealed }], seals };
  }

  /** The honest answer to `log`. */
  log(from: number): Members {
    const { rooms, seals } = this.page(from);
    return { page: { ...rooms[0], prev: this.hashAt(from - 1) }, seals, newest: this.seq };
  }

  /** Hash that the log would have with other records in the place of the last ones. */
  hashWith(records: readonly PageItem[]): string {
    const [first] = records;
    return records.reduce(
      (hash, record) => recordHash(this.room, headerOf(record), hash),
      this.hashAt((first?.seq ?? 0) - 1),
    );
  }

  get head(): Head {
    const { room, seq } = this;
    const at = this.records.at(-1)?.at ?? 0;
    const state = stateHash(this.#entries.values());
    return { hub: this.#peer.domain, room, epoch: 0, seq, at, hash: this.hashAt(seq), state, committed: seq };
  }

  sealed(changes: PageChanges = {}): { sealed: SealedHead; seals: string[] } {
    return this.#seal(changes);
  }

  #seal({ head: changed, shown, key }: PageChanges): { sealed: SealedHead; seals: string[] } {
    const head = changed?.(this.head) ?? this.head;
    const by = { hub: this.#peer.domain, at: Date.now(), key: key ?? this.#peer.keys.seal };
    const { sealed, seals } = sealHeads([head], by);
    const [one] = sealed;
    if (one === undefined) throw new Error('no seal');
    return { sealed: shown === undefined ? one : { ...one, head: shown(one.head) }, seals };
  }

  #roomOr(item: Item): string {
    return this.records.length === 0 ? parseEvent(item.jws).room : this.room;
  }
}

import { hashOf } from '../formats/hash.js';
import { makeEvent } from '../formats/event.js';
import type { EventFields, Item } from '../formats/event.js';
import { coveringSeal } from '../formats/head.js';
import type { SealedHead } from '../formats/head.js';
import { isSignedUnder } from '../formats/key-statement.js';
import { eventIdOf, headerOf, recordHash } from '../formats/record.js';
import type { FullRecord, Header } from '../formats/record.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import type { Answer } from '../network/exchange.js';
import type { Deviation, Peer } from '../network/peer.js';
import { json } from '../network/reply.js';
import type { Reply } from '../network/reply.js';
import type { Target } from '../network/target.js';
import { listOf, resultsOf } from '../run/expectations.js';
import { must } from '../run/verdict.js';

export interface Accepted {
  readonly id: string;
  readonly seq: number;
  readonly hash: string;
}

/** A room of the target, seen by a provider of the suite that has a person in it. */
export class MemberRoom {
  readonly room: string;
  readonly peer: Peer;
  readonly person: string;
  /** newest record that the target has shown to be recorded */
  last: Accepted;
  /** what was pushed, by seq */
  readonly log = new Map<number, FullRecord | Header>();
  readonly #target: Target;
  /** heads that were sealed, by seq */
  readonly #heads = new Map<string, string>();
  #said = 0;

  constructor(joined: { room: string; peer: Peer; person: string; target: Target; last: Accepted }) {
    this.room = joined.room;
    this.peer = joined.peer;
    this.person = joined.person;
    this.last = joined.last;
    this.#target = joined.target;
  }

  /** An event of the person, honest unless told otherwise. */
  make(fields: Partial<EventFields> & { type: string }, content: string | object, key = this.peer.keys.event): Item {
    const { id: _, ...item } = makeEvent(this.#fields(fields), content, key);
    return item;
  }

  message(fields: Partial<EventFields> = {}, content?: string | object, key?: Peer['keys']['event']): Item {
    this.#said += 1;
    return this.make({ type: 'message', ...fields }, content ?? { text: `message ${this.#said}` }, key);
  }

  #fields(fields: Partial<EventFields> & { type: string }): EventFields {
    const { seq, hash } = this.last;
    return { room: this.room, sender: this.person, seen: [0, seq, hash], ...fields };
  }

  /** Submits items as they are. What is accepted is remembered. */
  async submit(items: readonly Item[], how?: Deviation): Promise<Answer> {
    const answer = await this.peer.send('submit', { items }, how);
    for (const result of resultsOf(answer)) if (result['status'] === 'accepted') this.remember(result);
    return answer;
  }

  remember({ id, seq, hash }: Members): void {
    if (Number(seq) > this.last.seq) this.last = { id: String(id), seq: Number(seq), hash: String(hash) };
  }

  /**
   * An honest message; the proof that it was recorded is checked.
   *
   * @throws Unexpected · Deviates
   */
  async say(item: Item = this.message()): Promise<Accepted> {
    const answer = await ask(this.peer, 'submit', { items: [item] });
    const [result] = listOf(answer['results']);
    must(result?.['status'] === 'accepted', 'an honest event to be accepted', answer['results']);
    this.checkProof(item, answer);
    this.remember(result);
    return { id: String(result['id']), seq: Number(result['seq']), hash: String(result['hash']) };
  }

  /** SPEC PV-SUB-010, PV-SUB-011. @throws Deviates */
  checkProof(item: Item, answer: Members): void {
    const proof = listOf(answer['rooms']).find(({ room }) => room === this.room);
    must(proof !== undefined, 'a proof for the room of an accepted event', answer);
    const headers = proof['headers'] as Header[];
    const hash = headers.reduce((prev, header) => recordHash(this.room, header, prev), String(proof['prev']));
    const [id, jwsHash] = [eventIdOf(item.jws), hashOf(item.jws)];
    must(
      headers.some((header) => header.event === id && header.jwsHash === jwsHash),
      'the event to be in the proof',
      proof,
    );
    must(
      hash === this.checkSealed(proof['sealed'], answer['seals']).head.hash,
      'headers that lead to the sealed head',
      proof,
    );
  }

  /** SPEC PV-SEAL-004 to PV-SEAL-006, PV-SEAL-008. @throws Deviates */
  checkSealed(sealed: unknown, seals: unknown): SealedHead {
    const { jws } = coveringSeal(sealed, seals);
    const { statement, provider } = this.#target.document;
    const { head } = sealed as SealedHead;
    must(isSignedUnder(statement, jws, { domain: provider, use: 'seal' }), 'a seal by a key of the hub', head);
    must(head.hub === provider && head.room === this.room, 'a head of this room and hub', head);
    const [place, said] = [`${head.epoch} ${head.seq}`, `${head.hash} ${head.state}`];
    const before = this.#heads.get(place) ?? said;
    must(before === said, 'the same hash and state as the head that was sealed before', [before, said]);
    this.#heads.set(place, said);
    return sealed as SealedHead;
  }

  /**
   * The fence: an honest message takes the very next place, so nothing was recorded since the last one.
   *
   * @throws Deviates
   */
  async fence(): Promise<void> {
    const { seq } = this.last;
    const next = await this.say();
    must(next.seq === seq + 1, `nothing recorded since ${seq}`, `the next honest event is at ${next.seq}`);
  }

  /** The honest follower: keeps what is pushed. */
  takePush(page: Members): Members {
    const records = page['records'] as (FullRecord | Header)[];
    for (const record of records) this.log.set(record.seq, record);
    const { head } = page['sealed'] as SealedHead;
    const newest = records.at(-1);
    if (newest !== undefined && newest.seq === head.seq) {
      this.remember({ id: headerOf(newest).event, seq: head.seq, hash: head.hash });
    }
    return { room: this.room, status: 'acked', seq: head.seq };
  }
}

/** How a provider of the suite answers pushes to its rooms. */
export function answerPushes(rooms: ReadonlyMap<string, MemberRoom>): (body: Members) => Reply {
  return (body) =>
    json({
      rooms: listOf(body['rooms']).map(
        (page) => rooms.get(String(page['room']))?.takePush(page) ?? { room: page['room'], status: 'unknown-room' },
      ),
    });
}

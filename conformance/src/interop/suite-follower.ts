import { makeEvent, parseEvent } from '../formats/event.js';
import type { EventFields, Item, ParsedEvent, Seen } from '../formats/event.js';
import { Fault } from '../formats/fault.js';
import { coveringSeal } from '../formats/head.js';
import type { Head, SealedHead } from '../formats/head.js';
import { isSignedUnder } from '../formats/key-statement.js';
import { headerOf, recordHash } from '../formats/record.js';
import type { FullRecord } from '../formats/record.js';
import { stateHash } from '../formats/state-hash.js';
import type { StateEntry } from '../formats/state-hash.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import type { Peer } from '../network/peer.js';
import type { Target } from '../network/target.js';
import { listOf } from '../run/expectations.js';
import { must } from '../run/verdict.js';
import { awaitInvitation, joinItems } from '../stage/group-stage.js';
import type { Person } from '../stage/users.js';

/** What somebody holds of a room; the same everywhere when all is well. */
export interface Standing {
  readonly seq: number;
  readonly hash: string;
  readonly state: string;
}

/**
 * A provider of the suite that follows a room of a target: it keeps every record it is sent, chains them, and folds their state.
 * It judges no rules: in a room of honest people nothing is void.
 */
export class SuiteFollower {
  readonly room: string;
  readonly person: string;
  /** where a sealed head did not fit the log, if that happened */
  difference: string | undefined;
  readonly records = new Map<number, FullRecord>();
  readonly #peer: Peer;
  readonly #hub: Target;
  readonly #entries = new Map<string, StateEntry>();
  readonly #hashes = new Map<number, string>();
  #newest: number;

  private constructor({ peer, hub, person, head }: { peer: Peer; hub: Target; person: string; head: Head }) {
    this.room = head.room;
    this.person = person;
    this.#peer = peer;
    this.#hub = hub;
    this.#newest = head.seq;
    this.#hashes.set(head.seq, head.hash);
  }

  /** Has a person of the suite invited by the owner, and joins. @throws Unexpected · Deviates */
  static async join(peer: Peer, hub: Target, { owner, room }: { owner: Person; room: string }): Promise<SuiteFollower> {
    const person = `mallory@${peer.domain}`;
    const { invite } = await awaitInvitation(peer, { owner, room, person });
    const answer = await ask(peer, 'join', {
      ...{ room, items: joinItems(peer, { room, person }, { invite: invite.jws.text }) },
    });
    const last = listOf(answer['results']).at(-1);
    must(last?.['status'] === 'accepted' && answer['snapshot'] !== undefined, 'an honest join to be accepted', answer);
    const snapshot = answer['snapshot'] as Members;
    const head = checkSealed(snapshot['sealed'], answer['seals'], { hub, room });
    const follower = new SuiteFollower({ peer, hub, person, head });
    await follower.#fill(snapshot, head);
    const takePages = peer.answers.get('push');
    peer.answers.set('push', async (body) => {
      const rooms = listOf(body['rooms']).map((page) => follower.#take(page, body['seals']));
      const others = takePages === undefined ? undefined : await takePages(body);
      return rooms.every(({ status }) => status === 'unknown-room') && others !== undefined
        ? others
        : { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ rooms }) };
    });
    return follower;
  }

  get standing(): Standing {
    const hash = this.#hashes.get(this.#newest) ?? '';
    return { seq: this.#newest, hash, state: stateHash(this.#entries.values()) };
  }

  idAt(seq: number): string {
    const record = this.records.get(seq);
    return record === undefined ? '' : headerOf(record).event;
  }

  /** An event of its person, as it travels. */
  make(fields: Partial<EventFields> & { type: string }, content: object): Item {
    const own = { room: this.room, sender: this.person, seen: this.seen };
    const { jws, content: text } = makeEvent({ ...own, ...fields }, content, this.#peer.keys.event);
    return { jws, content: text };
  }

  message(text: string): Item {
    return this.make({ type: 'message' }, { text });
  }

  /** The newest place of the log that it holds. */
  get seen(): Seen {
    return [0, this.#newest, this.#hashes.get(this.#newest) ?? ''];
  }

  /** Says something, and believes the answer only with its proof. @throws Unexpected · Deviates */
  async say(text: string): Promise<string> {
    const item = this.message(text);
    return this.believe(item, await ask(this.#peer, 'submit', { items: [item] }));
  }

  /** The id of an event of its own that an answer to submit proves to be recorded. @throws Fault · Deviates */
  believe(item: Item, answer: Members): string {
    const [result] = listOf(answer['results']);
    must(result?.['status'] === 'accepted' || result?.['status'] === 'duplicate', 'a message to be accepted', answer);
    const [proof] = listOf(answer['rooms']);
    const head = checkSealed(proof?.['sealed'], answer['seals'], { hub: this.#hub, room: this.room });
    must(head.seq >= Number(result['seq']), 'a seal over what was accepted', head);
    return parseEvent(item.jws).id;
  }

  async #fill(snapshot: Members, head: Head): Promise<void> {
    let entries = listOf(snapshot['entries']);
    for (let covered = Number(snapshot['covered']); covered < 256;) {
      const more = await ask(this.#peer, 'snapshot', { room: this.room, seq: head.seq, from: covered });
      entries = [...entries, ...listOf(more['entries'])];
      covered = Number(more['covered']);
    }
    for (const entry of entries) this.#fold(parseEvent(entry['jws']));
    must(this.standing.state === head.state, 'a snapshot whose entries make the sealed state', head);
  }

  #take(page: Members, seals: unknown): Members {
    if (page['room'] !== this.room) return { room: page['room'], status: 'unknown-room' };
    try {
      return this.#takePage(page, seals);
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      return { room: this.room, status: 'quarantined', code: cause.code, seq: this.#newest };
    }
  }

  #takePage(page: Members, seals: unknown): Members {
    const { room } = this;
    const records = listOf(page['records']) as unknown as FullRecord[];
    const fresh = records.filter(({ seq }) => seq > this.#newest);
    const head = checkSealed(page['sealed'], seals, { hub: this.#hub, room });
    if (fresh.length === 0 && head.seq <= this.#newest) return { room, status: 'acked', seq: this.#newest };
    if (fresh[0]?.seq !== this.#newest + 1) return { room, status: 'gap', have: this.#newest };
    for (const record of fresh) this.#append(record);
    const { hash, state } = this.standing;
    if (hash !== head.hash || state !== head.state) {
      this.difference ??= `the head at ${head.seq} says ${head.hash} and ${head.state}, the log ${hash} and ${state}`;
      return { room, status: 'quarantined', code: 'state-mismatch', seq: this.#newest };
    }
    return { room, status: 'acked', seq: this.#newest };
  }

  #append(record: FullRecord): void {
    const hash = recordHash(this.room, headerOf(record), this.#hashes.get(record.seq - 1) ?? '');
    this.#hashes.set(record.seq, hash);
    this.records.set(record.seq, record);
    this.#newest = record.seq;
    if ('jws' in record) this.#fold(parseEvent(record.jws));
  }

  #fold({ type, key, id }: ParsedEvent): void {
    if (key !== undefined) this.#entries.set(`${type}\0${key}`, { type, key, id });
  }
}

/** SPEC PV-SEAL-005, PV-SEAL-006. @throws Fault · Deviates */
function checkSealed(sealed: unknown, seals: unknown, { hub, room }: { hub: Target; room: string }): Head {
  const { jws } = coveringSeal(sealed, seals);
  const { statement, provider } = hub.document;
  const { head } = sealed as SealedHead;
  must(isSignedUnder(statement, jws, { domain: provider, use: 'seal' }), 'a seal by a key of the hub', head);
  must(head.hub === provider && head.room === room, 'a head of this room and hub', head);
  return head;
}

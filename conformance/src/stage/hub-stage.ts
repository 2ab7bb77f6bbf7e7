import { rawOf } from '../formats/record.js';
import { encode64 } from '../formats/base64url.js';
import { sha256 } from '../formats/hash.js';
import type { Item } from '../formats/event.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import type { Answer } from '../network/exchange.js';
import type { Peer } from '../network/peer.js';
import { json, problem } from '../network/reply.js';
import type { Reply } from '../network/reply.js';
import { parseEvent } from '../formats/event.js';
import { signJws } from '../formats/jws.js';
import { listOf, resultsOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { HubRoom } from './hub-room.js';
import type { Page } from './hub-room.js';
import type { Person } from './users.js';

/** A provider of the suite that is the hub of rooms, and a person of the target who is invited into them. */
export class HubStage {
  readonly run: Run;
  readonly peer: Peer;
  readonly guest: Person;
  readonly rooms = new Map<string, HubRoom>();
  /** what join answers say instead of the truth, by room */
  readonly joinLies = new Map<string, (answer: Members) => Members>();
  readonly joins: string[] = [];
  /** rooms of which `log` is not answered, so that nothing is repaired behind a check's back */
  readonly silent = new Set<string>();

  constructor(run: Run, peer: Peer, guest: Person) {
    this.run = run;
    this.peer = peer;
    this.guest = guest;
    peer.answers.set('join', (body) => json(this.#join(body)));
    peer.answers.set('log', ({ room, from }) => {
      const known = this.rooms.get(String(room));
      if (known === undefined || this.silent.has(known.room)) return problem(404, 'unknown-room');
      return json(known.log(Number(from)));
    });
    peer.answers.set('heads', (body) => json(this.#heads(body)));
    peer.answers.set('submit', ({ items }) => json(this.#submit(items as Item[])));
  }

  static async open(run: Run, guest?: Person): Promise<HubStage> {
    return new HubStage(run, await run.makeKnownPeer(), guest ?? (await run.users.make()));
  }

  get owner(): string {
    return `mallory@${this.peer.domain}`;
  }

  /** A new room and the invitation of the guest, delivered. */
  async invite(content?: Members): Promise<{ room: HubRoom; request: string }> {
    const room = new HubRoom(this.peer, this.owner, content);
    this.rooms.set(room.room, room);
    const answer = await ask(this.peer, 'mailbox', { items: [room.invitation(this.guest.address)] });
    must(listOf(answer['results'])[0]?.['status'] === 'ok', 'an honest invitation to be taken', answer);
    const request = await until(
      async () => (await this.guest.requests()).find((one) => one.room === room.room),
      'the invitation to be shown',
    );
    return { room, request: request.id };
  }

  /** A new room with the guest in it, who has seen an honest message. */
  async lure(): Promise<HubRoom> {
    const { room, request } = await this.invite();
    await this.guest.answer(request, 'accept');
    await until(async () => await this.guest.isIn(room.room), 'the guest to be in the room');
    return room;
  }

  /** As `lure`, with an honest push that was taken: the control of what is pushed next. */
  async lureHonestly(): Promise<HubRoom> {
    return await control('an honest push', async () => {
      const room = await this.lure();
      await this.pushHonestly(room);
      return room;
    });
  }

  async push(page: Page): Promise<Answer> {
    return await this.peer.send('push', { ...page });
  }

  /** Pushes a message as an honest hub does. @throws Deviates */
  async pushHonestly(room: HubRoom): Promise<void> {
    const from = room.records.length;
    room.append(room.message(`honest ${from}`));
    await this.catchUp(room, from);
  }

  /** Pushes what there is from a seq on, until it is acknowledged. @throws Deviates */
  async catchUp(room: HubRoom, from: number): Promise<void> {
    const answer = await this.push(room.page(from));
    const [result] = resultsOf(answer);
    must(result?.['status'] === 'acked' && result['seq'] === room.seq, `acked ${room.seq}`, answer.text);
  }

  /** Refuses what is submitted, for good. SPEC PV-DEN-001, PV-DEN-002. */
  deny(items: unknown): Reply {
    const results = (items as Item[]).map(({ jws }) => {
      const { id, room } = parseEvent(jws);
      const said = { code: 'no-right', rule: 'R10' };
      const payload = { hub: this.peer.domain, room, event: id, ...said, at: Date.now() };
      return { id, status: 'denied', ...said, denial: signJws('payvand-denial', payload, this.peer.keys.seal) };
    });
    return json({ results, rooms: [], seals: [] });
  }

  /** What the guest sees, as one text. */
  async seen(room: HubRoom): Promise<string> {
    return JSON.stringify(await this.guest.events(room.room));
  }

  #join({ room, items }: Members): Members {
    const known = this.rooms.get(String(room));
    this.joins.push(String(room));
    if (known === undefined) return { results: [], seals: [] };
    return known.join(items as Item[], this.joinLies.get(known.room));
  }

  /** What the target's people say is recorded, and told at once. */
  #submit(items: readonly Item[]): Members {
    const lowest = new Map<HubRoom, number>();
    const results = items.map((item) => {
      const room = [...this.rooms.values()].find((one) => one.holds(item));
      if (room === undefined) return { id: null, status: 'retry', after: 1 };
      const { result, seq } = room.accept(item);
      lowest.set(room, Math.min(seq, lowest.get(room) ?? seq));
      return result;
    });
    const proofs = [...lowest].map(([room, seq]) => room.proofFrom(seq));
    return {
      results,
      rooms: proofs.map(({ proof }, seal) => ({ ...proof, sealed: { ...(proof['sealed'] as Members), seal } })),
      seals: proofs.flatMap(({ seals }) => seals),
    };
  }

  /** SPEC PV-HEADS-001, PV-HEADS-004 to PV-HEADS-006. */
  #heads({ rooms, digest }: Members): Members {
    if (Array.isArray(rooms)) {
      const known = rooms.flatMap((room) => this.rooms.get(String(room)) ?? []);
      const sealed = known.map((room) => room.sealed());
      return {
        rooms: sealed.map(({ sealed: one }, seal) => ({ ...one, seal })),
        seals: sealed.flatMap(({ seals }) => seals),
      };
    }
    const { asOf, bucket } = digest as { asOf: number; bucket?: number };
    const rows = [...this.rooms.values()]
      .map((room) => ({ room: room.room, ...room.placeAt(asOf) }))
      .filter(({ seq }) => seq >= 0)
      .sort((a, b) => Buffer.compare(rawOf(a.room), rawOf(b.room)));
    const inBucket = (number: number): typeof rows => rows.filter(({ room }) => rawOf(room)[0] === number);
    if (bucket !== undefined) return { rooms: inBucket(bucket).map(({ room, seq }) => [room, seq]) };
    const buckets = Array.from({ length: 256 }, (_, number) => encode64(digestOf(inBucket(number))));
    return { digest: { asOf, buckets } };
  }
}

/** The hash of a bucket of rooms. SPEC PV-HEADS-005. */
export function digestOf(rows: readonly { room: string; seq: number; hash: string }[]): Buffer {
  const parts = rows.flatMap(({ room, seq, hash }) => {
    const place = Buffer.alloc(8);
    place.writeBigUInt64BE(BigInt(seq));
    return [rawOf(room), place, rawOf(hash)];
  });
  return sha256(Buffer.concat(parts));
}

import type { Test } from 'tap';
import type { EventFields } from '../../src/protocol/event.js';
import type { Address, EventId, RoomId } from '../../src/protocol/identifiers.js';
import { parseMail } from '../../src/protocol/mail.js';
import { parseInviteBody } from '../../src/protocol/invite-mail.js';
import { address, HostilePeer, itemOf } from './hostile-peer.js';
import type { Answer, Deviation, Item } from './hostile-peer.js';
import { HostileRoom } from './hostile-room.js';
import { connectTo } from './stored-rooms.js';
import { createTestNetwork } from './test-network.js';
import type { TestNetwork } from './test-network.js';
import { TestPerson, until } from './test-person.js';
import type { Json } from './test-person.js';

export const [A, B, EVIL] = ['a.test', 'b.test', 'evil.test'] as const;
const MALLORY = address(`mallory@${EVIL}`);
const ROOMY = Object.fromEntries(
  ['WRITES', 'READS', 'MAILBOX', 'SIGNALS'].map((name) => [`PAYVAND_PEER_${name}_PER_S`, '10000']),
);

/** One row of the table: something honest, then the same with one thing wrong. */
export interface Row {
  readonly control: () => Promise<Answer>;
  readonly attack: () => Promise<Answer>;
  /** what the answer to the attack must match */
  readonly expect: object;
}

/**
 * Two honest servers and a hostile provider among them. A group of the first has people of all three: whatever the hostile
 * one has tried, an honest event of its person must go on to the second.
 */
export class HostileStage {
  readonly network: TestNetwork;
  readonly peer: HostilePeer;
  readonly alice: TestPerson;
  readonly bob: TestPerson;
  readonly mallory: Address = MALLORY;
  /** group on the first server */
  room = '' as RoomId;
  /** the newest record its answers have told the hostile provider of */
  seen: [number, number, string] = [0, 0, ''];
  readonly hostileRooms = new Map<string, HostileRoom>();
  readonly #databases: ReturnType<typeof connectTo>[];
  #said = 0;

  private constructor(
    parts: Pick<HostileStage, 'network' | 'peer' | 'alice' | 'bob'>,
    databases: ReturnType<typeof connectTo>[],
  ) {
    this.network = parts.network;
    this.peer = parts.peer;
    this.alice = parts.alice;
    this.bob = parts.bob;
    this.#databases = databases;
    this.peer.answers.set('join', ({ room, items }) => this.hostileRoom(String(room)).join(items as Item[]));
    this.peer.answers.set('log', ({ room, from }) => this.hostileRoom(String(room)).log(Number(from)));
  }

  static async open(t: Test): Promise<HostileStage> {
    const network = await createTestNetwork({ domains: [A, B, EVIL], env: ROOMY });
    t.teardown(() => network.stop());
    const providers = [A, B].map((name) => network.provider(name));
    await Promise.all(providers.map((provider) => provider.start()));
    const peer = await HostilePeer.start(network, EVIL);
    t.teardown(() => peer.stop());
    const people = [await TestPerson.signUp(network, A, 'alice'), await TestPerson.signUp(network, B, 'bob')] as const;
    const databases = await Promise.all(providers.map(async (provider) => connectTo(await provider.databaseAddress())));
    const stage = new HostileStage({ network, peer, alice: people[0], bob: people[1] }, databases);
    t.teardown(() => stage.#close());
    await stage.#meet();
    return stage;
  }

  /** A message of the hostile provider's person to the group, honest unless told otherwise. */
  message(
    fields: Partial<EventFields> = {},
    content: object | string = { text: `message ${(this.#said += 1)}` },
  ): Item {
    const { room, mallory: sender, seen } = this;
    return itemOf(this.peer.make({ room, type: 'message', sender, seen, ...fields }, content));
  }

  async submit(items: readonly Item[], how?: Deviation): Promise<Answer> {
    const answer = await this.peer.ask(A, 'submit', { items }, how);
    for (const result of resultsOf(answer)) {
      if (result['status'] === 'accepted') this.seen = [0, Number(result['seq']), String(result['hash'])];
    }
    return answer;
  }

  /** An honest submission. */
  readonly say = async (): Promise<Answer> => await this.submit([this.message()]);

  async row(t: Test, name: string, { control, attack, expect }: Row): Promise<void> {
    await t.test(name, async (t) => {
      t.match(await control(), { status: 200 }, 'control');
      const before = await this.standing();
      t.match(await attack(), expect);
      t.same(await this.#counts(), before, 'nothing has changed on either server');
      await this.requireAlive(t);
      const after = await this.standing();
      t.same(
        after.map(({ log }) => log),
        before.map(({ log }) => log + 1),
        'one record more on both',
      );
    });
  }

  /** An honest event goes from the hostile provider through the first server to the second. */
  async requireAlive(t: Test): Promise<void> {
    t.match(resultsOf(await this.say()), [{ status: 'accepted' }], 'an honest event is taken');
    await this.standing();
  }

  /** What is stored on both, once the second server has everything of the group. */
  async standing(): Promise<Counts[]> {
    return await until(async () => {
      const counts = await this.#counts();
      const [hub, follower] = counts.map(({ heads }) => heads[this.room]);
      return hub !== undefined && hub === follower ? counts : undefined;
    }, 'the group to be the same on both servers');
  }

  /** A room of the hostile hub with a person of the second server in it. */
  async lure(): Promise<HostileRoom> {
    const room = new HostileRoom(this.peer, MALLORY);
    this.hostileRooms.set(room.room, room);
    await this.peer.ask(B, 'mailbox', { items: [room.invitation(address(this.bob.address))] });
    const request = await until(async () => {
      const { requests } = await this.bob.call('GET', '/requests');
      return (requests as Json[]).find((one) => one['room'] === room.room);
    }, 'the invitation');
    await this.bob.call('POST', `/requests/${String(request['id'])}/accept`);
    await until(async () => (await this.stored(room.room))?.status === 'live', 'the room of the hostile hub');
    return room;
  }

  /** How the second server sees a room. */
  async stored(
    room: string,
  ): Promise<{ seq: number; status: string; code: string | null; proofs: number } | undefined> {
    const [row] = await this.#database(1)<{ seq: number; status: string; code: string | null; proofs: number }[]>`
      SELECT seq, status, code, (SELECT count(*) FROM proofs WHERE room_id = ${room}) AS proofs
      FROM rooms WHERE room_id = ${room}`;
    return row;
  }

  /** Id of the newest entry of the group, from where all of it is. */
  async entry(type: string, key: string): Promise<EventId | undefined> {
    const [row] = await this.#database(0)<{ id: EventId }[]>`
      SELECT event_id AS id FROM room_state WHERE room_id = ${this.room} AND type = ${type} AND key = ${key}
      ORDER BY seq DESC LIMIT 1`;
    return row?.id;
  }

  async voidOf(room: string, seq: number): Promise<string | null | undefined> {
    const [row] = await this.#database(1)<{ void: string | null }[]>`
      SELECT void FROM log WHERE room_id = ${room} AND seq = ${seq}`;
    return row?.void;
  }

  hostileRoom(name: string): HostileRoom {
    const room = this.hostileRooms.get(name);
    if (room === undefined) throw new Error(`no room ${name}`);
    return room;
  }

  /** One more account on the first server. */
  async signUp(localpart: string): Promise<TestPerson> {
    return await TestPerson.signUp(this.network, A, localpart);
  }

  /** Everybody into the group: first the person of the second server, then the hostile provider's. */
  async #meet(): Promise<void> {
    const { alice, bob, peer } = this;
    this.room = String((await alice.call('POST', '/rooms', { title: 'all', requestKey: 'all' }))['room']) as RoomId;
    await alice.call('POST', `/rooms/${this.room}/invites`, { address: bob.address });
    await bob.acceptFrom(alice.address);
    await alice.call('POST', `/rooms/${this.room}/invites`, { address: MALLORY });
    const answer = await peer.ask(A, 'join', { room: this.room, items: this.joinItems(await this.#invite()) });
    const last = resultsOf(answer).at(-1);
    if (last?.['status'] !== 'accepted') throw new Error(`the honest join: ${answer.text.slice(0, 500)}`);
    this.seen = [0, Number(last['seq']), String(last['hash'])];
    // The second server looks up who calls when somebody calls it.
    await until(
      async () => (await peer.ask(B, 'heads', { rooms: [this.room] })).status === 200,
      'the other server to know it',
    );
  }

  joinItems(invite: string | object | undefined, who: Address = MALLORY, room = this.room): Item[] {
    return this.peer.joinItems(room, who, typeof invite === 'string' ? { invite } : (invite ?? {}));
  }

  /** The invite that came with the newest mail. */
  async #invite(): Promise<string> {
    const jws = await until(
      () => Promise.resolve((this.peer.received.get('mailbox')?.at(-1)?.['items'] as string[] | undefined)?.[0]),
      'mail',
    );
    const mail = parseMail(jws);
    const body = mail.ok ? parseInviteBody(mail.value) : mail;
    if (!body.ok) throw new Error(body.detail);
    return body.value.invite.jws;
  }

  async #counts(): Promise<Counts[]> {
    return await Promise.all(
      this.#databases.map(async (sql) => {
        const [row] = await sql<Counts[]>`
          SELECT (SELECT count(*) FROM log) AS log, (SELECT count(*) FROM room_state) AS state,
            (SELECT count(*) FROM requests) AS requests, (SELECT count(*) FROM pending) AS pending,
            (SELECT jsonb_object_agg(room_id, seq || ' ' || encode(hash, 'hex')) FROM rooms) AS heads`;
        if (row === undefined) throw new Error('no counts');
        return { ...row };
      }),
    );
  }

  #database(index: number): ReturnType<typeof connectTo> {
    const sql = this.#databases[index];
    if (sql === undefined) throw new Error('no database');
    return sql;
  }

  async #close(): Promise<void> {
    await Promise.all(this.#databases.map((sql) => sql.end({ timeout: 1 })));
  }
}

interface Counts {
  readonly log: number;
  readonly state: number;
  readonly requests: number;
  readonly pending: number;
  readonly heads: Readonly<Record<string, string>>;
}

export function resultsOf({ json }: Answer): Json[] {
  return (json['results'] ?? []) as Json[];
}

import { createTestNetwork } from '../support/test-network.js';
import type { TestNetwork } from '../support/test-network.js';
import { TestPerson, until } from '../support/test-person.js';
import type { Json } from '../support/test-person.js';
import type { KnownValues } from './known-values.js';

export const [A, B] = ['a.test', 'b.test'] as const;
/** Of everybody whose calls are made up, so that a call can also get a password right. */
const PASSWORD = 'a password they all have';
const OWNER_PASSWORD = 'a password nobody guesses';
export const PEOPLE = 4;
const PLACES_MAX = 5;

/**
 * Two real servers, and people of the first whose calls are made up, in rooms with each other and with people of the second.
 * Two people, one on each server, keep to honest calls: they make new rooms when the old ones have been spoiled.
 */
export class ClientGround {
  readonly network: TestNetwork;
  readonly people: TestPerson[] = [];
  /** the newest rooms everybody was brought into, with events of each */
  readonly #places: { readonly room: string; readonly events: string[] }[] = [];
  readonly #known: KnownValues;
  readonly #host: TestPerson;
  readonly #bob: TestPerson;
  #made = 0;

  private constructor(parts: { network: TestNetwork; known: KnownValues; host: TestPerson; bob: TestPerson }) {
    this.network = parts.network;
    this.#known = parts.known;
    this.#host = parts.host;
    this.#bob = parts.bob;
  }

  /** Makes the network alone, so that whoever asked for it can end it whatever happens next. */
  static async makeNetwork(): Promise<TestNetwork> {
    return await createTestNetwork({ domains: [A, B], envOf: { [A]: { PAYVAND_SIGN_UP: 'invite' } } });
  }

  static async open(network: TestNetwork, known: KnownValues): Promise<ClientGround> {
    await Promise.all([A, B].map((domain) => network.provider(domain).start()));
    const code = await until(
      async () => /owner(-[0-9a-z]{4}){4}/.exec(await network.provider(A).log())?.[0],
      'the code of the owner',
    );
    const host = await signUp(network, { localpart: 'host', password: OWNER_PASSWORD, code });
    const bob = await TestPerson.signUp(network, B, 'bob');
    const ground = new ClientGround({ network, known, host, bob });
    for (let index = 0; index < PEOPLE; index += 1) ground.people.push(await ground.#newPerson());
    known.learn({ password: PASSWORD, old: PASSWORD, domain: [A, B], address: [host.address, bob.address] });
    await ground.refresh();
    return ground;
  }

  /** The server no longer knows somebody's session: somebody new takes the place. */
  async replace(index: number): Promise<void> {
    const person = await this.#newPerson();
    this.people[index] = person;
    await this.#bringTogether([person]);
  }

  /** New rooms of both servers with everybody in them, a message and a poll, a dm and a request that waits. */
  async refresh(): Promise<void> {
    await this.#bringTogether(this.people);
    for (const person of this.people) {
      await optional(this.#host.call('POST', '/contacts', { address: person.address, requestKey: this.#key() }));
      await optional(
        this.#bob.call('POST', '/contacts', { address: person.address, requestKey: this.#key(), intro: 'hi' }),
      );
    }
    for (const person of this.people) this.#known.learn((await optional(person.call('GET', '/requests'))) ?? {});
    const { code } = await this.#host.call('POST', '/codes');
    this.#known.learn({ code });
  }

  /**
   * A room everybody was brought into, and an event of it, as parts of a path.
   *
   * @param isSpoiling what is done there ends memberships: the oldest room bears it alone
   */
  placeFor(number: number, isSpoiling: boolean): Record<string, string> {
    const place = this.#places[isSpoiling ? 0 : 1 + (number % (this.#places.length - 1))];
    const event = place?.events[number % place.events.length];
    return { ...(place === undefined ? {} : { room: place.room }), ...(event === undefined ? {} : { event }) };
  }

  /** Takes new events out of an answer. */
  learn(answer: unknown): void {
    const { id } = (answer ?? {}) as { id?: unknown };
    if (typeof id === 'string' && /^e.{43}$/.test(id)) this.#places.at(-1)?.events.push(id);
  }

  /** An honest message goes from the first server to the second and one comes back. */
  async requireHealth(): Promise<void> {
    const room = await this.#newRoom(this.#host, 'the end');
    const { link } = await this.#host.call('POST', `/rooms/${room}/links`, {});
    await this.#bob.call('POST', '/links/join', { link });
    for (const [from, to] of [
      [this.#host, this.#bob],
      [this.#bob, this.#host],
    ] as const) {
      const { id } = await from.say(room, `from ${from.address}`);
      await until(async () => (await to.events(room)).some((event) => event['id'] === id), 'an honest message');
    }
  }

  async #newPerson(): Promise<TestPerson> {
    const { code } = await this.#host.call('POST', '/codes');
    const localpart = `guest${(this.#made += 1)}`;
    const person = await signUp(this.network, { localpart, password: PASSWORD, code });
    this.#known.learn({ address: person.address, localpart });
    return person;
  }

  async #bringTogether(people: readonly TestPerson[]): Promise<void> {
    for (const owner of [this.#host, this.#bob]) {
      const room = await this.#newRoom(owner, `room ${(this.#made += 1)}`);
      const { link } = await owner.call('POST', `/rooms/${room}/links`, {});
      for (const person of people) {
        await optional(person.call('POST', '/links/join', { link }));
        const role = { role: person === this.people[0] ? 'member' : 'admin' };
        await optional(owner.call('PUT', `/rooms/${room}/members/${person.address}/role`, role));
      }
      const said = await owner.say(room, 'hello');
      const poll = { text: 'when?', poll: { kind: 'single', options: ['now', 'later'] } };
      const asked = await optional(owner.send(room, { type: 'message', content: poll }));
      this.#known.learn({ room, link, event: [said['id'], asked?.['id']] });
      this.#places.push({
        room,
        events: [said, asked].flatMap((sent) => (sent === undefined ? [] : [String(sent['id'])])),
      });
      if (this.#places.length > PLACES_MAX) this.#places.shift();
    }
  }

  async #newRoom(owner: TestPerson, title: string): Promise<string> {
    return String((await owner.call('POST', '/rooms', { title, requestKey: this.#key() }))['room']);
  }

  #key(): string {
    return `ground-${(this.#made += 1)}`;
  }
}

async function signUp(
  network: TestNetwork,
  body: { localpart: string; password: string; code: unknown },
): Promise<TestPerson> {
  const provider = network.provider(A);
  const stranger = new TestPerson(network, provider, { address: '', token: 'x' });
  const account = await stranger.call('POST', '/accounts', body);
  return new TestPerson(network, provider, account as { address: string; token: string });
}

/** What made-up calls of others may have made impossible. */
async function optional(call: Promise<Json>): Promise<Json | undefined> {
  return await call.catch(() => undefined);
}

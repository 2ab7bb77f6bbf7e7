import { randomBytes } from 'node:crypto';
import type { ControlRequest } from '@payvand/spec';
import type { Control } from '../control/control.js';
import type { Members } from '../formats/strict-json.js';
import { Refused } from './users.js';
import type { EventShown, Person, RequestShown, Sent, Users } from './users.js';

const PAGE = 200;

/** People of a target whose client API is its own: all they do they do through the test controls. */
export class ControlUsers implements Users {
  readonly #control: Control;

  constructor(control: Control) {
    this.#control = control;
  }

  async make(): Promise<Person> {
    const localpart = `suite-${randomBytes(6).toString('hex')}`;
    const { address } = await this.#control.call('make-account', { localpart });
    return new ControlPerson(this.#control, address);
  }
}

class ControlPerson implements Person {
  readonly address: string;
  readonly #control: Control;
  #keys = 0;

  constructor(control: Control, address: string) {
    this.#control = control;
    this.address = address;
  }

  get #as(): { as: string } {
    return { as: this.address };
  }

  async createGroup(title: string): Promise<string> {
    return (await this.#control.call('create-room', { ...this.#as, title })).room;
  }

  async invite(room: string, address: string): Promise<void> {
    await this.#control.call('invite', { ...this.#as, room, address });
  }

  async requestContact(address: string): Promise<string> {
    return (await this.#control.call('invite', { ...this.#as, address })).room;
  }

  async requests(): Promise<RequestShown[]> {
    const { requests } = await this.#control.call('view-account', this.#as);
    return requests.map(({ id, from, room }) => ({ id, by: from, room }));
  }

  async answer(request: string, how: 'accept' | 'ignore' | 'block'): Promise<void> {
    await this.#control.call('answer', { ...this.#as, request, how });
  }

  async say(room: string, text: string): Promise<Sent> {
    return await this.send(room, 'message', { text });
  }

  // eslint-disable-next-line max-params -- where, what, with what, about what
  async send(room: string, type: string, content: Members, rel?: readonly [string, string][]): Promise<Sent> {
    this.#keys += 1;
    const event = { type, content, ...(rel && { rel: [...rel] }) };
    return await this.#control.call('send', { ...this.#as, room, key: `k-${this.#keys}`, ...event });
  }

  async events(room: string): Promise<EventShown[]> {
    const all: EventShown[] = [];
    for (let after = -1; ; after = all.at(-1)?.seq ?? 0) {
      const { events } = await this.#control.call('read-log', { ...this.#as, room, after, limit: PAGE });
      all.push(...(events as unknown as EventShown[]));
      if (events.length < PAGE) return all;
    }
  }

  async isIn(room: string): Promise<boolean> {
    try {
      const { status, members } = await this.#control.call('view-room', { ...this.#as, room });
      const isMember = members.some(({ address }) => address === this.address);
      return isMember && (status === 'live' || status === 'quarantined');
    } catch (cause) {
      if (cause instanceof Refused) return false;
      throw cause;
    }
  }

  async members(room: string): Promise<string[]> {
    const { members } = await this.#control.call('view-room', { ...this.#as, room });
    return members.map(({ address }) => address);
  }

  async leave(room: string): Promise<void> {
    await this.#change(room, { change: 'leave' });
  }

  async setRole(room: string, address: string, role: string): Promise<void> {
    await this.#change(room, { change: 'role', address, value: role });
  }

  async remove(room: string, address: string): Promise<void> {
    await this.#change(room, { change: 'remove', address });
  }

  async ban(room: string, address: string): Promise<void> {
    await this.#change(room, { change: 'ban', address });
  }

  async setOwner(room: string, address: string): Promise<void> {
    await this.#change(room, { change: 'owner', address });
  }

  async #change(room: string, how: Omit<ControlRequest<'change-room'>, 'as' | 'room'>): Promise<void> {
    await this.#control.call('change-room', { ...this.#as, room, ...how });
  }
}

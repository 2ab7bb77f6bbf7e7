import { randomBytes } from 'node:crypto';
import type { Members } from '../formats/strict-json.js';
import { exchange } from '../network/exchange.js';
import type { Answer } from '../network/exchange.js';
import type { Target } from '../network/target.js';
import { describe, jsonOf, listOf } from '../run/expectations.js';
import { NotRun } from '../run/verdict.js';
import { sleep } from '../run/wait.js';
import { Refused } from './users.js';
import type { EventShown, Person, RequestShown, Users } from './users.js';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

/** People who sign up at the target and use its client API. */
export class ClientUsers implements Users {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  async make(): Promise<Person> {
    const localpart = `suite-${randomBytes(6).toString('hex')}`;
    const body = { localpart, password: randomBytes(16).toString('hex'), name: localpart, device: 'conformance' };
    const answer = await callClient(this.#target, { method: 'POST', path: '/accounts', body });
    const { address, token } = jsonOf(answer);
    if (answer.status >= 400 || typeof token !== 'string')
      throw new NotRun(`no account can be made (${describe(answer)}): sign-up has to be open`);
    return new ClientPerson(this.#target, String(address), token);
  }
}

/** A person with a session. */
export class ClientPerson implements Person {
  readonly address: string;
  readonly token: string;
  readonly #target: Target;
  #keys = 0;

  constructor(target: Target, address: string, token: string) {
    this.#target = target;
    this.address = address;
    this.token = token;
  }

  async createGroup(title: string): Promise<string> {
    return String((await this.call('POST', '/rooms', { title, requestKey: this.#key() }))['room']);
  }

  async invite(room: string, address: string): Promise<void> {
    await this.call('POST', `/rooms/${room}/invites`, { address });
  }

  async requestContact(address: string): Promise<string> {
    return String((await this.call('POST', '/contacts', { address, requestKey: this.#key() }))['room']);
  }

  async requests(): Promise<RequestShown[]> {
    const { requests } = await this.call('GET', '/requests');
    return listOf(requests).map(({ id, by, room }) => ({ id: String(id), by: String(by), room: String(room) }));
  }

  async answer(request: string, how: 'accept' | 'ignore' | 'block'): Promise<void> {
    await this.call('POST', `/requests/${request}/${how}`);
  }

  async say(room: string, text: string): Promise<{ status: string; seq?: number; id: string }> {
    const body = { requestKey: this.#key(), type: 'message', content: { text } };
    return (await this.call('POST', `/rooms/${room}/events`, body)) as { status: string; seq?: number; id: string };
  }

  async events(room: string): Promise<EventShown[]> {
    return listOf((await this.call('GET', `/rooms/${room}/events?limit=200`))['events']) as unknown as EventShown[];
  }

  async isIn(room: string): Promise<boolean> {
    try {
      const { membership, status } = await this.call('GET', `/rooms/${room}`);
      return membership === 'joined' && (status === 'live' || status === 'quarantined');
    } catch (cause) {
      if (cause instanceof Refused) return false;
      throw cause;
    }
  }

  async members(room: string): Promise<string[]> {
    const { members } = await this.call('GET', `/rooms/${room}/members`);
    return listOf(members).map(({ address }) => String(address));
  }

  async leave(room: string): Promise<void> {
    await this.call('POST', `/rooms/${room}/leave`);
  }

  async setRole(room: string, address: string, role: string): Promise<void> {
    await this.call('PUT', `/rooms/${room}/members/${address}/role`, { role });
  }

  async remove(room: string, address: string): Promise<void> {
    await this.call('DELETE', `/rooms/${room}/members/${address}`);
  }

  async ban(room: string, address: string): Promise<void> {
    await this.call('PUT', `/rooms/${room}/bans/${address}`);
  }

  /** @throws Refused */
  async call(method: Method, path: string, body?: Members): Promise<Members> {
    const answer = await callClient(this.#target, { method, path, token: this.token, ...(body && { body }) });
    if (answer.status === 0) throw new Error(`${method} ${path}: ${describe(answer)}`);
    const members = jsonOf(answer);
    if (answer.status >= 400) throw new Refused(String(members['code']), `${method} ${path}`);
    return members;
  }

  #key(): string {
    this.#keys += 1;
    return `k-${this.#keys}`;
  }
}

export interface ClientCall {
  readonly method: Method;
  readonly path: string;
  readonly token?: string;
  /** a string is sent as it is */
  readonly body?: Members | string;
  readonly lines?: readonly string[];
}

/** One request of a program of a person. */
export async function callClient(
  target: Target,
  { method, path, token, body, lines = [] }: ClientCall,
): Promise<Answer> {
  const bytes = Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  const head = [
    `${method} /client/v1${path} HTTP/1.1`,
    `host: ${target.place.host}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : ['content-type: application/json', `content-length: ${bytes.length}`]),
    ...lines,
    'connection: close',
  ];
  for (let attempt = 0; ; attempt += 1) {
    const answer = await exchange(target.place, { head: `${head.join('\r\n')}\r\n\r\n`, rest: bytes });
    target.count(answer);
    if (answer.status !== 429 || attempt > 3) return answer;
    await sleep(Math.min(20, Number(answer.headers.get('retry-after') ?? 1)) * 1000);
  }
}

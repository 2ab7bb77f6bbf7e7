import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import type { Members } from '../formats/strict-json.js';
import { exchange } from '../network/exchange.js';
import type { Answer } from '../network/exchange.js';
import type { Target } from '../network/target.js';
import { describe, jsonOf, listOf } from '../run/expectations.js';
import { NotRun } from '../run/verdict.js';
import { sleep } from '../run/wait.js';
import { Refused } from './users.js';
import type { EventShown, Person, RequestShown, Sent, Users } from './users.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

/** People who sign up at the target and use its client API. */
export class ClientUsers implements Users {
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
  }

  async make(): Promise<ClientPerson> {
    const localpart = `suite-${randomBytes(6).toString('hex')}`;
    const password = randomBytes(16).toString('hex');
    const body = { localpart, password, name: localpart, device: 'conformance' };
    // People come from addresses of their own, so that what is bounded by address is not met by all together.
    this.#target.people += 1;
    const source = this.#target.sourceOf(2, this.#target.people);
    const answer = await callClient(this.#target, { method: 'POST', path: '/accounts', body, source });
    const { address, token } = jsonOf(answer);
    if (answer.status >= 400 || typeof token !== 'string')
      throw new NotRun(`no account can be made (${describe(answer)}): sign-up has to be open`);
    return new ClientPerson(this.#target, { address: String(address), token, password, source });
  }
}

interface Session {
  readonly address: string;
  readonly token: string;
  readonly password: string;
  readonly source: string | undefined;
}

/** A person with a session. */
export class ClientPerson implements Person {
  readonly address: string;
  readonly token: string;
  readonly password: string;
  /** address that the person's requests come from, where there is a choice */
  readonly source: string | undefined;
  readonly #target: Target;
  #keys = 0;

  constructor(target: Target, { address, token, password, source }: Session) {
    this.#target = target;
    this.address = address;
    this.token = token;
    this.password = password;
    this.source = source;
  }

  get localpart(): string {
    return this.address.slice(0, this.address.indexOf('@'));
  }

  /** Logs in once more. @throws Refused */
  async logIn(): Promise<ClientPerson> {
    const { localpart, password, source } = this;
    const body = { localpart, password, device: 'conformance' };
    const answer = await callClient(this.#target, { method: 'POST', path: '/sessions', body, source });
    const { token, code } = jsonOf(answer);
    if (typeof token !== 'string') throw new Refused(String(code), 'log-in');
    return new ClientPerson(this.#target, { address: this.address, token, password, source });
  }

  async createGroup(title: string): Promise<string> {
    return String((await this.call('POST', '/rooms', { title, requestKey: this.key() }))['room']);
  }

  async invite(room: string, address: string): Promise<void> {
    await this.call('POST', `/rooms/${room}/invites`, { address });
  }

  async requestContact(address: string): Promise<string> {
    return String((await this.call('POST', '/contacts', { address, requestKey: this.key() }))['room']);
  }

  async requests(): Promise<RequestShown[]> {
    const { requests } = await this.call('GET', '/requests');
    return listOf(requests).map(({ id, by, room }) => ({ id: String(id), by: String(by), room: String(room) }));
  }

  async answer(request: string, how: 'accept' | 'ignore' | 'block'): Promise<void> {
    await this.call('POST', `/requests/${request}/${how}`);
  }

  async say(room: string, text: string): Promise<Sent> {
    return await this.send(room, 'message', { text });
  }

  // eslint-disable-next-line max-params -- where, what, with what, about what
  async send(room: string, type: string, content: Members, rel?: readonly [string, string][]): Promise<Sent> {
    const body = { requestKey: this.key(), type, content, ...(rel && { rel }) };
    return (await this.call('POST', `/rooms/${room}/events`, body)) as unknown as Sent;
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

  async setOwner(room: string, address: string): Promise<void> {
    await this.call('PUT', `/rooms/${room}/owner`, { address });
  }

  async ban(room: string, address: string): Promise<void> {
    await this.call('PUT', `/rooms/${room}/bans/${address}`);
  }

  /** @throws Refused */
  async call(method: Method, path: string, body?: Members): Promise<Members> {
    const answer = await this.ask(method, path, body);
    if (answer.status === 0) throw new Error(`${method} ${path}: ${describe(answer)}`);
    const members = jsonOf(answer);
    if (answer.status >= 400) throw new Refused(String(members['code']), `${method} ${path}`);
    return members;
  }

  /** One request, whatever is answered. */
  // eslint-disable-next-line max-params -- how, where, with what, and how it differs
  async ask(method: Method, path: string, body?: Members | string, how: Partial<ClientCall> = {}): Promise<Answer> {
    const { token, source } = this;
    return await callClient(this.#target, { method, path, token, source, ...(body && { body }), ...how });
  }

  /** @returns the code it was refused with */
  async refusal(method: Method, path: string, body?: Members): Promise<string | undefined> {
    const answer = await this.ask(method, path, body);
    return answer.status < 400 ? undefined : String(jsonOf(answer)['code']);
  }

  key(): string {
    this.#keys += 1;
    return `k-${this.#keys}`;
  }
}

/** node:tls passes it on to node:net. */
function fromOf(localAddress: string | undefined): ConnectionOptions & { localAddress?: string } {
  return localAddress === undefined ? {} : { localAddress };
}

export interface ClientCall {
  readonly method: Method;
  readonly path: string;
  readonly token?: string | undefined;
  /** a string is sent as it is */
  readonly body?: Members | string;
  readonly lines?: readonly string[];
  readonly contentType?: string;
  readonly source?: string | undefined;
  /** whether to come again when it is told to wait; true by itself */
  readonly isPatient?: boolean;
}

/** One request of a program of a person. */
export async function callClient(
  target: Target,
  { method, path, token, body, lines = [], contentType = 'application/json', source, isPatient = true }: ClientCall,
): Promise<Answer> {
  const bytes = Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  const head = [
    `${method} /client/v1${path} HTTP/1.1`,
    `host: ${target.place.host}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : [`content-type: ${contentType}`, `content-length: ${bytes.length}`]),
    ...lines,
    'connection: close',
  ];
  for (let attempt = 0; ; attempt += 1) {
    const answer = await exchange(target.place, {
      ...{ head: `${head.join('\r\n')}\r\n\r\n`, rest: bytes },
      tls: fromOf(source),
    });
    target.count(answer);
    if (answer.status !== 429 || !isPatient || attempt > 3) return answer;
    await sleep(Math.min(20, Number(answer.headers.get('retry-after') ?? 1)) * 1000);
  }
}

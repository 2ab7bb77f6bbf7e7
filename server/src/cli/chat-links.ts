import type { ApiClient, Json } from './api-client.js';
import type { ChatRoom } from './chat-rooms.js';
import { quote } from './chat-screen.js';
import type { ChatScreen } from './chat-screen.js';

const DAY_MS = 24 * 3_600_000;

/** Links as a chat makes and uses them. */
export class ChatLinks {
  readonly #client: ApiClient;
  readonly #screen: ChatScreen;

  constructor({ client, screen }: { client: ApiClient; screen: ChatScreen }) {
    this.#client = client;
    this.#screen = screen;
  }

  /** @param words what the link is limited to: `uses 5 days 7 role admin approve`, any of them */
  async make({ room }: ChatRoom, words: string): Promise<void> {
    const made = await this.#client.call('POST', `/rooms/${room}/links`, readLimits(words, Date.now()));
    this.#screen.show(describeLink(made), made);
  }

  async list({ room }: ChatRoom): Promise<void> {
    const links = await this.#linksOf(room);
    if (links.length === 0) this.#screen.show('No links: /link makes one', { links });
    for (const [index, link] of links.entries()) this.#screen.show(`${index + 1}  ${describeLink(link)}`, link);
  }

  async revoke({ room }: ChatRoom, number: string): Promise<void> {
    const link = (await this.#linksOf(room))[Number(number) - 1];
    if (link === undefined) throw new Error('There is no such number; /links lists them');
    await this.#client.call('DELETE', `/rooms/${room}/links/${String(link['by'])}/${String(link['key'])}`);
    this.#screen.show('That link lets nobody in any more.', { revoked: link['key'] });
  }

  /** Names the open room. */
  async name({ room }: ChatRoom, name: string): Promise<void> {
    await this.#client.call('PUT', `/aliases/${encodeURIComponent(name)}`, { room });
    const alias = `#${name}@${this.#client.address.split('@')[1] ?? ''}`;
    this.#screen.show(`This room is ${quote(alias)} now.`, { alias, room });
  }

  /** @param text an alias or a link */
  async look(text: string): Promise<void> {
    const isAlias = text.startsWith('#');
    const shown = await this.#client.call('POST', isAlias ? '/aliases/preview' : '/links/preview', {
      [isAlias ? 'alias' : 'link']: text,
    });
    const { title, about, members, hub } = shown;
    const name = typeof title === 'string' ? quote(title) : 'a room';
    const what = typeof about === 'string' ? `: ${quote(about)}` : '';
    this.#screen.show(`${name}${what}  (${String(members)} people, at ${quote(String(hub))})`, shown);
  }

  /** @returns the room it leads to, unless its people are asked first */
  async join(words: string): Promise<string | undefined> {
    const [link = '', ...rest] = words.split(/\s+/);
    const intro = rest.join(' ');
    const { title, by } = await this.#client.call('POST', '/links/preview', { link });
    const { room, status } = await this.#client.call('POST', '/links/join', { link, ...(intro !== '' && { intro }) });
    const name = typeof title === 'string' ? quote(title) : 'a room';
    if (status === 'asked') {
      this.#screen.show(`You asked ${quote(String(by))} to be let into ${name}; /requests shows the answer.`, {
        asked: room,
      });
      return undefined;
    }
    this.#screen.show(`You go to ${name}, by a link of ${quote(String(by))}.`, { joined: room });
    return String(room);
  }

  /** @param words a room's alias, and what they want to say of themselves */
  async knock(words: string): Promise<void> {
    const [alias = '', ...rest] = words.split(/\s+/);
    const intro = rest.join(' ');
    const asked = await this.#client.call('POST', '/knocks', { alias, ...(intro !== '' && { intro }) });
    const text = asked['status'] === 'joined' ? 'You are in there.' : 'You knocked; /requests shows the answer.';
    this.#screen.show(text, asked);
  }

  async #linksOf(room: string): Promise<Json[]> {
    return (await this.#client.call('GET', `/rooms/${room}/links`))['links'] as Json[];
  }
}

function readLimits(words: string, now: number): Json {
  const rest = words.split(/\s+/).filter((word) => word !== '');
  const limits: Json = {};
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === 'approve') limits['approve'] = true;
    else if (name === 'uses') limits['uses'] = Number(rest.shift());
    else if (name === 'days') limits['until'] = now + Math.round(Number(rest.shift()) * DAY_MS);
    else if (name === 'role') limits['role'] = rest.shift() ?? '';
    else throw new Error(`${name} says nothing of a link: uses 5, days 7, role admin, approve`);
  }
  return limits;
}

function describeLink({ link, until, uses, role, approve }: Json): string {
  const notes = [
    `until ${new Date(Number(until)).toISOString().slice(0, 10)}`,
    ...(typeof uses === 'number' ? [`for ${uses}`] : []),
    ...(typeof role === 'string' ? [`as ${role}`] : []),
    ...(approve === undefined ? [] : ['asks first']),
  ];
  return `${String(link)}  (${notes.join(', ')})`;
}

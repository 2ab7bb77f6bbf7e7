import { ApiError, textIn } from './api-client.js';
import { ORDER_HELP, orderCommands } from './chat-order.js';
import { ChatPolls } from './chat-polls.js';
import type { ApiClient, Json, LiveStream } from './api-client.js';
import { OWN_HELP, ownCommands } from './chat-own.js';
import type { Commands } from './chat-own.js';
import type { ChatRoom, ChatRoomList } from './chat-rooms.js';
import { ChatLinks } from './chat-links.js';
import { quote } from './chat-screen.js';
import type { ChatScreen } from './chat-screen.js';
import { ChatShown } from './chat-shown.js';
import { describeEvent } from './describe-event.js';

interface Parts {
  readonly client: ApiClient;
  readonly screen: ChatScreen;
  readonly rooms: ChatRoomList;
}

const HELP = [
  '/rooms               your rooms          /open 2              go to room 2 of the list',
  '/dm ali@eitaa.test   ask for contact     /requests            who asks you',
  '/accept 1            accept request 1    /ignore 1  /block 1  or not',
  '/group Title         make a group        /invite ali@…        into the open room',
  '/link [uses 5] [days 7] [role admin] [approve]  makes a link into the open room',
  '/links  /unlink 1     yours, and away    /join https://… [who I am]  go where a link leads, or ask',
  '/alias news          name the open room  /look #news@…       what is behind a name or link',
  '/knock #news@… [who I am]  ask to be let in      /who                 who is here',
  '/history             the last messages',
  '/poll What? | a | b  ask everybody       /vote 1             in the poll shown last; /vote takes it back',
  '/forward 2 3         the last but one, into room 3                /source 2   who said it first',
  ...ORDER_HELP,
  '/leave               leave the room      /quit                end',
  ...OWN_HELP,
];
const REQUESTS: Readonly<Record<string, string>> = {
  contact: 'asks for contact',
  invite: 'invites you to a group',
  knock: 'asks to be let into a group',
};
const RECONNECT_MS = 1000;
const HISTORY = 20;

/** One person's chat: typed lines out, the live stream in. */
export class ChatSession {
  readonly #parts: Parts;
  readonly #others: Commands;
  readonly #links: ChatLinks;
  readonly #cursor: { account: number; rooms: Record<string, number> } = { account: 0, rooms: {} };
  /** sent, and not yet seen in the log: event id → text */
  readonly #pending = new Map<string, string>();
  /** shown before they could be judged; a room has few of them, and not for long */
  readonly #unjudged = new Set<string>();
  readonly #polls: ChatPolls;
  readonly #shown = new ChatShown();
  #stream: LiveStream | undefined;
  #hasCursor = false;
  #open: ChatRoom | undefined;
  #isOver = false;
  #keys = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#polls = new ChatPolls(parts.client);
    const common = {
      client: parts.client,
      say: (text: string, facts?: object) => this.#say(text, facts),
      openRoom: () => this.#requireOpen(),
    };
    this.#others = { ...ownCommands(common), ...orderCommands({ ...common, shown: this.#shown }) };
    this.#links = new ChatLinks(parts);
  }

  /** Until /quit or the end of input. */
  async run(): Promise<void> {
    const { client, screen } = this.#parts;
    this.#say(`You are ${client.address}. /help shows what can be done.`);
    this.#listen();
    await this.#command('/rooms');
    for await (const line of screen.lines()) {
      if (line.trim() === '/quit') break;
      await this.#take(line).catch((cause: unknown) => this.#complain(cause));
    }
    this.#isOver = true;
    this.#stream?.close();
    await client.call('DELETE', '/sessions/current').catch(() => undefined);
    await client.close();
  }

  async #take(line: string): Promise<void> {
    if (line.trim() === '') return;
    if (line.startsWith('/')) await this.#command(line.trim());
    else await this.#send(line);
  }

  async #command(line: string): Promise<void> {
    const [name = '', ...rest] = line.split(/\s+/);
    const word = rest.join(' ');
    const run = this.#commands[name] ?? this.#others[name];
    if (run === undefined) this.#say(`${name} is no command; /help lists them`, { error: 'unknown-command' });
    else await run(word);
  }

  readonly #commands: Commands = {
    '/help': async () => {
      for (const text of HELP) this.#say(text);
    },
    '/rooms': () => this.#listRooms(),
    '/open': (word) => this.#openRoom(word),
    '/requests': () => this.#listRequests(),
    '/accept': (word) => this.#answer(word, 'accept'),
    '/ignore': (word) => this.#answer(word, 'ignore'),
    '/block': (word) => this.#answer(word, 'block'),
    '/dm': (word) => this.#askForContact(word),
    '/group': (word) => this.#makeGroup(word),
    '/invite': (word) => this.#invite(word),
    '/link': (word) => this.#links.make(this.#requireOpen(), word),
    '/links': () => this.#links.list(this.#requireOpen()),
    '/unlink': (word) => this.#links.revoke(this.#requireOpen(), word),
    '/alias': (word) => this.#links.name(this.#requireOpen(), word),
    '/look': (word) => this.#links.look(word),
    '/join': async (word) => {
      const room = await this.#links.join(word);
      if (room !== undefined) await this.#enter(room);
    },
    '/knock': (word) => this.#links.knock(word),
    '/who': () => this.#listMembers(),
    '/history': () => this.#showHistory(),
    '/poll': (word) => this.#sendEvent({ type: 'message', content: ChatPolls.ask(word) }),
    '/vote': (word) => this.#sendEvent(this.#polls.vote(this.#requireOpen().room, word)),
    '/forward': (word) => this.#forward(word),
    '/source': (word) => this.#showSource(word),
    '/leave': () => this.#leave(),
  };

  async #listRooms(): Promise<void> {
    const rooms = await this.#parts.rooms.list();
    if (rooms.length === 0) this.#say('No rooms yet: /dm somebody@provider, or /requests');
    for (const [index, { label, unread, status, room }] of rooms.entries()) {
      const notes = [unread > 0 ? `${unread} unread` : '', status === 'live' ? '' : status].filter(
        (note) => note !== '',
      );
      this.#say(`${index + 1}  ${label}  ${notes.join(', ')}`, { room, unread, status });
    }
    if (this.#open === undefined && rooms.length === 1) await this.#openRoom('1');
  }

  async #openRoom(word: string): Promise<void> {
    const room = this.#parts.rooms.room(word);
    if (room === undefined) return this.#say('There is no such number; /rooms lists them', { error: 'unknown-room' });
    this.#open = room;
    this.#say(`— ${room.label} —`, { open: room.room });
    await this.#showHistory();
  }

  async #listRequests(): Promise<void> {
    const requests = await this.#parts.rooms.listRequests();
    if (requests.length === 0) this.#say('Nobody is waiting.');
    for (const [index, request] of requests.entries()) this.#say(`${index + 1}  ${describeRequest(request)}`, request);
  }

  async #answer(word: string, answer: 'accept' | 'ignore' | 'block'): Promise<void> {
    if (this.#parts.rooms.request(word) === undefined) await this.#parts.rooms.listRequests();
    const request = this.#parts.rooms.request(word);
    if (request === undefined)
      return this.#say('There is no such number; /requests lists them', { error: 'not-found' });
    const { room } = await this.#parts.client.call('POST', `/requests/${String(request['id'])}/${answer}`);
    this.#say(answer === 'accept' ? 'Accepted.' : 'Done; they are not told.', { answered: answer, room });
    if (typeof room === 'string') await this.#enter(room);
  }

  async #askForContact(address: string): Promise<void> {
    const body = { address, requestKey: this.#nextKey() };
    const { room } = await this.#parts.client.call('POST', '/contacts', body);
    this.#say(`${quote(address)} was asked. You can write already; it is read when they accept.`, {
      asked: address,
      room,
    });
    await this.#enter(String(room));
  }

  async #makeGroup(title: string): Promise<void> {
    const { room } = await this.#parts.client.call('POST', '/rooms', { title, requestKey: this.#nextKey() });
    await this.#enter(String(room));
  }

  async #enter(room: string): Promise<void> {
    const rooms = await this.#parts.rooms.list();
    const index = rooms.findIndex((one) => one.room === room);
    if (index >= 0) await this.#openRoom(String(index + 1));
  }

  async #invite(address: string): Promise<void> {
    const { room } = this.#requireOpen();
    await this.#parts.client.call('POST', `/rooms/${room}/invites`, { address });
    this.#say(`${quote(address)} was invited.`, { invited: address });
  }

  async #listMembers(): Promise<void> {
    const { room } = this.#requireOpen();
    const { members } = await this.#parts.client.call('GET', `/rooms/${room}/members`);
    for (const member of members as Json[])
      this.#say(`   ${quote(String(member['address']))}  ${String(member['role'])}`, member);
  }

  async #showHistory(): Promise<void> {
    const { room } = this.#requireOpen();
    const { events } = await this.#parts.client.call('GET', `/rooms/${room}/events?limit=${HISTORY}`);
    for (const event of events as Json[]) this.#tellEvent({ ...event, room }, { isOpen: true });
  }

  async #forward(words: string): Promise<void> {
    const [nth, number = ''] = words.split(/\s+/);
    const { room: from } = this.#requireOpen();
    const { id: event } = this.#shown.nthLast(from, nth);
    const to = this.#parts.rooms.room(number);
    if (to === undefined) return this.#say('Say where to, by its number in /rooms', { error: 'unknown-room' });
    const body = { requestKey: this.#nextKey(), from, event };
    await this.#parts.client.call('POST', `/rooms/${to.room}/forwards`, body);
    this.#say(`Forwarded to ${to.label}.`, { forwarded: event, room: to.room });
  }

  async #showSource(nth: string): Promise<void> {
    const { room } = this.#requireOpen();
    const { id } = this.#shown.nthLast(room, nth === '' ? undefined : nth);
    const source = await this.#parts.client.call('GET', `/rooms/${room}/events/${id}/source`);
    const sender = textIn(source, 'sender');
    const status = textIn(source, 'status') ?? '';
    this.#say(sender === undefined ? 'Nobody is named.' : `${quote(sender)} said it (${status})`, source);
  }

  async #leave(): Promise<void> {
    const { room, label } = this.#requireOpen();
    await this.#parts.client.call('POST', `/rooms/${room}/leave`);
    this.#open = undefined;
    this.#say(`You left ${label}.`, { left: room });
  }

  async #send(text: string): Promise<void> {
    await this.#sendEvent({ type: 'message', content: { text } }, text);
  }

  async #sendEvent(event: Json, text = String(event['type'])): Promise<void> {
    const { room } = this.#requireOpen();
    const body = { requestKey: this.#nextKey(), ...event };
    const answer = await this.#parts.client.call('POST', `/rooms/${room}/events`, body);
    if (answer['status'] !== 'pending') return;
    this.#pending.set(String(answer['id']), text);
    this.#say(`… ${quote(text)}  waits for the hub of the room`, { status: 'pending', id: answer['id'] });
  }

  #requireOpen(): ChatRoom {
    if (this.#open === undefined) throw new Error('No room is open: /rooms, then /open with its number');
    return this.#open;
  }

  #listen(): void {
    this.#stream = this.#parts.client.openStream(this.#hasCursor ? this.#cursor : null, {
      frame: (frame) => void this.#hear(frame).catch((cause: unknown) => this.#complain(cause)),
      end: () => {
        if (!this.#isOver) setTimeout(() => this.#listen(), RECONNECT_MS).unref();
      },
    });
  }

  async #hear(frame: Json): Promise<void> {
    this.#hasCursor = true;
    if (typeof frame['account'] === 'number') this.#cursor.account = frame['account'];
    if (frame['t'] === 'event') {
      if (frame['unjudged'] !== true) this.#cursor.rooms[String(frame['room'])] = Number(frame['seq']);
      const isOpen = frame['room'] === this.#open?.room;
      const label = isOpen ? '' : `[${await this.#parts.rooms.labelOf(String(frame['room']))}] `;
      this.#tellEvent(frame, { isOpen, label });
      const isAboutPoll = frame['type'] === 'message.vote' || frame['type'] === 'message.poll-close';
      const tally = isOpen && isAboutPoll ? await this.#polls.tally(frame) : undefined;
      if (tally !== undefined) this.#say(tally, frame);
    } else if (frame['t'] === 'request' && frame['state'] === 'waiting') {
      this.#say(`${describeRequest(frame)}: /requests`, frame);
    } else if (frame['t'] === 'sent' && frame['code'] !== undefined) {
      const text = this.#pending.get(String(frame['id'])) ?? '';
      this.#pending.delete(String(frame['id']));
      this.#say(`✗ ${quote(text)}  was refused: ${textIn(frame, 'code') ?? ''}`, frame);
    }
  }

  #tellEvent(event: Json, { isOpen, label = '' }: { isOpen: boolean; label?: string }): void {
    this.#polls.saw(event);
    this.#shown.saw(event);
    const line = describeEvent(event);
    const wasPending = this.#pending.delete(String(event['id']));
    const isUnjudged = event['unjudged'] === true;
    const isNews = !this.#unjudged.delete(String(event['id'])) || event['void'] !== undefined;
    if (isUnjudged) this.#unjudged.add(String(event['id']));
    const note = isUnjudged ? '  (not checked yet)' : '';
    if (line !== undefined && isNews) this.#say(`${label}${wasPending ? '✓ ' : ''}${line}${note}`, event);
    const isFromOther = event['sender'] !== this.#parts.client.address;
    if (isOpen && isFromOther) this.#stream?.send({ op: 'read', room: event['room'], seq: event['seq'] });
  }

  #complain(cause: unknown): void {
    const text =
      cause instanceof ApiError
        ? `✗ ${cause.message} (${cause.code})`
        : `✗ ${cause instanceof Error ? cause.message : String(cause)}`;
    this.#say(text, { error: cause instanceof ApiError ? cause.code : 'failed' });
  }

  #say(line: string, facts: object = { line }): void {
    this.#parts.screen.show(line, facts);
  }

  #nextKey(): string {
    this.#keys += 1;
    return `chat-${Date.now().toString(36)}-${this.#keys}`;
  }
}

function describeRequest(request: Json): string {
  const what = REQUESTS[String(request['kind'])] ?? 'asks something';
  const intro = typeof request['intro'] === 'string' ? `: ${quote(request['intro'])}` : '';
  return `${quote(String(request['by']))} ${what}${intro}`;
}

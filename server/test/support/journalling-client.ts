import WebSocket from 'ws';
import type { Journal } from './journal.js';
import type { TestNetwork } from './test-network.js';
import type { Json, TestPerson } from './test-person.js';

/** What a stream has told of a room: the ids of the records after `from`, in the order they came. */
export interface Delivered {
  readonly from: number;
  readonly ids: string[];
}

interface Message {
  readonly room: string;
  readonly text: string;
  /** not before this time, when the server has asked to wait */
  waitUntilMs: number;
  /** connection it went out on last */
  sentOn: number;
}

interface ClientParts {
  readonly network: TestNetwork;
  readonly person: TestPerson;
  readonly journal: Journal;
  readonly rooms: readonly string[];
  readonly perSecond: number;
  /** begin of every request key of this run */
  readonly prefix: string;
}

const WINDOW = 64;
const PUMP_MS = 25;
const RECONNECT_MS = 150;
const FILLING = 'x'.repeat(120);

/**
 * A client that trusts nothing but its disk: it sends over its live stream, keeps each message until the answer is in
 * its journal, repeats it under the same request key after every reconnect, and goes on reading where it stood.
 */
export class JournallingClient {
  readonly person: TestPerson;
  readonly delivered = new Map<string, Delivered>();
  /** messages that were refused in the end, by request key */
  readonly refused = new Map<string, string>();
  /** what a correct server never does */
  readonly faults: string[] = [];
  /** request keys by room, of everything that was ever sent */
  readonly sent = new Map<string, string>();
  /** own messages that the stream has told of, by room */
  readonly ordered = new Map<string, number>();
  /** answers that asked for a repetition, by code */
  readonly retries = new Map<string, number>();
  connections = 0;
  readonly #parts: ClientParts;
  readonly #outbox = new Map<string, Message>();
  readonly #ids = new Map<string, string>();
  /** request keys of own messages that came back */
  readonly #told = new Set<string>();
  readonly #pump: NodeJS.Timeout;
  #socket: WebSocket | undefined;
  #isOpened = false;
  #isResting = false;
  #isStopped = false;
  #account = 0;
  #owed = 0;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.person = parts.person;
    this.#connect();
    this.#pump = setInterval(() => this.#send(), PUMP_MS);
  }

  /** Makes no new messages, but sees to those that are under way. */
  rest(): void {
    this.#isResting = true;
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#pump);
    this.#socket?.terminate();
  }

  /** messages without a journalled answer */
  get waiting(): number {
    return this.#outbox.size;
  }

  /** messages that have not come back yet, be they answered or not */
  get #underWay(): number {
    return this.sent.size - this.#told.size - this.refused.size;
  }

  /** Seq up to which a room was told. */
  position(room: string): number {
    const delivered = this.delivered.get(room);
    return delivered === undefined ? -1 : delivered.from + delivered.ids.length;
  }

  #connect(): void {
    const { network, person } = this.#parts;
    const { port, domain } = person.provider;
    const socket = new WebSocket(`wss://127.0.0.1:${port}/client/v1/stream`, {
      ...{ ca: network.ca.cert, servername: domain, headers: { host: `${domain}:${port}` } },
      ...{ handshakeTimeout: 10_000, perMessageDeflate: false },
    });
    this.#socket = socket;
    this.#isOpened = false;
    this.connections += 1;
    socket.on('open', () => socket.send(JSON.stringify({ op: 'open', token: person.token, cursor: this.#cursor() })));
    socket.on('message', (bytes: Buffer) => {
      const frames = JSON.parse(bytes.toString()) as Json | Json[];
      for (const frame of Array.isArray(frames) ? frames : [frames]) this.#take(frame);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      this.#isOpened = false;
      if (!this.#isStopped) setTimeout(() => this.#isStopped || this.#connect(), RECONNECT_MS);
    });
  }

  #cursor(): Json | null {
    if (this.delivered.size === 0) return null;
    const rooms = [...this.delivered.keys()].map((room) => [room, this.position(room)]);
    return { account: this.#account, rooms: Object.fromEntries(rooms) as Json };
  }

  #take(frame: Json): void {
    this.#account = Math.max(this.#account, Number(frame['account'] ?? 0));
    if (frame['t'] === 'opened') this.#isOpened = true;
    else if (frame['t'] === 'room') this.#takeRoom(frame);
    else if (frame['t'] === 'event') this.#takeEvent(frame);
    else if (frame['t'] === 'sent') this.#takeAnswer(frame);
    else if (frame['t'] === 'error') this.#count(this.retries, `stream ended: ${String(frame['code'])}`);
  }

  #takeRoom({ room, from }: Json): void {
    if (typeof room !== 'string' || typeof from !== 'number') return;
    if (!this.delivered.has(room)) this.delivered.set(room, { from, ids: [] });
  }

  #takeEvent({ room, seq, id, type, sender, content }: Json): void {
    const delivered = this.delivered.get(String(room));
    const expected = this.position(String(room)) + 1;
    if (delivered === undefined) this.#fault(`${String(room)}: record ${String(seq)} of a room without a beginning`);
    else if (seq !== expected) this.#fault(`${String(room)}: record ${String(seq)} came instead of ${expected}`);
    else {
      delivered.ids.push(String(id));
      if (type === 'message' && sender === this.person.address) this.#takeOwn(String(room), content as Json);
    }
  }

  #takeOwn(room: string, { text }: Json): void {
    const [key = ''] = String(text).split(' ');
    if (this.#told.has(key) || this.sent.get(key) !== room) this.#fault(`${key}: told twice, or in another room`);
    this.#told.add(key);
    this.#count(this.ordered, room);
  }

  #takeAnswer({ key, status, id, seq, code, after }: Json): void {
    const name = String(key);
    const message = this.#outbox.get(name);
    if (status === 'retry') {
      this.#count(this.retries, String(code));
      if (message) Object.assign(message, { waitUntilMs: Date.now() + Number(after) * 1000, sentOn: -1 });
    } else if (status === 'refused') {
      this.refused.set(name, String(code));
      this.#outbox.delete(name);
    } else if (status === 'ordered' || status === 'pending') {
      if (typeof id === 'string') this.#acknowledge(name, { status, id, seq });
      else this.#fault(`${name}: an answer without id`);
    } else this.#fault(`${name}: answered ${String(status)}`);
  }

  #acknowledge(key: string, { status, id, seq }: { status: 'ordered' | 'pending'; id: string; seq: unknown }): void {
    const room = this.sent.get(key);
    const known = this.#ids.get(key);
    if (room === undefined) return this.#fault(`${key}: an answer to what was never sent`);
    if (known !== undefined && known !== id) this.#fault(`${key}: first ${known}, then ${id}`);
    this.#ids.set(key, id);
    const place = typeof seq === 'number' ? { seq } : {};
    this.#parts.journal.add({ client: this.person.address, key, room, id, status, ...place }).then(
      () => {
        this.#outbox.delete(key);
      },
      (cause: unknown) => this.#fault(`the journal failed: ${String(cause)}`),
    );
  }

  #send(): void {
    this.#make();
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN || !this.#isOpened) return;
    const now = Date.now();
    for (const [key, message] of this.#outbox) {
      if (message.sentOn === this.connections || message.waitUntilMs > now) continue;
      message.sentOn = this.connections;
      const { room, text } = message;
      socket.send(JSON.stringify({ op: 'send', key, room, type: 'message', content: { text } }));
    }
  }

  /** New messages at the wanted rate, as long as not too many are under way. */
  #make(): void {
    const { rooms, perSecond, prefix, person } = this.#parts;
    this.#owed = Math.min(this.#owed + (perSecond * PUMP_MS) / 1000, WINDOW);
    while (this.#owed >= 1 && this.#underWay < WINDOW && !this.#isResting) {
      this.#owed -= 1;
      const count = this.sent.size;
      const room = rooms[count % rooms.length];
      if (room === undefined) return;
      const key = `${prefix}-${person.address}-${count}`;
      this.sent.set(key, room);
      this.#outbox.set(key, { room, text: `${key} ${FILLING}`, waitUntilMs: 0, sentOn: -1 });
    }
  }

  #count(counts: Map<string, number>, name: string): void {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  #fault(what: string): void {
    if (this.faults.length < 20) this.faults.push(`${this.person.address}: ${what}`);
  }
}

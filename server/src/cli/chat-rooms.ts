import { textIn } from './api-client.js';
import type { ApiClient, Json } from './api-client.js';
import { quote } from './chat-screen.js';

export interface ChatRoom {
  readonly room: string;
  /** what people see of it: the other person of a dm, or the title */
  readonly label: string;
  readonly unread: number;
  readonly status: string;
}

/** The rooms and requests of a person, numbered as they were last listed. */
export class ChatRoomList {
  readonly #client: ApiClient;
  #rooms: readonly ChatRoom[] = [];
  #requests: readonly Json[] = [];

  constructor(client: ApiClient) {
    this.#client = client;
  }

  async list(): Promise<readonly ChatRoom[]> {
    const { rooms } = await this.#client.call('GET', '/rooms?limit=200');
    this.#rooms = (rooms as Json[]).filter((room) => room['membership'] === 'joined').map(chatRoomOf);
    return this.#rooms;
  }

  async listRequests(): Promise<readonly Json[]> {
    const { requests } = await this.#client.call('GET', '/requests');
    this.#requests = requests as Json[];
    return this.#requests;
  }

  /** By the number of the last list. */
  room(number: string): ChatRoom | undefined {
    return this.#rooms[Number(number) - 1];
  }

  request(number: string): Json | undefined {
    return this.#requests[Number(number) - 1];
  }

  /** The label of a room that may be new. */
  async labelOf(room: string): Promise<string> {
    const known = this.#rooms.find((one) => one.room === room);
    if (known !== undefined) return known.label;
    await this.list();
    return this.#rooms.find((one) => one.room === room)?.label ?? room.slice(0, 8);
  }
}

function chatRoomOf(room: Json): ChatRoom {
  const label = quote(textIn(room, 'with') ?? textIn(room, 'title') ?? 'untitled');
  return { room: String(room['room']), label, unread: Number(room['unread']), status: String(room['status']) };
}

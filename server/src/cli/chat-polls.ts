import type { ApiClient, Json } from './api-client.js';
import { quote } from './chat-screen.js';

/** The newest poll of each room that was shown, which is the one people vote in here. */
export class ChatPolls {
  readonly #client: ApiClient;
  readonly #newest = new Map<string, Json>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /** Remembers a poll that is shown. */
  saw(event: Json): void {
    const poll = pollIn(event);
    if (poll !== undefined) this.#newest.set(String(event['room']), { id: event['id'], ...poll });
  }

  /** @param words `Question | one | other` */
  static ask(words: string): Json {
    const [question = '', ...options] = words.split('|').map((word) => word.trim());
    if (options.length < 2) throw new Error('Write /poll Question | one answer | another');
    return { alt: `📊 ${question} ${options.join(' / ')}`.slice(0, 200), poll: { question, options } };
  }

  /** @param words numbers as they were shown; none takes a vote back */
  vote(room: string, words: string): Json {
    const poll = this.#newest.get(room);
    if (poll === undefined) throw new Error('No poll was shown here: /history');
    const choices = words
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => Number(word) - 1);
    return { type: 'message.vote', content: { choices }, rel: [['vote', poll['id']]] };
  }

  /** How the poll stands that a vote or close is about; undefined when it was not shown. */
  async tally(event: Json): Promise<string | undefined> {
    const poll = this.#newest.get(String(event['room']));
    const [[, id] = []] = (event['rel'] ?? []) as [string, string][];
    if (poll === undefined || poll['id'] !== id) return undefined;
    const { counts, closed } = await this.#client.call('GET', `/rooms/${String(event['room'])}/polls/${String(id)}`);
    const options = poll['options'] as string[];
    const shown = (counts as number[]).map((count, index) => `${quote(options[index] ?? '')} ${count}`);
    return `📊 ${shown.join('  ')}${closed === true ? '  (closed)' : ''}`;
  }
}

function pollIn(event: Json): Json | undefined {
  const content = event['content'] as Json | null | undefined;
  const poll = content?.['poll'];
  return typeof poll === 'object' && poll !== null ? (poll as Json) : undefined;
}

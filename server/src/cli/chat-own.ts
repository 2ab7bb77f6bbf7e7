import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { ApiClient, Json } from './api-client.js';
import type { ChatRoom } from './chat-rooms.js';
import { quote } from './chat-screen.js';

interface Parts {
  readonly client: ApiClient;
  readonly say: (text: string, answer?: Json) => void;
  /** @throws Error while no room is open */
  readonly openRoom: () => ChatRoom;
}

/** By the first word of a line; the rest is what it is given. */
export type Commands = Readonly<Record<string, (word: string) => Promise<void>>>;

export const OWN_HELP = [
  '/name New name       change your name    /mute 8              for 8 hours; 0 lifts it',
  '/pin 1               to the top of the list; /pin alone takes it down',
  '/search words        in all your rooms',
  '/export file         takes all that is kept for you along',
  '/draft words         keep them for your other devices; /draft alone forgets them',
];
const HOUR_MS = 3_600_000;

/** What a person does for themselves: their name, and what their devices agree on. */
export function ownCommands({ client, say, openRoom }: Parts): Commands {
  const prefer = (change: Json): Promise<Json> => client.call('PATCH', `/rooms/${openRoom().room}/preferences`, change);
  return {
    '/name': async (word) => {
      const { name } = await client.call('PATCH', '/me', { name: word });
      say(`You are called ${quote(String(name))} now.`, { name });
    },
    '/mute': async (word) => {
      const hours = Number(word);
      const muted = hours > 0 ? Date.now() + Math.round(hours * HOUR_MS) : null;
      await prefer({ muted });
      say(muted === null ? 'Not muted.' : `Muted for ${hours} hours.`, { muted });
    },
    '/pin': async (word) => {
      const pinned = word === '' ? null : Number(word);
      await prefer({ pinned });
      say(pinned === null ? 'Not pinned.' : 'Pinned.', { pinned });
    },
    '/search': async (word) => {
      const { results } = await client.call('GET', `/search?text=${encodeURIComponent(word)}`);
      for (const result of results as Json[])
        say(`${quote(String(result['sender']))}  ${quote(String(result['text']))}`, result);
      if ((results as Json[]).length === 0) say('Nothing found.', { results: [] });
    },
    '/export': async (file) => {
      await pipeline(await client.read('/me/export'), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
      say(`All that is kept for you is in ${file}. Check it with: payvand verify ${file}`, { file });
    },
    '/draft': async (word) => {
      const draft = word === '' ? null : { text: word };
      await prefer({ draft });
      say(draft === null ? 'No draft.' : 'Kept.', { draft });
    },
  };
}

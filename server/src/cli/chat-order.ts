import type { ApiClient, Json } from './api-client.js';
import type { Commands } from './chat-own.js';
import type { ChatRoom } from './chat-rooms.js';
import { quote } from './chat-screen.js';
import type { ChatShown } from './chat-shown.js';

interface Parts {
  readonly client: ApiClient;
  readonly shown: ChatShown;
  readonly say: (text: string, facts?: object) => void;
  /** @throws Error while no room is open */
  readonly openRoom: () => ChatRoom;
}

/** A command with the open room and its words. */
type OrderCommand = (parts: Parts, room: string, words: readonly string[]) => Promise<void>;

export const ORDER_HELP = [
  '/timer 1d            messages disappear  /slow 30s            one message in 30 s; off ends either',
  '/pin-message 2       the last but one, for all; /unpin-message 2      /pins   what is pinned',
  '/restrict ali@… send,react 2h            takes rights away for a time; /restrict ali@… off gives them back',
  '/deny eitaa.test     keep them all out   /allow eitaa.test    and let them in again',
  '/delete 3            the last three      /delete ali@… 20     theirs of the last 20, or without number all',
  '/audit               who did what',
];

const AUDIT = 20;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

const commands: Readonly<Record<string, OrderCommand>> = {
  '/timer': (parts, room, words) => set(parts, room, ['timer', ...words]),
  '/slow': (parts, room, words) => set(parts, room, ['slow', ...words]),
  '/pin-message': (parts, room, [nth]) =>
    change(parts, ['PUT', `/rooms/${room}/pins/${parts.shown.nthLast(room, nth).id}`], 'Pinned.'),
  '/unpin-message': (parts, room, [nth]) =>
    change(parts, ['DELETE', `/rooms/${room}/pins/${parts.shown.nthLast(room, nth).id}`], 'Unpinned.'),
  '/pins': listPins,
  '/restrict': restrict,
  '/deny': (parts, room, [domain = '']) =>
    change(parts, ['PUT', `/rooms/${room}/denied/${encodeURIComponent(domain)}`], `${quote(domain)} is kept out.`),
  '/allow': allow,
  '/delete': deleteMany,
  '/audit': audit,
};

/** What those who keep order in a room type: how it is set up, what goes, and who did what. */
export function orderCommands(parts: Parts): Commands {
  const bind = ([name, run]: [string, OrderCommand]): [string, (word: string) => Promise<void>] => [
    name,
    (word) => run(parts, parts.openRoom().room, word === '' ? [] : word.split(' ')),
  ];
  return Object.fromEntries(Object.entries(commands).map(bind));
}

async function change(
  { client, say }: Parts,
  [method, path, body]: readonly ['PUT' | 'DELETE', string, Json?],
  done: string,
): Promise<void> {
  const { status } = await client.call(method, path, body);
  say(status === 'pending' ? '… waits for the hub of the room' : done, { done: path, status });
}

async function set(parts: Parts, room: string, [name = '', word = '']: readonly string[]): Promise<void> {
  const { settings } = await parts.client.call('GET', `/rooms/${room}`);
  const others = Object.entries(settings as Json).filter(([other]) => other !== name);
  const wanted = word === 'off' ? {} : { [name]: secondsOf(word) };
  const body = { ...Object.fromEntries(others), ...wanted };
  await change(parts, ['PUT', `/rooms/${room}/settings`, body], `${name}: ${word}`);
}

async function listPins({ client, shown, say }: Parts, room: string): Promise<void> {
  const { pins } = await client.call('GET', `/rooms/${room}`);
  if ((pins as string[]).length === 0) say('Nothing is pinned.', { pins });
  for (const pin of pins as string[])
    say(`📌 ${shown.find(room, pin)?.line ?? `${pin.slice(0, 8)} (not shown here)`}`, { pin });
}

async function restrict(parts: Parts, room: string, words: readonly string[]): Promise<void> {
  const [address = '', rights = '', time] = words;
  const path = `/rooms/${room}/members/${encodeURIComponent(address)}/restriction`;
  if (rights === 'off') return await change(parts, ['DELETE', path], `${quote(address)} has them back.`);
  const until = time === undefined ? {} : { until: Date.now() + secondsOf(time) * 1000 };
  const names = rights.split(',').filter((right) => right !== '');
  await change(parts, ['PUT', path, { rights: names, ...until }], `${quote(address)} is restricted.`);
}

async function allow({ client, say }: Parts, room: string, [domain = '']: readonly string[]): Promise<void> {
  for (let more = true; more;) {
    const answer = await client.call('DELETE', `/rooms/${room}/denied/${encodeURIComponent(domain)}`);
    more = answer['more'] === true;
  }
  say(`${quote(domain)} may come in again.`, { allowed: domain });
}

async function deleteMany({ client, shown, say }: Parts, room: string, words: readonly string[]): Promise<void> {
  const sender = words.find((word) => word.includes('@'));
  const nth = words.find((word) => !word.includes('@'));
  if (words.length === 0) throw new Error('Write how many, or whose: /delete 3, /delete ali@eitaa.test');
  const part = { ...(nth !== undefined && { from: shown.nthLast(room, nth).seq }), ...(sender && { sender }) };
  let deleted = 0;
  for (let to: unknown; ;) {
    const answer = await client.call('POST', `/rooms/${room}/deletions`, to === undefined ? part : { ...part, to });
    deleted += Number(answer['deleted']);
    to = answer['next'];
    if (to === undefined) break;
  }
  say(`${deleted} deleted.`, { deleted });
}

async function audit({ client, say }: Parts, room: string): Promise<void> {
  const { acts } = await client.call('GET', `/rooms/${room}/acts?limit=${AUDIT}`);
  for (const act of (acts as Json[]).toReversed()) say(describeAct(act), act);
}

/** @throws Error it is no time */
function secondsOf(word: string): number {
  const [, count, unit = ''] = /^(\d{1,8})([smhdw])$/.exec(word) ?? [];
  if (count === undefined) throw new Error('Write a time as 30s, 5m, 2h, 1d or 1w');
  return Number(count) * (UNITS[unit] ?? 1);
}

function describeAct(act: Json): string {
  const { at, by, type, key, content, deleted } = act;
  const time = new Date(Number(at)).toISOString().slice(0, 16).replace('T', ' ');
  const whose = ((deleted ?? []) as { sender: string }[]).map(({ sender }) => sender);
  const about =
    deleted === undefined ? JSON.stringify(content ?? {}) : `${whose.length} of ${[...new Set(whose)].join(' ')}`;
  const subject = typeof key === 'string' && key !== '' ? ` ${quote(key)}` : '';
  return `${time}  ${quote(String(by))}  ${String(type)}${subject} ${quote(about)}`;
}

import { readFile } from 'node:fs/promises';
import { parseAddress } from '../protocol/identifiers.js';
import { domainOf, localpartOf } from '../protocol/identifiers.js';
import { ApiClient, ApiError, textIn } from './api-client.js';
import { ChatRoomList } from './chat-rooms.js';
import { ChatScreen } from './chat-screen.js';
import { CommandError } from './command.js';
import type { Command, CommandContext } from './command.js';
import { readSecret } from './read-secret.js';
import { ChatSession } from './chat-session.js';

const DEFAULT_PORT = '443';

export const chat: Command = {
  usage: '<name@provider>',
  words: [1, 1],
  settings: [],
  flags: {
    at: { value: 'host:port', sentence: 'where the provider answers, when its name leads elsewhere or nowhere' },
    ca: { value: 'file', sentence: 'authority to trust beside the system’s, in PEM' },
  },
  details: [
    'Logs in with your password, asked for or from the first line of standard input. What you type goes to the open room;',
    'lines that begin with / are commands: /help lists them. A message that waits for its hub is marked …, one that was',
    'refused ✗ with the reason.',
  ].join('\n'),
  run: runChat,
};

async function runChat({ args, flags, world, output }: CommandContext): Promise<void> {
  const address = parseAddress(args[0]);
  if (address === undefined)
    throw new CommandError('bad-usage', `${args[0] ?? ''} is no address: name@provider`, { exitCode: 2 });
  const screen = new ChatScreen(world, output.json);
  try {
    const password = world.stdin.isTTY ? await readSecret(world, `password of ${address}`) : await screen.firstLine();
    const domain = domainOf(address);
    const [host, port = DEFAULT_PORT] = (flags['at'] ?? domain).split(':');
    const place = {
      url: `https://${domain}:${port}`,
      ...(flags['ca'] === undefined ? {} : { ca: await readFile(flags['ca'], 'utf8') }),
      ...(host === undefined || host === domain ? {} : { address: host }),
    };
    const client = await logIn(new ApiClient(place), { localpart: localpartOf(address), password });
    const session = new ChatSession({ client, screen, rooms: new ChatRoomList(client) });
    await session.run();
  } finally {
    screen.close();
  }
}

/** @throws CommandError the provider's code, or `unreachable` */
async function logIn(
  client: ApiClient,
  { localpart, password }: { localpart: string; password: string },
): Promise<ApiClient> {
  try {
    return await client.enter('/sessions', { localpart, password, device: 'terminal' });
  } catch (cause) {
    if (cause instanceof ApiError)
      throw new CommandError(cause.code, textIn(cause.body, 'title') ?? cause.code, { cause });
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
    throw new CommandError('unreachable', `the provider cannot be reached (${code}): check --at and --ca`, { cause });
  }
}

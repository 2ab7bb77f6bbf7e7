import { writeFile } from 'node:fs/promises';
import { meetParty } from '../interop/party.js';
import { Misuse } from '../misuse.js';
import { countOf, factorOf, meetTarget, networkOf, parseOptions, seedOf } from '../modes/parse-options.js';
import type { TargetWords } from '../modes/parse-options.js';
import { scaleTime } from '../run/wait.js';
import { ClientUsers } from '../stage/client-users.js';
import { chaosAround, chaosBetween } from './run-chaos.js';
import type { ChaosFound, ChaosOptions } from './run-chaos.js';
import type { Streams } from '../streams.js';

const USAGE = `usage: payvand-conformance chaos https://provider.example --network FOLDER [options]
       payvand-conformance chaos TARGET TARGET [TARGET …] --network FOLDER [options]

Puts a bad network between the provider and providers of the suite: requests are late, lost, sent twice or in another order,
answers are lost or cut, links break for a while. Both sides talk. Then the network heals, and everything that was acknowledged
has to be in every log once, in one order, under equal heads. Accounts are made (T1).

With several targets, named as for interop, it stands between them as well: the network has to be prepared with --proxied.

  --network FOLDER    made by prepare
  --at HOST:PORT      where the provider really is
  --ca FILE           authority of its certificate
  --seed N            the same storm again (default: a new one; it is printed)
  --messages N        that each side says in each room (default 20)
  --json FILE         writes what was found as JSON
  --time-scale X      stretches every deadline

exit status: 0 nothing was lost, 1 something was, 2 fault of the suite, 4 wrong use or no provider there
`;

/** @returns the exit status */
export async function chaosCommand(args: readonly string[], { out, progress }: Streams): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    network: { type: 'string' },
    at: { type: 'string' },
    ca: { type: 'string' },
    seed: { type: 'string' },
    messages: { type: 'string', default: '20' },
    json: { type: 'string' },
    'time-scale': { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  });
  const [url] = positionals;
  if (values.help) {
    out(USAGE);
    return 0;
  }
  if (url === undefined) throw new Misuse('which provider?');
  scaleTime(factorOf(values['time-scale']));
  const network = await networkOf(values.network);
  const seed = seedOf(values.seed);
  const messages = countOf(values.messages, '--messages', { most: 1000 });
  progress(`chaos --seed ${seed}, ${messages} messages a side\n`);
  const options = { network, seed, messages, progress };
  const found =
    positionals.length > 1 ? await between(positionals, options) : await around({ ...values, url }, options);
  for (const fault of found.faults) out(`${fault}\n`);
  out(`${found.faults.length === 0 ? 'nothing was lost' : `${found.faults.length} faults`} (--seed ${seed})\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(found, null, 2)}\n`);
  return found.faults.length === 0 ? 0 : 1;
}

async function around(words: TargetWords, options: ChaosOptions): Promise<ChaosFound> {
  const target = await meetTarget(words, options.network);
  return await chaosAround(target, new ClientUsers(target), options);
}

async function between(words: readonly string[], options: ChaosOptions): Promise<ChaosFound> {
  return await chaosBetween(
    await Promise.all(words.map(async (text) => await meetParty(text, options.network))),
    options,
  );
}

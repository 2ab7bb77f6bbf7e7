import { writeFile } from 'node:fs/promises';
import { writeBundle } from '../bundles/bundle.js';
import { Misuse } from '../misuse.js';
import { countOf, factorOf, meetTarget, networkOf, parseOptions, seedOf } from '../modes/parse-options.js';
import { Run } from '../run/run.js';
import { scaleTime } from '../run/wait.js';
import { ClientUsers } from '../stage/client-users.js';
import { runFuzz } from './run-fuzz.js';
import type { Streams } from '../streams.js';

const USAGE = `usage: payvand-conformance fuzz https://provider.example --network FOLDER [options]

Sends events, joins, mailbox items, pages, documents, key statements and requests that are honest but for one place, signed anew, so
that they get past the signature. Found is: a server error, no answer, an answer of no known form, something accepted that the
rules refuse, a state that differs, honest people who are served no more. Each finding is written as a bundle; see judge.
Accounts are made (T1).

  --network FOLDER    made by prepare
  --at HOST:PORT      where the provider really is
  --ca FILE           authority of its certificate
  --seed N            the same trials again (default: new ones; it is printed)
  --minutes M         for how long (default 1)
  --trials N          at most so many
  --bundles FOLDER    where findings are written (default: findings)
  --json FILE         writes what was found as JSON
  --time-scale X      stretches every deadline

exit status: 0 nothing was found, 1 something was, 2 fault of the suite, 4 wrong use or no provider there
`;

const TRIALS_MAX = 10_000_000;

/** @returns the exit status */
export async function fuzzCommand(args: readonly string[], { out, progress }: Streams): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...{ network: { type: 'string' }, at: { type: 'string' }, ca: { type: 'string' }, seed: { type: 'string' } },
    ...{ minutes: { type: 'string', default: '1' }, trials: { type: 'string', default: String(TRIALS_MAX) } },
    ...{ bundles: { type: 'string', default: 'findings' }, json: { type: 'string' } },
    ...{ 'time-scale': { type: 'string', default: '1' }, help: { type: 'boolean', default: false } },
  });
  const [url] = positionals;
  if (values.help) {
    out(USAGE);
    return 0;
  }
  if (url === undefined) throw new Misuse('which provider?');
  scaleTime(factorOf(values['time-scale']));
  const network = await networkOf(values.network);
  const target = await meetTarget({ url, at: values.at, ca: values.ca }, network);
  const seed = seedOf(values.seed);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Misuse(`--minutes is a number, not ${values.minutes}`);
  const trials = countOf(values.trials, '--trials', { most: TRIALS_MAX });
  progress(`${target.domain}: fuzz --seed ${seed}\n`);
  const run = new Run({ target, network, users: new ClientUsers(target) });
  try {
    const found = await runFuzz(run, {
      ...{ seed, trials, until: Date.now() + minutes * 60_000, progress },
      onFinding: async (bundle) => progress(`  ${await writeBundle(values.bundles, bundle)}\n`),
    });
    const { findings, refused, trials: tried } = found;
    out(`${tried} trials, ${refused} of them to be refused; ${findings.length} findings (--seed ${seed})\n`);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(found, null, 2)}\n`);
    return findings.length === 0 ? 0 : 1;
  } finally {
    await run.stop();
  }
}

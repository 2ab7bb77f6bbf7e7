import { writeFile } from 'node:fs/promises';
import { Misuse } from '../misuse.js';
import { countOf, factorOf, networkOf, parseOptions } from '../modes/parse-options.js';
import { scaleTime } from '../run/wait.js';
import { matrixTable, runMatrix } from './matrix.js';
import type { Cell } from './matrix.js';
import { meetParty } from './party.js';
import type { Streams } from '../streams.js';

const USAGE = `usage: payvand-conformance interop TARGET TARGET [TARGET …] --network FOLDER [options]

Every target is once the hub and once the follower of every other: a dm, a group and changes of a group, messages both ways; the
suite is a third provider in the groups. Heads, state hashes and logs of all are compared.

  TARGET              https://a.test,at=127.0.0.1:8443,control=http://127.0.0.1:9001[,token=VARIABLE]
                      where it is, its test controls, and the variable that holds their secret (PAYVAND_CONTROL_SECRET)
  --network FOLDER    made by: prepare FOLDER --target a.test=127.0.0.1:8443 --target b.test=127.0.0.1:8444
  --messages N        that each person says (default 3)
  --json FILE         writes the matrix as JSON
  --time-scale X      stretches every deadline

exit status: 0 all of it went well, 1 something did not, 2 fault of the suite, 4 wrong use or a target is not there
`;

/** @returns the exit status */
export async function interopCommand(args: readonly string[], { out, progress }: Streams): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    network: { type: 'string' },
    messages: { type: 'string', default: '3' },
    json: { type: 'string' },
    'time-scale': { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  });
  if (values.help) {
    out(USAGE);
    return 0;
  }
  if (positionals.length < 2) throw new Misuse('interoperability takes two: name at least two targets');
  scaleTime(factorOf(values['time-scale']));
  const network = await networkOf(values.network);
  const parties = await Promise.all(positionals.map(async (text) => await meetParty(text, network)));
  const onCell = ({ hub, follower, scenario, verdict, ms, found }: Cell): void => {
    progress(
      `${verdict.padEnd(5)} ${hub} <- ${follower}: ${scenario}, ${ms} ms${found === undefined ? '' : `: ${found}`}\n`,
    );
  };
  const messages = countOf(values.messages, '--messages', { most: 200 });
  const matrix = await runMatrix(parties, { network, messages, onCell });
  out(matrixTable(matrix));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(matrix, null, 2)}\n`);
  return matrix.cells.every(({ verdict }) => verdict === 'pass') ? 0 : 1;
}

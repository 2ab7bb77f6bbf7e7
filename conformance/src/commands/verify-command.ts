import { randomBytes } from 'node:crypto';
import { Fault } from '../formats/fault.js';
import { Misuse } from '../misuse.js';
import { Target } from '../network/target.js';
import { wordsEn } from '../report/html/words-en.js';
import type { Lane } from '../run/check.js';
import { Run } from '../run/run.js';
import { ClientUsers } from '../stage/client-users.js';
import { examineReport } from './examine-report.js';
import type { Examined } from './examine-report.js';
import { documentFinder } from './find-document.js';
import type { ReportValues } from './report-options.js';
import { parseShare, rerunSample } from './rerun-sample.js';
import { readReportFile } from './signed-file.js';
import { whereIs } from './where-is.js';
import type { Where, WhereValues } from './where-is.js';

export interface VerifyParts {
  readonly values: ReportValues & WhereValues & { readonly tier: string };
  readonly lanes: readonly Lane[];
  readonly out: (text: string) => void;
}

type Line = readonly [string, string];

/**
 * Says whether a report is to be believed, and what that rests on.
 *
 * @returns 0 it is, and the provider conforms · 1 refused, not conformant, or a check that ran again tells otherwise · 3 it cannot be said
 * @throws Misuse · Unreachable
 */
export async function verifyCommand(path: string | undefined, { values, lanes, out }: VerifyParts): Promise<number> {
  if (path === undefined) throw new Misuse('which report?');
  const share = values.rerun === undefined ? undefined : parseShare(values.rerun);
  const where = await whereIs(values);
  const say = ([name, text]: Line): void => out(`${name.padEnd(12)}${text}\n`);
  const titles = lanes.flatMap(({ checks }) => checks);
  try {
    const file = await readReportFile(path);
    const find = documentFinder(values.document, where.place);
    const examined = await examineReport(file, { find, titles, now: Date.now() });
    for (const line of describe(examined)) say(line);
    const isSame = share === undefined || (await rerun(examined, { share, where, values, lanes, say }));
    return statusOf(examined, isSame);
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    const why = (wordsEn.refusals as Readonly<Record<string, string>>)[cause.code] ?? cause.message;
    say(['refused', `${cause.code}: ${why}`]);
    return 1;
  }
}

function describe({ report, kid, found, witnesses, isForeign, isOld }: Examined): Line[] {
  const { target, run, suite, spec, result, profiles, knownFailures } = report;
  const { document, from } = found;
  const { statement } = document;
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  const claims = profiles.map(
    ({ name, basic, full }) => `${name} ${full === 'conformant' ? 'conformant (full)' : basic}`,
  );
  const isDue = document.expires < Date.now() ? ', which has expired' : '';
  return [
    ['report', `${target.domain} is ${result}${run.partial ? ' (partial run)' : ''}, tier ${run.tier}`],
    ['profiles', claims.join(', ')],
    ['made', `${day(run.ended)} UTC by ${suite.name} ${suite.version}${isOld ? ', more than 90 days ago' : ''}`],
    ['signed', `by ${target.domain} with ${kid}, listed for use event in its key statement ${statement.version}`],
    ['relied on', `its provider document ${document.version}${isDue}, ${from}`],
    ...witnesses.map((one): Line => ['witness', `${one.domain} with ${one.kid}, document ${one.from}`]),
    [
      'made by',
      `${isForeign ? 'another specification or suite than this one' : 'this specification and suite'} (${spec.digest}, ${suite.digest})`,
    ],
    ['transcript', report.transcript],
    ...knownFailures.map(({ check, state, until }): Line => ['known', `${check} ${state} (until ${until})`]),
  ];
}

interface Rerunning {
  readonly share: number;
  readonly where: Where;
  readonly values: VerifyParts['values'];
  readonly lanes: readonly Lane[];
  readonly say: (line: Line) => void;
}

/** @returns whether nothing came out worse than it was reported */
async function rerun({ report }: Examined, { share, where, values, lanes, say }: Rerunning): Promise<boolean> {
  const { place, network } = where;
  const target = new Target({ ...place, url: `https://${report.target.domain}` });
  await target.meet();
  const users = values.tier === 'T0' ? undefined : new ClientUsers(target);
  const run = new Run({ target, ...(network && { network }), ...(users && { users }) });
  const seed = values.seed ?? randomBytes(8).toString('hex');
  const own = lanes.map((lane) => ({ ...lane, checks: lane.checks.filter(({ tier }) => tier <= values.tier) }));
  const { asked, differences } = await rerunSample(run, report, { lanes: own, share, seed });
  await run.stop();
  say(['asked again', `${asked.length} of ${report.checks.length} checks, seed ${seed}`]);
  for (const { id, reported, now } of differences) say(['differs', `${id}: reported ${reported}, now ${now}`]);
  if (asked.length === 0) say(['differs', 'nothing could be asked again from here']);
  return asked.length > 0 && differences.every(({ now }) => now === 'pass' || now === 'info');
}

function statusOf({ report, isForeign, isOld }: Examined, isSame: boolean): number {
  if (!isSame || report.result === 'not-conformant') return 1;
  return report.result === 'conformant' && !isForeign && !isOld ? 0 : 3;
}

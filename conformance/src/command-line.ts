import { parseArgs } from 'node:util';
import { bundleOfCheck } from './bundles/check-bundle.js';
import { writeBundle } from './bundles/bundle.js';
import { allLanes } from './checks/all-lanes.js';
import { prepareOutputs } from './commands/prepare-outputs.js';
import { matrixCommand, pageCommand, signCommand } from './commands/publish-commands.js';
import { reportCommandUsage, reportOptions, reportUsage } from './commands/report-options.js';
import { verifyCommand } from './commands/verify-command.js';
import { whereIs } from './commands/where-is.js';
import { Control } from './control/control.js';
import { Fault } from './formats/fault.js';
import { Misuse } from './misuse.js';
import { countOf, factorOf, placeOf } from './modes/parse-options.js';
import { modes } from './modes/modes.js';
import { prepareNetwork } from './network/network-folder.js';
import { Target, Unreachable } from './network/target.js';
import type { Recorded } from './network/recorder.js';
import { coveragePage } from './report/coverage-page.js';
import { pinsOf, readRequirements } from './report/coverage.js';
import { makeReport, summaryOf } from './report/report.js';
import { tapHead, tapLine } from './report/tap.js';
import type { CheckTitle, Tier } from './run/check.js';
import { exitCodeOf } from './run/exit-code.js';
import { withKnown } from './run/known-failures.js';
import { runChecks } from './run/run-checks.js';
import type { Result } from './run/run-checks.js';
import { Run } from './run/run.js';
import { runRounds, withRounds } from './run/rounds.js';
import type { Transcripts } from './run/transcripts.js';
import { scaleTime } from './run/wait.js';
import type { Streams } from './streams.js';
import { ClientUsers } from './stage/client-users.js';
import { ControlUsers } from './stage/control-users.js';
import type { Users } from './stage/users.js';

const USAGE = `usage: payvand-conformance https://provider.example [options]
       payvand-conformance prepare FOLDER [--listen 127.0.0.1:9443] [--target-domain provider.test]
           [--target a.test=127.0.0.1:8443 …] [--proxied]
       payvand-conformance interop|chaos|fuzz|judge --help
       payvand-conformance list        every check
       payvand-conformance coverage    every requirement, and what tests it, as Markdown
       payvand-conformance pins        the sentences that the checks test, as they are now
${reportCommandUsage}
  --tier T0|T1|T2     T0 (default) only asks; T1 makes accounts at the provider and talks with them; T2 does so by its
                      test controls, and restarts it and changes its keys
  --control URL       for T2: where the controls are
  --control-token S   for T2: their secret (or PAYVAND_CONTROL_SECRET)
  --network FOLDER    made by prepare: lets the provider find the suite's own providers
  --at HOST:PORT      where the provider really is, on a test network
  --ca FILE           authority of its certificate (default: FOLDER/ca.pem)
  --only TEXT         checks whose id begins so (repeatable); the run is partial
  --skip TEXT         not those; the run is partial
  --time-scale X      stretches every deadline
  --repeat N          runs everything N times, with fresh identities; what differs from round to round is flaky
  --bundles FOLDER    writes for each check that failed what is needed to judge it; see judge
${reportUsage}
exit status: 0 conformant, 1 a MUST failed, 2 fault of the suite, 3 flaky, blocked, known to fail or not run, 4 wrong use or no provider there
'verify':    0 to be believed and conformant, 1 refused or not conformant, 3 cannot be said, 4 wrong use or no provider there
`;

const options = {
  tier: { type: 'string', default: 'T0' },
  control: { type: 'string' },
  'control-token': { type: 'string' },
  network: { type: 'string' },
  at: { type: 'string' },
  ca: { type: 'string' },
  only: { type: 'string', multiple: true, default: [] as string[] },
  skip: { type: 'string', multiple: true, default: [] as string[] },
  'time-scale': { type: 'string', default: '1' },
  repeat: { type: 'string', default: '1' },
  bundles: { type: 'string' },
  ...reportOptions,
  listen: { type: 'string', default: '127.0.0.1:9443' },
  'target-domain': { type: 'string' },
  target: { type: 'string', multiple: true, default: [] as string[] },
  proxied: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parse>['values'];

/** @returns the exit status */
export async function runCommand(args: readonly string[], streams: Streams): Promise<number> {
  try {
    const mode = modes[args[0] ?? ''];
    if (mode !== undefined) return await (await mode())(args.slice(1), streams);
    const { values, positionals } = parse(args);
    const [first, second] = positionals;
    if (values.help) {
      streams.out(USAGE);
      return 0;
    }
    if (first === 'list') return list(streams);
    if (first === 'pins') {
      streams.out(`${JSON.stringify(pinsOf(titles(), readRequirements()), null, 2)}\n`);
      return 0;
    }
    if (first === 'coverage') {
      streams.out(coveragePage(titles()));
      return 0;
    }
    scaleTime(factorOf(values['time-scale']));
    const parts = { values, titles: titles(), out: streams.out };
    if (first === 'verify') return await verifyCommand(second, { values, lanes: allLanes, out: streams.out });
    if (first === 'sign') return await signCommand(second, parts);
    if (first === 'page') return await pageCommand(second, parts);
    if (first === 'matrix') return await matrixCommand(positionals.slice(1), parts);
    if (first === 'prepare') return await prepare(second, values, streams);
    if (first === undefined) throw new Misuse('which provider?');
    return await test(first, values, streams);
  } catch (cause) {
    if (!(cause instanceof Misuse || cause instanceof Unreachable || cause instanceof Fault)) throw cause;
    streams.progress(`payvand-conformance: ${cause.message}\n${cause instanceof Misuse ? USAGE : ''}`);
    return 4;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    throw new Misuse(cause instanceof Error ? cause.message : String(cause));
  }
}

function list({ out }: Streams): number {
  for (const { id, tier, profile, level, covers } of titles())
    out(`${id}\t${tier}\t${profile}\t${level}\t${covers.join(' ')}\n`);
  return 0;
}

function titles(): CheckTitle[] {
  return allLanes.flatMap(({ checks }) => checks);
}

async function prepare(folder: string | undefined, values: Values, { out }: Streams): Promise<number> {
  if (folder === undefined) throw new Misuse('into which folder?');
  const place = placeOf(values.listen);
  const target = values['target-domain'];
  const targets = values.target.map((text) => {
    const [domain = '', at = ''] = text.split('=');
    return { domain, ...placeOf(at) };
  });
  await prepareNetwork(folder, {
    ...place,
    targets,
    isProxied: values.proxied,
    ...(target === undefined ? {} : { target }),
  });
  out(`The provider under test has to trust ${folder}/ca.pem and find the names in ${folder}/peers.json.\n`);
  out(`The reference server does with PAYVAND_PEERS_FILE=${folder}/peers.json.\n`);
  return 0;
}

async function test(url: string, values: Values, { out, progress }: Streams): Promise<number> {
  const tier = tierOf(values.tier);
  const { place, network } = await whereIs(values);
  const target = new Target({ ...place, url });
  await target.meet();
  const { claimed, ...people } = await peopleOf(target, tier, values);
  const { statement } = target.document;
  const outputs = await prepareOutputs(values, { statement, checks: titles().map(({ id }) => id) });
  const { known, seed, mutants } = outputs;
  const makeRun = (transcripts?: Transcripts): Run =>
    new Run({ target, ...(network && { network }), ...people, ...(transcripts && { transcripts }) });
  const isPartial = values.only.length > 0 || values.skip.length > 0;
  const isWanted = ({ id, tier: of }: CheckTitle): boolean =>
    of <= tier &&
    (values.only.length === 0 || values.only.some((start) => id.startsWith(start))) &&
    !values.skip.some((start) => id.startsWith(start));
  const wanted = titles().filter(isWanted);
  progress(`${target.domain}: ${wanted.length} checks of tier ${tier}${isPartial ? ', a partial run' : ''}\n`);
  if (tier === 'T0') progress('budget: at most 4 requests at once, about 1000 in all, 3 MB; no account is made\n');
  const startedAt = Date.now();
  const options = { isWanted, profiles: [...target.document.profiles, ...claimed] };
  const times = countOf(values.repeat, '--repeat', { most: 1000 }) - 1;
  const earlier = await runRounds({ times, makeRun, lanes: allLanes, options, progress });
  const run = makeRun(outputs.transcripts);
  out(tapHead(wanted.length));
  const seen: Result[] = [];
  const onResult = (plain: Result): void => {
    const result = withKnown(withRounds(plain, earlier), known, startedAt);
    seen.push(result);
    out(tapLine(result, seen.length));
    if (result.verdict !== 'pass') progress(`${result.verdict.padEnd(9)} ${result.id}: ${result.found ?? ''}\n`);
  };
  const onFailure = async (result: Result, exchanges: readonly Recorded[]): Promise<void> => {
    if (values.bundles === undefined) return;
    progress(`  ${await writeBundle(values.bundles, bundleOfCheck(run, result, exchanges))}\n`);
  };
  await runChecks(run, allLanes, { ...options, onResult, onFailure });
  await run.stop();
  const chosen = { only: values.only, skip: values.skip };
  const how = { tier, isPartial, startedAt, seed, chosen, timeScale: factorOf(values['time-scale']) };
  const report = makeReport({ ...how, run, results: seen, ...(mutants && { mutants }) });
  await outputs.write(report);
  progress(`${summaryOf(report)}\n`);
  return exitCodeOf(seen, isPartial || tier === 'T0');
}

interface People {
  readonly users?: Users;
  readonly control?: Control;
  /** profiles that are claimed by how the target is tested */
  readonly claimed: readonly string[];
}

/** @throws Misuse · Unreachable when the controls are not to be believed */
async function peopleOf(target: Target, tier: Tier, values: Values): Promise<People> {
  if (tier === 'T0') return { claimed: [] };
  if (tier === 'T1') return { users: new ClientUsers(target), claimed: ['client'] };
  const control = await meetControl(target, values);
  return { users: new ControlUsers(control), control, claimed: [...control.described.profiles, 'control'] };
}

/** @throws Misuse · Unreachable when they are not to be believed */
async function meetControl(target: Target, values: Values): Promise<Control> {
  const { control: url, 'control-token': token = process.env['PAYVAND_CONTROL_SECRET'] } = values;
  if (url === undefined || token === undefined) throw new Misuse('T2 needs --control and --control-token');
  const control = new Control(url, token);
  await control.meet(target.domain);
  return control;
}

function tierOf(text: string): Tier {
  if (text !== 'T0' && text !== 'T1' && text !== 'T2') throw new Misuse(`there is no tier ${text}`);
  return text;
}

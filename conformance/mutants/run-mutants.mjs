/**
 * Breaks the reference server on purpose, one fault at a time, and asks whether the suite notices.
 * usage: node conformance/mutants/run-mutants.mjs [name…] [--check] [--sample <number> --seed <number>] [--json <file>] [--suite <program>]
 *
 * `--check` only sees to it that every patch fits its place, once. A mutant is killed when a check that claims it fails on it, though it passes on the server
 * as it is. Exit status: 0 all killed, 1 one survived, 2 a patch does not fit or a server does not start.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const server = join(root, 'server');
/** Below the server's own packages, so that a copy finds them. */
const copies = join(server, 'node_modules', '.cache', 'payvand-mutants');
const domain = 'reference.test';
const RUN_MS_MAX = 240_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    suite: { type: 'string', default: join(root, 'conformance', 'bin', 'payvand-conformance.js') },
  },
});

const mutants = JSON.parse(await readFile(new URL('mutants.json', import.meta.url), 'utf8'));
const misfits = await findMisfits();
for (const line of misfits) say(line);
say(`${mutants.length} mutants, ${misfits.length} do not fit`);
process.exitCode = misfits.length > 0 ? 2 : 0;
if (!values.check && misfits.length === 0) await runAll(choose());

function say(line) {
  process.stdout.write(`${line}\n`);
}

async function findMisfits() {
  const texts = new Map();
  const faults = [];
  for (const { name, file, find, replace, checks } of mutants) {
    const text = texts.get(file) ?? (await readFile(join(server, 'dist', file), 'utf8').catch(() => ''));
    texts.set(file, text);
    const times = text.split(find).length - 1;
    if (times !== 1) faults.push(`${name}: found ${times} times in ${file}`);
    if (find === replace) faults.push(`${name}: changes nothing`);
    if (checks.length === 0) faults.push(`${name}: no check claims it`);
  }
  const names = mutants.map(({ name }) => name);
  return [...faults, ...names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name}: twice`)];
}

/** Those that were named, or as many as wanted beginning somewhere that the seed says, or all. */
function choose() {
  if (positionals.length > 0) return mutants.filter(({ name }) => positionals.includes(name));
  if (values.sample === undefined) return mutants;
  const from = (Number(values.seed) * Number(values.sample)) % mutants.length;
  return [...mutants.slice(from), ...mutants.slice(0, from)].slice(0, Number(values.sample));
}

async function runAll(chosen) {
  const wanted = [...new Set(chosen.flatMap(({ checks }) => checks))];
  const sane = await runOn({ name: 'none', checks: wanted });
  const results = [];
  for (const mutant of chosen) {
    const result = judge(sane, await runOn(mutant).catch((cause) => ({ fault: String(cause) })));
    results.push({ name: mutant.name, ...result });
    say(`${result.verdict.padEnd(9)} ${mutant.name}  ${result.by.slice(0, 3).join(' ')}`);
  }
  const count = (verdict) => results.filter((one) => one.verdict === verdict).length;
  const score = ((100 * count('killed')) / results.length).toFixed(1);
  say(
    `${results.length} mutants: ${count('killed')} killed, ${count('survived')} survived, ${count('unasked')} unasked, ${count('error')} in error; score ${score} %`,
  );
  if (values.json !== undefined)
    await writeFile(values.json, JSON.stringify({ score: Number(score), results }, null, 2));
  process.exitCode = count('error') > 0 ? 2 : count('killed') === results.length ? 0 : 1;
}

/** `unasked`: nothing that claims the mutant passes on the server as it is, so that its failure would say nothing. */
function judge(sane, broken) {
  if (broken.fault !== undefined) return { verdict: 'error', by: [broken.fault] };
  const decisive = Object.keys(broken).filter((id) => sane[id] === 'pass');
  const by = decisive.filter((id) => broken[id] === 'fail');
  return { verdict: by.length > 0 ? 'killed' : decisive.length === 0 ? 'unasked' : 'survived', by };
}

/** @returns verdict by check, of the server with one patch (of `none`: as it is) */
async function runOn({ name, file, find, replace, checks }) {
  const copy = join(copies, name);
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { recursive: true });
  for (const part of ['bin', 'dist', 'package.json', join('src', 'storage', 'migrations')])
    await cp(join(server, part), join(copy, part), { recursive: true });
  // The patch is in the compiled file, not in what was bundled of it.
  await rm(join(copy, 'dist', 'bundle'), { recursive: true, force: true });
  if (file !== undefined) {
    const text = await readFile(join(copy, 'dist', file), 'utf8');
    await writeFile(
      join(copy, 'dist', file),
      text.replace(find, () => replace),
    );
  }
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'payvand-mutant-')));
  // Root's database runs as somebody else, who has to get through.
  await chmod(folder, 0o711);
  try {
    return await runSuite({ copy, folder, checks });
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(copy, { recursive: true, force: true });
  }
}

async function runSuite({ copy, folder, checks }) {
  const network = join(folder, 'network');
  const [port, adminPort, suitePort] = [await freePort(), await freePort(), await freePort()];
  await run([values.suite, 'prepare', network, '--listen', `127.0.0.1:${suitePort}`, '--target-domain', domain]);
  const running = await startServer(copy, { folder, network, port, adminPort });
  try {
    const report = join(folder, 'report.json');
    const only = checks.flatMap((check) => ['--only', check]);
    const where = ['--at', `127.0.0.1:${port}`, '--network', network, '--tier', 'T1'];
    await run([values.suite, `https://${domain}`, ...where, ...only, '--report', report]);
    const said = JSON.parse(await readFile(report, 'utf8'));
    return Object.fromEntries(said.checks.map(({ id, verdict }) => [id, verdict]));
  } finally {
    await running.stop();
  }
}

async function startServer(copy, { folder, network, port, adminPort }) {
  const data = join(folder, 'data');
  const env = {
    ...process.env,
    ...{ PAYVAND_DOMAIN: domain, PAYVAND_LISTEN: `127.0.0.1:${port}`, PAYVAND_ADMIN_LISTEN: `127.0.0.1:${adminPort}` },
    ...{ PAYVAND_DATA_DIR: data, PAYVAND_PEERS_FILE: join(network, 'peers.json'), PAYVAND_SIGN_UP: 'open' },
    ...{ PAYVAND_TLS_CERT: join(network, 'target.pem'), PAYVAND_TLS_KEY: join(network, 'target-key.pem') },
    ...{ PAYVAND_STRANGER_FETCHES_PER_MINUTE: '1000', PAYVAND_LOG_LEVEL: 'warn' },
  };
  const program = join(copy, 'bin', 'payvand.js');
  const child = spawn(process.execPath, [program, 'serve', '--json'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), exited]);
  if (!String(line).includes('"ready"')) throw new Error(`the server did not start: ${line}`);
  return {
    async stop() {
      child.kill('SIGTERM');
      await exited;
      // Root's databases lie outside the data directory.
      const home = await realpath(join(data, 'database')).catch(() => '');
      if (dirname(home) === '/var/lib/payvand') await rm(home, { recursive: true, force: true });
    },
  };
}

/** What it says is in the report; that it says "not conformant" is what is wanted here. */
async function run(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: RUN_MS_MAX });
  await once(child, 'exit');
}

async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

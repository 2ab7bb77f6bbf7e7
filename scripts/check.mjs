/**
 * The gate. Cheap steps first; stops at the first red one.
 * usage: node scripts/check.mjs [step…]   (default: all)
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cruised = ['spec', 'server/src', 'server/test', 'server/bin', 'conformance', 'bench', 'scripts'];

const steps = {
  format: [['prettier', '--check', '--log-level', 'warn', '.']],
  types: [['tsc', '-b']],
  lint: [['eslint', '--max-warnings', '0', '.']],
  boundaries: [
    [
      'depcruise',
      '--config',
      'dependency-cruiser.config.js',
      ...cruised.filter((folder) => existsSync(join(root, folder))),
    ],
  ],
  unused: [['knip', '--no-progress']],
  spec: [
    ['node', 'scripts/spec-lint.mjs'],
    ['node', 'scripts/generate-schemas.mjs', '--check'],
  ],
  'planted-faults': [['node', 'scripts/planted-faults.mjs']],
  tests: [['node', 'scripts/run-tests.mjs']],
};

const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
const unknown = wanted.find((name) => !(name in steps));
if (unknown) {
  console.error(`no step "${unknown}"; there are: ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
for (const name of wanted) runStep(name, steps[name]);

function runStep(name, commands) {
  const started = Date.now();
  const isLive = name === 'tests';
  const outcomes = [];
  for (const [command, ...args] of commands) {
    const { status, error, stdout } = spawnSync(command, args, {
      cwd: root,
      env,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: isLive ? 'inherit' : ['ignore', 'pipe', 'inherit'],
    });
    outcomes.push({ status: error ? 1 : status, output: error ? error.message : (stdout ?? '') });
    if (outcomes.at(-1).status !== 0) break;
  }
  const { status, output } = outcomes.at(-1);
  const time = `${((Date.now() - started) / 1000).toFixed(1)} s`;
  if (status === 0) {
    if (!isLive) console.log(`ok   ${name.padEnd(16)}${time}`);
    return;
  }
  if (!isLive) console.log(`${output.trimEnd()}\nRED  ${name.padEnd(16)}${time}`);
  process.exit(1);
}

/**
 * The gate. The types come first, since the others read what they build, and the tests come last; in between two steps run at once.
 * Nothing begins after a red one.
 * usage: node scripts/check.mjs [step…]   (default: all)
 */
import { spawn } from 'node:child_process';
import { root, stepsFor, toolEnv } from './steps.mjs';

const LANES = 2;
const steps = stepsFor(root);
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
const unknown = wanted.find((name) => !Object.hasOwn(steps, name));
if (unknown) {
  console.error(`no step "${unknown}"; there are: ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
const isAlone = (name) => name === 'types' || name === 'tests';
const waiting = [...wanted];
while (waiting.length > 0 && process.exitCode === undefined) {
  const end = waiting.findIndex(isAlone);
  const next = waiting.splice(0, end === 0 ? 1 : end === -1 ? waiting.length : end);
  await Promise.all(Array.from({ length: LANES }, () => runSteps(next)));
}

async function runSteps(names) {
  for (let name = names.shift(); name !== undefined && process.exitCode === undefined; name = names.shift())
    if (!(await isGreen(name))) process.exitCode = 1;
}

/** A quiet step shows its output only when it is red; the tests show theirs as they go and end with the counts. */
async function isGreen(name) {
  const started = Date.now();
  const isLive = name === 'tests';
  const output = [];
  let status = 0;
  for (const command of steps[name]) {
    const ended = await run(command, isLive);
    output.push(ended.text);
    status = ended.status;
    if (status !== 0) break;
  }
  if (isLive) return status === 0;
  const verdict = `${status === 0 ? 'ok  ' : 'RED '} ${name.padEnd(16)}${((Date.now() - started) / 1000).toFixed(1)} s`;
  console.log(status === 0 ? verdict : `${output.join('')}${verdict}`);
  return status === 0;
}

function run([command, ...args], isLive) {
  return new Promise((resolve) => {
    const stdio = isLive ? 'inherit' : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd: root, env: toolEnv, stdio });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (part) => (text += part));
    child.once('error', (cause) => resolve({ status: 1, text: `${text}${cause.message}\n` }));
    child.once('close', (status) => resolve({ status, text }));
  });
}

/**
 * The gate. Cheap steps first; stops at the first red one.
 * usage: node scripts/check.mjs [step…]   (default: all)
 */
import { spawnSync } from 'node:child_process';
import { root, stepsFor, toolEnv } from './steps.mjs';

const steps = stepsFor(root);
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
const unknown = wanted.find((name) => !Object.hasOwn(steps, name));
if (unknown) {
  console.error(`no step "${unknown}"; there are: ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
for (const name of wanted) runStep(name, steps[name]);

/** A quiet step shows its output only when it is red; the tests show theirs as they go and end with the counts. */
function runStep(name, commands) {
  const started = Date.now();
  const isLive = name === 'tests';
  const output = [];
  const isGreen = commands.every(([command, ...args]) => {
    const options = {
      cwd: root,
      env: toolEnv,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: isLive ? 'inherit' : 'pipe',
    };
    const { status, error, stdout, stderr } = spawnSync(command, args, options);
    output.push(stdout ?? '', stderr ?? '', error?.message ?? '');
    return status === 0;
  });
  const verdict = `${isGreen ? 'ok  ' : 'RED '} ${name.padEnd(16)}${((Date.now() - started) / 1000).toFixed(1)} s`;
  if (!isGreen) process.stdout.write(output.join(''));
  if (!isLive) console.log(verdict);
  if (!isGreen) process.exit(1);
}

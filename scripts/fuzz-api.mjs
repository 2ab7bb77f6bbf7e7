/**
 * Makes up calls from the OpenAPI documents against real servers, for as long as told, and is red when an answer is not as documented.
 * usage: node scripts/fuzz-api.mjs client|federation [--minutes 30] [--seed <number>] [--rate <calls a second>]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    rate: { type: 'string', default: '30' },
  },
});
const [api] = positionals;
const numbers = [values.minutes, values.rate, values.seed ?? '1'];
if (!['client', 'federation'].includes(api) || numbers.some((text) => !(Number(text) > 0))) {
  console.error('usage: node scripts/fuzz-api.mjs client|federation [--minutes 30] [--seed <number>] [--rate 30]');
  process.exit(2);
}
const seconds = Math.round(Number(values.minutes) * 60);
const root = fileURLToPath(new URL('..', import.meta.url));
const tap = fileURLToPath(import.meta.resolve('tap')).replace(/dist\/.*$/, 'dist/esm/run.mjs');
const file = `server/test/long/fuzz-${api}.test.ts`;
const { status } = spawnSync(process.execPath, [tap, 'run', '--reporter=tap', `--timeout=${seconds + 600}`, file], {
  ...{ cwd: root, stdio: 'inherit' },
  env: {
    ...process.env,
    ...{ FUZZ_SECONDS: String(seconds), FUZZ_RATE: values.rate },
    ...(values.seed === undefined ? {} : { FUZZ_SEED: values.seed }),
  },
});
process.exitCode = status ?? 1;

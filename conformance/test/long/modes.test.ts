import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { ChaosFound } from '../../src/chaos/run-chaos.js';
import { runCommand } from '../../src/command-line.js';
import type { FuzzFound } from '../../src/fuzz/run-fuzz.js';
import { startReference } from '../support/reference-server.js';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly progress: string;
}

async function say(...args: string[]): Promise<Said> {
  let [out, progress] = ['', ''];
  const streams = { out: (text: string) => void (out += text), progress: (text: string) => void (progress += text) };
  return { code: await runCommand(args, streams), out, progress };
}

t.test('modes, with the reference server', async (t) => {
  const reference = await startReference();
  const folder = await mkdtemp(join(tmpdir(), 'payvand-modes-'));
  t.teardown(async () => {
    await reference.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const { url, at, network } = reference;
  const where = [url, '--at', at, '--network', network];
  const read = async <Found>(file: string): Promise<Found> =>
    JSON.parse(await readFile(join(folder, file), 'utf8')) as Found;

  await t.test('in a storm nothing acknowledged is lost, told twice or in another order', async (t) => {
    const json = join(folder, 'chaos.json');
    const { code, out, progress } = await say('chaos', ...where, '--seed', '7', '--messages', '12', '--json', json);
    t.equal(code, 0, `${out}${progress}`);
    const { fates, faults } = await read<ChaosFound>('chaos.json');
    t.same(faults, []);
    const met = Object.entries(fates).filter(([name, count]) => name !== 'pass' && count > 0);
    t.ok(met.length >= 4, `the storm was one: ${JSON.stringify(fates)}`);
  });

  await t.test('what is changed in one place and signed anew is refused, and honest people are served', async (t) => {
    const [json, bundles] = [join(folder, 'fuzz.json'), join(folder, 'findings')];
    const size = ['--seed', '11', '--trials', '300', '--minutes', '2'];
    const { code, out, progress } = await say('fuzz', ...where, ...size, '--json', json, '--bundles', bundles);
    t.equal(code, 0, `${out}${progress}`);
    const { trials, refused, findings } = await read<FuzzFound>('fuzz.json');
    t.same(findings, []);
    t.equal(trials, 300);
    t.ok(refused > 100, `most had to be refused: ${refused}`);
  });

  await t.test('what differs from round to round is flaky; what does not is not', async (t) => {
    const { out, progress } = await say(...where, '--only', 'discovery/', '--repeat', '2');
    t.match(progress, /round 1: \d+ checks/);
    t.notMatch(out, /flaky/);
    const wrong = await say(...where, '--repeat', '0');
    t.equal(wrong.code, 4);
    t.match(wrong.progress, /--repeat/);
  });

  await t.test('of a failed check there is a bundle', async (t) => {
    const bundles = join(folder, 'bundles');
    const { code } = await say(...where, '--only', 'discovery/', '--bundles', bundles);
    t.equal(code, 3, 'partial, and nothing failed');
    t.same(await readdir(bundles).catch(() => []), []);
  });
});

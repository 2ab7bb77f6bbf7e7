import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runCommand } from '../../src/command-line.js';
import type { Matrix } from '../../src/interop/matrix.js';
import { hasPython, startInteropNetwork } from '../support/interop-network.js';

t.test(
  'the reference server, the toy and the suite',
  { skip: hasPython ? false : 'there is no python3' },
  async (t) => {
    const { network, folder, targets, env, stop } = await startInteropNetwork();
    t.teardown(stop);
    Object.assign(process.env, env);
    const json = join(folder, 'matrix.json');
    let [out, progress] = ['', ''];
    const code = await runCommand(['interop', ...targets, '--network', network, '--json', json, '--time-scale', '3'], {
      out: (text) => void (out += text),
      progress: (text) => void (progress += text),
    });
    t.equal(code, 0, progress);
    const { cells } = JSON.parse(await readFile(json, 'utf8')) as Matrix;
    const names = ['changes', 'dm', 'group'];
    for (const [hub, follower] of [
      ['reference.test', 'toy.test'],
      ['toy.test', 'reference.test'],
    ] as const) {
      const own = cells.filter((cell) => cell.hub === hub && cell.follower === follower);
      t.same(own.map(({ scenario }) => scenario).sort(), names, `${follower} in rooms of ${hub}`);
      const groups = own.filter(({ scenario }) => scenario !== 'dm');
      t.ok(
        groups.every(({ standings = {} }) => 'the suite' in standings),
        'the suite is the third',
      );
      for (const { standings = {} } of own)
        t.equal(
          new Set(Object.values(standings).map(({ hash, state }) => `${hash} ${state}`)).size,
          1,
          'one log, one state',
        );
    }
    t.match(out, /toy\.test +ok \(3\)/);
  },
);

t.test('the two and the suite in a storm', { skip: hasPython ? false : 'there is no python3' }, async (t) => {
  const { network, targets, env, stop } = await startInteropNetwork({ isProxied: true });
  t.teardown(stop);
  Object.assign(process.env, env);
  let [out, progress] = ['', ''];
  const code = await runCommand(['chaos', ...targets, '--network', network, '--seed', '5', '--messages', '5'], {
    out: (text) => void (out += text),
    progress: (text) => void (progress += text),
  });
  t.equal(code, 0, `${out}${progress}`);
  t.match(out, /nothing was lost/);
});

t.test('targets that cannot be met are refused in words', async (t) => {
  const refusal = async (...args: string[]): Promise<string> => {
    let said = '';
    const streams = { out: () => undefined, progress: (text: string) => void (said += text) };
    t.equal(await runCommand(['interop', ...args], streams), 4);
    return said;
  };
  t.match(await refusal('https://a.test'), /takes two/);
  t.match(await refusal('https://a.test', 'https://b.test'), /--network/);
});

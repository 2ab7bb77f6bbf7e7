import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const program = fileURLToPath(new URL('../../bin/payvand.js', import.meta.url));

t.test(
  'the demo plays to its end with providers killed in the middle, and says so step by step',
  { timeout: 240_000 },
  async (t) => {
    const { code, lines, said } = await play(['--once', '--kill', '--json']);
    t.equal(code, 0, said);
    const steps = lines.map((line) => String(line['step']));
    for (const part of [
      'soroush.test is up',
      'ali@eitaa.test accepted',
      'Hello from the other app',
      'reacted',
      'edited it',
    ]) {
      t.ok(
        steps.some((step) => step.includes(part)),
        part,
      );
    }
    t.ok(
      steps.some((step) => step.includes('is pending')),
      'a message to a dead hub is pending',
    );
    t.ok(
      steps.some((step) => step.includes('everyone has it, once')),
      'and arrives when the hub is back',
    );
    t.equal(steps.filter((step) => step.endsWith('verifies offline')).length, 2, 'two copies of the group verify');
    const sinceStartMs = lines.slice(0, steps.findIndex((step) => step.includes('به پیوند خوش آمدی!')) + 1);
    t.comment(`first message across after ${sinceStartMs.reduce((sum, line) => sum + Number(line['ms']), 0)} ms`);
  },
);

t.test('a demo that cannot keep its promise ends with 1', { timeout: 60_000 }, async (t) => {
  const { code } = await play(['--once', '--no-such-flag']);
  t.equal(code, 2, 'bad usage is told apart');
});

async function play(
  args: readonly string[],
): Promise<{ code: number | null; lines: Record<string, unknown>[]; said: string }> {
  // Without the hooks that the test runner puts into every node process.
  const { NODE_OPTIONS, ...env } = process.env;
  const child = spawn(process.execPath, [program, 'demo', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.on('data', (part: Buffer) => (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (said += part.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = out.split('\n').filter((line) => line.startsWith('{'));
  return { code, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>), said: out + said };
}

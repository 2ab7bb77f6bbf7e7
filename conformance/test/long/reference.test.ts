import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startReference } from '../support/reference-server.js';

const program = fileURLToPath(new URL('../../bin/payvand-conformance.js', import.meta.url));

async function suite(...args: string[]): Promise<{ out: string; progress: string; code: unknown }> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, progress, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, progress, code };
}

t.test('the reference server conforms, signs that it does, and is believed', async (t) => {
  const reference = await startReference();
  t.teardown(async () => await reference.stop());
  const folder = await mkdtemp(join(tmpdir(), 'payvand-signed-'));
  t.teardown(async () => await rm(folder, { recursive: true, force: true }));
  const { url, at, network } = reference;
  const jws = join(folder, 'report.jws');
  const where = ['--at', at, '--network', network, '--tier', 'T1'];
  const signing = ['--sign', join(dirname(network), 'data'), '--jws', jws];
  const { out, progress, code } = await suite(url, ...where, ...signing);
  const failures = out.split('\n').filter((line) => line.startsWith('not ok'));
  t.same(failures, [], progress);
  t.equal(code, 0);
  const verified = await suite('verify', jws, ...where, '--rerun', '5%');
  t.match(verified.out, /^report +reference\.test is conformant, tier T1\n/);
  t.match(verified.out, /asked again +\d\d/);
  t.notMatch(verified.out, 'differs');
  t.equal(verified.code, 0, verified.out + verified.progress);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startReference } from '../support/reference-server.js';

const program = fileURLToPath(new URL('../../bin/payvand-conformance.js', import.meta.url));

t.test('the reference server conforms', async (t) => {
  const reference = await startReference();
  t.teardown(async () => await reference.stop());
  const { url, at, network } = reference;
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [program, url, '--at', at, '--network', network, '--tier', 'T1'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [tap, progress, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  const failures = tap.split('\n').filter((line) => line.startsWith('not ok'));
  t.same(failures, [], progress);
  t.equal(code, 0);
});

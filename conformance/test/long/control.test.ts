import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { runCommand } from '../../src/command-line.js';
import { startShimmed } from '../support/shim.js';

const areas = ['control/', 'restart/', 'rotation/', 'submit/', 'consent/', 'follow/', 'join/'];

interface Ran {
  readonly code: number;
  readonly tap: string;
  readonly progress: string;
}

async function run(args: readonly string[]): Promise<Ran> {
  const said = { tap: '', progress: '' };
  const code = await runCommand(args, {
    out: (text) => void (said.tap += text),
    progress: (text) => void (said.progress += text),
  });
  return { ...said, code };
}

t.test('a server behind the shim, of which the suite knows no client API, conforms', async (t) => {
  const { url, at, network, control, secret, stop } = await startShimmed();
  t.teardown(stop);
  const base = [url, '--at', at, '--network', network, '--tier', 'T2'];
  const only = areas.flatMap((area) => ['--only', area]);
  const { code, tap, progress } = await run([...base, '--control', control, '--control-token', secret, ...only]);
  t.same(
    tap.split('\n').filter((line) => line.startsWith('not ok')),
    [],
    progress,
  );
  t.equal(code, 3, 'only a part was run');

  t.match(await run(base), { code: 4, progress: /T2 needs --control/ });
  const wrong = [...base, '--control', control, '--control-token', 'another secret of that length'];
  t.match(await run(wrong), { code: 4, progress: /nothing they say is believed/ });

  const liar = createServer((_, response) => response.setHeader('content-type', 'application/json').end('{}'));
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  t.teardown(() => liar.close());
  const lies = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
  t.match(await run([...base, '--control', lies, '--control-token', secret]), {
    code: 4,
    progress: /nothing they say is believed/,
  });
});

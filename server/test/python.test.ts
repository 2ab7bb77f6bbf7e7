import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createTestNetwork } from './support/test-network.js';
import { TestPerson } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const program = fileURLToPath(new URL('../../spec/examples/provider.py', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
const text = 'سلام از پایتون';

t.test(
  'a provider written in Python from the spec joins, speaks and checks seals',
  { skip: hasPython ? false : 'there is no python3' },
  async (t) => {
    const network = await createTestNetwork({ domains: ['a.test', 'python.test'] });
    t.teardown(() => network.stop());
    const [hub, own] = [network.provider('a.test'), network.provider('python.test')];
    await hub.start();
    const alice = await TestPerson.signUp(network, 'a.test', 'alice');
    const stream = alice.openStream();
    t.teardown(() => stream.close());

    const python = spawn('python3', [
      ...[
        program,
        '--domain',
        'python.test',
        '--port',
        String(own.port),
        '--hub',
        'a.test',
        '--hub-at',
        `127.0.0.1:${hub.port}`,
      ],
      ...['--cert', join(own.dataDir, 'tls', 'cert.pem'), '--key', join(own.dataDir, 'tls', 'key.pem')],
      ...['--ca', join(network.folder, 'ca.pem'), '--text', text],
    ]);
    t.teardown(() => python.kill());
    let said = '';
    python.stdout.on('data', (part: Buffer) => (said += part.toString()));
    python.stderr.on('data', (part: Buffer) => (said += part.toString()));
    const ended = once(python, 'exit');
    await once(python.stdout, 'data');

    await alice.call('POST', '/contacts', { address: 'bob@python.test', requestKey: 'dm' });
    const [code] = (await ended) as [number | null];
    t.equal(code, 0, `it ends well:\n${said}`);
    t.match(said, /"step": "recorded"/);
    const frame = await stream.find((one) => one['type'] === 'message' && one['sender'] === 'bob@python.test');
    t.equal((frame['content'] as Json)['text'], text, 'its words arrive as they were written');
  },
);

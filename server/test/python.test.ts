import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createTestNetwork } from './support/test-network.js';
import type { TestNetwork } from './support/test-network.js';
import { TestPerson, until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const program = fileURLToPath(new URL('../../spec/examples/toy.py', import.meta.url));
const vectors = fileURLToPath(new URL('../../spec/vectors', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
const options = { skip: hasPython ? false : 'there is no python3' };
const [A, B, TOY] = ['a.test', 'b.test', 'toy.test'] as const;

/** A provider that was written from the specification alone: its console, as a person at it types and reads. */
class Toy {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: string[] = [];

  private constructor(process: ChildProcessWithoutNullStreams) {
    this.#process = process;
    for (const stream of [process.stdout, process.stderr])
      createInterface({ input: stream }).on('line', (line) => this.#lines.push(line));
  }

  static async start(network: TestNetwork): Promise<Toy> {
    const { port, dataDir } = network.provider(TOY);
    const peers = [A, B].map((name) => {
      const provider = network.provider(name);
      return [name, { address: '127.0.0.1', port: provider.port, ca: join(network.folder, 'ca.pem') }] as const;
    });
    await writeFile(join(network.folder, 'toy-peers.json'), JSON.stringify(Object.fromEntries(peers)));
    const toy = new Toy(
      spawn('python3', [
        ...[program, 'serve', '--domain', TOY, '--people', 'sara,navid', '--listen', `127.0.0.1:${port}`],
        ...['--cert', join(dataDir, 'tls', 'cert.pem'), '--key', join(dataDir, 'tls', 'key.pem')],
        ...['--peers', join(network.folder, 'toy-peers.json'), '--data', join(dataDir, 'toy')],
      ]),
    );
    await toy.read(/is ready/);
    return toy;
  }

  /** Types a line. */
  type(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** The first line that matches, as its groups; it and what came before are read by that. */
  async read(pattern: RegExp): Promise<string[]> {
    const found = await until(
      () => {
        const index = this.#lines.findIndex((line) => pattern.test(line));
        const line = index < 0 ? undefined : this.#lines.splice(0, index + 1).at(-1);
        return Promise.resolve(line === undefined ? undefined : (pattern.exec(line) ?? undefined));
      },
      `${String(pattern)} among\n${this.#lines.join('\n')}`,
    );
    return found.slice(1);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }
}

t.test('a provider written from the specification alone agrees with every vector', options, (t) => {
  const { status, stdout, stderr } = spawnSync('python3', [program, 'self-test', vectors], { encoding: 'utf8' });
  t.equal(status, 0, `${stdout.slice(-4000)}${stderr}`);
  t.end();
});

t.test('it follows a room of a server, and is the hub of rooms of servers', options, async (t) => {
  const network = await createTestNetwork({ domains: [A, B, TOY] });
  t.teardown(() => network.stop());
  await Promise.all([A, B].map((name) => network.provider(name).start()));
  const alice = await TestPerson.signUp(network, A, 'alice');
  const bob = await TestPerson.signUp(network, B, 'bob');
  const [hers, his] = [alice.openStream(), bob.openStream()];
  let toy = await Toy.start(network);
  t.teardown(async () => {
    hers.close();
    his.close();
    await toy.kill();
  });
  const heard = async (stream: typeof hers, text: string): Promise<void> => {
    const frame = await stream.find((one) => (one['content'] as Json | null)?.['text'] === text);
    t.equal(frame['type'], 'message', `heard: ${text}`);
  };
  await t.test('a dm of a server', async () => {
    await alice.call('POST', '/contacts', { address: `sara@${TOY}`, requestKey: 'dm' });
    const [room = ''] = await toy.read(/request to sara@toy\.test: dm of alice@a\.test (\S+)/);
    toy.type(`accept sara ${room}`);
    await toy.read(new RegExp(`${room} \\d+ sara@toy\\.test member`));
    await alice.say(room, 'سلام سارا');
    await toy.read(/alice@a\.test message .*سلام سارا/);
    toy.type(`say sara ${room} سلام آلیس`);
    await heard(hers, 'سلام آلیس');
    await toy.read(new RegExp(`sent ${room}`));
  });

  await t.test('a group of a server, across a crash', async () => {
    const room = String((await alice.call('POST', '/rooms', { title: 'ours', requestKey: 'ours' }))['room']);
    for (const address of [`sara@${TOY}`, bob.address]) await alice.call('POST', `/rooms/${room}/invites`, { address });
    await toy.read(/request to sara@toy\.test: group/);
    toy.type(`accept sara ${room}`);
    await toy.read(new RegExp(`${room} \\d+ sara@toy\\.test member`));
    toy.type(`invite sara ${room} navid@${TOY}`);
    await toy.read(/request to navid@toy\.test/);
    toy.type(`accept navid ${room}`);
    await toy.read(new RegExp(`${room} \\d+ navid@toy\\.test member`));
    await bob.acceptFrom(alice.address);
    await toy.read(new RegExp(`${room} \\d+ bob@b\\.test member`));
    await toy.kill();
    await bob.say(room, 'while it was away');
    toy = await Toy.start(network);
    await toy.read(/bob@b\.test message .*while it was away/);
    toy.type(`say navid ${room} back again`);
    await heard(his, 'back again');
  });

  await t.test('a group of its own, across a crash', async () => {
    toy.type('group sara Of the toy');
    const [room = ''] = await toy.read(/made (\S+)/);
    for (const person of [alice, bob]) {
      toy.type(`invite sara ${room} ${person.address}`);
      await person.acceptFrom(`sara@${TOY}`);
      await toy.read(new RegExp(`${room} \\d+ ${person.address} member`));
    }
    await alice.say(room, 'to all of you');
    await heard(his, 'to all of you');
    toy.type(`say sara ${room} welcome`);
    await Promise.all([heard(hers, 'welcome'), heard(his, 'welcome')]);
    toy.type(`state sara ${room} access ${bob.address} {"ban":true}`);
    await toy.read(/no: .*'rank'/);
    await toy.kill();
    await bob.say(room, 'kept until it is back');
    toy = await Toy.start(network);
    await heard(hers, 'kept until it is back');
    toy.type('rooms');
    await toy.read(new RegExp(`${room} toy\\.test \\d+ \\S+ good sara@toy\\.test alice@a\\.test bob@b\\.test`));
  });
});

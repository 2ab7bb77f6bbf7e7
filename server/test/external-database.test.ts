import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { faultOf } from '../src/storage/check-database.js';
import { makePlainPostgres } from './support/plain-postgres.js';
import { createTestNetwork } from './support/test-network.js';
import { TestPerson, until } from './support/test-person.js';

const [A, B] = ['a.test', 'b.test'] as const;
const program = fileURLToPath(new URL('../bin/payvand.js', import.meta.url));
const plain = await makePlainPostgres();
t.teardown(() => plain.remove());
await plain.start();
await plain.run(
  "CREATE ROLE payvand LOGIN PASSWORD 'a long one'",
  'CREATE DATABASE payvand OWNER payvand',
  "CREATE ROLE narrow LOGIN PASSWORD 'a long one' CONNECTION LIMIT 4",
  'CREATE DATABASE narrow OWNER narrow',
  "CREATE ROLE weak LOGIN PASSWORD 'a long one'",
);
const good = plain.url('payvand', 'a long one');
const network = await createTestNetwork({ domains: [A, B], envOf: { [A]: { DATABASE_URL: good } } });
t.teardown(() => network.stop());
const provider = network.provider(A);
const lastTexts = async (who: TestPerson, room: string): Promise<unknown[]> =>
  (await who.events(room))
    .filter(({ type }) => type === 'message')
    .map(({ content }) => (content as { text: string }).text);

await t.test('a provider on a database of one’s own talks to others, and goes on after every restart', async (t) => {
  await Promise.all([provider.start(), network.provider(B).start()]);
  const alice = await TestPerson.signUp(network, A, 'alice');
  const bob = await TestPerson.signUp(network, B, 'bob');
  const dm = await alice.dmWith(bob);
  const hear = (who: TestPerson, text: string): Promise<boolean> =>
    until(async () => (await lastTexts(who, dm)).includes(text), `${who.address} to hear ${text}`);
  await alice.say(dm, 'one');
  await hear(bob, 'one');
  await provider.stop();
  t.equal(await provider.databasePid(), undefined, 'no embedded database was started');
  await provider.start();
  await bob.say(dm, 'two');
  await hear(alice, 'two');

  await plain.stop();
  const refusal = await alice.refusal('POST', `/rooms/${dm}/events`, {
    ...{ requestKey: 'away', type: 'message', content: { text: 'three' } },
  });
  t.equal(refusal, 'unavailable', 'while the database is away nothing is promised');
  await plain.start();
  await until(async () => {
    const body = { requestKey: 'away', type: 'message', content: { text: 'three' } };
    return (await alice.refusal('POST', `/rooms/${dm}/events`, body)) === undefined;
  }, 'the server to find its database again');
  await hear(bob, 'three');
  t.same(await lastTexts(alice, dm), ['one', 'two', 'three']);
});

interface Refused {
  readonly exitCode: number | string | null | undefined;
  readonly out: string;
}

/** What `serve` says when it cannot. */
async function serveOn(databaseUrl: string): Promise<Refused> {
  const { NODE_OPTIONS, ...inherited } = process.env;
  const env = { ...inherited, DATABASE_URL: databaseUrl, PAYVAND_DATA_DIR: `${network.folder}/refused` };
  const args = [program, 'serve', '--domain', 'c.test', '--listen', '127.0.0.1:1', '--json'];
  return await new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : error.code, out: stdout + stderr });
    });
  });
}

await t.test('a database that cannot serve is refused at the start, in words', async (t) => {
  for (const [what, url, code, words] of [
    ['wrong password', plain.url('payvand', 'a secret guess'), 'database-refused', /refuses the log-in/],
    ['no such database', plain.url('payvand', 'a long one', 'nowhere'), 'database-refused', /no such database/],
    ['too few connections', plain.url('narrow', 'a long one'), 'database-connections', /allows 4 connections, and 10/],
    ['no right to make tables', plain.url('weak', 'a long one', 'postgres'), 'migration-failed', /permission denied/],
  ] as const) {
    const { exitCode, out } = await serveOn(url);
    t.equal(exitCode, 1, what);
    t.match(out, new RegExp(`"code":"${code}"`), what);
    t.match(out, words);
    t.notMatch(out, /a%20|a secret guess|a long one/, 'no password is told');
  }
  await plain.stop();
  const { exitCode, out } = await serveOn(good);
  t.equal(exitCode, 1, 'away');
  t.match(out, /"code":"database-unreachable".*no database answers at 127\.0\.0\.1:\d+/);
  await plain.start();
});

t.test('PostgreSQL before 15 is refused', (t) => {
  t.match(faultOf({ version: 140_011, connections: 97 }, 10), {
    code: 'database-version',
    message: /PostgreSQL 14; 15/,
  });
  t.equal(faultOf({ version: 150_000, connections: 10 }, 10), undefined);
  t.match(faultOf({ version: 180_000, connections: 9 }, 10), { code: 'database-connections' });
  t.end();
});

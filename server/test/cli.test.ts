import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import t from 'tap';
import { Agent, request } from 'undici';
import { createTestCa, issueCertificate, writeCertificate } from '../src/certificates.js';
import { commands } from '../src/cli/commands.js';
import { runCommand } from '../src/cli/run-command.js';
import { prepareCertificate } from '../src/cli/own-certificate.js';
import { settings } from '../src/config.js';
import { openKeyFile } from '../src/own-keys.js';
import type { Domain } from '../src/protocol/identifiers.js';
import { freePort } from './support/free-port.js';

const program = fileURLToPath(new URL('../bin/payvand.js', import.meta.url));
const folder = await realpath(await mkdtemp(join(tmpdir(), 'payvand-cli-')));
// So that root's database can stay in it.
await chmod(folder, 0o711);
const dataDir = join(folder, 'data');
const domain = 'soroush.test';
const [port, adminPort] = [await freePort(), await freePort()];
const places = ['--listen', `127.0.0.1:${port}`, '--admin-listen', `127.0.0.1:${adminPort}`];
const running = new Set<ChildProcessWithoutNullStreams>();
t.teardown(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], input = ''): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [program, ...args], { stdio: 'pipe' });
  running.add(child.once('exit', () => running.delete(child)));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return child;
}

async function run(args: readonly string[], input?: string): Promise<Ended> {
  const child = start(args, input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

/** The same in this process: quicker. */
async function runHere(args: readonly string[], input = ''): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const code = await runCommand(args, commands, {
    env: {},
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    now: () => Date.now(),
    startServer: () => Promise.reject(new Error('no server is wanted here')),
  });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}

/** A command with `--json`: its exit code and its last answer. */
async function runJson(args: readonly string[], input?: string): Promise<{ code: number | null; answer: unknown }> {
  const { code, stdout } = await runHere([...args, '--json'], input);
  return { code, answer: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown };
}

async function serve(
  flags: readonly string[] = [],
): Promise<{ child: ChildProcessWithoutNullStreams; ready: Record<string, unknown> }> {
  const child = start([
    'serve',
    '--domain',
    domain,
    '--data-dir',
    dataDir,
    ...places,
    '--log-level',
    'warn',
    '--json',
    ...flags,
  ]);
  child.stderr.resume();
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, ready: JSON.parse(line) as Record<string, unknown> };
}

async function stop(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGTERM');
  return (await ended)[0];
}

async function call(
  path: string,
  body?: object,
  token?: string,
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const agent = new Agent({ connect: { ca: await readFile(join(dataDir, 'tls', 'ca.pem')) } });
  try {
    const { statusCode, body: answer } = await request(`https://127.0.0.1:${port}${path}`, {
      ...{ method: body ? 'POST' : 'GET', dispatcher: agent },
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const said = await answer.text();
    return {
      status: statusCode,
      answer: said.startsWith('{') ? (JSON.parse(said) as Record<string, unknown>) : { said },
    };
  } finally {
    await agent.close();
  }
}

const logIn = (password: string) => call('/client/v1/sessions', { localpart: 'bob', password });
const here = ['--data-dir', dataDir];

t.test('help names every command and setting', async (t) => {
  const { code, stdout } = await runHere(['help']);
  t.equal(code, 0);
  for (const { name } of commands) t.match(stdout, name);
  const ofServe = await runHere(['serve', '--help']);
  for (const { env } of Object.values(settings)) t.match(ofServe.stdout, env);
  for (const { load, name } of commands)
    t.ok(
      (await load()).settings.every((setting) => setting in settings),
      name,
    );
});

t.test('whoever asks wrongly is told so, with exit code 2', async (t) => {
  t.match(await run(['foo']), { code: 2, stdout: '', stderr: /there is no command foo.*\(usage\)/ });
  t.match(await runHere([]), { code: 2, stderr: /no command given/ });
  t.match(await runHere(['user']), { code: 2, stderr: /payvand user create, payvand user reset-password/ });
  t.match(await runHere(['serve', '--bar']), { code: 2, stderr: /there is no flag --bar; see payvand serve --help/ });
  t.match(await runHere(['serve', '--domain']), { code: 2, stderr: /--domain needs a value/ });
  t.match(await runHere(['backup']), { code: 2, stderr: /needs <folder>/ });
  t.match(await runHere(['backup', 'a', 'b']), { code: 2, stderr: /"b" is one word too many/ });
  t.match(await runHere(['serve', '--listen', 'x', '--tls-cert', 'y']), {
    code: 2,
    stderr: /--listen: must be.*go together/,
  });
  t.match(await runJson(['serve', '--bar']), { code: 2, answer: { error: { code: 'usage', message: String } } });
});

t.test('a provider that is not there is not made by asking about it', async (t) => {
  const nowhere = ['--data-dir', join(folder, 'nowhere')];
  for (const words of [
    ['keys', 'show'],
    ['keys', 'rotate'],
    ['peers', 'list'],
    ['user', 'close', 'bob'],
    ['backup', join(folder, 'b')],
  ])
    t.match(
      JSON.parse((await runHere([...words, ...nowhere, '--json'])).stdout),
      { error: { code: 'no-provider' } },
      words.join(' '),
    );
  await t.rejects(stat(join(folder, 'nowhere')));
});

t.test('a certificate that is given is looked at before anything starts', async (t) => {
  const ca = await createTestCa(Date.now());
  const files = { cert: join(folder, 'given.pem'), key: join(folder, 'given-key.pem') };
  const check = (now = Date.now()) =>
    prepareCertificate({
      config: { dataDir, tlsCert: files.cert, tlsKey: files.key, endpoint: undefined },
      domain: domain as Domain,
      now,
    });
  await writeCertificate(await issueCertificate(ca, { names: [domain] }, Date.now()), files);
  t.match(await check(), { fingerprint: /^[0-9A-F:]{95}$/ }, 'control');
  await t.rejects(check(Date.now() + 1000 * 86_400_000), { code: 'bad-certificate', message: /valid from/ });
  await writeCertificate(await issueCertificate(ca, { names: ['eitaa.test'] }, Date.now()), files);
  await t.rejects(check(), { code: 'bad-certificate', message: /not for soroush\.test/ });
  const other = await issueCertificate(ca, { names: [domain] }, Date.now());
  await writeCertificate(
    { cert: (await issueCertificate(ca, { names: [domain] }, Date.now())).cert, key: other.key },
    files,
  );
  await t.rejects(check(), { code: 'bad-certificate', message: /not the private key/ });
});

t.test('a certificate made here is made again when it runs out, under the same authority', async (t) => {
  const config = { dataDir: join(folder, 'certificates'), tlsCert: undefined, tlsKey: undefined, endpoint: undefined };
  const made = await prepareCertificate({ config, domain: domain as Domain, now: Date.now() });
  const same = await prepareCertificate({ config, domain: domain as Domain, now: Date.now() });
  const later = await prepareCertificate({ config, domain: domain as Domain, now: Date.now() + 780 * 86_400_000 });
  t.same(same, made);
  t.equal(later.fingerprint, made.fingerprint);
  t.ok(later.until > made.until);
  t.equal((await stat(join(folder, 'certificates', 'tls', 'ca-key.pem'))).mode & 0o777, 0o600);
});

t.test('a clock that is behind the keys is refused, with both clocks', async (t) => {
  const early = join(folder, 'early');
  await openKeyFile(early, { provider: domain as Domain, now: Date.UTC(2100, 0, 1) });
  const { code, stderr } = await run(['serve', '--data-dir', early, ...places]);
  t.equal(code, 1);
  t.match(stderr, /clock says 20\d\d-.*2100-01-01T00:00:00.000Z.*\(clock-wrong\)/);
  const foreign = await run(['serve', '--data-dir', early, '--domain', 'other.test', ...places]);
  t.match(foreign, { code: 1, stderr: /belongs to soroush\.test, not to other\.test.*\(foreign-key-file\)/ });
});

t.test('a server is operated while it runs', async (t) => {
  const { child, ready } = await serve();
  t.match(ready, { event: 'ready', domain, rootKey: String, ownerCode: /^owner-/ });
  const owner = { localpart: 'parisa', password: 'correct horse', code: ready['ownerCode'] };
  t.equal((await call('/client/v1/accounts', owner)).status, 201, 'the owner signs up with the code');
  t.equal((await call('/client/v1/accounts', { ...owner, localpart: 'other' })).status, 403, 'once');

  await t.test('no second one takes its data directory or its port', async (t) => {
    const second = await run(['serve', '--data-dir', dataDir, ...places]);
    t.match(second, { code: 1, stderr: new RegExp(`in use by process ${child.pid}.*\\(data-directory-in-use\\)`) });
    const elsewhere = ['--data-dir', join(folder, 'second'), '--domain', 'second.test'];
    const taken = await run(['serve', ...elsewhere, ...places]);
    t.match(taken, { code: 1, stderr: new RegExp(`port ${port}: .*--listen \\(port-taken\\)`) });
  });

  await t.test('accounts are made, opened again and closed', async (t) => {
    t.match(await runJson(['user', 'create', 'bob', '--name', 'باب', ...here], 'first password\n'), {
      code: 0,
      answer: { address: 'bob@soroush.test' },
    });
    t.match(await runJson(['user', 'create', 'bob', ...here], 'first password\n'), {
      code: 1,
      answer: { error: { code: 'taken' } },
    });
    t.match(await runJson(['user', 'create', 'eve', ...here], 'short\n'), {
      code: 1,
      answer: { error: { code: 'bad-request' } },
    });
    t.match(await runJson(['user', 'create', 'eve', ...here], ''), {
      code: 1,
      answer: { error: { code: 'no-password' } },
    });
    const { answer } = await logIn('first password');
    const token = String(answer['token']);
    t.match(await call('/client/v1/me', undefined, token), { status: 200, answer: { name: 'باب' } });
    t.match(await run(['user', 'reset-password', 'bob@soroush.test', ...here], 'second password\n'), { code: 0 });
    t.equal((await call('/client/v1/rooms', undefined, token)).status, 401, 'sessions end in the running server');
    t.equal((await logIn('first password')).status, 401);
    t.equal((await logIn('second password')).status, 201);
    t.match(await runHere(['user', 'close', 'bob', ...here]), { code: 0 });
    t.equal((await logIn('second password')).status, 401);
    t.match(await runHere(['user', 'close', 'bob', ...here]), { code: 1, stderr: /\(not-found\)/ });
  });

  await t.test('keys are rotated', async (t) => {
    const before = await call('/.well-known/payvand');
    t.match(await runJson(['keys', 'show', ...here]), { answer: { version: 1, roots: [ready['rootKey'], String] } });
    t.match(await runJson(['keys', 'rotate', ...here]), { code: 0, answer: { version: 2 } });
    const deadline = Date.now() + 2000;
    let after = before;
    while (after.answer['said'] === before.answer['said'] && Date.now() < deadline + 3000) {
      await delay(50);
      after = await call('/.well-known/payvand');
    }
    t.not(after.answer['said'], before.answer['said'], 'the server shows a new document');
    t.notMatch((await runHere(['keys', 'show', ...here])).stdout, /seed/);
  });

  await t.test('other providers are blocked and limited', async (t) => {
    t.match(await runJson(['peers', 'block', 'eitaa.test', ...here]), { code: 0, answer: { blocked: true } });
    t.match(await runJson(['peers', 'limit', 'eitaa.test', '0.1', ...here]), { code: 0, answer: { limitFactor: 0.1 } });
    t.match(await runJson(['peers', 'limit', 'eitaa.test', 'x', ...here]), { code: 2 });
    t.match((await runHere(['peers', 'list', ...here])).stdout, /eitaa\.test .*blocked .*0\.1/);
    t.match(await runJson(['peers', 'unblock', 'eitaa.test', ...here]), { code: 0 });
    t.match((await runHere(['peers', 'list', ...here])).stdout, /eitaa\.test(?!.*blocked)/);
    t.match(await runJson(['peers', 'check', 'nowhere.invalid', ...here]), {
      code: 1,
      answer: { error: { code: 'peer-unreachable' } },
    });
  });

  const refused = await runJson(['backup', join(folder, 'copy'), ...here]);
  t.match(refused, { code: 1, answer: { error: { code: 'data-directory-in-use' } } }, 'no backup of a running server');
  const slow = connect({ port, host: '127.0.0.1', servername: domain, rejectUnauthorized: false });
  slow.on('error', () => undefined);
  slow.write(`POST /client/v1/sessions HTTP/1.1\r\nhost: ${domain}\r\ncontent-type: application/json\r\n`);
  await new Promise((resolve) => slow.write('content-length: 100\r\n\r\n{', resolve));
  const readiness = async (): Promise<readonly [number, string]> => {
    const { statusCode, body } = await request(`http://127.0.0.1:${adminPort}/readyz`);
    return [statusCode, await body.text()];
  };
  t.match(await readiness(), [200]);
  const ended = stop(child);
  let [status, reasons] = await readiness();
  while (status === 200) [status, reasons] = await readiness();
  t.equal(status, 503, 'while requests under way are finished, no new ones are wanted');
  t.match(reasons, /is being stopped/);
  slow.destroy();
  t.equal(await ended, 0, 'it ends in order');
});

t.test('what was copied and destroyed is there again', async (t) => {
  const copy = join(folder, 'copy');
  t.match(await runHere(['user', 'create', 'bob2', ...here], 'first password\n'), { code: 0 }, 'also without a server');
  t.match(await runHere(['backup', copy, ...here]), { code: 0 });
  t.match(await runHere(['backup', copy, ...here]), { code: 1, stderr: /\(exists\)/ });
  t.equal((await stat(join(copy, 'keys', 'provider.json'))).mode & 0o777, 0o600);
  t.match(await runHere(['restore', copy, ...here]), { code: 1, stderr: /\(exists\)/ }, 'never over a provider');
  const keys = (await runHere(['keys', 'show', ...here])).stdout;
  await rm(dataDir, { recursive: true });
  t.match(await runHere(['restore', folder, ...here]), { code: 1, stderr: /\(no-backup\)/ });
  t.match(await runHere(['restore', copy, ...here]), { code: 0 });
  t.equal((await runHere(['keys', 'show', ...here])).stdout, keys, 'the same provider');
  const { child, ready } = await serve();
  t.notOk('ownerCode' in ready, 'there are accounts');
  const known = await call('/client/v1/sessions', { localpart: 'parisa', password: 'correct horse' });
  t.equal(known.status, 201, 'the same accounts');

  const host = await realpath(join(dataDir, 'database', 'socket'));
  const sql = postgres({ host, port: 5432, user: 'payvand', database: 'postgres', max: 1 });
  await sql`INSERT INTO schema_migrations (number, name, sha256) VALUES (9999, '9999_later.sql', '')`;
  await sql.end();
  t.equal(await stop(child), 0);
  t.match(
    await run(['serve', ...here, ...places]),
    { code: 1, stderr: /9999_later\.sql.*\(schema-newer\)/ },
    'a newer schema is refused',
  );
});

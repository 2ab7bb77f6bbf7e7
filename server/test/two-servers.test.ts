import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Agent, request } from 'undici';
import { freePort } from './support/free-port.js';

const program = fileURLToPath(new URL('../bin/payvand.js', import.meta.url));
const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
const password = 'correct horse battery';

/** The commands of the README under one of its marks, at home in a folder of ours and on free ports. */
function commandsOf(part: string, places: ReadonlyMap<string, string>): string[] {
  const blocks = readme.matchAll(/<!-- two-servers: (\w+) -->\s+```sh\n([^`]*)```/g);
  return [...blocks]
    .filter(([, name]) => name === part)
    .map(([, , text = '']) => [...places].reduce((script, [from, to]) => script.replaceAll(from, to), text));
}

/** Runs a script as somebody would who types it, and answers every question for a password. */
async function run(script: string): Promise<string> {
  const lines = script.replaceAll(/^(.* user create .*)$/gm, `printf '%s\\n' '${password}' | $1`);
  return new Promise((resolve, reject) => {
    execFile('bash', ['-e', '-o', 'pipefail', '-c', lines], { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${lines}\n${stdout}\n${stderr}`));
      else resolve(stdout);
    });
  });
}

async function serve(script: string): Promise<ChildProcess> {
  const child = spawn('bash', ['-c', `exec ${script.trim()} --log-level warn --json`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => ['{}'])])) as [string];
  t.match(JSON.parse(line), { event: 'ready' }, 'the server is up');
  return child;
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

interface Person {
  get(path: string): Promise<Json>;
  post(path: string, body: object): Promise<Json>;
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers of the API are looked at by assertions only
type Json = any;

/** A client of one server: HTTPS with nothing but the authority the server made. */
async function connect(authority: string, port: string): Promise<Agent & { origin: string }> {
  const agent = new Agent({ connect: { ca: await readFile(authority) } });
  t.teardown(() => agent.close());
  return Object.assign(agent, { origin: `https://127.0.0.1:${port}/client/v1` });
}

async function logIn(agent: Agent & { origin: string }, localpart: string): Promise<Person> {
  let token = '';
  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<Json> => {
    const headers = { 'content-type': 'application/json', ...(token !== '' && { authorization: `Bearer ${token}` }) };
    const text = body && JSON.stringify(body);
    const answer = await request(`${agent.origin}${path}`, {
      ...{ method, dispatcher: agent, headers },
      ...(text !== undefined && { body: text }),
    });
    const said = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(`${path}: ${said}`);
    return said === '' ? undefined : JSON.parse(said);
  };
  const session = await call('POST', '/sessions', { localpart, password });
  token = session.token;
  return { get: (path) => call('GET', path), post: (path, body) => call('POST', path, body) };
}

async function until<Found>(look: () => Promise<Found | undefined>): Promise<Found> {
  for (let tries = 0; tries < 150; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(100);
  }
  throw new Error('nothing came within 15 seconds');
}

t.test('two servers joined by hand, as the README says, carry a message across', async (t) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'payvand-two-')));
  // So that root's database can stay in it.
  await chmod(folder, 0o711);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const [first, second] = [String(await freePort()), String(await freePort())];
  const places = new Map([
    ['npx payvand', `${process.execPath} ${program}`],
    ['node scripts/ready.mjs\n', ''],
    ['network/', `${folder}/`],
    ['8443', first],
    ['8444', second],
    ['9464', String(await freePort())],
    ['9465', String(await freePort())],
  ]);
  const [prepare = ''] = commandsOf('prepare', places);
  await run(prepare);
  const servers: ChildProcess[] = [];
  t.teardown(() => Promise.all(servers.map(stop)));
  await Promise.all(commandsOf('serve', places).map(async (script) => servers.push(await serve(script))));
  t.equal(servers.length, 2);
  const [people = ''] = commandsOf('people', places);
  t.match(await run(people), /eitaa\.test answers at https:\/\/eitaa\.test/, 'one server finds the other');

  const parisa = await logIn(await connect(join(folder, 'soroush/tls/ca.pem'), first), 'parisa');
  const omid = await logIn(await connect(join(folder, 'eitaa/tls/ca.pem'), second), 'omid');
  const { room } = await parisa.post('/contacts', { address: 'omid@eitaa.test', intro: 'سلام', requestKey: 'c1' });
  const asked = await until(async () => (await omid.get('/requests')).requests[0]);
  t.match(asked, { by: 'parisa@soroush.test', intro: 'سلام' });
  await omid.post(`/requests/${asked.id}/accept`, {});
  const text = 'پیوند works';
  await omid.post(`/rooms/${room}/events`, { requestKey: 'm1', type: 'message', content: { text } });
  const read = await until(async () =>
    (await parisa.get(`/rooms/${room}/events`)).events.find((event: Json) => event.type === 'message'),
  );
  t.match(read, { sender: 'omid@eitaa.test', content: { text } });
  t.same(await Promise.all(servers.map(stop)), [0, 0], 'both end in order');
});

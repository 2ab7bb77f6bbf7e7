import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { createTestCa, issueCertificate, writeCertificate } from '../src/certificates.js';
import { loopbackAgent } from '../src/cli/api-client.js';
import { lanAddresses } from '../src/cli/own-certificate.js';
import { freePort } from './support/free-port.js';

const program = fileURLToPath(new URL('../bin/payvand.js', import.meta.url));
const guide = await readFile(new URL('../../docs/operating.md', import.meta.url), 'utf8');
const name = 'soroush.example';

const folder = await realpath(await mkdtemp(join(tmpdir(), 'payvand-proxy-')));
// So that root's database can stay in it.
await chmod(folder, 0o711);
const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
const ca = await createTestCa(Date.now());
await writeCertificate(await issueCertificate(ca, { names: [name] }, Date.now()), files);
const agent = loopbackAgent(ca.cert);
const [port, adminPort] = [await freePort(), await freePort()];
const server = await startBehindProxy();
t.teardown(async () => {
  await stop(server);
  await agent.close();
  await rm(folder, { recursive: true, force: true });
});

async function startBehindProxy(): Promise<ChildProcess> {
  const flags = [
    '--domain',
    name,
    '--data-dir',
    join(folder, 'data'),
    '--proxy-from',
    '127.0.0.1',
    '--sign-up',
    'open',
  ];
  const listen = [
    '--listen',
    `127.0.0.1:${port}`,
    '--admin-listen',
    `127.0.0.1:${adminPort}`,
    '--log-level',
    'warn',
    '--json',
  ];
  const child = spawn(process.execPath, [program, 'serve', ...flags, ...listen], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** The text of the operating guide for one proxy, with our name, certificate and ports. */
function textFor(language: string, proxyPort: number): string {
  const [, text = ''] = new RegExp(`\`\`\`${language}\\n([^\`]*)\`\`\``).exec(guide) ?? [];
  return text
    .replace('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replace('listen 443', `listen 127.0.0.1:${proxyPort}`)
    .replace(/\/etc\/ssl.*fullchain\.pem/, files.cert)
    .replace(/\/etc\/ssl.*privkey\.pem/, files.key)
    .replace(/^soroush\.example \{/, `https://${name}:${proxyPort} {\n\ttls ${files.cert} ${files.key}`);
}

async function startProxy(program: string, proxyPort: number): Promise<ChildProcess> {
  const file = join(folder, `${program}.conf`);
  const isNginx = program === 'nginx';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const text = isNginx
    ? `${process.getuid?.() === 0 ? 'user root;' : ''}\npid ${folder}/nginx.pid;\nevents {}\nhttp {\naccess_log off;\n${temporary.join('\n')}\n${textFor('nginx', proxyPort)}}\n`
    : `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${textFor('caddyfile', proxyPort)}`;
  await writeFile(file, text);
  const args = isNginx
    ? ['-c', file, '-e', 'stderr', '-g', 'daemon off;']
    : ['run', '--adapter', 'caddyfile', '--config', file];
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return spawn(program, args, { stdio: 'ignore', env });
}

async function ask(proxyPort: number, path: string, body?: object): Promise<{ status: number; text: string }> {
  const { statusCode, body: answer } = await request(`https://${name}:${proxyPort}${path}`, {
    ...{ method: body ? 'POST' : 'GET', dispatcher: agent },
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: statusCode, text: await answer.text() };
}

async function untilUp(proxyPort: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (
      await ask(proxyPort, '/healthz').then(
        ({ status }) => status === 200,
        () => false,
      )
    )
      return;
    await delay(50);
  }
  throw new Error('the proxy did not come up');
}

for (const proxy of ['nginx', 'caddy']) {
  const isMissing = spawnSync(proxy, ['version']).error !== undefined;
  const skip = isMissing && `${proxy} is not installed here`;
  t.test(`the text of the operating guide for ${proxy} carries everything through`, { skip }, async (t) => {
    const proxyPort = await freePort();
    const child = await startProxy(proxy, proxyPort);
    t.teardown(() => stop(child));
    await untilUp(proxyPort);
    const document = await ask(proxyPort, '/.well-known/payvand');
    t.match(document, { status: 200, text: /^[\w-]+\.[\w-]+\.[\w-]+$/ }, 'the provider document');
    const large = await ask(proxyPort, '/payvand/v1/push', { text: 'x'.repeat(4_100_000) });
    // A stranger's body is refused unread; a proxy that is still sending it may answer 502 for that, but never 413 of its own.
    t.ok([401, 502].includes(large.status), `a body of nearly 4 MiB is let through: ${large.status}`);
    const account = { localpart: `alice-${proxy}`, password: 'correct horse' };
    const made = await ask(proxyPort, '/client/v1/accounts', account);
    t.equal(made.status, 201, made.text);
    const { token } = JSON.parse(made.text) as { token: string };
    const lookup: LookupFunction = (_host, { all }, done) =>
      all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);
    const socket = new WebSocket(`wss://${name}:${proxyPort}/client/v1/stream`, { ca: ca.cert, lookup });
    t.teardown(() => socket.terminate());
    await once(socket, 'open');
    socket.send(JSON.stringify({ op: 'open', token, cursor: null }));
    const [frame] = (await once(socket, 'message')) as [Buffer];
    t.match(frame.toString(), /"opened"/, 'a live stream');
  });
}

const [other] = lanAddresses();
const skipOther = other === undefined && 'this machine has one address only';
t.test('nobody gets past the proxy', { skip: skipOther }, async (t) => {
  const source = new Agent(other === undefined ? {} : { localAddress: other });
  t.teardown(() => source.close());
  await t.rejects(request(`http://127.0.0.1:${port}/healthz`, { dispatcher: source }));
  t.equal((await request(`http://127.0.0.1:${port}/healthz`)).statusCode, 200, 'the proxy itself does');
});

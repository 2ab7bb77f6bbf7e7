import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import type { IncomingMessage, RequestListener } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { createTestCa, issueCertificate } from '../src/certificates.js';
import { createLog } from '../src/log.js';
import { backOffDelayMs } from '../src/transport/back-off.js';
import { Discovery } from '../src/transport/discovery.js';
import { createGuardedConnect } from '../src/transport/guarded-connect.js';
import type { LookupAll } from '../src/transport/guarded-connect.js';
import { createHttpClient } from '../src/transport/http-client.js';
import type { HttpClient, HttpClientOptions, HttpRequest } from '../src/transport/http-client.js';
import { createPeerClient } from '../src/transport/peer-client.js';
import { PeerError } from '../src/transport/peer-error.js';
import { isPublicAddress } from '../src/transport/public-address.js';
import { createLoopbackNetwork, documentOf, domain, keyNamed, MemoryProviders } from './fixtures/loopback-provider.js';
import type { LoopbackNetwork } from './fixtures/loopback-provider.js';
import { freePort } from './support/free-port.js';

const ANSWER = { bytesMax: 1000, deadlineMs: 5000 };

t.test('only plain global unicast addresses are public', async (t) => {
  const refused =
    '0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 ' +
    '192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 ' +
    '239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::FFFF:8.8.8.8 ::127.0.0.1 ' +
    '64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 fc00::1 fd12::1 fe80::1 fec0::1 ff02::1 ' +
    'localhost 0x7f.1 127.1';
  for (const address of [...refused.split(' '), '']) t.notOk(isPublicAddress(address), address);
  const allowed =
    '1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.169.0.1 198.20.0.1 223.255.255.254 2600::1 2a01::1';
  for (const address of allowed.split(' ')) t.ok(isPublicAddress(address), address);
});

t.test('no request reaches an address that is not public', async (t) => {
  const trap = await startTrap(t);

  for (const host of [
    '127.0.0.1',
    '0x7f.1',
    '127.1',
    '2130706433',
    '[::ffff:127.0.0.1]',
    '[::1]',
    'localhost',
    'a.example.',
  ])
    t.test(`a literal or unusual name is no domain: ${host}`, async (t) => {
      const client = startClient(t, { peers: new Map(), lookup: resolvesTo('127.0.0.1') });
      await t.rejects(client.request(get(host)), { code: 'address-refused' });
    });

  for (const address of [
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '64:ff9b::7f00:1',
    'fe80::1',
    '224.0.0.1',
  ])
    t.test(`a name that resolves to ${address}`, async (t) => {
      const client = startClient(t, { peers: new Map(), lookup: resolvesTo(address) });
      await t.rejects(client.request(get('rebound.example')), { code: 'address-refused' });
    });

  t.test('a name that resolves differently for each connection', async (t) => {
    const answers = ['10.0.0.1', '127.0.0.1', '192.168.0.1'];
    const asked: string[] = [];
    const lookup: LookupAll = (hostname, options, callback) => {
      asked.push(hostname);
      t.equal(options.all, true);
      callback(null, [{ address: answers[asked.length - 1] ?? '127.0.0.1', family: 4 }]);
    };
    const client = startClient(t, { peers: new Map(), lookup });
    for (const answer of answers)
      await t.rejects(client.request(get('rebound.example')), { code: 'address-refused' }, answer);
    t.equal(asked.length, 3, 'one look-up a connection, none before it');
  });

  t.test('a literal that gets past all names is caught on the connected socket', async (t) => {
    const connect = createGuardedConnect({ timeoutMs: 2000 });
    const [error, socket] = await new Promise<[Error | null, unknown]>((resolve) =>
      connect({ hostname: '127.0.0.1', host: '127.0.0.1', protocol: 'https:', port: String(trap.port) }, (...result) =>
        resolve([result[0], result[1]]),
      ),
    );
    t.match(error, { code: 'address-refused' });
    t.equal(socket, null);
    await trap.connected();
    t.equal(trap.bytes(), 0, 'not one byte was sent');
  });
});

t.test('a mapped name is reached at its address under its own name', async (t) => {
  const seen: { servername?: unknown; host?: string | undefined }[] = [];
  const { client } = await startPeer(t, (incoming, outgoing) => {
    seen.push({
      servername: Reflect.get(incoming.socket, 'servername') as unknown,
      host: incoming.headers.host,
    });
    outgoing.end('hello');
  });
  const answer = await client.request(get('peer.example'));
  t.equal(answer.body.toString(), 'hello');
  t.same(seen, [{ servername: 'peer.example', host: 'peer.example' }]);
});

t.test('a certificate of another authority or for another name is refused', async (t) => {
  const stranger = await createTestCa(Date.now());
  const { peers } = await startPeer(t, (_, outgoing) => void outgoing.end());
  const peer = peers.get('peer.example') ?? { address: '', port: 0 };
  const client = startClient(t, {
    peers: new Map([
      ['peer.example', { ...peer, ca: stranger.cert }],
      ['other.example', peer],
    ]),
  });
  for (const host of ['peer.example', 'other.example'])
    await t.rejects(client.request(get(host)), { code: 'peer-unreachable', detail: /CERT|SIGNATURE|ISSUER/ });
});

t.test('answers have limits', async (t) => {
  const hanging: string[] = [];
  const { client, requests } = await startPeer(t, (incoming, outgoing) => {
    const answers: Record<string, () => void> = {
      '/redirect': () => void outgoing.writeHead(307, { location: 'https://elsewhere.example/' }).end(),
      '/long': () => void outgoing.writeHead(200, { 'content-length': 1001 }).write('x'),
      '/fits': () => void outgoing.end('x'.repeat(1000)),
      '/chunks': () => {
        outgoing.write('x'.repeat(600));
        outgoing.write('x'.repeat(600));
      },
      '/short': () => {
        outgoing.writeHead(200, { 'content-length': 100 }).write('x');
        setImmediate(() => incoming.socket.destroy());
      },
      '/drip': () => {
        const drip = setInterval(() => outgoing.write('x'), 20);
        outgoing.once('close', () => clearInterval(drip));
      },
      '/silence': () => void hanging.push(incoming.url ?? ''),
    };
    answers[incoming.url ?? '']?.();
  });
  const code = async (path: string, deadlineMs = 5000): Promise<unknown> => {
    try {
      return (await client.request({ ...get('peer.example'), path, deadlineMs })).status;
    } catch (cause) {
      return cause instanceof PeerError ? cause.code : cause;
    }
  };
  t.equal(await code('/fits'), 200, 'control: exactly the limit');
  t.equal(await code('/redirect'), 'redirect-refused');
  t.equal(await code('/long'), 'answer-too-large', 'by its declared length');
  t.equal(await code('/chunks'), 'answer-too-large', 'by what came');
  t.equal(await code('/short'), 'peer-unreachable', 'less came than was declared');
  t.equal(await code('/drip', 200), 'peer-timeout', 'a drip does not stretch the deadline');
  t.equal(await code('/silence', 100), 'peer-timeout');
  t.equal(await code('/fits'), 200, 'and the peer is still there');
  t.notOk(requests.includes('/'), 'no redirect was followed');

  t.test('an aborted request fails with the reason', async (t) => {
    const controller = new AbortController();
    const asked = client.request({ ...get('peer.example'), path: '/silence', signal: controller.signal });
    controller.abort(new RangeError('enough'));
    await t.rejects(asked, RangeError);
    await t.rejects(client.request({ ...get('peer.example'), signal: controller.signal }), RangeError);
  });

  t.test('a peer that never answers holds a bounded number of requests', async (t) => {
    const controller = new AbortController();
    const silent = Array.from({ length: 128 }, () =>
      client
        .request({ ...get('peer.example'), path: '/silence', signal: controller.signal })
        .catch((cause: unknown) => cause),
    );
    t.equal(await code('/fits'), 'peer-busy');
    controller.abort(new RangeError('enough'));
    await Promise.all(silent);
    t.equal(await code('/fits'), 200);
  });
});

t.test('connections are kept and few', async (t) => {
  const { client, connections } = await startPeer(t, (_, outgoing) => void outgoing.end('x'));
  for (let i = 0; i < 5; i++) await client.request(get('peer.example'));
  t.ok(connections() <= 2, `${connections()} connections for requests one after the other`);
  await Promise.all(Array.from({ length: 40 }, () => client.request(get('peer.example'))));
  t.ok(connections() <= 8, `${connections()} connections`);
});

t.test('nobody there', async (t) => {
  const client = startClient(t, {
    peers: new Map([['gone.example', { address: '127.0.0.1', port: await freePort() }]]),
  });
  await t.rejects(client.request(get('gone.example')), { code: 'peer-unreachable', detail: 'ECONNREFUSED' });
});

t.test('back-off doubles up to five minutes with full jitter', async (t) => {
  const most = { bytes: (count: number) => Buffer.alloc(count, 0xff) };
  const least = { bytes: (count: number) => Buffer.alloc(count) };
  t.same(
    [1, 2, 3, 9, 10, 100].map((failures) => backOffDelayMs(failures, most)),
    [1000, 2000, 4000, 256_000, 300_000, 300_000],
  );
  t.equal(backOffDelayMs(5, least), 0);
});

t.test('discovery', async (t) => {
  const a = domain('a.example');

  t.test('fetches, verifies and keeps a document', async (t) => {
    const { discovery, served, store, network } = await startDiscovery(t);
    const [first, second] = await Promise.all([discovery.get(a), discovery.get(a)]);
    t.equal(first.endpoint, 'https://a.example');
    t.equal(second, first, 'two askers, one fetch');
    t.equal(served.fetches, 1);
    t.equal(store.rows.get(a)?.document, served.document);
    const { kid } = keyNamed('a.example request');
    t.equal(discovery.keyStatus(a, kid, 'request'), 'active');
    t.equal(discovery.keyStatus(a, kid, 'event'), 'retired', 'a key has one use');
    t.equal(discovery.keyStatus(a, keyNamed('a new key').kid, 'event'), 'unlisted');
    t.equal(discovery.keyStatus(domain('x1.example'), kid, 'event'), undefined);
    t.equal(served.fetches, 1);
    network.clock.ms += 8 * 86_400_000;
    t.equal(await discovery.find(a), undefined, 'an expired document counts no more');
    served.document = documentOf('a.example', network.clock.ms, { version: 2, statementVersion: 2 });
    t.equal((await discovery.get(a)).version, 2);
  });

  t.test('takes up a new key within seconds, and asks once for a key that is not there', async (t) => {
    const { discovery, served, store, network } = await startDiscovery(t);
    await discovery.get(a);
    // What is fetched in the millisecond in which a key was met has seen it.
    network.clock.ms += 1;
    const look = async (name: string): Promise<unknown> => (await discovery.caller(a)).requestKey(keyNamed(name).kid);
    const nextSave = async (): Promise<void> => {
      await new Promise<void>((resolve) => store.onSave(a, resolve));
      await nextTurn();
    };
    served.document = documentOf('a.example', network.clock.ms, {
      ...{ version: 2, statementVersion: 2 },
      requestKeys: ['a.example request', 'a new key'],
    });
    t.equal(await look('a new key'), 'unknown-peer', 'PV-DISC-013: it may be newer than what is held');
    t.equal(discovery.learn(a), 2);
    t.equal(served.fetches, 1, 'PV-DISC-016: not twice in two seconds');
    network.clock.ms += 2000;
    t.equal(await look('a new key'), 'unknown-peer');
    let saved = nextSave();
    t.equal(discovery.learn(a), 2);
    await saved;
    t.ok((await look('a new key')) instanceof Uint8Array, 'here it is');
    t.equal(await look('a stray key'), 'unknown-peer', 'asked for after the document was');
    network.clock.ms += 2000;
    saved = nextSave();
    discovery.learn(a);
    await saved;
    t.equal(served.fetches, 3);
    t.equal(await look('a stray key'), 'unknown-key');
    t.equal(discovery.seekKey(a, keyNamed('a stray key').kid), 58, 'not worth asking again before');
    t.equal(served.fetches, 3);
    network.clock.ms += 58_000;
    saved = nextSave();
    t.equal(await look('a stray key'), 'unknown-peer', 'after a minute it is looked for again');
    t.equal(discovery.seekKey(a, keyNamed('a stray key').kid), 2);
    await saved;
    t.equal(served.fetches, 4);
  });

  const bad: Record<string, (now: number) => string> = {
    'of another provider': (now) => documentOf('b.example', now),
    'whose endpoint lies elsewhere': (now) => documentOf('a.example', now, { endpoint: 'https://b.example' }),
    'that has expired': (now) => documentOf('a.example', now - 8 * 86_400_000),
    'with another signature': (now) => `${documentOf('a.example', now).slice(0, -4)}AAAA`,
    'that is no document': () => '{}',
  };
  for (const [what, make] of Object.entries(bad))
    t.test(`refuses a document ${what}, and does not ask again at once`, async (t) => {
      const { discovery, served, store, network } = await startDiscovery(t);
      served.document = make(network.clock.ms);
      await t.rejects(discovery.get(a), { code: 'document-refused' });
      await t.rejects(discovery.get(a), { code: 'document-refused' });
      t.equal(served.fetches, 1);
      t.equal(store.rows.size, 0);
      served.document = documentOf('a.example', network.clock.ms);
      network.clock.ms += 1001;
      t.ok(await discovery.get(a), 'control: a good one is taken after the back-off');
    });

  t.test('never goes back', async (t) => {
    const { discovery, served, network, store } = await startDiscovery(t);
    served.document = documentOf('a.example', network.clock.ms, { version: 2 });
    await discovery.get(a);
    for (const document of [
      documentOf('a.example', network.clock.ms),
      documentOf('a.example', network.clock.ms, { version: 3, root: 'thief' }),
    ]) {
      served.document = document;
      network.clock.ms += 61_000;
      await t.rejects(discovery.get(a, 60_000), { code: 'document-refused', detail: /lower-version|unlisted-root/ });
    }
    t.equal((await discovery.find(a))?.version, 2, 'what was held still holds');
    t.not(store.rows.get(a)?.document, served.document);
  });

  t.test('reads no more than 64 KiB and only a 200', async (t) => {
    const { discovery, served, network } = await startDiscovery(t);
    served.document = 'x'.repeat(65_537);
    await t.rejects(discovery.get(a), { code: 'answer-too-large' });
    network.clock.ms += 400_000;
    Object.assign(served, { status: 404, document: 'nothing here' });
    await t.rejects(discovery.get(a), { code: 'peer-problem', problem: { status: 404 } });
  });

  t.test('looks a stranger up once, in the background, within a budget', async (t) => {
    const { discovery, served, store } = await startDiscovery(t, { strangerFetchesPerMinute: 2 });
    const saved = store.saved(a);
    t.equal(discovery.learn(a), 2);
    t.equal(discovery.learn(a), 2, 'under way already');
    await saved;
    await nextTurn();
    t.equal(served.fetches, 1);
    t.equal(discovery.learn(domain('x1.example')), 2, 'the second and last of this minute');
    t.ok(discovery.learn(domain('x2.example')) > 25, 'the third has to wait');
    t.equal(
      (await discovery.caller(a)).requestKey(keyNamed('a.example request').kid),
      (await discovery.find(a))?.statement.keyById.get(keyNamed('a.example request').kid)?.x,
    );
  });

  t.test('holds a bounded number of those who wait for a fetch', async (t) => {
    const { discovery, served } = await startDiscovery(t);
    t.equal(await discovery.hasLearned(a), false, 'none is under way');
    served.document = '{}';
    t.equal(discovery.learn(a), 2);
    const answers: boolean[] = [];
    const waiting = Array.from({ length: 65 }, async () => void answers.push(await discovery.hasLearned(a)));
    await nextTurn();
    t.same(answers, [false], 'the one too many');
    await Promise.all(waiting);
    t.same(answers, Array(65).fill(false), 'the document was none');
  });

  t.test('knows who is blocked from the start', async (t) => {
    const { discovery, store } = await startDiscovery(t);
    store.set(a, { blocked: true, limitFactor: 0.5 });
    t.notOk(discovery.isBlocked(a));
    await discovery.start();
    t.ok(discovery.isBlocked(a));
    t.match(await discovery.caller(a), { blocked: true, limitFactor: 0.5 });
    store.set(a, { blocked: false });
    discovery.forget(a);
    t.notOk((await discovery.caller(a)).blocked);
    t.notOk(discovery.isBlocked(a));
  });
});

t.test('the peer client reads what a peer says', async (t) => {
  const { discovery, served, network, http } = await startDiscovery(t);
  const requestKey = keyNamed('b.example request');
  const client = createPeerClient({
    http,
    discovery,
    domain: domain('b.example'),
    requestKey: () => requestKey,
    clock: network.clock,
  });
  const a = domain('a.example');
  const ask = (status: number, body: string, headers: Record<string, string> = {}) => {
    served.answer = { status, body, headers };
    return client.call(a, 'mailbox', '{"items":["x"]}');
  };
  t.same(await ask(200, '{"results":[{"status":"ok"}],"later":1}'), {
    kind: 'ok',
    body: { results: [{ status: 'ok' }], later: 1 },
  });
  t.match(served.request, {
    method: 'POST',
    url: '/payvand/v1/mailbox',
    headers: { 'payvand-from': 'b.example', 'payvand-to': 'a.example' },
  });
  t.match(await ask(200, '{"results":[{"status":"maybe"}]}'), { kind: 'unreachable', code: 'bad-answer' });
  t.match(await ask(200, '{"results":[],"results":[]}'), {
    kind: 'unreachable',
    code: 'bad-answer',
    detail: 'json-duplicate-name',
  });
  t.match(await ask(429, '{"code":"over-budget"}', { 'retry-after': '7' }), {
    kind: 'problem',
    code: 'over-budget',
    retryAfterMs: 7000,
  });
  t.match(await ask(503, '<html>'), { kind: 'problem', status: 503, code: 'http-503', retryAfterMs: 1000 });
  t.match(
    await ask(429, '{}', { 'retry-after': '999999999' }),
    { retryAfterMs: 86_400_000 },
    'nobody silences us for ever',
  );
  t.match(await ask(404, '{"code":"unknown-room","detail":"d"}'), {
    kind: 'problem',
    status: 404,
    code: 'unknown-room',
    detail: 'd',
  });
  t.match(await ask(307, '', { location: '/' }), { kind: 'unreachable', code: 'redirect-refused' });
});

function get(host: string): HttpRequest {
  return { host, method: 'GET', path: '/', ...ANSWER };
}

function resolvesTo(address: string): LookupAll {
  return (_, __, callback) => callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
}

function startClient(t: Test, options: HttpClientOptions): HttpClient {
  const client = createHttpClient(options);
  t.teardown(() => client.close());
  return client;
}

/** A listener that speaks to nobody and counts what it is sent. */
async function startTrap(t: Test): Promise<{ port: number; bytes: () => number; connected: () => Promise<unknown> }> {
  let bytes = 0;
  const ended: Promise<unknown>[] = [];
  const server = createTcpServer((socket: Socket) => {
    socket.on('data', (chunk) => (bytes += chunk.length)).on('error', () => undefined);
    ended.push(once(socket, 'close'));
  });
  const port = await listen(t, server);
  return { port, bytes: () => bytes, connected: () => Promise.all(ended) };
}

async function startPeer(t: Test, answer: RequestListener) {
  const ca = await createTestCa(Date.now());
  const server = createTlsServer(await issueCertificate(ca, { names: ['peer.example'] }, Date.now()));
  const requests: string[] = [];
  let connections = 0;
  server.on('secureConnection', () => (connections += 1));
  server.on('request', (incoming: IncomingMessage, outgoing) => {
    requests.push(incoming.url ?? '');
    answer(incoming, outgoing);
  });
  const peers = new Map([['peer.example', { address: '127.0.0.1', port: await listen(t, server), ca: ca.cert }]]);
  t.teardown(() => server.closeAllConnections());
  return { client: startClient(t, { peers }), peers, requests, connections: () => connections };
}

interface Served {
  document: string;
  status: number;
  fetches: number;
  /** to anything but the document */
  answer?: { status: number; body: string; headers: Record<string, string> };
  request?: Pick<IncomingMessage, 'method' | 'url' | 'headers'>;
}

/** Discovery of b.example's, and an a.example that serves whatever the test says. */
async function startDiscovery(
  t: Test,
  { strangerFetchesPerMinute = 60 } = {},
): Promise<{
  discovery: Discovery;
  served: Served;
  store: MemoryProviders;
  network: LoopbackNetwork;
  http: HttpClient;
}> {
  const network = await createLoopbackNetwork(t);
  const served: Served = { document: documentOf('a.example', network.clock.ms), status: 200, fetches: 0 };
  const server = createTlsServer(await issueCertificate(network.ca, { names: ['a.example'] }, network.clock.ms));
  server.on('request', (incoming: IncomingMessage, outgoing) => {
    incoming.resume();
    if (incoming.url === '/.well-known/payvand') {
      served.fetches += 1;
      outgoing.writeHead(served.status).end(served.document);
      return;
    }
    served.request = incoming;
    outgoing.writeHead(served.answer?.status ?? 500, served.answer?.headers).end(served.answer?.body);
  });
  network.peers.set('a.example', { address: '127.0.0.1', port: await listen(t, server), ca: network.ca.cert });
  for (const name of ['x1.example', 'x2.example'])
    network.peers.set(name, { address: '127.0.0.1', port: await freePort() });
  const http = startClient(t, { peers: network.peers });
  const store = new MemoryProviders();
  const log = createLog({ level: 'silent', write: () => undefined, now: () => network.clock.ms });
  const random = { bytes: (count: number) => Buffer.alloc(count) };
  const discovery = new Discovery({ http, store, clock: network.clock, random, log, strangerFetchesPerMinute });
  t.teardown(async () => {
    await discovery.stop();
    server.closeAllConnections();
  });
  return { discovery, served, store, network, http };
}

async function listen(
  t: Test,
  server: {
    listen: (port: number, host: string) => unknown;
    address: () => unknown;
    close: () => unknown;
  } & NodeJS.EventEmitter,
): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  return (server.address() as AddressInfo).port;
}

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { issueCertificate, writeCertificate } from '../src/certificates.js';
import { createAdminApp } from '../src/http/create-admin-app.js';
import { createHttpMetrics } from '../src/http/http-metrics.js';
import { HttpServer } from '../src/http/http-server.js';
import { StreamGate } from '../src/http/stream-gate.js';
import { createLog } from '../src/log.js';
import { createMetrics } from '../src/metrics.js';
import { signRequest } from '../src/protocol/http-signature.js';
import type { RequestToSign } from '../src/protocol/http-signature.js';
import { createLoopbackNetwork, documentOf, domain, keyNamed, startProvider } from './fixtures/loopback-provider.js';
import type { LoopbackNetwork, LoopbackProvider, ProviderOptions } from './fixtures/loopback-provider.js';

const A = domain('a.example');
const B = domain('b.example');
const MIB = 1_048_576;
const BODY = '{"items":["x"]}';

t.test('what the public port answers without a signature', async (t) => {
  const { b } = await startPair(t);
  const document = await ask(b, 'GET /.well-known/payvand');
  t.equal(document.body, b.document);
  t.equal(document.headers['content-type'], 'application/jose');
  t.match(await ask(b, 'GET /healthz'), { status: 200, body: '{"status":"ok"}' });

  const rows: [string, number, string, Record<string, string>?][] = [
    ['GET /', 404, 'not-supported'],
    ['GET /metrics', 404, 'not-supported'],
    ['GET /readyz', 404, 'not-supported'],
    ['POST /payvand/v1/vote', 404, 'not-supported'],
    ['POST /payvand/v2/submit', 404, 'not-supported'],
    ['POST /payvand/v1/submit/', 404, 'not-supported'],
    ['POST /payvand/v1/%73ubmit', 404, 'not-supported'],
    ['POST /payvand/v1/x/../submit', 404, 'not-supported'],
    ['GET /payvand/v1/submit', 405, 'method-not-allowed'],
    ['POST /payvand/v1/submit', 415, 'unsupported-media-type', { 'content-type': 'text/plain' }],
    ['POST /payvand/v1/submit', 415, 'unsupported-media-type', { 'content-encoding': 'gzip' }],
    ['POST /payvand/v1/submit', 401, 'bad-signature'],
  ];
  for (const [line, status, code, headers] of rows) {
    const answer = await ask(b, line, { body: '{}', ...(headers && { headers }) });
    t.match([answer.status, answer.problem['code']], [status, code], line);
    t.equal(answer.headers['content-type'], 'application/problem+json');
    t.match(answer.problem, { type: `urn:payvand:error:${code}`, title: /\w/, status });
    t.match(answer.headers['request-id'], /^[0-9a-f]{6}-\w+$/);
  }
  t.equal((await ask(b, 'GET /payvand/v1/submit')).headers['allow'], 'POST');
  t.equal(b.calls.length, 0);
});

t.test('a signed request reaches the service of its verb', async (t) => {
  const { a, b } = await startPair(t);
  t.match(await a.client.call(B, 'push', '{"rooms":[],"seals":[]}'), {
    kind: 'problem',
    code: 'bad-request',
    part: '/rooms',
  });
  t.same(await a.client.call(B, 'signals', '{"items":[{"kind":"typing","room":"r","from":"x","counter":1}],"new":1}'), {
    kind: 'ok',
    body: {},
  });
  t.same(b.heard, ['a.example', 'a.example']);
  t.match(b.calls, [{ peer: 'a.example', verb: 'signals', body: { items: [{ kind: 'typing' }], new: 1 } }]);
});

t.test('a stranger is held for a moment, looked up and served', async (t) => {
  const { a, b } = await startPair(t, { acquainted: false });
  t.match(await a.client.call(B, 'mailbox', BODY), { kind: 'ok' }, 'PV-DISC-010');
  t.equal(b.calls.length, 1);

  t.test('a new key is taken up without interruption', async (t) => {
    const next = keyNamed('next request key');
    // What is fetched in the millisecond in which a key was met has seen it.
    a.network.clock.ms += 1;
    a.document = documentOf('a.example', b.store.rows.get(A)?.fetchedAt ?? 0, {
      ...{ version: 2, statementVersion: 2, requestKeys: ['a.example request', 'next request key'] },
    });
    const { network } = a;
    t.match(await post(b, { key: next, network }), {
      ...{ status: 401, headers: { 'retry-after': '2' } },
      problem: { code: 'unknown-peer' },
    });
    network.clock.ms += 2000;
    t.match(await post(b, { key: next, network }), { status: 200 });
    t.match(await post(b, { network }), { status: 200 }, 'and the old one still counts');
  });
});

t.test('a stranger who cannot be looked up in time is told to come back', async (t) => {
  const { a, b } = await startPair(t, { acquainted: false });
  const { network } = a;
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  t.teardown(() => silent.close());
  await once(silent, 'listening');
  network.peers.set('a.example', { address: '127.0.0.1', port: (silent.address() as AddressInfo).port });
  const told = { status: 401, headers: { 'retry-after': '2' }, problem: { code: 'unknown-peer', part: 'from' } };
  t.match(await post(b, { network }), told, 'held no longer than its fetch is likely to take');
  t.match(await Promise.all([post(b, { network }), post(b, { network })]), [told, told]);
  t.equal(sockets.length, 1, 'one fetch, however many call');
  for (const socket of sockets) socket.destroy();
});

t.test('a signature that does not hold names the part', async (t) => {
  const { b, network } = await startPair(t);
  t.match(await post(b, { network }), { status: 200 }, 'control');
  const calls = b.calls.length;
  const rows: [string, Partial<PostOptions>][] = [
    ['signature-input', { drop: 'signature-input' }],
    ['signature', { drop: 'signature' }],
    ['content-digest', { drop: 'content-digest' }],
    ['from', { drop: 'payvand-from' }],
    ['to', { drop: 'payvand-to' }],
    ['signature-input', { change: { 'signature-input': (text) => text.replace('"@query" ', '') } }],
    ['tag', { change: { 'signature-input': (text) => text.replace('tag="payvand"', 'tag="other"') } }],
    ['signature', { change: { signature: (text) => text.replace(/:.{6}/, ':AAAAAA') } }],
    ['content-digest', { sent: '{"items":["y"]}' }],
    ['to', { signed: { to: A } }],
    ['created', { signed: { nowSeconds: seconds(network) + 120 } }],
    ['expires', { signed: { nowSeconds: seconds(network) - 120 } }],
    ['signature', { signed: { method: 'PUT' } }],
    ['signature', { signed: { target: '/payvand/v1/mailbox?x=1' } }],
    ['signature', { signed: { target: '/payvand/v1/mailbox' }, target: '/payvand/v1/mailbox?x=1' }],
    ['authority', { signed: { authority: 'other.example' }, host: 'other.example' }],
    ['from', { change: { 'payvand-from': () => 'a.example, b.example' } }],
  ];
  for (const [part, how] of rows) {
    const answer = await post(b, { network, ...how });
    t.match(
      answer,
      { status: 401, problem: { code: 'bad-signature', part, reason: /^[a-z]+$/ } },
      `${part}: ${JSON.stringify(how)}`,
    );
  }
  const late = await post(b, { network, signed: { nowSeconds: seconds(network) - 120 } });
  t.match(late.problem, { senderClock: seconds(network) - 120, receiverClock: seconds(network) }, 'both clocks');
  t.equal(b.calls.length, calls, 'none reached the service');
  t.same(b.heard.length, calls + 1, 'and only a wrong body was certain to be of that provider');
  t.match(await post(b, { network }), { status: 200 }, 'still alive');
});

t.test('a key that no newer document brings either is refused', async (t) => {
  const { b, network } = await startPair(t);
  t.match(await post(b, { network }), { status: 200 }, 'control');
  const stranger = { network, key: keyNamed('somebody else') };
  t.match(await post(b, stranger), { status: 401, headers: { 'retry-after': '2' } }, 'the document has just come');
  network.clock.ms += 2000;
  const refused = { status: 401, problem: { code: 'bad-signature', part: 'key' } };
  t.match(await post(b, stranger), refused, 'looked for, while it waits');
  t.match(await post(b, stranger), refused);
});

t.test('who tries too often is told to wait, whoever he says he is', async (t) => {
  const { b, network } = await startPair(t);
  let answer = await post(b, { network, key: keyNamed('guess') });
  for (let i = 0; i < 60 && answer.status === 401; i++)
    answer = await post(b, { network, key: keyNamed(`guess ${i}`) });
  t.match(answer, { status: 429, headers: { 'retry-after': '1' }, problem: { code: 'over-budget' } });
  network.clock.ms += 2000;
  t.match(await post(b, { network }), { status: 200 });
});

t.test('blocked, over budget, overloaded', async (t) => {
  const held: (() => void)[] = [];
  const holding = new Promise<void>((resolve) => held.push(resolve));
  const entered: Promise<void>[] = [];
  const { b, a, network } = await startPair(t, {
    options: {
      budgets: { mailbox: 1, readBytes: 100 },
      requestsMax: 1,
      services: {
        directory: async () => {
          entered.push(holding);
          await holding;
          return { profile: { address: 'alice@b.example', name: 'x'.repeat(300) } };
        },
      },
    },
  });
  t.test('one class that runs out leaves the others', async (t) => {
    t.match(await a.client.call(B, 'mailbox', BODY), { kind: 'ok' });
    t.match(await a.client.call(B, 'mailbox', BODY), { kind: 'ok' });
    t.match(await a.client.call(B, 'mailbox', BODY), {
      kind: 'problem',
      status: 429,
      code: 'over-budget',
      part: 'mailbox',
      retryAfterMs: 1000,
    });
    t.match(await a.client.call(B, 'submit', '{"items":[{"jws":"x","content":"{}"}]}'), { kind: 'ok' });
    network.clock.ms += 1000;
    t.match(await a.client.call(B, 'mailbox', BODY), { kind: 'ok' });
  });
  t.test('reads pay for the bytes of their answers', async (t) => {
    const asked = a.client.call(B, 'directory', '{"profile":"alice@b.example"}');
    held[0]?.();
    t.match(await asked, { kind: 'ok' });
    t.match(await a.client.call(B, 'heads', '{"digest":{"asOf":1}}'), {
      kind: 'problem',
      code: 'over-budget',
      part: 'read',
    });
    network.clock.ms += 60_000;
  });
  t.test('a blocked provider', async (t) => {
    b.store.set(A, { blocked: true });
    b.discovery.forget(A);
    t.match(await post(b, { network }), { status: 403, problem: { code: 'blocked' } });
    t.match(
      await post(b, { network, key: keyNamed('forged') }),
      { status: 401 },
      'is told so only when it is that provider',
    );
    b.store.set(A, { blocked: false });
    b.discovery.forget(A);
    t.match(await post(b, { network }), { status: 200 });
  });
});

t.test('only so many requests are under way', async (t) => {
  let release = (): void => undefined;
  let entered = (): void => undefined;
  const isIn = new Promise<void>((resolve) => (entered = resolve));
  const held = new Promise<void>((resolve) => (release = resolve));
  const signals = async () => {
    entered();
    await held;
    return {};
  };
  const { a, b, network } = await startPair(t, { options: { requestsMax: 1, services: { signals } } });
  const slow = a.client.call(B, 'signals', '{"items":[{"kind":"typing","room":"r","from":"x","counter":1}]}');
  await isIn;
  t.match(await post(b, { network }), {
    status: 503,
    headers: { 'retry-after': '1' },
    problem: { code: 'overloaded' },
  });
  release();
  t.match(await slow, { kind: 'ok' });
  t.match(await post(b, { network }), { status: 200 });

  t.test('and of one peer only a share of them', async (t) => {
    const never = new Promise<never>(() => undefined);
    const pair = await startPair(t, { options: { requestsMax: 16, services: { signals: () => never } } });
    const signal = '{"items":[{"kind":"typing","room":"r","from":"x","counter":1}]}';
    const stuck = Array.from({ length: 4 }, () => pair.a.client.call(B, 'signals', signal));
    await until(() => pair.b.calls.length === 4);
    t.match(await post(pair.b, { network: pair.network }), { status: 429, problem: { code: 'over-budget' } });
    await pair.a.http.close();
    await Promise.all(stuck);
    await until(() => pair.b.server.underWay === 0);
    t.match(await post(pair.b, { network: pair.network }), { status: 200 }, 'places of those who left are free again');
  });
});

t.test('bodies', async (t) => {
  const { b, network } = await startPair(t);
  const nested = (depth: number): string => `{"items":["x"],"more":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  const rows: [string, string, number, string | undefined, string?][] = [
    ['at the depth limit', nested(16), 200, undefined],
    ['one deeper', nested(17), 400, 'bad-json', 'json-depth'],
    ['a repeated name', '{"items":["x"],"items":["y"]}', 400, 'bad-json', 'json-duplicate-name'],
    ['a fraction', '{"items":["x"],"n":1.5}', 400, 'bad-json', 'json-number'],
    ['cut short', '{"items":["x"', 400, 'bad-json', 'json-syntax'],
    ['nothing', '', 400, 'bad-json'],
    ['another shape', '{"items":"x"}', 400, 'bad-request'],
    ['one item too many', JSON.stringify({ items: Array.from({ length: 17 }, () => 'x') }), 400, 'bad-request'],
    ['the largest body', `{"items":["${'x'.repeat(4 * MIB - 14)}"]}`, 200, undefined],
  ];
  for (const [what, body, status, code, detail] of rows) {
    const answer = await post(b, { network, body });
    t.equal(answer.status, status, what);
    t.equal(answer.problem['code'], code);
    if (detail !== undefined) t.equal(answer.problem['detail'], detail);
  }
  t.equal((await post(b, { network, body: '{"items":[1]}' })).problem['part'], '/items/0', 'the member is named');

  const oversized = `{"items":["${'x'.repeat(4 * MIB - 13)}"]}`;
  t.match(await post(b, { network, body: oversized }), {
    status: 413,
    problem: { code: 'too-large' },
    headers: { connection: 'close' },
  });
  t.match(await post(b, { network, body: oversized, chunked: true }), { status: 413, problem: { code: 'too-large' } });

  t.test('nothing of a declared giant is waited for', async (t) => {
    const headers = { ...signed({ network, body: BODY }), 'content-length': String(5 * MIB) };
    const answer = await ask(b, 'POST /payvand/v1/mailbox', { headers, open: true });
    t.match(answer, { status: 413, headers: { connection: 'close' } });
  });
  t.test('a sender that goes away in the middle costs nothing but the request', async (t) => {
    const calls = b.calls.length;
    const socket = await open(b);
    socket.write(
      head('POST /payvand/v1/mailbox', { ...signed({ network, body: BODY }), 'content-length': '15' }) + '{"items"',
    );
    socket.end();
    await once(socket.resume(), 'close');
    t.match(await post(b, { network }), { status: 200 });
    t.equal(b.calls.length, calls + 1);
  });
});

t.test('faults of ours tell strangers nothing', async (t) => {
  const mailbox = (): never => {
    throw new TypeError('secret plan');
  };
  const { b, network } = await startPair(t, { options: { services: { mailbox } } });
  const answer = await post(b, { network });
  t.match(answer, { status: 500, problem: { code: 'internal' } });
  t.notMatch(answer.body, /secret|TypeError|\.ts|\.js/);
  const line = b.logged.find((logged) => logged.includes('secret plan')) ?? '';
  t.match(JSON.parse(line), {
    level: 'error',
    requestId: answer.headers['request-id'],
    cause: { name: 'TypeError', stack: /http-edge/ },
  });
});

t.test('slow and malformed requests', async (t) => {
  const timeouts = { headersMs: 300, requestMs: 600, checkMs: 50, keepAliveMs: 300, stalledMs: 5000 };
  const { b, network } = await startPair(t, { options: { server: { timeouts } } });
  const raw = async (text: string): Promise<RawAnswer> => {
    const socket = await open(b);
    socket.write(text);
    return readAnswer(socket);
  };
  t.match(
    await raw('POST /payvand/v1/submit HTTP/1.1\r\nhost: b.ex'),
    { status: 408, problem: { code: 'request-timeout' } },
    'slow headers',
  );

  t.test('a dripping body has one deadline', async (t) => {
    const socket = await open(b);
    socket.write(head('POST /payvand/v1/mailbox', { ...signed({ network, body: BODY }), 'content-length': '1000' }));
    const drip = setInterval(() => socket.write('x'), 50);
    const answer = await readAnswer(socket);
    clearInterval(drip);
    t.match(answer, { status: 408, problem: { code: 'request-timeout' } });
    t.match(answer.headers['request-id'], /-/);
  });
  t.match(await raw(`GET / HTTP/1.1\r\nhost: b.example\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`), {
    status: 431,
    problem: { code: 'headers-too-large' },
  });
  t.match(await raw('NONSENSE\r\n\r\n'), { status: 400, problem: { code: 'bad-http' } });
  t.match(await raw('GET / HTTP/1.1\r\n\r\n'), { status: 400, problem: { code: 'bad-http', part: 'host' } });
  t.match(await raw('GET / HTTP/1.1\r\nhost: a b\r\n\r\n'), { status: 400 });
  t.match(
    await raw(
      'POST /payvand/v1/mailbox HTTP/1.1\r\nhost: b.example\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
    { status: 400 },
    'two lengths',
  );
  t.match(await post(b, { network }), { status: 200 }, 'still alive');
  const idle = await open(b);
  await once(idle.resume(), 'close');
  t.pass('an idle connection is closed');
});

t.test('a new certificate is taken up, and connections stay', async (t) => {
  const { b, network } = await startPair(t, { options: { server: { certificatePollMs: 20 } } });
  const before = await open(b);
  const serial = before.getPeerCertificate().serialNumber;
  await writeFile(b.certificate.key, 'not a key');
  await until(() => b.logged.some((line) => line.includes('certificate-not-reloaded')));
  const between = await open(b);
  t.equal(between.getPeerCertificate().serialNumber, serial, 'a bad pair changes nothing');
  between.destroy();
  await writeCertificate(await issueCertificate(network.ca, { names: ['b.example'] }, network.clock.ms), b.certificate);
  await until(() => b.logged.some((line) => line.includes('certificate-reloaded')));
  const after = await open(b);
  t.not(after.getPeerCertificate().serialNumber, serial);
  after.destroy();
  before.write(head('GET /healthz', {}));
  t.match(await readAnswer(before), { status: 200 }, 'the old connection still answers');
});

t.test('draining', async (t) => {
  let release = (): void => undefined;
  let entered = (): void => undefined;
  const isIn = new Promise<void>((resolve) => (entered = resolve));
  const held = new Promise<void>((resolve) => (release = resolve));
  const mailbox = async () => {
    entered();
    await held;
    return { results: [] };
  };
  const opened: string[] = [];
  const streams = new StreamGate({
    path: '/client/v1/stream',
    streamsMax: 1,
    frameBytesMax: 1000,
    open: (_, { requestId }) => void opened.push(requestId),
  });
  const { b, network } = await startPair(t, { options: { services: { mailbox }, server: { streams } } });
  const socket = stream(b, network);
  await once(socket, 'open');
  t.match(opened, [/-/]);
  const [, refused] = (await once(stream(b, network), 'unexpected-response')) as [unknown, { statusCode: number }];
  t.equal(refused.statusCode, 503, 'one stream too many');
  const [, lost] = (await once(stream(b, network, '/elsewhere'), 'unexpected-response')) as [
    unknown,
    { statusCode: number },
  ];
  t.equal(lost.statusCode, 404);

  const idle = (await open(b)).resume();
  const asked = post(b, { network });
  await isIn;
  const stopped = b.server.stop(20_000);
  const [code] = (await once(socket, 'close')) as [number];
  t.equal(code, 1001);
  await t.rejects(open(b), { code: 'ECONNREFUSED' });
  release();
  t.match(await asked, { status: 200, headers: { connection: 'close' } }, 'what was under way is answered');
  await stopped;
  if (!idle.destroyed) await once(idle, 'close');
  t.pass('idle connections are closed');

  t.test('what does not end is cut at the deadline', async (t) => {
    const stuck = await startPair(t, { options: { services: { mailbox: () => new Promise(() => undefined) } } });
    const waiting = stuck.a.client.call(B, 'mailbox', BODY);
    await until(() => stuck.b.calls.length === 1);
    await stuck.b.server.stop(50);
    t.match(await waiting, { kind: 'unreachable' });
  });
});

t.test('behind a proxy only the proxy may connect, and its word on addresses counts', async (t) => {
  const seen: string[] = [];
  const log = createLog({ level: 'silent', write: () => undefined, now: () => 0 });
  const server = new HttpServer({
    app: (_, { clientAddress }) => {
      seen.push(clientAddress);
      return new Response('ok');
    },
    ...{ listen: { host: '127.0.0.1', port: 0 }, proxyFrom: ['127.0.0.1'], connectionsMax: 10, log },
    ...{ metrics: createHttpMetrics(createMetrics()), requestIdPrefix: 'x' },
  });
  const { port } = await server.start();
  t.teardown(() => server.stop(0));
  const socket = connectTcp(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 6.6.6.6, 192.0.2.7\r\nconnection: close\r\n\r\n');
  await once(socket.resume(), 'close');
  t.same(seen, ['192.0.2.7'], 'the last address is the one the proxy saw itself');
  const other = connectTcp({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
  other.on('error', () => undefined);
  other.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(other.resume(), 'close');
  t.equal(seen.length, 1);
});

t.test('operators have a listener of their own', async (t) => {
  const { b, network } = await startPair(t);
  await post(b, { network });
  const reasons: string[] = [];
  const log = createLog({ level: 'silent', write: () => undefined, now: () => 0 });
  const server = new HttpServer({
    app: createAdminApp({ metrics: b.metrics, unreadyReasons: async () => reasons, log }),
    ...{ listen: { host: '127.0.0.1', port: 0 }, connectionsMax: 10, log },
    ...{ metrics: createHttpMetrics(createMetrics()), requestIdPrefix: 'x' },
  });
  const { port }: AddressInfo = await server.start();
  t.teardown(() => server.stop(0));
  const askAdmin = async (path: string): Promise<RawAnswer> => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    return readAnswer(socket);
  };
  t.match(await askAdmin('/readyz'), { status: 200 });
  reasons.push('draining');
  t.match(await askAdmin('/readyz'), { status: 503, body: /draining/ });
  t.match(
    (await askAdmin('/metrics')).body,
    /payvand_http_requests_total\{route="\/payvand\/v1\/mailbox",status="200"\} 1\n/,
  );
  t.match(await askAdmin('/secrets'), { status: 404, problem: { code: 'not-supported' } });
});

interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** the body of a problem, else empty */
  problem: Record<string, unknown>;
}

interface PostOptions {
  network: LoopbackNetwork;
  key: ReturnType<typeof keyNamed>;
  body: string;
  /** sent in the place of the signed body */
  sent: string;
  target: string;
  host: string;
  signed: Partial<RequestToSign>;
  drop: string;
  change: Record<string, (text: string) => string>;
  chunked: boolean;
}

type Pair = { a: LoopbackProvider & { network: LoopbackNetwork }; b: LoopbackProvider; network: LoopbackNetwork };

/** Two providers on loopback; `options` are b's. */
async function startPair(
  t: Test,
  { options = {}, acquainted = true }: { options?: ProviderOptions; acquainted?: boolean } = {},
): Promise<Pair> {
  const network = await createLoopbackNetwork(t);
  const a = await startProvider(t, { network, name: 'a.example' });
  const b = await startProvider(t, { network, name: 'b.example', options });
  if (acquainted) await b.discovery.get(A);
  return { a: Object.assign(a, { network }), b, network };
}

function seconds({ clock }: LoopbackNetwork): number {
  return Math.floor(clock.ms / 1000);
}

function signed({
  network,
  key = keyNamed('a.example request'),
  body = BODY,
  target = '/payvand/v1/mailbox',
  signed = {},
}: Partial<PostOptions> & { network: LoopbackNetwork }): Record<string, string> {
  const to = { method: 'POST', authority: 'b.example', target, from: A, to: B };
  return {
    'content-type': 'application/json',
    ...signRequest({ ...to, body, nowSeconds: seconds(network), key, ...signed }),
  };
}

/** A request of a.example to b.example over a connection of its own, with one deviation. */
async function post(
  b: LoopbackProvider,
  options: Partial<PostOptions> & { network: LoopbackNetwork },
): Promise<RawAnswer> {
  const {
    body = BODY,
    sent = body,
    target = '/payvand/v1/mailbox',
    host = 'b.example',
    drop = '',
    change = {},
    chunked = false,
  } = options;
  const fields = Object.entries(
    signed({ ...options, ...(options.signed?.target === undefined && options.target === undefined && { target }) }),
  )
    .filter(([name]) => name !== drop)
    .map(([name, text]) => [name, change[name]?.(text) ?? text]);
  const headers = { ...(Object.fromEntries(fields) as Record<string, string>), host };
  return ask(b, `POST ${target}`, { headers, body: sent, chunked });
}

async function ask(
  provider: LoopbackProvider,
  line: string,
  {
    headers = {},
    body,
    chunked = false,
    open: isOpen = false,
  }: { headers?: Record<string, string>; body?: string; chunked?: boolean; open?: boolean } = {},
): Promise<RawAnswer> {
  const socket = await open(provider);
  const length: Record<string, string> = chunked
    ? { 'transfer-encoding': 'chunked' }
    : body === undefined
      ? {}
      : { 'content-length': String(Buffer.byteLength(body)) };
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  socket.write(head(line, { ...type, ...length, ...headers, ...(isOpen ? {} : { connection: 'close' }) }));
  if (body !== undefined)
    socket.write(chunked ? `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n` : body);
  return readAnswer(socket);
}

function head(line: string, headers: Record<string, string>): string {
  const fields = Object.entries({ host: 'b.example', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${fields.join('')}\r\n`;
}

async function open({ port, domain: servername }: LoopbackProvider): Promise<TLSSocket> {
  const socket = connectTls({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return socket;
}

/** Reads one answer with a declared length. */
function readAnswer(socket: {
  on(event: 'data' | 'close', listener: (chunk: Buffer) => void): unknown;
}): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const answer = parseAnswer(text);
      if (answer !== undefined) resolve(answer);
    });
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
  });
}

function parseAnswer(text: string): RawAnswer | undefined {
  const [top = '', ...rest] = text.split('\r\n\r\n');
  const body = Buffer.from(rest.join('\r\n\r\n'), 'latin1').toString();
  const [statusLine = '', ...lines] = top.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  ) as Record<string, string>;
  if (rest.length === 0 || Buffer.byteLength(body) < Number(headers['content-length'] ?? 0)) return undefined;
  const isProblem = headers['content-type'] === 'application/problem+json';
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body,
    problem: isProblem ? (JSON.parse(body) as Record<string, unknown>) : {},
  };
}

function stream({ port }: LoopbackProvider, { ca }: LoopbackNetwork, path = '/client/v1/stream'): WebSocket {
  const options = { servername: 'b.example', ca: ca.cert };
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, options);
  socket.on('error', () => undefined);
  return socket;
}

/** Waits for something only a look can tell; the looks are bounded by the test's own timeout. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

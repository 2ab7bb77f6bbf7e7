import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createTestCa, issueCertificate, writeCertificate } from '../src/certificates.js';
import { ConfigError, flagName, loadConfig, settings } from '../src/config.js';
import { createLog } from '../src/log.js';
import type { LogFields, LogLevel } from '../src/log.js';
import { createMetrics } from '../src/metrics.js';
import { PeerBudgets } from '../src/services/peer-budgets.js';
import { domain } from './fixtures/loopback-provider.js';

t.test('settings', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'payvand-settings-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const problems = (env: Record<string, string>, flags: Record<string, string> = {}): readonly string[] => {
    try {
      loadConfig(env, flags);
      return [];
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      t.equal(cause.code, 'bad-config');
      return cause.problems;
    }
  };

  t.test('a flag wins over a variable, a variable over the default', async (t) => {
    t.equal(loadConfig({}).signUp, 'closed');
    t.equal(loadConfig({ PAYVAND_SIGN_UP: 'open', HOME: '/root' }).signUp, 'open');
    t.equal(loadConfig({ PAYVAND_SIGN_UP: 'open' }, { signUp: 'invite' }).signUp, 'invite');
    t.equal(loadConfig({ PAYVAND_SIGN_UP: '' }).signUp, 'closed', 'an empty variable is no variable');
  });

  t.test('every setting says what it is, once', async (t) => {
    const variables = Object.values(settings).map((setting) => setting.env);
    t.equal(new Set(variables).size, variables.length);
    for (const setting of Object.values(settings)) t.match(setting, { sentence: /\w+ \w+/, type: /\w/ });
    t.equal(flagName('peerReadBytesPerS'), '--peer-read-bytes-per-s');
  });

  t.test('unknown names and bad values are told all at once', async (t) => {
    t.same(problems({ PAYVAND_SINGUP: 'open', PAYVAND_DRAIN_S: '-1' }, { colour: 'red', domain: 'A.example' }), [
      'PAYVAND_SINGUP: there is no such setting',
      '--colour: there is no such setting',
      '--domain: must be a lower-case domain name of two labels or more, without port',
      'PAYVAND_DRAIN_S: must be a whole number of at least 1',
    ]);
  });

  for (const [env, text, expected] of [
    ['PAYVAND_LISTEN', '127.0.0.1:443', { listen: { host: '127.0.0.1', port: 443 } }],
    ['PAYVAND_LISTEN', '[::1]:0', { listen: { host: '::1', port: 0 } }],
    ['PAYVAND_LISTEN', '8443', { listen: { port: 8443 } }],
    ['PAYVAND_PROXY_FROM', '127.0.0.1, ::1', { proxyFrom: ['127.0.0.1', '::1'] }],
    ['DATABASE_URL', 'postgres://u:p@h/d', { databaseUrl: 'postgres://u:p@h/d' }],
  ] as const)
    t.test(`${env}=${text}`, async (t) => t.match(loadConfig({ [env]: text }), expected));

  t.test('values that make no sense', async (t) => {
    for (const [env, text] of [
      ['PAYVAND_LISTEN', 'host'],
      ['PAYVAND_LISTEN', 'host:65536'],
      ['PAYVAND_PROXY_FROM', 'localhost'],
      ['PAYVAND_CONNECTIONS_MAX', '1e3'],
      ['PAYVAND_TLS_CERT', 'only the certificate'],
      ['PAYVAND_ENDPOINT', 'pv.a.example'],
      ['PAYVAND_PEERS_FILE', join(folder, 'missing.json')],
    ] as const)
      t.equal(problems({ [env]: text }).length, 1, env);
    t.notMatch(problems({ DATABASE_URL: 'mysql://u:hunter2@h' }), /hunter2/, 'no secret in a message');
    t.equal(problems({ PAYVAND_DOMAIN: 'a.example', PAYVAND_ENDPOINT: 'b.example' }).length, 1);
    t.equal(problems({ PAYVAND_DOMAIN: 'a.example', PAYVAND_ENDPOINT: 'pv.a.example' }).length, 0);
  });

  t.test('a peers file', async (t) => {
    await file('ca.pem', 'PEM');
    const peers = { 'b.example': { address: '127.0.0.1', port: 8443, ca: 'ca.pem' } };
    const config = loadConfig({ PAYVAND_PEERS_FILE: await file('peers.json', JSON.stringify(peers)) });
    t.same([...config.peers], [['b.example', { address: '127.0.0.1', port: 8443, ca: 'PEM' }]]);
    for (const bad of [
      '[]',
      '{',
      '{"x":{}}',
      '{"b.example":{"address":"localhost","port":1}}',
      '{"b.example":{"address":"::1","port":0}}',
    ])
      t.equal(problems({ PAYVAND_PEERS_FILE: await file('bad.json', bad) }).length, 1, bad);
  });
});

t.test('the log keeps secrets and words to itself', async (t) => {
  const lines: string[] = [];
  const log = createLog({ level: 'info', write: (line) => void lines.push(line), now: () => 0 });
  const write = (fields: LogFields, level: LogLevel = 'info'): Record<string, unknown> | undefined => {
    log.child({ requestId: 'r1' })[level]('something', fields);
    return lines.length === 0 ? undefined : (JSON.parse(lines.pop() ?? '') as Record<string, unknown>);
  };
  t.equal(write({}, 'debug'), undefined);
  t.match(write({ room: 'r' }), {
    time: '1970-01-01T00:00:00.000Z',
    level: 'info',
    event: 'something',
    requestId: 'r1',
    room: 'r',
  });
  for (const name of [
    'authorization',
    'Authorization',
    'password',
    'newPassword',
    'token',
    'accessToken',
    'cookie',
    'seed',
    'body',
    'content',
    'privateKey',
  ])
    t.equal(write({ deep: { [name]: 'hunter2' } })?.['deep']?.[name as never], '[redacted]', name);
  t.equal(write({ code: 'owner-0123-4567' })?.['code'], '[redacted]', 'a code that lets somebody in');
  t.equal(write({ code: 'bad-json' })?.['code'], 'bad-json', 'a code that says what is wrong');
  const texts = write({
    a: 'Authorization: Bearer abc.def',
    b: new Error('postgres://me:hunter2@host/db failed', { cause: new Error('inner') }),
  });
  t.notMatch(JSON.stringify(texts), /abc\.def|hunter2/);
  t.match(texts, { b: { message: 'postgres://me:[redacted]@host/db failed', cause: { message: 'inner' } } });
  t.match(write({ bytes: Buffer.alloc(9) }), { bytes: '[9 bytes]' });
  const cyclic: Record<string, unknown> = {
    long: 'x'.repeat(10_000),
    many: Array.from({ length: 1000 }, () => 1),
    big: 1n,
  };
  cyclic['self'] = cyclic;
  t.ok(JSON.stringify(write({ cyclic })).length < 20_000, 'whatever is logged, a line has an end');
});

t.test('metrics', async (t) => {
  const metrics = createMetrics();
  const counter = metrics.counter('x_total', 'X');
  counter.add();
  counter.add({ kind: 'a"\\\n' }, 2);
  const seconds = metrics.histogram('y_seconds', 'Y', [0.1, 1]);
  for (const value of [0.05, 0.5, 5]) seconds.observe(value, { verb: 'push' });
  const gauge = metrics.gauge('z', 'Z');
  metrics.beforeRender(() => gauge.set(7));
  t.equal(
    await metrics.render(),
    [
      ...['# HELP x_total X', '# TYPE x_total counter', 'x_total 1', String.raw`x_total{kind="a\"\\\n"} 2`],
      ...['# HELP y_seconds Y', '# TYPE y_seconds histogram', 'y_seconds_bucket{verb="push",le="0.1"} 1'],
      ...['y_seconds_bucket{verb="push",le="1"} 2', 'y_seconds_bucket{verb="push",le="+Inf"} 3'],
      ...[
        'y_seconds_sum{verb="push"} 5.55',
        'y_seconds_count{verb="push"} 3',
        '# HELP z Z',
        '# TYPE z gauge',
        'z 7',
        '',
      ],
    ].join('\n'),
  );
  for (let i = 0; i < 1000; i++) counter.add({ stranger: String(i) });
  const lines = (await metrics.render()).split('\n').filter((line) => line.startsWith('x_total{'));
  t.ok(lines.length <= 201, 'labels that strangers choose fill no memory');
  t.match(lines.at(-1), /^x_total\{other="true"\} \d+$/);
  t.throws(() => metrics.gauge('x_total', 'again'), TypeError);
});

t.test('budgets of peers', async (t) => {
  const clock = { ms: 0, now: () => clock.ms };
  const [a, b] = [domain('a.example'), domain('b.example')];
  const budgets = new PeerBudgets({ clock, perS: { write: 2, read: 2, readBytes: 100, mailbox: 1, signals: 1 } });
  t.same(
    [1, 2, 3, 4, 5].map(() => budgets.take(a, 'write', 1)),
    [0, 0, 0, 0, 500],
    'two seconds’ worth at once',
  );
  t.equal(budgets.take(b, 'write', 1), 0, 'another peer has its own');
  t.equal(budgets.take(a, 'mailbox', 1), 0, 'and another class');
  clock.ms += 500;
  t.same(
    [1, 2].map(() => budgets.take(a, 'write', 1)),
    [0, 500],
  );
  budgets.charge(a, 'write', 100);
  t.ok(budgets.take(a, 'write', 1) > 50_000, 'a hundredfold charge is felt');
  clock.ms += 61_000;
  t.equal(budgets.take(a, 'write', 1), 0, 'and ends');
  budgets.charge(b, 'readBytes', 300);
  t.ok(budgets.take(b, 'read', 1) > 0);
  t.same(
    [1, 2].map(() => budgets.take(b, 'signals', 0.5)),
    [0, 2000],
    'an operator’s factor makes it smaller',
  );
});

t.test('certificates for test networks', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'payvand-certificates-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const ca = await createTestCa(Date.now());
  const issued = await issueCertificate(ca, { names: ['a.example'], ips: ['127.0.0.1', '::1'] }, Date.now());
  const certificate = new X509Certificate(issued.cert);
  t.ok(certificate.verify(new X509Certificate(ca.cert).publicKey));
  t.ok(certificate.checkIssued(new X509Certificate(ca.cert)));
  t.equal(certificate.checkHost('a.example'), 'a.example');
  t.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
  t.equal(certificate.checkHost('b.example'), undefined);
  t.notOk(certificate.ca);
  const files = { cert: join(folder, 'tls', 'a.crt'), key: join(folder, 'tls', 'a.key') };
  await writeCertificate(issued, files);
  for (const name of Object.values(files)) t.equal((await stat(name)).mode & 0o777, 0o600);
});

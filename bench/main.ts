import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { createLocalNetwork } from '@payvand/server/local-network';
import type { LocalNetwork, LocalProvider } from '@payvand/server/local-network';
import { Client } from './client.js';
import { Load, pause, quantile } from './load.js';
import { hashCalibration, sample, syncCalibration } from './measure.js';
import type { Sample } from './measure.js';
import { residentMiB } from './process-times.js';
import { printReport } from './report.js';
import type { Run } from './run.js';

const CHATS = 50;
const MEMBERS = 10;
const BODY_BYTES = 200;
const A = 'a.test';
const B = 'b.test';

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'W1,W2' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    low: { type: 'string', default: '25' },
    window: { type: 'string', default: '10' },
    by: { type: 'string', default: 'stream' },
    json: { type: 'boolean', default: false },
  },
});

const runs: Run[] = [];
for (const work of values.work.split(',') as Run['work'][]) {
  for (let turn = 0; turn < Number(values.runs); turn += 1) {
    const run = await measure(work);
    runs.push(run);
    process.stderr.write(`${work} run ${turn + 1}: ${run.perSecond.toFixed(0)} msg/s\n`);
  }
}
if (values.json) process.stdout.write(`${JSON.stringify({ cpus: cpus().length, node: process.version, runs })}\n`);
else printReport(runs, { cores: cpus().length, model: cpus()[0]?.model ?? '', sends: values.by });

async function measure(work: Run['work']): Promise<Run> {
  const network = await createLocalNetwork({
    domains: [A, B],
    env: { PAYVAND_SIGN_UP: 'invite', PAYVAND_LOG_LEVEL: 'warn' },
  });
  try {
    await Promise.all([network.provider(A).start(), network.provider(B).start()]);
    await requireDurable(network.provider(A));
    await requireDurable(network.provider(B));
    return await run(network, work);
  } finally {
    await network.stop();
  }
}

async function run(network: LocalNetwork, work: Run['work']): Promise<Run> {
  const calibration = { kiloHashes: hashCalibration(), syncMs: syncCalibration() };
  const { load, clients } = work === 'W1' ? await prepareDms(network) : await prepareRoom(network);
  const providers = { a: network.provider(A), b: network.provider(B) };
  await load.open({ perSecond: CHATS, seconds: 2 });
  const low = await load.open({ perSecond: 20, seconds: Number(values.low) });
  let before: Sample | undefined;
  let after: Sample | undefined;
  const rate = await load.closed({
    ...{
      window: work === 'W1' ? Number(values.window) : Number(values.window) * 5,
      warmS: 3,
      seconds: Number(values.seconds),
    },
    onStart: async () => void (before = await sample(providers)),
    onEnd: async () => void (after = await sample(providers)),
  });
  const lost = await load.drain();
  if (before === undefined || after === undefined) throw new Error('no readings');
  await pause(500);
  const rows = { sent: load.sent, a: await countMessages(providers.a), b: await countMessages(providers.b) };
  const resident = { a: residentMiB(providers.a.pid ?? 0), b: residentMiB(providers.b.pid ?? 0) };
  for (const client of clients) client.close();
  const per1000 = (seconds: number): number => (seconds / rate.completed) * 1000;
  const seconds = after.atS - before.atS;
  const known =
    after.a - before.a + after.b - before.b + after.postgres - before.postgres + after.generator - before.generator;
  return {
    ...{
      work,
      perSecond: rate.completed / rate.seconds,
      lost,
      duplicates: load.duplicates,
      rows,
      residentMiB: resident,
    },
    cpuPer1000: {
      servers: per1000(after.a - before.a + after.b - before.b),
      postgres: per1000(after.postgres - before.postgres),
      generator: per1000(after.generator - before.generator),
    },
    latencyMs: {
      p50: quantile(low.latenciesMs, 0.5),
      p95: quantile(low.latenciesMs, 0.95),
      p99: quantile(low.latenciesMs, 0.99),
    },
    wireBytes: (after.wireBytes - before.wireBytes) / rate.completed,
    otherCores: Math.max(0, (after.machine - before.machine - known) / seconds),
    calibration,
  };
}

/** Fifty dms, A writes, B reads. */
async function prepareDms(network: LocalNetwork): Promise<{ load: Load; clients: Client[] }> {
  const writers = await signUpMany(network, { domain: A, name: 'writer', count: CHATS });
  const readers = await signUpMany(network, { domain: B, name: 'reader', count: CHATS });
  const rooms: string[] = [];
  for (const [index, writer] of writers.entries()) {
    const { room } = await writer.call('POST', '/contacts', {
      address: readers[index]?.address,
      requestKey: `dm${index}`,
    });
    rooms.push(String(room));
  }
  for (const reader of readers) await acceptRequest(reader);
  const load = new Load({ chats: CHATS, receivers: 1, bodyBytes: BODY_BYTES, send: sender(writers, rooms) });
  for (const reader of readers) await reader.listen((text) => load.receive(text));
  for (const writer of writers) await writer.listen(() => undefined);
  return { load, clients: [...writers, ...readers] };
}

/** One room on A with ten members on each side; those on A write and also receive. */
async function prepareRoom(network: LocalNetwork): Promise<{ load: Load; clients: Client[] }> {
  const writers = await signUpMany(network, { domain: A, name: 'writer', count: MEMBERS });
  const readers = await signUpMany(network, { domain: B, name: 'reader', count: MEMBERS });
  const [owner] = writers;
  if (owner === undefined) throw new Error('nobody');
  const { room } = await owner.call('POST', '/rooms', { title: 'bench', requestKey: 'room' });
  for (const guest of [...writers.slice(1), ...readers]) {
    await owner.call('POST', `/rooms/${String(room)}/invites`, { address: guest.address });
    await acceptRequest(guest);
  }
  const load = new Load({
    chats: MEMBERS,
    receivers: MEMBERS,
    bodyBytes: BODY_BYTES,
    send: sender(
      writers,
      writers.map(() => String(room)),
    ),
  });
  for (const reader of readers) await reader.listen((text) => load.receive(text));
  for (const writer of writers) await writer.listen(() => undefined);
  return { load, clients: [...writers, ...readers] };
}

function sender(writers: readonly Client[], rooms: readonly string[]): (chat: number, text: string) => void {
  return (chat, text) => {
    const [writer, room] = [writers[chat], rooms[chat]];
    if (writer === undefined || room === undefined) throw new Error(`no chat ${chat}`);
    if (values.by === 'stream') writer.send(room, text);
    else void writer.post(room, text).catch((cause: unknown) => process.stderr.write(`${String(cause)}\n`));
  };
}

async function signUpMany(
  network: LocalNetwork,
  { domain, name, count }: { domain: string; name: string; count: number },
): Promise<Client[]> {
  const ownerCode = /^ {4}(\S+)$/m.exec(await network.provider(domain).log())?.[1];
  if (ownerCode === undefined) throw new Error(`${domain} printed no owner code`);
  const owner = await Client.signUp(network, { domain, name: 'chief', code: ownerCode });
  const clients: Client[] = [];
  for (let index = 0; index < count; index += 1) {
    const { code } = await owner.call('POST', '/codes');
    clients.push(await Client.signUp(network, { domain, name: `${name}${index}`, code: String(code) }));
  }
  owner.close();
  return clients;
}

async function acceptRequest(client: Client): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { requests } = await client.call('GET', '/requests');
    const [request] = requests as { id: string }[];
    if (request !== undefined) {
      await client.call('POST', `/requests/${request.id}/accept`);
      return;
    }
    await pause(50);
  }
  throw new Error(`${client.address} was asked by nobody`);
}

/** The numbers below mean nothing on a database that does not wait for its disk. */
async function requireDurable(provider: LocalProvider): Promise<void> {
  await onDatabase(provider, async (sql) => {
    const [row] = await sql`SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`;
    if (row?.['fsync'] !== 'on' || row['commit'] !== 'on')
      throw new Error(`${provider.domain}: fsync or synchronous_commit is off`);
  });
}

async function countMessages(provider: LocalProvider): Promise<number> {
  return await onDatabase(provider, async (sql) => {
    const [row] = await sql`SELECT count(*)::int AS n FROM log WHERE type = 'message'`;
    return Number(row?.['n']);
  });
}

async function onDatabase<Answer>(
  provider: LocalProvider,
  use: (sql: postgres.Sql) => Promise<Answer>,
): Promise<Answer> {
  const sql = postgres({ ...(await provider.databaseAddress()), max: 1 });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}

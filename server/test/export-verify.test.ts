import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { commands } from '../src/cli/commands.js';
import { runCommand } from '../src/cli/run-command.js';
import {
  archiveEndText,
  archiveHeaderText,
  archiveRecordText,
  archiveSealedText,
} from '../src/protocol/archive-lines.js';
import { domainOf } from '../src/protocol/identifiers.js';
import { headerToWire, recordHash, ZERO_HASH } from '../src/protocol/record.js';
import { address, key, named, RoomLog, statementOf } from './fixtures/room-log.js';
import { createTestNetwork } from './support/test-network.js';
import { TestPerson, until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const program = fileURLToPath(new URL('../bin/payvand.js', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'payvand-archives-'));
t.teardown(() => rm(folder, { recursive: true }));

const alice = address('alice@a.example');
const bob = address('bob@b.example');
const A = domainOf(alice);
const B = domainOf(bob);

interface Run {
  readonly exitCode: number;
  readonly archives: readonly Json[];
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly equivocation: Json | undefined;
}

/** A file of an archive, one JSON value a line. */
type Lines = Json[];

let files = 0;

async function write(lines: Lines | string): Promise<string> {
  const file = join(folder, `${(files += 1)}.jsonl`);
  await writeFile(file, typeof lines === 'string' ? lines : lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

async function payvand(
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<{ exitCode: number; out: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const streams = { stdin: process.stdin, stdout, stderr } as unknown as Pick<
    NodeJS.Process,
    'stdin' | 'stdout' | 'stderr'
  >;
  const startServer = (): Promise<never> => Promise.reject(new Error('no server is started here'));
  const exitCode = await runCommand(argv, commands, { env, ...streams, now: () => Date.now(), startServer });
  return { exitCode, out: String(stdout.read() ?? '') };
}

async function verify(...argv: string[]): Promise<Run> {
  const { exitCode, out } = await payvand(['verify', ...argv, '--json']);
  const objects = out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);
  const [report] = objects.filter((one) => 'archives' in one);
  const [failure] = objects.filter((one) => 'error' in one);
  return {
    exitCode,
    archives: (report?.['archives'] ?? []) as Json[],
    error: failure?.['error'] as Run['error'],
    equivocation: report?.['equivocation'] as Json | undefined,
  };
}

/** Changes one bit in the middle of one part of a JWS. */
function flip(jws: unknown, part: 1 | 2): string {
  const parts = String(jws).split('.');
  const bytes = Buffer.from(parts[part] ?? '', 'base64url');
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  parts[part] = bytes.toString('base64url');
  return parts.join('.');
}

const network = await createTestNetwork({ domains: ['a.test', 'b.test'] });
t.teardown(() => network.stop());
await Promise.all(['a.test', 'b.test'].map((domain) => network.provider(domain).start()));
const ali = await TestPerson.signUp(network, 'a.test', 'ali');
const babak = await TestPerson.signUp(network, 'b.test', 'babak');

/** The newest record on a person's provider. */
async function headOf(person: TestPerson, room: string): Promise<number> {
  const { head } = await person.call('GET', `/rooms/${room}`);
  return (head as { seq: number }).seq;
}

async function caughtUp(room: string): Promise<number> {
  const seq = await headOf(ali, room);
  await until(async () => (await headOf(babak, room)) >= seq, 'b.test to have everything');
  return seq;
}

async function talk(): Promise<string> {
  const { room: id } = await ali.call('POST', '/rooms', { title: 'گروه', requestKey: 'group' });
  const room = String(id);
  await ali.say(room, 'before anybody came');
  await ali.call('POST', `/rooms/${room}/invites`, { address: babak.address });
  await babak.acceptFrom(ali.address);
  await until(async () => (await headOf(babak, room)) >= 0, 'babak in the group');
  for (let n = 0; n < 40; n += 1) await (n % 2 === 0 ? ali : babak).say(room, `پیام ${n}`);
  const gone = await ali.say(room, 'to be deleted');
  await ali.send(room, { type: 'message.delete', content: {}, rel: [['delete', String(gone['id'])]] });
  await ali.call('PUT', `/rooms/${room}/title`, { title: 'another title' });
  await babak.say(room, 'the last word');
  await caughtUp(room);
  return room;
}

async function exportFrom(domain: string, room: string): Promise<Lines> {
  const file = join(folder, `${domain}-${(files += 1)}.jsonl`);
  const { exitCode, out } = await payvand(['export-room', room, '--out', file, '--json'], {
    PAYVAND_DATA_DIR: network.provider(domain).dataDir,
  });
  if (exitCode !== 0) throw new Error(`export-room: ${out}`);
  return (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
}

const room = await talk();
const ofHub = await exportFrom('a.test', room);
const ofFollower = await exportFrom('b.test', room);

const copy = (lines: Lines): Lines => structuredClone(lines);
const record = (line: Json | undefined): Json => (line?.['record'] ?? {}) as Json;
const placeOf = (lines: Lines, seq: number): number => lines.findIndex((line) => record(line)['seq'] === seq);
const at = (lines: Lines, seq: number): Json => record(lines[placeOf(lines, seq)]);

t.test('an archive exported beside a running hub is verified by a process of its own', async (t) => {
  // Without the hooks that a test runner puts into every node process.
  const { NODE_OPTIONS, ...inherited } = process.env;
  const env = { ...inherited, PAYVAND_DATA_DIR: network.provider('a.test').dataDir };
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [program, 'export-room', room], { env, maxBuffer: 1e8 });
  const file = await write(stdout);
  const { stdout: said } = await run(process.execPath, [program, 'verify', file], { env });
  t.match(said, /records +\d+, from 0 to/);
  t.match(said, /root +a\.test +[\w-]{43} +NOT confirmed/);
  t.match(said, /\nverified\n$/);
});

t.test('the copies of hub and follower verify, and agree', async (t) => {
  const files = [await write(ofHub), await write(ofFollower)];
  const { exitCode, archives, error, equivocation } = await verify(...files);
  t.equal(exitCode, 0, error?.message ?? '');
  t.equal(equivocation, undefined);
  const [hub, follower] = archives;
  t.match(hub, { verdict: 'verified', by: 'a.test', hub: 'a.test', first: 0, judgedFrom: 0, holes: [], faults: [] });
  t.match(follower, { verdict: 'verified', by: 'b.test', holes: [], faults: [] });
  t.equal(follower?.['hash'], hub?.['hash']);
  t.ok(Number(follower?.['first']) > 0, 'what came before babak is not for b.test');
  t.equal(hub?.['sealedSeq'], await headOf(ali, room));
});

t.test('a follower that may see everything exports everything', async (t) => {
  const dm = await ali.dmWith(babak);
  await babak.say(dm, 'سلام علی');
  await ali.say(dm, 'hello');
  await caughtUp(dm);
  const held = await until(async () => {
    const lines = await exportFrom('b.test', dm);
    return lines[0]?.['first'] === 0 ? lines : undefined;
  }, 'what came before babak to be fetched');
  const { exitCode, archives } = await verify(await write(held), await write(await exportFrom('a.test', dm)));
  t.equal(exitCode, 0);
  t.match(archives, [{ first: 0, judgedFrom: 0, holes: [] }, { first: 0 }]);
  t.equal(archives[0]?.['hash'], archives[1]?.['hash']);
});

for (const [visible, first] of [
  ['all', 'from the beginning'],
  ['joined', 'from the join'],
] as const) {
  t.test(`a log ${first} on that was left and joined again verifies`, async (t) => {
    const { room: id } = await ali.call('POST', '/rooms', { title: 'in and out', requestKey: `in-and-out-${visible}` });
    const there = String(id);
    if (visible === 'all') await ali.call('PUT', `/rooms/${there}/history`, { visible });
    const come = async (): Promise<void> => {
      await ali.call('POST', `/rooms/${there}/invites`, { address: babak.address });
      await babak.acceptFrom(ali.address);
    };
    await come();
    await babak.say(there, 'here I am');
    await caughtUp(there);
    await babak.call('POST', `/rooms/${there}/leave`);
    await until(async () => {
      const { members } = await ali.call('GET', `/rooms/${there}`);
      return members === 1;
    }, 'babak to be gone');
    if (visible === 'all') await ali.call('PUT', `/rooms/${there}/history`, { visible: 'joined' });
    for (let n = 0; n < 5; n += 1) await ali.say(there, `nobody else hears ${n}`);
    await ali.call('PUT', `/rooms/${there}/title`, { title: 'alone' });
    await come();
    await babak.say(there, 'back again');
    await caughtUp(there);
    const lines = await until(async () => {
      const exported = await exportFrom('b.test', there);
      return exported.some((line) => 'jwsHash' in record(line)) ? exported : undefined;
    }, 'what babak missed to be fetched as headers');
    t.equal(lines[0]?.['first'] === 0, visible === 'all');
    t.notMatch(JSON.stringify(lines), /nobody else hears/);
    const { exitCode, archives } = await verify(await write(lines), await write(await exportFrom('a.test', there)));
    t.equal(exitCode, 0);
    t.match(archives, [{ verdict: 'verified', by: 'b.test', faults: [] }, { verdict: 'verified' }]);
    t.equal(archives[0]?.['hash'], archives[1]?.['hash']);

    const gap = lines.findIndex((line) => 'jwsHash' in record(line));
    const changed = copy(lines);
    record(changed[gap])['event'] = record(copy(lines)[gap + 1])['event'];
    const bad = await verify(await write(changed));
    t.equal(bad.exitCode, 1);
    t.match(bad.archives[0]?.['faults'], [{ seq: record(lines[gap])['seq'] }], 'a changed header is found');
  });
}

t.test('roots are confirmed by whoever knows them, and only by them', async (t) => {
  const file = await write(ofHub);
  const [plain] = (await verify(file)).archives;
  const roots = plain?.['roots'] as { provider: string; root: string; confirmed: boolean }[];
  t.strictSame(
    roots.map(({ provider, confirmed }) => [provider, confirmed]),
    [
      ['a.test', false],
      ['b.test', false],
    ],
  );
  const [a = '', b = ''] = roots.map(({ root }) => root);
  const both = await verify(file, '--root', `a.test=${a}`, '--root', b);
  t.equal(both.exitCode, 0);
  t.match(both.archives[0]?.['roots'], [{ confirmed: true }, { confirmed: true }]);
  for (const root of [`a.test=${b}`, a.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))])
    t.match(await verify(file, '--root', root), { exitCode: 1, error: { code: 'wrong-root' } }, root);
});

interface Row {
  readonly name: string;
  /** Gives the flags that belong to it, if any. */
  readonly tamper: (lines: Lines) => unknown;
  readonly code: string;
  readonly seq: number;
  readonly exitCode?: number;
}

/** A message in the middle, with a message before and after it. */
const middle = 20;

function tamperings(lines: Lines): Row[] {
  const end = lines.length - 1;
  const last = Number(record(lines.findLast((line) => 'record' in line))['seq']);
  const change = (seq: number, changes: Json) => (copied: Lines) => void Object.assign(at(copied, seq), changes);
  const of = (seq: number): Json => at(lines, seq);
  const ack = (seq: number): string => `${seq}:${String(lines[placeOf(lines, seq)]?.['hash'])}`;
  const cut = (copied: Lines): void => void copied.splice(placeOf(copied, last), 1);
  const sealsAfter = (copied: Lines): Json => copied.find((line) => 'sealed' in line && !('end' in line)) ?? {};
  const firstSealed = ((sealsAfter(lines)['sealed'] as Json)['head'] as Json)['seq'] as number;
  const put = (copied: Lines, place: number, ...more: Json[]): void => void copied.splice(place, 0, ...more);
  const rows: [name: string, tamper: (lines: Lines) => unknown, code: string, seq: number, exitCode?: number][] = [
    ['a flipped payload', change(middle, { jws: flip(of(middle)['jws'], 1) }), 'bad-event', middle],
    ['a flipped signature', change(middle, { jws: flip(of(middle)['jws'], 2) }), 'bad-event', middle],
    ['a flipped content', change(middle, { content: `${String(of(middle)['content'])} ` }), 'content-mismatch', middle],
    [
      'a flipped time',
      change(middle, { at: Number(of(middle)['at']) + (of(middle)['at'] === of(middle + 1)['at'] ? 0 : 1) }),
      'bad-chain',
      middle,
    ],
    ['a time before the one before', change(middle, { at: 1 }), 'at-decreased', middle],
    ['a flipped epoch', change(middle, { epoch: 1 }), 'bad-chain', middle],
    ['a record dropped', (copied) => void copied.splice(placeOf(copied, middle), 1), 'bad-chain', middle],
    [
      'records swapped',
      (copied) => {
        const [one, other] = [placeOf(copied, middle), placeOf(copied, middle + 1)];
        [copied[one], copied[other]] = [copied[other] as Json, copied[one] as Json];
      },
      'bad-chain',
      middle,
    ],
    [
      'a record inserted',
      (copied) => put(copied, placeOf(copied, middle), lines[placeOf(lines, middle)] ?? {}),
      'bad-chain',
      middle + 1,
    ],
    [
      'a record in the place of another',
      (copied) => void Object.assign(at(copied, middle), { jws: of(middle - 1)['jws'], content: null }),
      'duplicate-event',
      middle,
    ],
    ['the last record cut', cut, 'cut-tail', last],
    ['the last line cut', (copied) => void copied.splice(end), 'cut-tail', last + 1],
    [
      'a tail cut with an older head put at the end',
      (copied) => {
        const sealed = copied.findLast((line) => 'sealed' in line && !('end' in line)) ?? {};
        copied.splice(copied.indexOf(sealed) + 1);
        put(copied, copied.length, { end: { records: copied.filter((line) => 'record' in line).length }, ...sealed });
        return ['--expect-head', ack(last)];
      },
      'cut-tail',
      Number(
        ((lines.findLast((line) => 'sealed' in line && !('end' in line))?.['sealed'] as Json)['head'] as Json)['seq'],
      ) + 1,
    ],
    [
      'an acknowledgement of another log',
      () => ['--expect-head', `${middle}:${ack(middle + 1).split(':')[1] ?? ''}`],
      'fork',
      middle,
    ],
    [
      'a flipped seal',
      (copied) =>
        void Object.assign(sealsAfter(copied), { seals: [flip((sealsAfter(copied)['seals'] as string[])[0], 2)] }),
      'bad-seal',
      firstSealed,
    ],
    [
      'a sealed head of another hash',
      (copied) =>
        void Object.assign((sealsAfter(copied)['sealed'] as Json)['head'] as Json, {
          hash: ZERO_HASH.toString('base64url'),
        }),
      'bad-seal',
      firstSealed,
    ],
    [
      'a header of another hub',
      (copied) => void Object.assign(copied[0] ?? {}, { hub: 'b.test' }),
      'bad-archive',
      last + 1,
      3,
    ],
    [
      'a line that is no JSON',
      (copied) => void copied.splice(placeOf(copied, middle), 1, 'x' as unknown as Json),
      'bad-archive',
      middle,
      3,
    ],
    ['no line at all', (copied) => void copied.splice(0), 'bad-archive', 0, 3],
  ];
  return rows.map(([name, tamper, code, seq, exitCode = 1]) => ({
    ...{ name, tamper, code, seq, exitCode },
  }));
}

for (const [whose, lines] of [
  ['the hub', ofHub],
  ['a follower', ofFollower],
] as const)
  t.test(`tampering with an archive of ${whose}`, async (t) => {
    const control = await verify(
      await write(copy(lines)),
      '--expect-head',
      `${middle}:${String(lines[placeOf(lines, middle)]?.['hash'])}`,
    );
    t.match(control, { exitCode: 0, error: undefined }, 'untouched, it passes');
    for (const { name, tamper, code, seq, exitCode } of tamperings(lines)) {
      const copied = copy(lines);
      const flags = tamper(copied);
      const run = await verify(await write(copied), ...(Array.isArray(flags) ? (flags as string[]) : []));
      t.equal(run.exitCode, exitCode, name);
      t.equal(run.error?.code, code, name);
      t.match(run.error?.message, new RegExp(`^record ${name === 'no line at all' ? 0 : seq}:`), name);
    }
  });

t.test('content that is gone for no reason is named, and is no fault of the log', async (t) => {
  const copied = copy(ofHub);
  at(copied, middle)['content'] = null;
  t.match(await verify(await write(copied)), { exitCode: 0, archives: [{ holes: [middle] }] });
});

t.test('the state a late archive begins with cannot be changed', async (t) => {
  const entries = ofFollower.filter((line) => 'entry' in line);
  t.ok(entries.length > 3);
  const place = ofFollower.findIndex((line) =>
    String((line['entry'] as Json | undefined)?.['content']).includes('joined'),
  );
  const dropped = copy(ofFollower);
  dropped.splice(place, 1);
  const snapshot = ofFollower.find((line) => 'snapshot' in line)?.['snapshot'] as { head: { seq: number } };
  t.match(await verify(await write(dropped)), {
    exitCode: 1,
    error: { code: 'state-mismatch', message: `record ${snapshot.head.seq}:` },
  });
  const forged = copy(ofFollower);
  const entry = forged[place]?.['entry'] as Json;
  entry['jws'] = flip(entry['jws'], 2);
  t.match(await verify(await write(forged)), {
    exitCode: 1,
    error: { code: 'bad-event', message: `record ${String(entry['seq'])}:` },
  });
});

/** A group of alice and bob, made without servers, so that its hub can lie. */
function groupLog(): RoomLog {
  const log = new RoomLog();
  log.add(alice, 'member', { key: alice, content: { membership: 'joined' } });
  log.add(B, 'provider', { key: B, content: named(statementOf(B), 1), statement: statementOf(B) });
  log.add(bob, 'member', { key: bob, content: { membership: 'joined', invite: log.invite(alice, bob) } });
  log.say(alice, 'سلام');
  log.seal();
  return log;
}

function archiveOf(log: RoomLog): Lines {
  const header = { room: log.room, hub: A, by: A, at: log.at, first: 0, prev: ZERO_HASH, providers: [] };
  const lines = [archiveHeaderText(header)];
  let prev: Buffer = ZERO_HASH;
  const [newest, ...older] = log.heads.toReversed();
  if (newest === undefined) throw new Error('not sealed');
  for (const [seq, one] of log.records.entries()) {
    prev = recordHash(log.room, log.header(seq), prev);
    lines.push(archiveRecordText(JSON.stringify('jws' in one ? one : headerToWire(one)), prev));
    for (const sealed of older) if (sealed.head.seq === seq) lines.push(archiveSealedText('sealed', sealed));
  }
  lines.push(archiveEndText(log.records.length, newest));
  return lines.map((line) => JSON.parse(line) as Json);
}

t.test('what only a lying hub can do is found as well', async (t) => {
  const next = groupLog().records.length;
  const rows: [name: string, lie: (log: RoomLog) => void, code: string, seq: number][] = [
    [
      'a seal of another hub',
      (log) => {
        log.say(bob, '1');
        log.seal({ hub: B, key: key(B, 'seal') });
      },
      'bad-seal',
      next,
    ],
    [
      'a seal by a key of another',
      (log) => {
        log.say(bob, '1');
        log.seal({ key: key(B, 'seal') });
      },
      'bad-seal',
      next,
    ],
    [
      'a seal by a retired key',
      (log) => {
        log.say(bob, '1');
        log.seal({ key: key(A, 'old seal') });
      },
      'bad-seal',
      next,
    ],
    [
      'an event by a retired key',
      (log) => {
        log.say(bob, '1', { signer: key(B, 'old'), isVoid: true });
        log.say(bob, '2');
        log.seal();
      },
      'bad-event',
      next,
    ],
    [
      'a title by somebody without the right',
      (log) => {
        log.add(bob, 'room.info', { key: '', content: { title: 'Mine' }, isVoid: true });
        log.say(bob, '2');
        log.seal();
      },
      'no-right',
      next,
    ],
    [
      'a forbidden title in the sealed state',
      (log) => {
        log.add(bob, 'room.info', { key: '', content: { title: 'Mine' } });
        log.seal();
      },
      'no-right',
      next,
    ],
    [
      'a wrong fold',
      (log) => {
        log.say(bob, '1');
        log.seal({ state: ZERO_HASH });
      },
      'state-mismatch',
      next,
    ],
    [
      'a hash that is no record',
      (log) => {
        log.say(bob, '1');
        log.seal({ hash: ZERO_HASH });
      },
      'bad-chain',
      next,
    ],
  ];
  const honest = groupLog();
  honest.say(bob, '1');
  honest.seal();
  t.match(await verify(await write(archiveOf(honest))), { exitCode: 0, error: undefined }, 'without a lie it passes');
  for (const [name, lie, code, seq] of rows) {
    const log = groupLog();
    lie(log);
    const { exitCode, error } = await verify(await write(archiveOf(log)));
    t.equal(exitCode, 1, name);
    t.equal(error?.code, code, name);
    t.match(error?.message, new RegExp(`^record ${seq}:`), name);
  }
  const folded = groupLog();
  folded.add(bob, 'room.info', { key: '', content: { title: 'Mine' } });
  folded.seal();
  const [report] = (await verify(await write(archiveOf(folded)))).archives;
  t.match(
    report?.['faults'],
    [
      { code: 'no-right', seq: next },
      { code: 'state-mismatch', seq: next },
    ],
    'the fold of a void record is a fault of its own',
  );
});

t.test('two archives that part prove that their hub lied', async (t) => {
  const [one, other] = [groupLog(), groupLog()];
  one.say(bob, 'to some');
  other.say(alice, 'to others');
  for (const log of [one, other]) {
    log.say(bob, 'after');
    log.seal();
  }
  const files = [await write(archiveOf(one)), await write(archiveOf(other))];
  const seq = groupLog().records.length;
  for (const file of files) t.equal((await verify(file)).exitCode, 0, 'each one alone is good');
  const { exitCode, error, equivocation } = await verify(...files);
  t.equal(exitCode, 1);
  t.match(error, { code: 'fork', message: `record ${seq}:` });
  t.match(equivocation, {
    room: one.room,
    hub: A,
    branches: [one, other].map((log) => ({
      headers: [headerToWire(log.header(seq)), headerToWire(log.header(seq + 1))],
      sealed: { head: { hub: A, seq: seq + 1 } },
    })),
  });
  t.equal((equivocation?.['seals'] as string[]).length, 2);
  const shorter = groupLog();
  t.equal((await verify(files[0] ?? '', await write(archiveOf(shorter)))).exitCode, 0, 'a shorter log is no other log');
});

t.test('what cannot be read or was asked wrongly is said', async (t) => {
  t.match(await verify(join(folder, 'missing')), { exitCode: 3, error: { code: 'unreadable' } });
  t.match(await verify(), { exitCode: 2, error: { code: 'usage' } });
  const file = await write(ofHub);
  t.match(await verify(file, '--root', 'short'), { exitCode: 2, error: { code: 'usage' } });
  t.match(await verify(file, '--expect-head', '1'), { exitCode: 2, error: { code: 'usage' } });
  t.match(await verify(file, await write(archiveOf(groupLog()))), { exitCode: 2 }, 'two rooms');
  const env = { PAYVAND_DATA_DIR: network.provider('a.test').dataDir };
  t.match(await payvand(['export-room', 'room', '--json'], env), { exitCode: 2 });
  t.match(await payvand(['export-room', groupLog().room, '--json'], env), { exitCode: 1, out: /unknown-room/ });
  t.match(await payvand(['export-room', room, '--out', file, '--json'], env), { exitCode: 1, out: /file-exists/ });
});

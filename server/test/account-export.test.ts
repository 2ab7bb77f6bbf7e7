import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import t from 'tap';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

const program = fileURLToPath(new URL('../bin/payvand.js', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'payvand-exports-'));
t.teardown(() => rm(folder, { recursive: true }));
const [A, B] = ['a.test', 'b.test'] as const;
const { network, alice, bob, eve } = await makeStage(t, { alice: A, bob: B, eve: B });
const dm = await alice.dmWith(bob);
const { room } = await alice.call('POST', '/rooms', { title: 'گروه', requestKey: 'g' });
const group = String(room);
const { room: other } = await alice.call('POST', '/rooms', { title: 'left', requestKey: 'l' });
const left = String(other);
await alice.say(group, 'before bob');
for (const one of [group, left]) {
  await alice.call('POST', `/rooms/${one}/invites`, { address: bob.address });
  await bob.acceptFrom(alice.address);
}
for (let n = 0; n < 30; n += 1)
  for (const one of [dm, group, left]) await (n % 2 === 0 ? alice : bob).say(one, `پیام ${n}`);
await bob.call('PATCH', `/rooms/${dm}/preferences`, { draft: { text: 'half a sentence' } });
await bob.call('PUT', `/blocks/somebody@${A}`);
await bob.call('POST', `/rooms/${left}/leave`);
await until(async () => Number((await alice.call('GET', `/rooms/${left}`))['members']) === 1, 'the leave');
await alice.say(left, 'behind his back');
const last = await alice.say(group, 'the last word');
await until(async () => (await bob.events(group)).some((event) => event['id'] === last['id']), 'the last word');

/** What a person takes along, as text. */
async function exportOf(who: TestPerson): Promise<string> {
  const url = `${who.provider.url}/client/v1/me/export`;
  const headers = { authorization: `Bearer ${who.token}` };
  const { statusCode, headers: answered, body } = await request(url, { dispatcher: network.agent, headers });
  const type = String(answered['content-type']);
  if (statusCode !== 200 || type !== 'application/x-ndjson') throw new Error(`${statusCode} ${type}`);
  return await body.text();
}

interface Verified {
  readonly exitCode: number;
  readonly out: string;
}

/** Verifies a text in a process of its own, without the hooks that a test runner puts into every node process. */
async function verify(text: string): Promise<Verified> {
  const file = join(folder, 'export.jsonl');
  await writeFile(file, text);
  const { NODE_OPTIONS, ...env } = process.env;
  return await new Promise((resolve) => {
    execFile(process.execPath, [program, 'verify', file], { env }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), out: `${stdout}${stderr}` }),
    );
  });
}

const parse = (text: string): Json[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);

const text = await exportOf(bob);
const lines = parse(text);

await t.test('PV-EXP-001 all that is kept for a person is in it', async (t) => {
  t.match(lines[0], { export: 'payvand-account', version: 1, address: bob.address, by: B });
  t.same(lines.at(-1), { exported: { rooms: 3 } });
  t.match(lines[1], { me: { address: bob.address, name: 'bob' } });
  t.equal(lines.filter((line) => 'session' in line).length, 1);
  t.match(lines.find((line) => 'block' in line)?.['block'], { address: `somebody@${A}` });
  const rooms = lines.flatMap((line) => ('room' in line && !('archive' in line) ? [line['room'] as Json] : []));
  t.same(rooms.map((one) => one['room']).sort(), [dm, group, left].sort());
  t.match(rooms.find((one) => one['room'] === dm)?.['preferences'], { draft: { text: 'half a sentence' } });
  t.ok(text.includes('the last word'));
});

await t.test('PV-EXP-002, PV-EXP-003 and nothing they may not see', async (t) => {
  for (const secret of ['before bob', 'behind his back', bob.token, 'password']) t.notOk(text.includes(secret), secret);
  t.equal(await eve.refusal('GET', `/rooms/${group}`), 'unknown-room');
  const ofEve = parse(await exportOf(eve));
  t.same(
    ofEve.filter((line) => 'room' in line || 'record' in line),
    [],
    'nothing of what others have',
  );
});

await t.test(
  'PV-EXP-004 its archives are verified by a process of its own, and faults in them are found',
  async (t) => {
    const good = await verify(text);
    t.equal(good.exitCode, 0, good.out);
    t.equal(good.out.split('\nverified').length - 1, 3, 'one of each room');
    const records = lines.filter((line) => 'record' in line);
    t.ok(records.length >= 90, 'with all the records');
    const changed = await verify(text.replace('"content":"{', '"content":"{ '));
    t.equal(changed.exitCode, 1, changed.out);
    const cut = await verify(`${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`);
    t.equal(cut.exitCode, 1);
    t.match(cut.out, /cut-tail|is cut/);
  },
);

await t.test('it is not taken more often than can be borne', async (t) => {
  const url = `${bob.provider.url}/client/v1/me/export`;
  const headers = { authorization: `Bearer ${bob.token}` };
  const codes: number[] = [];
  for (let n = 0; n < 6; n += 1) {
    const { statusCode, body } = await request(url, { dispatcher: network.agent, headers });
    await body.dump();
    codes.push(statusCode);
  }
  t.same(codes, [200, 200, 200, 200, 429, 429]);
});

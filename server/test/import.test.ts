import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ImportedVerifier } from '../src/protocol/verify-imported.js';
import { captureInProcess } from './support/run-in-process.js';
import type { Json } from './support/test-person.js';

const sample = fileURLToPath(new URL('fixtures/telegram-export.json', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'payvand-import-'));
t.teardown(() => rm(folder, { recursive: true }));
let folders = 0;

interface Run {
  readonly code: number;
  readonly answer: Json;
}

async function payvand(...args: string[]): Promise<Run> {
  const { code, stdout } = await captureInProcess([...args, '--json']);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { code, answer: Object.assign({}, ...lines.map((line) => JSON.parse(line) as Json)) as Json };
}

/** Imports a text. @returns what was said, and the archives */
async function imported(text: string | Buffer): Promise<Run & { archives: string[] }> {
  const [source, out] = [join(folder, `${(folders += 1)}.json`), join(folder, String(folders))];
  await writeFile(source, text);
  const run = await payvand('import', 'telegram', source, '--out', out);
  const names = (await readdir(out).catch(() => [])).sort();
  return { ...run, archives: names.map((name) => join(out, name)) };
}

const linesOf = async (file: string): Promise<Json[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
const exported = await readFile(sample, 'utf8');
const withMessages = (messages: readonly object[]): string =>
  JSON.stringify({ name: 'n', type: 'personal_chat', id: 1, messages });

await t.test('a chat that Telegram Desktop exported becomes an archive that says nobody signed it', async (t) => {
  const [out, key] = [join(folder, 'first'), join(folder, 'importer.key')];
  const made = await payvand('import', 'telegram', sample, '--out', out, '--key', key);
  t.equal(made.code, 0);
  t.match(made.answer['archives'], [{ title: 'سفر شمال', messages: 12, services: 2, skipped: 0 }]);
  const file = join(out, '1.payvand-imported');
  t.equal((await stat(file)).mode & 0o777, 0o600);
  const verified = await payvand('verify', file);
  t.equal(verified.code, 0);
  t.match(verified.answer['imported'], {
    ...{ verdict: 'unchanged', signedByAuthors: false, from: 'telegram-desktop', key: made.answer['key'] },
    ...{ chat: { title: 'سفر شمال', kind: 'private_group' }, messages: 12, services: 2, people: 4 },
  });
  const { stdout } = await captureInProcess(['verify', file]);
  t.match(stdout, /authors {2}NOT signed/);
  t.match(stdout, /سفر شمال/);
  const again = await payvand('import', 'telegram', sample, '--out', join(folder, 'again'), '--key', key);
  t.equal(again.answer['key'], made.answer['key'], 'the same importer, by the key that was kept');
  t.match(await payvand('import', 'telegram', sample, '--out', out), {
    code: 1,
    answer: { error: { code: 'file-exists' } },
  });
  t.match(await payvand('verify', file, file), { code: 2 }, 'it is no log that could be compared');
  t.match(await payvand('verify', file, '--root', 'A'.repeat(43)), { code: 2 }, 'nor has it a provider’s root');
});

await t.test('what was said comes along: marks, replies, edits, forwards, polls, places, files by name', async (t) => {
  const { archives } = await imported(exported);
  const all = await linesOf(archives[0] ?? '');
  const said = new Map(
    all.flatMap(({ message }) => (message === undefined ? [] : [[(message as Json)['id'], message]])),
  );
  t.same(Object.keys(all[0] ?? {}), ['imported', 'version', 'from', 'chat', 'at', 'key']);
  t.same(said.get(2), {
    ...{ id: 2, at: 1746081070000, by: { id: 'user1001', name: 'Sara' }, edited: 1746081120000 },
    content: {
      text: 'سلام بچه‌ها 🌊 پنج‌شنبه ساعت 07:30 راه می‌افتیم.',
      entities: [
        { type: 'bold', offset: 15, length: 8 },
        { type: 'code', offset: 29, length: 5 },
      ],
    },
    reactions: [{ emoji: '👍', count: 2 }],
  });
  const text = String(((said.get(2) as Json)['content'] as Json)['text']);
  t.equal(text.slice(15, 23), 'پنج‌شنبه', 'offsets count UTF-16 units');
  t.match(said.get(3), {
    reply: 2,
    content: {
      text: '@sara_travels map: route or maps.example',
      entities: [
        { type: 'link', offset: 19, length: 5, url: 'https://maps.example/route?id=7' },
        { type: 'link', offset: 28, length: 12, url: 'https://maps.example' },
      ],
    },
  });
  t.match(said.get(4), {
    content: { text: 'ویلا' },
    media: { kind: 'photo', name: 'photo_1@01-05-2025_09-04-00.jpg' },
  });
  t.same((said.get(5) as Json)['media'], {
    ...{ kind: 'file', name: 'قرارداد.pdf', mime: 'application/pdf', bytes: 120334, missing: true },
  });
  t.match(said.get(6), { media: { kind: 'voice', seconds: 6 } });
  t.match(said.get(7), { content: { location: { lat: 366579120, lon: 514201130, title: 'چالوس' } } });
  t.match(said.get(8), { content: { contact: { name: 'نگهبان ویلا', phone: '+980000000000' } } });
  t.match(said.get(9), { content: { poll: { question: 'شام چی؟', options: ['ماهی', 'کباب'] } }, tally: [2, 1] });
  t.match(said.get(10), {
    forwarded: { name: 'هواشناسی' },
    content: { entities: [{ type: 'spoiler' }, { type: 'quote' }] },
  });
  t.match(said.get(11), { media: { kind: 'sticker', emoji: '😂' } });
  t.same((said.get(12) as Json)['by'], { id: 'user1009' }, 'an account that is gone has no name');
  t.match(said.get(14), { local: true, content: { entities: [{ type: 'pre', lang: 'sh' }, { type: 'link' }] } });
  t.match(
    all.filter(({ service }) => service !== undefined),
    [
      { service: { action: 'create_group', people: ['Sara', 'مهدی'] } },
      { service: { action: 'pin_message', about: 2 } },
    ],
  );
});

await t.test('everything that was exported becomes an archive of each chat', async (t) => {
  const [one, other] = [JSON.parse(exported) as Json, { name: 'Saved', type: 'saved_messages', id: 5, messages: [] }];
  const about = {
    about: 'x',
    personal_information: { bio: '[{"messages":[{}]}]' },
    contacts: { list: [{ messages: 1 }] },
  };
  const { answer, archives } = await imported(
    JSON.stringify({ ...about, chats: { about: 'y', list: [one, other] }, left_chats: { list: [one] } }),
  );
  t.match(answer['archives'], [{ title: 'سفر شمال', messages: 12 }, { title: 'Saved', messages: 0 }, { messages: 12 }]);
  for (const file of archives) t.equal((await payvand('verify', file)).code, 0);
});

await t.test('what is hostile, broken or too large is refused with a code, and leaves no whole archive', async (t) => {
  const codeOf = async (text: string | Buffer): Promise<unknown> => {
    const { code, answer, archives } = await imported(text);
    t.equal(code, 3);
    for (const file of archives) t.match(await payvand('verify', file), { answer: { imported: { verdict: 'fault' } } });
    return (answer['error'] as Json)['code'];
  };
  const good = { id: 1, type: 'message', date_unixtime: '1', text: 'a' };
  t.equal((await imported(withMessages([good]))).code, 0, 'which is good');
  t.equal(await codeOf(''), 'bad-export');
  t.equal(await codeOf('<html>"no export"</html>'), 'bad-export');
  t.equal(await codeOf('{"a":{"messages":[]}}'), 'bad-export', 'no chat');
  t.equal(await codeOf(exported.slice(0, -20)), 'bad-export', 'cut');
  t.equal(await codeOf(withMessages([good]).replace('"a"', 'a')), 'bad-export');
  t.equal(await codeOf(withMessages([good]).replace(']', '}')), 'bad-export');
  t.equal(await codeOf(`{"x":${'['.repeat(100)}`), 'bad-export', 'nested');
  t.equal(await codeOf(Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff])])), 'bad-export', 'not UTF-8');
  t.equal(await codeOf(withMessages([{ ...good, text: 'x'.repeat(1_100_000) }])), 'too-large');
  t.match(await payvand('import', 'telegram', join(folder, 'nowhere'), '--out', join(folder, 'no')), {
    ...{ code: 3, answer: { error: { code: 'unreadable' } } },
  });

  const odd = [
    { ...good, text: '\ud800\u0000 half' },
    { ...good, text: 'y'.repeat(100_000), from: 'n'.repeat(500), from_id: { a: 1 } },
    { ...good, text: '', poll: { question: '', answers: 7 } },
    { ...good, poll: { question: 'q', answers: Array.from({ length: 60 }, () => ({ text: 'same', voters: -1 })) } },
    {
      ...good,
      text: [null, 7, { type: 'bold' }, { type: 'bold', text: 'b' }],
      location_information: { latitude: 'x' },
    },
    { ...good, photo: '../../../etc/passwd\u202e', reactions: [null, { emoji: 'x', count: 'many' }] },
    { ...good, text_entities: Array.from({ length: 300 }, () => ({ type: 'bold', text: 'b' })) },
    { id: -1, date_unixtime: '1' },
    { id: 5, date: 'yesterday' },
  ];
  const { code, answer, archives } = await imported(withMessages(odd));
  t.equal(code, 0);
  t.match(answer['archives'], [{ messages: 7, skipped: 2 }]);
  t.equal((await payvand('verify', archives[0] ?? '')).code, 0, 'what is taken in is well formed, whatever it was');
  t.equal((await readFile(archives[0] ?? '', 'utf8')).includes('etc/'), false, 'a file is named, not where it lay');
});

await t.test('a piece can end anywhere', async (t) => {
  const padded = exported.replace(
    '"type": "private_group"',
    `"pad": "${'\\"é\\\\'.repeat(14_000)}", "type": "private_group"`,
  );
  for (let shift = 0; shift < 8; shift += 1)
    t.match((await imported(`${' '.repeat(shift)}${padded}`)).answer['archives'], [
      { messages: 12, title: 'سفر شمال' },
    ]);
});

await t.test('PV-IMP-001 to PV-IMP-009 imported archives are verified as the vectors say', async (t) => {
  const file = new URL('../../spec/vectors/imported.json', import.meta.url);
  const { vectors } = JSON.parse(await readFile(file, 'utf8')) as {
    vectors: { name: string; input: { lines: string[] }; expect: { ok: boolean; code?: string } }[];
  };
  for (const { name, input, expect } of vectors) {
    const verifier = new ImportedVerifier();
    for (const line of input.lines) if (!verifier.take(Buffer.from(line))) break;
    const { fault } = verifier.report();
    t.same(fault === undefined ? { ok: true } : { ok: false, code: fault.code }, expect, name);
  }
});

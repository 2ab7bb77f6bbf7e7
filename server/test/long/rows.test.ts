import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { RowNote } from '../support/row-hub.js';

/** Runs every row of the features once more: with the hub on a third provider, and restarted in the middle of the row. */

const tests = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'payvand-rows-'));
t.teardown(() => rm(folder, { recursive: true }));
t.setTimeout(1_200_000);
t.jobs = 2;

/** Rows whose hub can be nowhere else; it is restarted where it is. */
const fixed: Readonly<Record<string, string>> = {
  'features-people': 'a dm has its hub where it was asked for (PV-ROOM-006)',
  'features-reports':
    'its hub is the third provider as it is: who is reported is on B and who reports on C (PV-REP-009)',
};

/** Tests of people on several providers that are no rows. */
const exempt: Readonly<Record<string, string>> = {
  'account-close': 'an account is closed at its own provider, which restarts in the middle of it as it is',
  'account-export': 'an export is what one’s own provider holds',
  blocks: 'a block is kept at home, and looked at with the hub at either of the two',
  chat: 'a terminal is looked at, and rooms through it',
  devices: 'what one’s devices share is kept at home, which restarts in the middle of it as it is',
  'features-faults': 'each of its tests takes the hub away by itself',
  'features-presence': 'presence goes from home to home and is forgotten by a restart (PV-PRS-001, PV-SGL-001)',
  'features-profiles': 'a profile is asked for at home, in whatever room people meet (PV-PRF-004)',
  'request-keys': 'a request key is its own provider’s, which restarts in the middle of it as it is',
  search: 'an index is made of what one’s own provider holds, wherever it came from',
};

/** Files by name, without those that bring no people of several providers together. */
async function sources(): Promise<Map<string, string>> {
  const files = (await readdir(tests)).filter((file) => file.endsWith('.test.ts'));
  const texts = await Promise.all(
    files.map(async (file) => [basename(file, '.test.ts'), await readFile(join(tests, file), 'utf8')] as const),
  );
  return new Map(texts.filter(([, text]) => /\bmake(Stage|TestGroup)\(/.test(text)));
}

/** How many rows an ordinary run of a file has: its tests, and the entries of its tables. */
function rowsIn(text: string): number {
  return [...text.matchAll(/^(await t\.test\(| +allowed: )/gm)].length;
}

async function notesIn(file: string): Promise<RowNote[]> {
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as RowNote);
}

const all = await sources();
const withRows = [...all].filter(([name]) => exempt[name] === undefined);

for (const [name, why] of Object.entries({ ...exempt, ...fixed })) {
  t.ok(all.has(name), `there is a ${name}`);
  t.comment(`${name}: ${why}`);
}

for (const [name, text] of withRows)
  t.test(name, async (t) => {
    const file = join(folder, name);
    const hub = fixed[name] === undefined ? 'c.test' : 'a.test';
    // tap's own reader of TypeScript, put off in .taprc, writes here that it is back.
    const env = { ...process.env, TAP_TYPE_STRIP_ONLY: '1', ROWS_HUB: hub, ROWS_RESTARTS: 'yes', ROWS_FILE: file };
    await t.spawn(process.execPath, [...process.execArgv, join(tests, `${name}.test.ts`)], { env }, name);
    const notes = await notesIn(file);
    const undisturbed = notes.filter(({ isRestarted }) => !isRestarted);
    t.same(undisturbed, [], 'each with a restart in it');
    t.ok(notes.length >= rowsIn(text), `${notes.length} rows of ${rowsIn(text)}`);
    // The report of a run leaves comments out.
    process.stderr.write(`${name}: ${notes.length} rows with the hub on ${hub} and restarted\n`);
  });

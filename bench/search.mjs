// What it costs to keep messages findable, and what a question takes: CPU time of both processes, bytes on disk, times.
// What is said is made up, or is what was said in an archive that payvand import made.
// Needs a built server. usage: node bench/search.mjs [--messages 100000] [--rooms 200] [--archive file]
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { createBells } from '../server/dist/services/bells.js';
import { IndexMessages } from '../server/dist/services/search/index-messages.js';
import { searchMessages } from '../server/dist/services/search/search-messages.js';
import { startEmbeddedPostgres } from '../server/dist/storage/embedded/start-embedded-postgres.js';
import { openStore } from '../server/dist/storage/open-store.js';
import { cpuSeconds } from './dist/process-times.js';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    rooms: { type: 'string', default: '200' },
    archive: { type: 'string' },
  },
});
const rooms = Number(values.rooms);
const perRoom = Math.ceil(Number(values.messages) / rooms);
const messages = perRoom * rooms;
const WORDS_EACH = 12;
const VOCABULARY = 20_000;
const ACCOUNT = 1;
const texts = values.archive === undefined ? undefined : await textsOf(values.archive);
const say = (text) => process.stdout.write(`${text}\n`);
const none = { warn: (...words) => say(JSON.stringify(words)), error() {}, info() {}, debug() {} };

const dataDir = await mkdtemp(join(tmpdir(), 'payvand-search-'));
const database = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const store = await openStore({ database: database.connection, log: none });
const sql = postgres({ ...database.connection, max: 1, onnotice: () => undefined });
try {
  await fill();
  await sql`VACUUM ANALYZE`;
  await index();
  await sql`VACUUM ANALYZE`;
  await measureBytes();
  await ask();
} finally {
  await sql.end();
  await store.close();
  await database.stop();
  await rm(dataDir, { recursive: true, force: true });
}

async function fill() {
  const made = `of ${WORDS_EACH} words (${VOCABULARY} different, the common ones often)`;
  say(
    `${messages} messages ${texts ? `of the ${texts.length} in ${values.archive}, again and again` : made} in ${rooms} rooms`,
  );
  const start = Date.now() - messages * 1000;
  for (let room = 0; room < rooms; room += 1) {
    const id = idOf('r', room);
    const hash = Buffer.alloc(32);
    await sql`INSERT INTO rooms ${sql({ room_id: id, kind: 'group', hub: 'a.test', status: 'active', seq: perRoom - 1, first_seq: 0, at: start, epoch: 0, hash })}`;
    await sql`INSERT INTO account_rooms ${sql({ account_id: ACCOUNT, visible_from: 0, joined_seq: 0, read_seq: -1, room_id: id, membership: 'joined' })}`;
    for (let seq = 0; seq < perRoom; seq += 500) {
      const rows = Array.from({ length: Math.min(500, perRoom - seq) }, (_, n) => messageAt(room, seq + n, start));
      await sql`INSERT INTO log ${sql(rows)}`;
    }
  }
}

function messageAt(room, seq, start) {
  const payload = { room: idOf('r', room), type: 'message', sender: 'ali@a.test', nonce: randomUUID(), size: 200 };
  const content = { salt: 'AAAAAAAAAAAAAAAAAAAAAA', text: textAt(room * perRoom + seq) };
  return {
    ...{
      seq,
      epoch: 0,
      at: start + (seq * rooms + room) * 1000,
      room_id: idOf('r', room),
      event_id: idOf('e', room, seq),
    },
    ...{ type: 'message', sender: 'ali@a.test', hash: Buffer.alloc(32), content: JSON.stringify(content) },
    jws: `${'h'.repeat(90)}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.${'s'.repeat(86)}`,
  };
}

function textAt(place) {
  return texts?.[place % texts.length] ?? Array.from({ length: WORDS_EACH }, word).join(' ');
}

/** What people said, by an imported archive. */
async function textsOf(file) {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.startsWith('{"message"'));
  const said = lines.map((line) => JSON.parse(line).message.content?.text).filter((text) => text !== undefined);
  if (said.length === 0) throw new Error(`${file} holds no messages: is it an archive of payvand import?`);
  return said;
}

/** Words by how often they come: made up, or those of the archive. */
function wordOfPlace(place) {
  if (texts === undefined) return wordAt(place);
  const counts = new Map();
  for (const one of texts.join(' ').match(/[\p{L}\p{N}]+/gu) ?? []) counts.set(one, (counts.get(one) ?? 0) + 1);
  const known = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
  return known[Math.min(place, known.length - 1)];
}

/** Words of a language come as often as one divided by their place. */
function word() {
  return wordAt(Math.floor(VOCABULARY ** Math.random()));
}

function wordAt(place) {
  const letters = 'ابپتجچخدرزسشعغفقکگلمنوهی';
  let text = '';
  for (let rest = place + letters.length; rest > 0; rest = Math.floor(rest / letters.length))
    text += letters[rest % letters.length];
  return text;
}

async function index() {
  const bells = createBells();
  // It rests four times as long as it works; here it does not rest, so that only the work is measured.
  const timers = { after: (_, run) => (setImmediate(run), () => undefined), every: () => () => undefined };
  const before = { own: process.cpuUsage(), database: cpuSeconds(database.pid()), at: performance.now() };
  const work = new IndexMessages({ store, bells, clock: { now: () => Date.now() }, log: none, timers });
  work.start();
  for (;;) {
    const behind = await store.listRoomsBehind({ limit: 1 });
    if (behind.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await work.stop();
  const seconds = (performance.now() - before.at) / 1000;
  const { user, system } = process.cpuUsage(before.own);
  const own = (user + system) / 1e6;
  const inDatabase = cpuSeconds(database.pid()) - before.database;
  const perThousand = (one) => `${((one * 1000) / messages).toFixed(3)} CPU-s`;
  say(`indexing 1,000 messages: server ${perThousand(own)}, PostgreSQL ${perThousand(inDatabase)}`);
  say(`without resting: ${Math.round(messages / seconds)} messages/s`);
}

async function measureBytes() {
  for (const table of ['search_index', 'log']) {
    const [row] = await sql`SELECT pg_total_relation_size(${table}) AS bytes`;
    say(`${table}: ${Math.round(Number(row.bytes) / messages)} bytes a message`);
  }
}

async function ask() {
  const deps = { store, clock: { now: () => Date.now() } };
  const questions = {
    'the commonest word': { text: wordOfPlace(1) },
    'a common word': { text: wordOfPlace(3) },
    'a rare word': { text: wordOfPlace(VOCABULARY - 7) },
    'two words': { text: `${wordOfPlace(2)} ${wordOfPlace(40)}` },
    'two words in one room': { text: `${wordOfPlace(2)} ${wordOfPlace(40)}`, room: idOf('r', 1) },
  };
  for (const [name, wanted] of Object.entries(questions)) {
    const times = [];
    let found = 0;
    for (let turn = 0; turn < 21; turn += 1) {
      const before = performance.now();
      const { results } = await searchMessages(
        deps,
        { accountId: ACCOUNT, address: 'ali@a.test' },
        { limit: 50, ...wanted },
      );
      times.push(performance.now() - before);
      found = results.length;
    }
    times.sort((one, other) => one - other);
    say(`${name}: ${found} found, median ${times[10].toFixed(1)} ms, worst ${times[20].toFixed(1)} ms`);
  }
}

function idOf(kind, ...parts) {
  return kind + createHash('sha256').update(parts.join(' ')).digest('base64url');
}

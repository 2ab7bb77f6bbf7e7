import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { StartError } from '../start-error.js';
import { hasCode } from './has-code.js';
import { withShortPath } from './with-short-path.js';

export type DirectoryLock = { readonly release: () => Promise<void> };

const generationName = /^lock\.([1-9][0-9]{0,14})$/;
const unfinishedName = 'lock.new-';

/**
 * Makes this process the only one that uses `directory`, until `release` or the end of the process, however it ends.
 *
 * The lock is a listening unix socket: the kernel closes it with its process, so neither kill -9 nor a reused process id
 * can leave it held or free by mistake. Each holder has its own generation, a folder `lock.N` with `N` one above the
 * newest whose socket nobody listens on. A generation appears by one rename, already listening, and is removed only by the
 * holder of a newer one; therefore two starts can never both take a dead lock over.
 *
 * @param directory exists, is on a local disk, and only trusted accounts can write to it
 * @throws StartError `data-directory-in-use` (another process, or another caller in this one, holds it)
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  for (;;) {
    const newest = await newestGeneration(directory);
    if (newest > 0 && (await isHeld(directory, newest))) throw await inUse(directory, newest);
    const server = await claim(directory, newest + 1);
    if (!server) continue;
    if ((await newestGeneration(directory)) === newest + 1) {
      await sweep(directory, newest + 1);
      return { release: () => close(server) };
    }
    await close(server);
  }
}

async function newestGeneration(directory: string): Promise<number> {
  const names = await readdir(directory);
  return Math.max(0, ...names.map((name) => Number(generationName.exec(name)?.[1] ?? 0)));
}

/** Anything but a refused connection counts as held: a process that is stopped or busy still owns its socket. */
async function isHeld(directory: string, generation: number): Promise<boolean> {
  return withShortPath(join(directory, `lock.${generation}`), 'alive', async (path) => {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return true;
    } catch (error) {
      return !hasCode(error, 'ECONNREFUSED', 'ENOENT');
    } finally {
      socket.destroy();
    }
  });
}

/** @returns nothing when another process was faster */
async function claim(directory: string, generation: number): Promise<Server | undefined> {
  const folder = await mkdtemp(join(directory, unfinishedName));
  const server = createServer((socket) => socket.destroy());
  try {
    await writeFile(join(folder, 'pid'), String(process.pid));
    await withShortPath(folder, 'alive', async (path) => {
      await once(server.listen(path), 'listening');
    });
    server.unref();
    await rename(folder, join(directory, `lock.${generation}`));
    return server;
  } catch (error) {
    await close(server);
    const isSwept = !existsSync(folder);
    await remove(folder);
    if (isSwept || hasCode(error, 'ENOTEMPTY', 'EEXIST')) return undefined;
    throw error;
  }
}

async function sweep(directory: string, generation: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const isOlder = Number(generationName.exec(name)?.[1] ?? generation) < generation;
    if (isOlder || name.startsWith(unfinishedName)) await remove(join(directory, name));
  }
}

/** Retries, because a slower start may still be writing into it. */
function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function inUse(directory: string, generation: number): Promise<StartError> {
  const pid = await readFile(join(directory, `lock.${generation}`, 'pid'), 'utf8').catch(() => 'unknown');
  return new StartError('data-directory-in-use', `${directory} is in use by process ${pid}`);
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  await once(server, 'close');
}

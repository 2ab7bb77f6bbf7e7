import { copyFile, lstat, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Copies a folder with everything in it, modes included. All of it is on disk when this returns; files that are no files,
 * such as sockets, are left out.
 *
 * @param to does not exist yet
 * @param giveAway is called with every folder and file that was made
 */
export async function copyFolder(from: string, to: string, giveAway?: (path: string) => Promise<void>): Promise<void> {
  const { mode } = await lstat(from);
  await mkdir(to, { mode: mode & 0o777 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyFolder(source, target, giveAway);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.isFile()) {
      await copyFile(source, target);
      await syncFolder(target);
      await giveAway?.(target);
    }
  }
  await syncFolder(to);
  await giveAway?.(to);
}

/** Waits until a folder's names, or a file, are on disk. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

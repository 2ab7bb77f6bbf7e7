import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** The address of a unix socket holds 107 bytes on Linux and 103 on macOS. */
const socketPathBytesMax = 103;

/** Tells whether `path` can be the address of a unix socket. */
export function isSocketPath(path: string): boolean {
  return Buffer.byteLength(path) <= socketPathBytesMax;
}

/**
 * Lets `use` reach the socket `name` in `directory` under a path that fits, however long the real one is.
 *
 * @param use gets the short path; it ends with `use`, while the socket made or reached through it stays
 */
export async function withShortPath<T>(directory: string, name: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(directory, name);
  if (isSocketPath(path)) return use(path);
  const shortcut = await mkdtemp('/tmp/payvand-');
  try {
    await symlink(directory, join(shortcut, 'to'));
    return await use(join(shortcut, 'to', name));
  } finally {
    await rm(shortcut, { recursive: true });
  }
}

import { mkdir } from 'node:fs/promises';

/**
 * Makes the data directory when there is none: for its owner only, but one that root's database, which runs as another
 * account, can pass through.
 */
export async function makeDataDir(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
}

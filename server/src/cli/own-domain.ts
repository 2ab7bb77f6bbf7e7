import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Config } from '../config.js';
import { keyFilePath } from '../own-keys.js';
import { parseDomain } from '../protocol/identifiers.js';
import type { Domain } from '../protocol/identifiers.js';
import { CommandError } from './command.js';

/** The domain of a provider: the one given, else the one its keys were made for. */
export async function knownDomain({
  domain,
  dataDir,
}: Pick<Config, 'domain' | 'dataDir'>): Promise<Domain | undefined> {
  return domain ?? (await domainOfKeys(dataDir));
}

/**
 * The domain of a provider that must exist.
 *
 * @throws CommandError `no-provider`: there is nothing in the data directory yet
 */
export async function existingDomain(config: Pick<Config, 'domain' | 'dataDir'>): Promise<Domain> {
  const ofKeys = await domainOfKeys(config.dataDir);
  if (ofKeys === undefined)
    throw new CommandError(
      'no-provider',
      `there is no provider in ${config.dataDir}: name its folder with --data-dir, or run payvand serve first`,
    );
  return config.domain ?? ofKeys;
}

/** A name that works on a local network without any set-up: many systems answer for it by multicast DNS. */
export function localDomain(): Domain {
  const [label = ''] = hostname().toLowerCase().split('.');
  return parseDomain(`${label.replace(/[^a-z0-9-]/g, '-')}.local`) ?? ('payvand.local' as Domain);
}

async function domainOfKeys(dataDir: string): Promise<Domain | undefined> {
  const text = await readFile(keyFilePath(dataDir), 'utf8').catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new CommandError('keys-not-readable', `${keyFilePath(dataDir)} cannot be read (${code ?? 'unknown'})`);
  });
  return text === undefined ? undefined : parseDomain(readProvider(text));
}

function readProvider(text: string): string {
  try {
    const { provider } = JSON.parse(text) as { provider?: unknown };
    return typeof provider === 'string' ? provider : '';
  } catch {
    return '';
  }
}

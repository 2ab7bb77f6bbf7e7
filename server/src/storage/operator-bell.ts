import { openPool } from './database.js';
import type { DatabaseAddress } from './database.js';
import { StorageError } from './storage-error.js';

/** What an operator's command has changed beside a running server. */
export type OperatorChange =
  | { readonly account: number }
  | { readonly peer: string }
  /** rooms of this hub that are in quarantine are to be judged anew */
  | { readonly rejudge: string };

const channel = 'payvand_operator';

/**
 * Tells the servers that use a database what has changed.
 *
 * @throws StorageError `connection`
 */
export async function ringOperatorBell(database: DatabaseAddress, change: OperatorChange): Promise<void> {
  const pool = openPool(database, 1);
  try {
    await pool`SELECT pg_notify(${channel}, ${JSON.stringify(change)})`;
  } catch (error) {
    throw StorageError.from(error);
  } finally {
    await pool.end({ timeout: 1 });
  }
}

/**
 * Listens to `ringOperatorBell`, on a connection of its own that comes and goes with the database. What is rung meanwhile
 * is missed: everything here is read again after a while anyway.
 *
 * @throws StorageError `connection`
 */
export async function hearOperatorBell(
  database: DatabaseAddress,
  onChange: (change: OperatorChange) => void,
): Promise<{ stop(): Promise<void> }> {
  const pool = openPool(database, 1);
  try {
    await pool.listen(channel, (text) => {
      const change = readChange(text);
      if (change !== undefined) onChange(change);
    });
  } catch (error) {
    await pool.end({ timeout: 1 });
    throw StorageError.from(error);
  }
  return { stop: () => pool.end({ timeout: 1 }) };
}

function readChange(text: string): OperatorChange | undefined {
  try {
    const { account, peer, rejudge } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (typeof account === 'number') return { account };
    if (typeof rejudge === 'string') return { rejudge };
    return typeof peer === 'string' ? { peer } : undefined;
  } catch {
    return undefined;
  }
}

import { randomBytes } from 'node:crypto';
import { createLog } from '../log.js';
import type { Domain } from '../protocol/identifiers.js';
import { makePasswords } from '../services/accounts/passwords.js';
import type { Passwords } from '../services/accounts/passwords.js';
import { createBells } from '../services/bells.js';
import type { Bells } from '../services/room-services.js';
import { useEmbeddedPostgres } from '../storage/embedded/use-embedded-postgres.js';
import { openStore } from '../storage/open-store.js';
import { ringOperatorBell } from '../storage/operator-bell.js';
import type { Store } from '../storage/store-types.js';
import type { CommandContext } from './command.js';
import { existingDomain } from './own-domain.js';

/** What the operator's commands work on, beside a running server or without one. */
export interface Operator {
  readonly domain: Domain;
  readonly store: Store;
  readonly clock: { now(): number };
  readonly passwords: Passwords;
  /** an account's bell is heard by a running server when the task is done */
  readonly bells: Bells;
  /** lets a running server look at a peer again */
  readonly ringPeer: (domain: Domain) => Promise<void>;
  /** has a running server judge the quarantined rooms of a hub anew */
  readonly ringRejudge: (domain: Domain) => Promise<void>;
}

/**
 * Opens the database of a provider for one task and closes it after.
 *
 * @throws CommandError `no-provider` · StartError · StorageError `connection` · what the task throws
 */
export async function asOperator<Result>(
  { config, output, world }: CommandContext,
  run: (operator: Operator) => Promise<Result>,
): Promise<Result> {
  const domain = await existingDomain(config);
  const { databaseUrl, dataDir } = config;
  const embedded = databaseUrl === undefined ? await useEmbeddedPostgres({ dataDir, log: () => undefined }) : undefined;
  if (embedded?.isShared === false) output.progress('payvand: no server runs here; the database is started for this');
  try {
    const log = createLog({ level: 'warn', write: (line) => void world.stderr.write(line), now: world.now });
    const database = embedded?.connection ?? { url: databaseUrl ?? '' };
    const store = await openStore({ database, log, connections: 4 });
    try {
      const passwords = makePasswords({ random: { bytes: (count) => randomBytes(count) } });
      const rung = new Set<number>();
      const bells = { ...createBells(), ringAccount: (account: number) => void rung.add(account) };
      const ringPeer = (peer: Domain) => ringOperatorBell(database, { peer });
      const ringRejudge = (rejudge: Domain) => ringOperatorBell(database, { rejudge });
      const result = await run({ domain, store, passwords, clock: { now: world.now }, bells, ringPeer, ringRejudge });
      for (const account of rung) await ringOperatorBell(database, { account });
      return result;
    } finally {
      await store.close();
    }
  } finally {
    await embedded?.stop();
  }
}

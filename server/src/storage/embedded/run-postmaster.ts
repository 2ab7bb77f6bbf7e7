import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartError } from '../start-error.js';
import type { Account } from './account.js';
import { socketName } from './open-socket-directory.js';
import { findPostmaster, launchPostmaster, type Postmaster, readPidFile, stopPostmaster } from './postmaster.js';
import type { Cluster } from './postmaster-command.js';

export type RunOptions = {
  readonly cluster: Cluster;
  readonly account: Account | undefined;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
};

const pollMs = 20;
const unreachablePollsMax = 250;
const heldPatienceMs = 60_000;
const heldDelayMs = 200;

/** What a start says while processes of a killed server have not all ended, or a server is just starting or stopping. */
const isStillHeld = /pre-existing shared memory block|lock file ".*" already exists/;

/**
 * Gives a running server for the cluster that takes connections: the one that already runs, or a new one.
 *
 * One that runs with other programs or settings, or whose socket is gone, is stopped first. Recovery after a crash takes
 * as long as it takes; a start is given up only when the server ends.
 *
 * @throws StartError `database-start-failed` (it ended, with its own words; or processes of an earlier one did not end
 * within 60 s) · the reason of `signal`, after stopping what was started
 */
export async function runPostmaster(options: RunOptions): Promise<Postmaster> {
  const { cluster, account, log, signal } = options;
  const giveUpAt = Date.now() + heldPatienceMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await findPostmaster(cluster);
    if (found?.isOurs === false) {
      log(`a database left running with other settings (process ${found.pid}) is stopped`);
      await stopPostmaster(found);
      continue;
    }
    const postmaster = found ?? (await launchPostmaster(cluster, account, log));
    const outcome = await waitUntilReady(postmaster, options);
    if (outcome === 'ready') {
      log(
        found
          ? `attached to the running database, process ${found.pid}`
          : `database started, process ${postmaster.pid}`,
      );
      return postmaster;
    }
    if (outcome === 'unreachable') await stopPostmaster(postmaster);
    else if (!found) {
      const lastWords = await postmaster.ended;
      if (!isStillHeld.test(lastWords) || Date.now() > giveUpAt) throw startFailed(cluster, lastWords);
      await sleep(heldDelayMs);
    }
  }
}

type Outcome = 'ready' | 'ended' | 'unreachable';

async function waitUntilReady(postmaster: Postmaster, { cluster, signal }: RunOptions): Promise<Outcome> {
  const ended = postmaster.ended.then(() => true);
  for (let refused = 0; refused < unreachablePollsMax;) {
    if (signal?.aborted) {
      await stopPostmaster(postmaster);
      signal.throwIfAborted();
    }
    const file = await readPidFile(cluster);
    const isReady = file?.pid === postmaster.pid && file.status === 'ready';
    if (isReady && (await isConnectable(join(cluster.socketDirectory, socketName)))) return 'ready';
    if (isReady) refused += 1;
    if (await Promise.race([ended, sleep(pollMs, false)])) return 'ended';
  }
  return 'unreachable';
}

async function isConnectable(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function startFailed(cluster: Cluster, lastWords: string): StartError {
  return new StartError('database-start-failed', `the database in ${cluster.directory} did not start: ${lastWords}`);
}

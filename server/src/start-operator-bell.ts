import type { Log } from './log.js';
import type { Services } from './make-services.js';
import type { Domain } from './protocol/identifiers.js';
import type { DatabaseAddress } from './storage/database.js';
import { hearOperatorBell } from './storage/operator-bell.js';
import type { OperatorChange } from './storage/operator-bell.js';
import type { Discovery } from './transport/discovery.js';

interface Hearing {
  readonly database: DatabaseAddress;
  readonly services: Services;
  readonly discovery: Discovery;
  readonly log: Log;
}

/** Takes up what operators' commands change beside a running server, until it is stopped. */
export async function startOperatorBell({ database, ...deps }: Hearing): Promise<{ stop(): Promise<void> }> {
  return await hearOperatorBell(database, (change) => heed(change, deps));
}

function heed(change: OperatorChange, { services, discovery, log }: Omit<Hearing, 'database'>): void {
  if ('account' in change) services.deps.bells.ringAccount(change.account);
  else if ('rejudge' in change)
    services.rejudge(change.rejudge as Domain).catch((cause: unknown) => log.warn('rejudge-failed', { cause }));
  else {
    const peer = change.peer as Domain;
    discovery.forget(peer);
    services.peerChanged(peer);
    discovery
      .find(peer)
      // What has waited for it need not wait out its back-off once a block is lifted.
      .then(() => services.heardFrom(peer))
      .catch((cause: unknown) => log.warn('peer-not-read', { peer, cause }));
  }
}

import { PeerHost } from '../network/peer-host.js';
import type { NetworkFolder } from '../network/network-folder.js';
import type { Target } from '../network/target.js';
import { SuiteProvider } from '../interop/suite-provider.js';
import { ChaosProxy } from './chaos-proxy.js';
import type { Upstream } from './chaos-proxy.js';
import { Fates } from './fates.js';
import { Random } from './random.js';

/** A network in which nothing arrives as it was sent, while the storm lasts. */
export interface Storm {
  readonly fates: Fates;
  readonly host: PeerHost;
  /** one more provider of the suite, that all targets know; what they say to each other goes through the storm */
  openProvider(): Promise<SuiteProvider>;
  stop(): Promise<void>;
}

/**
 * Puts a proxy where the targets look for the suite, and the suite behind it.
 *
 * @param targets with where they really are
 */
export async function openStorm(
  network: NetworkFolder,
  targets: readonly Target[],
  { seed }: { seed: number },
): Promise<Storm> {
  const fates = new Fates(new Random(seed));
  const host = await PeerHost.listen('127.0.0.1', 0);
  const places = new Map(targets.map((target): [string, Upstream] => [target.domain, target.home]));
  const proxy = await ChaosProxy.listen(network, {
    ...{ authority: network.authority, fates },
    upstreamOf: (name) => places.get(name) ?? (host.has(name) ? { address: '127.0.0.1', port: host.port } : undefined),
  });
  const through = targets.map((target) => target.through(network));
  await Promise.all(through.map(async (target) => await target.meet()));
  return {
    ...{ fates, host },
    openProvider: async () => await SuiteProvider.open(network, host, through),
    async stop() {
      await proxy.stop();
      await host.stop();
    },
  };
}

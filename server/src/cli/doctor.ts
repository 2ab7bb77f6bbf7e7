import type { Domain } from '../protocol/identifiers.js';
import type { Store } from '../storage/store-types.js';
import { createHttpClient } from '../transport/http-client.js';
import { CommandError } from './command.js';
import type { Command, CommandContext } from './command.js';
import { describeFailure } from './describe-failure.js';
import { examineDatabase, examineFolder, examineKeys } from './examine-machine.js';
import { examineCertificate, examineClock, examineDocument, examineNames, examinePeer } from './examine-network.js';
import type { NetworkView } from './examine-network.js';
import type { Finding } from './finding.js';
import { asOperator } from './open-operator.js';
import { existingDomain } from './own-domain.js';
import { describeLag, readPeerLag } from './peer-lag.js';

const PEERS_MAX = 50;

export const doctor: Command = {
  settings: ['dataDir', 'databaseUrl', 'domain', 'endpoint', 'peers'],
  details: [
    'Looks at a provider from inside and as others see it: disk, keys, database, names, certificate, document, clock, and up to',
    `${PEERS_MAX} other providers. Says what to do about what is wrong. Changes nothing; the server may run. Exit code 1 when`,
    'something has to be done.',
  ].join('\n'),
  async run(context) {
    const { config, output, world } = context;
    const domain = await existingDomain(config);
    const http = createHttpClient({ peers: config.peers });
    const view: NetworkView = { config, domain, http, now: world.now };
    let failed = 0;
    const tell = (finding: Finding): void => {
      if (finding.state === 'fail') failed += 1;
      output.print(`${finding.state.padEnd(4)}  ${finding.check.padEnd(11)}  ${finding.says}`);
      if (finding.advice !== undefined) output.print(`${' '.repeat(19)}${finding.advice}`);
      output.result(finding);
    };
    try {
      tell(await examineFolder(config));
      tell(await examineKeys(config, { provider: domain, now: world.now() }));
      tell(await examineNames(view));
      tell(await examineCertificate(view));
      tell(await examineDocument(view));
      await examineDatabaseAndPeers(context, view, tell);
    } finally {
      await http.close();
    }
    if (failed > 0) throw new CommandError('unwell', `${failed} of these must be mended`);
  },
};

async function examineDatabaseAndPeers(
  context: CommandContext,
  view: NetworkView,
  tell: (finding: Finding) => void,
): Promise<void> {
  try {
    await asOperator(context, async ({ store }) => {
      tell(await examineDatabase(store));
      const peers = await somePeers(store);
      const seen = await Promise.all(
        peers.map(async (peer) => {
          const waiting = describeLag(await readPeerLag(store, { own: view.domain, peer }));
          return await examinePeer(view, { peer, waiting });
        }),
      );
      const ahead = seen.flatMap(({ aheadMs }) => (aheadMs === undefined ? [] : [aheadMs]));
      tell(examineClock(ahead, view.now()));
      for (const { finding } of seen) tell(finding);
    });
  } catch (cause) {
    tell({ check: 'database', state: 'fail', says: describeFailure(cause).message });
  }
}

/** Those that are not blocked. */
async function somePeers(store: Pick<Store, 'listProviders'>): Promise<Domain[]> {
  const page = await store.listProviders({ limit: PEERS_MAX });
  return page.filter(({ blocked }) => !blocked).map(({ domain }) => domain);
}

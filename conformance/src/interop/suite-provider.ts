import { issueCertificate } from '../network/certificates.js';
import type { NetworkFolder } from '../network/network-folder.js';
import { introduce } from '../network/ask.js';
import { Peer } from '../network/peer.js';
import type { PeerHost } from '../network/peer-host.js';
import type { Target } from '../network/target.js';

/** One provider of the suite that several targets talk with: the same keys and rooms, a peer for each of them. */
export class SuiteProvider {
  readonly domain: string;
  readonly #peers: ReadonlyMap<string, Peer>;

  private constructor(domain: string, peers: ReadonlyMap<string, Peer>) {
    this.domain = domain;
    this.#peers = peers;
  }

  /** Under a name never used before; every target comes to know it. @throws Unexpected */
  static async open(network: NetworkFolder, host: PeerHost, targets: readonly Target[]): Promise<SuiteProvider> {
    const domain = await network.takeDomain();
    const parts = { issued: network.issued, secretOf: (purpose: string) => network.secretOf(purpose) };
    const peers = new Map(targets.map((target) => [target.domain, new Peer(domain, { target, ...parts })]));
    const [first] = peers.values();
    host.add(domain, {
      certificate: issueCertificate(network.authority, { names: [domain] }),
      async answer(received) {
        const from = received.fields['payvand-from'];
        const peer = peers.get(typeof from === 'string' ? from : '') ?? first;
        if (peer === undefined) throw new Error('a provider of the suite that talks with nobody');
        return await peer.answer(received);
      },
    });
    const made = new SuiteProvider(domain, peers);
    await Promise.all([...peers.values()].map(async (peer) => await introduce(peer)));
    return made;
  }

  /** Itself, as one of the targets sees it. */
  towards(domain: string): Peer {
    const peer = this.#peers.get(domain);
    if (peer === undefined) throw new Error(`${this.domain} was not made to talk with ${domain}`);
    return peer;
  }
}

import type { Control } from '../control/control.js';
import { issueCertificate } from '../network/certificates.js';
import type { Certificate } from '../network/certificates.js';
import type { NetworkFolder } from '../network/network-folder.js';
import { introduce } from '../network/ask.js';
import { Peer } from '../network/peer.js';
import { PeerHost } from '../network/peer-host.js';
import type { Received, Reply } from '../network/reply.js';
import type { Target } from '../network/target.js';
import { ClientUsers } from '../stage/client-users.js';
import type { Users } from '../stage/users.js';
import { Transcripts, currentTranscript, quote } from './transcripts.js';
import { NotRun } from './verdict.js';

export interface PeerOptions {
  readonly certificate?: (authority: Certificate, domain: string) => Certificate;
}

export interface RunParts {
  readonly target: Target;
  readonly network?: NetworkFolder;
  readonly users?: Users;
  readonly control?: Control;
  readonly transcripts?: Transcripts;
}

/** What the checks of one run work with. */
export class Run {
  readonly target: Target;
  readonly peers: Peer[] = [];
  readonly transcripts: Transcripts;
  readonly #network: NetworkFolder | undefined;
  readonly #users: Users | undefined;
  readonly #control: Control | undefined;
  #host: Promise<PeerHost> | undefined;

  constructor({ target, network, users, control, transcripts = new Transcripts() }: RunParts) {
    this.target = target;
    this.transcripts = transcripts;
    this.#control = control;
    this.#network = network;
    this.#users = users;
  }

  /** @throws NotRun when the suite cannot act as people of the target */
  get users(): Users {
    if (this.#users === undefined) throw new NotRun('it needs accounts at the target (--tier T1)');
    return this.#users;
  }

  /** People who use the client API of the specification. @throws NotRun when the target is asked nothing of its people */
  get clients(): ClientUsers {
    if (this.#users === undefined) throw new NotRun('it needs accounts at the target (--tier T1)');
    return new ClientUsers(this.target);
  }

  /** @throws NotRun when the target has no controls */
  get control(): Control {
    if (this.#control === undefined) throw new NotRun('it needs the controls of the target (--tier T2)');
    return this.#control;
  }

  /** @throws NotRun when the target cannot reach the suite */
  get network(): NetworkFolder {
    if (this.#network === undefined)
      throw new NotRun('it needs a network in which the target finds the suite (--network)');
    return this.#network;
  }

  /** One more provider of the suite, under a name never used before; the target does not know it yet. */
  async makePeer({ certificate }: PeerOptions = {}): Promise<Peer> {
    const { network, target } = this;
    const host = await this.#listen();
    const domain = await network.takeDomain();
    const peer = new Peer(domain, {
      target,
      issued: network.issued,
      secretOf: (purpose) => network.secretOf(purpose),
      source: target.sourceOf(1, this.peers.length),
    });
    this.#show(host, peer, certificate ?? ((authority, name) => issueCertificate(authority, { names: [name] })));
    this.peers.push(peer);
    return peer;
  }

  /** Gives a peer that was made with another certificate an honest one. */
  async heal(peer: Peer): Promise<void> {
    this.#show(await this.#listen(), peer, (authority, name) => issueCertificate(authority, { names: [name] }));
  }

  /** @throws Unexpected when the target does not come to know it */
  async makeKnownPeer(): Promise<Peer> {
    const peer = await this.makePeer();
    await introduce(peer);
    return peer;
  }

  async #listen(): Promise<PeerHost> {
    this.#host ??= PeerHost.listen(this.network.address, this.network.port);
    return await this.#host;
  }

  #show(host: PeerHost, peer: Peer, issue: NonNullable<PeerOptions['certificate']>): void {
    const transcript = currentTranscript();
    const answer = async (received: Received): Promise<Reply> => {
      const reply = await peer.answer(received);
      transcript?.note({ sent: quoteReply(reply), got: quoteReceived(peer.domain, received) });
      return reply;
    };
    host.add(peer.domain, {
      certificate: issue(this.network.authority, peer.domain),
      answer: async (received) => await (transcript?.within(async () => await answer(received)) ?? answer(received)),
    });
  }

  async stop(): Promise<void> {
    await (await this.#host)?.stop();
  }
}

function quoteReceived(by: string, { method, target, body }: Received): string {
  return `${by} was asked: ${method} ${target}\n${quote(body)}`;
}

function quoteReply({ status, body = '' }: Reply): string {
  return `${status}\n${quote(Buffer.from(body))}`;
}

import { SuiteFollower } from '../interop/suite-follower.js';
import type { Peer } from '../network/peer.js';
import { introduce } from '../network/ask.js';
import { resultsOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { awaitInvitation } from '../stage/group-stage.js';
import type { HubRoom } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';
import type { Person } from '../stage/users.js';

/** What changed objects are sent from: a provider of the suite that follows a room of the target, and is the hub of one. */
export class FuzzStage {
  readonly run: Run;
  readonly peer: Peer;
  readonly follower: SuiteFollower;
  readonly guest: Person;
  readonly #owner: Person;
  readonly #hub: HubStage;
  #room: HubRoom | undefined;
  #isTouched = false;
  #invited: { person: string; invite: string } | undefined;
  #people = 0;

  private constructor(
    run: Run,
    { peer, follower, owner, hub }: { peer: Peer; follower: SuiteFollower; owner: Person; hub: HubStage },
  ) {
    this.run = run;
    this.peer = peer;
    this.follower = follower;
    this.guest = hub.guest;
    this.#owner = owner;
    this.#hub = hub;
  }

  /** @throws NotRun · Unexpected · Deviates */
  static async open(run: Run): Promise<FuzzStage> {
    const hub = await HubStage.open(run);
    const { peer } = hub;
    const owner = await run.users.make();
    const room = await owner.createGroup('fuzz');
    const follower = await SuiteFollower.join(peer, run.target, { owner, room });
    return new FuzzStage(run, { peer, follower, owner, hub });
  }

  /** Somebody of the suite with an invitation that was not used yet. */
  async invitation(): Promise<{ person: string; invite: string }> {
    if (this.#invited !== undefined) return this.#invited;
    this.#people += 1;
    const person = `mallory-${this.#people}@${this.peer.domain}`;
    const { invite } = await awaitInvitation(this.peer, { owner: this.#owner, room: this.follower.room, person });
    this.#invited = { person, invite: invite.jws.text };
    return this.#invited;
  }

  useInvitation(): void {
    this.#invited = undefined;
  }

  /** A room of the suite in which the target follows; another one where the last was spoiled. */
  async hubRoom(): Promise<HubRoom> {
    const room = this.#room;
    if (room !== undefined && this.#isTouched) {
      const [result] = resultsOf(await this.#hub.push(room.page(0)));
      if (result?.['status'] !== 'acked') this.#room = undefined;
    }
    this.#isTouched = false;
    this.#room ??= await this.#hub.lure();
    return this.#room;
  }

  /** A changed page of it is about to be pushed. */
  touch(room: HubRoom): void {
    this.#isTouched = room === this.#room;
  }

  /** Whether honest people are still served, and what is known still fits. @throws Unexpected · Deviates · Fault */
  async fence(): Promise<string | undefined> {
    await introduce(this.peer);
    await this.follower.say('an honest message between all this');
    return this.follower.difference;
  }
}

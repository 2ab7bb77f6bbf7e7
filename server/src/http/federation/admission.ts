import type { Domain } from '../../protocol/identifiers.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { BoundedMap } from '../../bounded-map.js';
import { TokenBucket } from '../../token-bucket.js';

const STRANGERS_MAX = 16_384;
/** Failed requests of one address: generous to a peer whose keys just changed, dear to somebody who tries keys. */
const STRANGER_RATE = { perS: 5, burst: 50 };
const ADDRESS_WAIT_S_MIN = 1;

/**
 * Bounds what is under way: requests of peers in all, those of one peer, and failed attempts of one address.
 *
 * @see PV-BUD-005, PV-BUD-007
 */
export class Admission {
  readonly #requestsMax: number;
  readonly #requestsOfPeerMax: number;
  readonly #clock: { now(): number };
  readonly #peers = new Map<Domain, number>();
  readonly #strangers = new BoundedMap<string, TokenBucket>(STRANGERS_MAX);
  #underWay = 0;

  constructor(requestsMax: number, clock: { now(): number }) {
    this.#requestsMax = requestsMax;
    this.#requestsOfPeerMax = Math.max(4, requestsMax >> 2);
    this.#clock = clock;
  }

  /** @throws ProtocolError `over-budget` */
  requirePatience(address: string): void {
    const waitMs = this.#strangers.get(address)?.waitMs(STRANGER_RATE, this.#clock.now()) ?? 0;
    if (waitMs > 0)
      throw new ProtocolError('over-budget', { retryAfterS: Math.max(ADDRESS_WAIT_S_MIN, waitMs / 1000) });
  }

  /** Counts a request of an address that could not be told whose it is. */
  countFailure(address: string): void {
    const now = this.#clock.now();
    const bucket = this.#strangers.get(address) ?? new TokenBucket(STRANGER_RATE, now);
    bucket.charge(1, STRANGER_RATE, now);
    this.#strangers.set(address, bucket);
  }

  /**
   * Lets a peer's request in.
   *
   * @returns to be called once when its answer has gone out
   * @throws ProtocolError `overloaded` · `over-budget` (this peer alone has too many under way)
   */
  enter(peer: Domain): () => void {
    const ofPeer = this.#peers.get(peer) ?? 0;
    if (ofPeer >= this.#requestsOfPeerMax) throw new ProtocolError('over-budget', { retryAfterS: 1 });
    if (this.#underWay >= this.#requestsMax) throw new ProtocolError('overloaded', { retryAfterS: 1 });
    this.#underWay += 1;
    this.#peers.set(peer, ofPeer + 1);
    return () => this.#leave(peer);
  }

  #leave(peer: Domain): void {
    this.#underWay -= 1;
    const ofPeer = (this.#peers.get(peer) ?? 1) - 1;
    if (ofPeer > 0) this.#peers.set(peer, ofPeer);
    else this.#peers.delete(peer);
  }
}

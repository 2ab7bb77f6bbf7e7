import { headToWire, parseSeal, sealedFromWire, verifySealedHead } from '../protocol/head.js';
import type { SealedHead } from '../protocol/head.js';
import { idHash } from '../protocol/identifiers.js';
import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { Cancel, ServiceDeps } from './deps.js';
import { digestOf, digestRows } from './digest-heads.js';
import { isSealedUnder, readSeals } from './read-page.js';
import { tellMembers } from './tell-members.js';

type GossipDeps = Pick<ServiceDeps, 'domain' | 'store' | 'rooms' | 'peers' | 'log' | 'clock' | 'timers' | 'bells'> & {
  readonly pull: (room: RoomId) => void;
};

const EVERY_MS = 60_000;
const SETTLED_MS = 60_000;
const ROOMS_PER_ROUND = 256;

export interface GossipHeads {
  start(): void;
  stop(): void;
  /** One round with one peer, for tests and for `peers check`. */
  round(peer: Domain): Promise<void>;
}

/**
 * Compares, now and then and with every peer: with a hub the digest of its rooms, which shows a last message that never
 * arrived; with any participant the sealed heads of shared rooms, which shows a hub that tells people different things.
 *
 * @see PV-HEADS-003 to PV-HEADS-008
 */
export function createGossipHeads(deps: GossipDeps): GossipHeads {
  let cancel: Cancel | undefined;

  async function round(peer: Domain): Promise<void> {
    await compareDigest(deps, peer);
    await compareHeads(deps, peer);
  }

  async function everyone(): Promise<void> {
    for (const peer of await deps.store.listPeers({ limit: 1000 })) {
      if (peer === deps.domain) continue;
      await round(peer).catch((cause: unknown) => deps.log.debug('gossip-failed', { peer, cause }));
    }
  }

  return {
    round,
    start() {
      const begin = (): void => {
        everyone().catch((cause: unknown) => deps.log.warn('gossip-failed', { cause }));
      };
      cancel = deps.timers.every(EVERY_MS, begin);
      // At once, too: whoever has waited for us to come back learns that we are here.
      begin();
    },
    stop: () => cancel?.(),
  };
}

/** Finds rooms of a hub in which we lack something that was there a minute ago. */
async function compareDigest(deps: GossipDeps, hub: Domain): Promise<void> {
  const asOf = deps.clock.now() - SETTLED_MS;
  const answer = await deps.peers.call(hub, 'heads', JSON.stringify({ digest: { asOf } }));
  if (answer.kind !== 'ok') return;
  const { digest } = answer.body as { digest: { buckets: readonly string[] } };
  const own = await digestOf(deps, { peer: deps.domain, hub, asOf });
  for (const [bucket, hash] of own.entries()) {
    if (digest.buckets[bucket] !== hash) await compareBucket(deps, hub, { asOf, bucket });
  }
}

async function compareBucket(deps: GossipDeps, hub: Domain, digest: { asOf: number; bucket: number }): Promise<void> {
  const answer = await deps.peers.call(hub, 'heads', JSON.stringify({ digest }));
  if (answer.kind !== 'ok') return;
  const theirs = (answer.body as unknown as { rooms: readonly [RoomId, number][] }).rooms;
  const own = new Map<RoomId, number>();
  for await (const { room, seq } of digestRows(deps, { peer: deps.domain, hub, asOf: digest.asOf })) {
    if (idHash(room)[0] === digest.bucket) own.set(room, seq);
  }
  for (const [room, seq] of theirs) if (seq > (own.get(room) ?? Infinity)) deps.pull(room);
}

/** Holds our heads of shared rooms against another participant's. */
async function compareHeads(deps: GossipDeps, peer: Domain): Promise<void> {
  const shared = await deps.store.listPeerRooms(peer, { limit: ROOMS_PER_ROUND });
  const rooms = shared.map(({ room }) => room);
  if (rooms.length === 0) return;
  const answer = await deps.peers.call(peer, 'heads', JSON.stringify({ rooms }));
  if (answer.kind !== 'ok') return;
  const { rooms: heads, seals } = answer.body as { rooms: readonly unknown[]; seals: readonly string[] };
  const parsed = readSeals(seals);
  for (const json of heads) {
    const sealed = sealedFromWire(json, parsed);
    if (sealed.ok) await compareHead(deps, sealed.value);
  }
}

/**
 * Holds one head against what we hold. Two good seals over different heads of one (room, epoch, seq) are a proof that
 * anyone can check.
 *
 * @see PV-HEADS-007, PV-HEADS-008
 */
export async function compareHead(deps: GossipDeps, sealed: SealedHead): Promise<void> {
  const { head } = sealed;
  const live = await deps.rooms.get(head.room);
  const name = live?.state.statementInForce(head.hub);
  const statement = name && live?.statements.get(name.hash);
  const seal = parseSeal(sealed.seal);
  if (live === undefined || live.hub !== head.hub || head.epoch !== live.epoch || statement === undefined) return;
  if (!seal.ok || !verifySealedHead(sealed, seal.value) || !isSealedUnder(sealed, statement, { retired: true })) return;
  if (head.seq > live.seq) {
    if (live.hub !== deps.domain) deps.pull(head.room);
    return;
  }
  const held = live.seq === head.seq ? live.hash : await deps.store.recordHashAt(head.room, head.seq);
  if (held === undefined || held.equals(head.hash)) return;
  const own = (await deps.store.headAt(head.room, head.seq)) ?? live.sealed;
  const heads = [own, sealed].filter((one) => one !== undefined).map((one) => ({ ...one, head: headToWire(one.head) }));
  deps.log.error('equivocation', { room: head.room, hub: head.hub, seq: head.seq });
  const proof = JSON.stringify({ code: 'fork', heads });
  await deps.store.addProof({ room: head.room, kind: 'fork', at: deps.clock.now(), proof });
  if (live.hub === deps.domain) return;
  await deps.store.setRoomStatus(head.room, 'quarantined', 'fork');
  deps.rooms.drop(head.room);
  await tellMembers(deps, head.room);
}

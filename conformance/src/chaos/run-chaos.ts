import type { Party } from '../interop/party.js';
import type { SuiteProvider } from '../interop/suite-provider.js';
import type { NetworkFolder } from '../network/network-folder.js';
import type { Target } from '../network/target.js';
import type { Users } from '../stage/users.js';
import { openStorm } from './storm.js';
import { openPairRoom } from './pair-room.js';
import { openSuitesRoom, openTargetsRoom } from './weather-rooms.js';
import type { WeatherRoom } from './weather-rooms.js';

export interface ChaosFound {
  readonly seed: number;
  readonly targets: readonly string[];
  /** how often each fate was met */
  readonly fates: Readonly<Record<string, number>>;
  /** from the heal on until all logs were compared */
  readonly settledMs: number;
  readonly faults: readonly string[];
}

export interface ChaosOptions {
  readonly network: NetworkFolder;
  readonly seed: number;
  readonly messages: number;
  readonly progress: (text: string) => void;
}

/** Opens the rooms that the storm is about, in calm. */
type OpenRooms = (suite: SuiteProvider) => Promise<readonly WeatherRoom[]>;

/** One target and the suite: a room of each side. */
export async function chaosAround(target: Target, users: Users, options: ChaosOptions): Promise<ChaosFound> {
  return await weather([target], options, async (suite) => {
    const parts = { target, users, peer: suite.towards(target.domain) };
    return [await openTargetsRoom(parts), await openSuitesRoom(parts)];
  });
}

/** Targets that find each other where the suite is: a room of each of them, with the next one and the suite in it. */
export async function chaosBetween(parties: readonly Party[], options: ChaosOptions): Promise<ChaosFound> {
  const targets = parties.map(({ target }) => target);
  return await weather(targets, options, async (suite) => {
    const rooms: WeatherRoom[] = [];
    for (const [place, hub] of parties.entries()) {
      const follower = parties[(place + 1) % parties.length];
      if (follower !== undefined) rooms.push(await openPairRoom(hub, follower, suite));
    }
    return rooms;
  });
}

/** Calm, the storm in which everybody talks, and what is left of it afterwards. */
async function weather(targets: readonly Target[], options: ChaosOptions, open: OpenRooms): Promise<ChaosFound> {
  const { network, seed, messages, progress } = options;
  const storm = await openStorm(network, targets, { seed });
  try {
    const rooms = await open(await storm.openProvider());
    storm.fates.begin();
    await Promise.all(rooms.map(async (room) => await room.talk(messages)));
    storm.fates.heal();
    progress(`healed after ${JSON.stringify(storm.fates.counts)}\n`);
    const healedAt = Date.now();
    const faults: string[] = [];
    for (const room of rooms) faults.push(...(await room.settle()).map((fault) => `${room.name}: ${fault}`));
    const settledMs = Date.now() - healedAt;
    return { seed, targets: targets.map(({ domain }) => domain), fates: storm.fates.counts, settledMs, faults };
  } finally {
    await storm.stop();
  }
}

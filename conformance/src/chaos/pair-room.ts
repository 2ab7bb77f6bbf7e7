import type { Party } from '../interop/party.js';
import { SuiteFollower } from '../interop/suite-follower.js';
import type { Standing } from '../interop/suite-follower.js';
import type { SuiteProvider } from '../interop/suite-provider.js';
import { until } from '../run/wait.js';
import { faultsOf } from './acknowledged.js';
import type { Log } from './acknowledged.js';
import { submitUntilRecorded } from './weather-rooms.js';
import type { WeatherRoom } from './weather-rooms.js';

/** A group of one target, with somebody of another and of the suite in it; all that they send each other meets the storm. */
export async function openPairRoom(hub: Party, follower: Party, suite: SuiteProvider): Promise<WeatherRoom> {
  const [alice, bob] = [await hub.users.make(), await follower.users.make()];
  const room = await alice.createGroup('in the storm');
  const peer = suite.towards(hub.domain);
  const third = await SuiteFollower.join(peer, hub.target, { owner: alice, room });
  await alice.invite(room, bob.address);
  const request = await until(
    async () => (await bob.requests()).find((one) => one.room === room),
    `the invitation to be shown to ${bob.address}`,
  );
  await bob.answer(request.id, 'accept');
  await until(async () => await bob.isIn(room), `${bob.address} to be in the room`);
  const ids: string[] = [];
  const logs = async (): Promise<Log[]> => [
    { of: hub.domain, events: await alice.events(room) },
    { of: follower.domain, events: await bob.events(room) },
    { of: 'the suite', events: [...third.records.keys()].map((seq) => ({ seq, id: third.idAt(seq) })) },
  ];
  const standings = async (): Promise<Standing[]> => {
    const views = [await viewOf(hub, alice.address, room), await viewOf(follower, bob.address, room)];
    return [...views, third.standing];
  };
  return {
    name: `a room of ${hub.domain}, followed by ${follower.domain} and the suite`,
    async talk(messages) {
      const each = async (say: (text: string) => Promise<string>): Promise<void> => {
        for (let count = 1; count <= messages; count += 1) ids.push(await say(`message ${count}`));
      };
      await Promise.all([
        each(async (text) => (await alice.say(room, text)).id),
        each(async (text) => (await bob.say(room, text)).id),
        each(async (text) => await submitUntilRecorded(peer, third, text)),
      ]);
    },
    async settle() {
      const isSettled = async (): Promise<boolean> => {
        const all = await logs();
        const isWhole = all.every(({ events }) => ids.every((id) => events.some((event) => event.id === id)));
        return isWhole && new Set((await standings()).map(standingText)).size === 1;
      };
      await until(isSettled, 'equal logs', 90_000).catch(() => undefined);
      const heads = (await standings()).map(standingText);
      const faults = faultsOf(await logs(), ids);
      if (new Set(heads).size > 1) faults.push(`heads: they differ: ${heads.join('; ')}`);
      return faults;
    },
  };
}

async function viewOf({ control }: Party, as: string, room: string): Promise<Standing> {
  const { head, state } = await control.call('view-room', { as, room });
  const [, seq, hash] = head;
  return { seq, hash, state };
}

function standingText({ seq, hash, state }: Standing): string {
  return `${seq} ${hash} ${state}`;
}

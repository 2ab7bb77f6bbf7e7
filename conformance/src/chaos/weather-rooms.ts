import { parseEvent } from '../formats/event.js';
import type { Item } from '../formats/event.js';
import { eventIdOf } from '../formats/record.js';
import { Fault } from '../formats/fault.js';
import type { SealedHead } from '../formats/head.js';
import { SuiteFollower } from '../interop/suite-follower.js';
import { ask, Unexpected } from '../network/ask.js';
import type { Peer } from '../network/peer.js';
import type { Target } from '../network/target.js';
import { jsonOf, listOf, resultsOf } from '../run/expectations.js';
import { Run } from '../run/run.js';
import { Deviates } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import type { HubRoom } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';
import { Refused } from '../stage/users.js';
import type { Users } from '../stage/users.js';
import { faultsOf } from './acknowledged.js';

/** A room in the storm: what is said in it, and what is wrong with it afterwards. */
export interface WeatherRoom {
  readonly name: string;
  /** says so many things from both sides at once; comes back when all of it is acknowledged */
  talk(messages: number): Promise<void>;
  /** waits until all logs are whole, then compares them @returns what is wrong */
  settle(): Promise<string[]>;
}

export interface RoomParts {
  readonly target: Target;
  readonly users: Users;
  readonly peer: Peer;
}

/** A group of the target's, in which a provider of the suite follows. */
export async function openTargetsRoom({ target, users, peer }: RoomParts): Promise<WeatherRoom> {
  const alice = await users.make();
  const room = await alice.createGroup('in the storm');
  const follower = await SuiteFollower.join(peer, target, { owner: alice, room });
  const ids: string[] = [];
  return {
    name: 'a room of the target, followed by the suite',
    async talk(messages) {
      const fromTarget = async (): Promise<void> => {
        for (let count = 1; count <= messages; count += 1) ids.push((await alice.say(room, `alice ${count}`)).id);
      };
      const fromSuite = async (): Promise<void> => {
        for (let count = 1; count <= messages; count += 1)
          ids.push(await submitUntilRecorded(peer, follower, `mallory ${count}`));
      };
      await Promise.all([fromTarget(), fromSuite()]);
    },
    async settle() {
      const shown = async () => await alice.events(room);
      const held = () => [...follower.records.keys()].map((seq) => ({ seq, id: follower.idAt(seq) }));
      const isWhole = async (): Promise<boolean> =>
        follower.standing.seq >= ((await shown()).at(-1)?.seq ?? 0) &&
        ids.every((id) => held().some((one) => one.id === id));
      await until(isWhole, 'the suite to have been pushed the whole log', 60_000).catch(() => undefined);
      const logs = [
        { of: target.domain, events: await shown() },
        { of: 'the suite', events: held() },
      ];
      return [...faultsOf(logs, ids), ...(await headFaults(peer, room, follower.standing))];
    },
  };
}

/** A group of the suite's, in which a person of the target is a member. */
export async function openSuitesRoom({ target, users, peer }: RoomParts): Promise<WeatherRoom> {
  const stage = new HubStage(new Run({ target }), peer, await users.make());
  const room = await stage.lure();
  const ids: string[] = [];
  return {
    name: 'a room of the suite, followed by the target',
    async talk(messages) {
      const fromTarget = async (): Promise<void> => {
        for (let count = 1; count <= messages; count += 1)
          ids.push((await stage.guest.say(room.room, `guest ${count}`)).id);
      };
      const fromSuite = async (): Promise<void> => {
        for (let count = 1; count <= messages; count += 1) {
          const { jws } = room.append(room.message(`mallory ${count}`));
          ids.push(parseEvent(jws).id);
          await sleep(30);
        }
      };
      let isTalking = true;
      const pushing = pushWhile(stage, room, () => isTalking);
      await Promise.all([fromTarget(), fromSuite()]);
      // As long again, so that there is something left for the storm.
      await sleep(2000);
      isTalking = false;
      await pushing;
    },
    async settle() {
      const held = () => room.records.map(({ seq, jws }) => ({ seq, id: eventIdOf(jws) }));
      const shown = async () => await stage.guest.events(room.room);
      const isWhole = async (): Promise<boolean> => {
        await pushOn(stage, room, 0);
        const seen = await shown();
        return ids.every((id) => seen.some((one) => one.id === id) && held().some((one) => one.id === id));
      };
      await until(isWhole, 'the target to have the whole log', 60_000).catch(() => undefined);
      await pushOn(stage, room, 0);
      const logs = [
        { of: 'the suite', events: held() },
        { of: target.domain, events: await shown() },
      ];
      const { seq, hash, state } = room.head;
      return [...faultsOf(logs, ids), ...(await headFaults(peer, room.room, { seq, hash, state }))];
    },
  };
}

/** Submits one event, the same bytes again and again, until there is a proof that it is recorded. SPEC PV-SUB-008. */
export async function submitUntilRecorded(peer: Peer, follower: SuiteFollower, text: string): Promise<string> {
  const item: Item = follower.message(text);
  return await until(
    async () => {
      const answer = await peer.send('submit', { items: [item] });
      const [result] = resultsOf(answer);
      // An answer that was cut has a status and no results.
      if (answer.status !== 200 || result === undefined || result['status'] === 'retry') return undefined;
      return follower.believe(item, jsonOf(answer));
    },
    `${text} to be recorded`,
    90_000,
  );
}

async function pushWhile(stage: HubStage, room: HubRoom, isTalking: () => boolean): Promise<void> {
  for (let from = room.seq; isTalking();) {
    from = await pushOn(stage, room, from);
    await sleep(100);
  }
}

/** One push from a seq on. @returns where to go on */
async function pushOn(stage: HubStage, room: HubRoom, from: number): Promise<number> {
  const answer = await stage.push(room.page(from));
  const [result] = resultsOf(answer);
  if (result?.['status'] === 'quarantined') throw new Deviates('an honest log to be followed', answer.text);
  if (result?.['status'] === 'acked') return Number(result['seq']) + 1;
  return result?.['status'] === 'gap' ? Number(result['have']) + 1 : from;
}

/** Whether the target tells of the same head. */
async function headFaults(
  peer: Peer,
  room: string,
  { seq, hash, state }: { seq: number; hash: string; state: string },
): Promise<string[]> {
  try {
    const { rooms } = await ask(peer, 'heads', { rooms: [room] });
    const [head] = listOf(rooms).map((sealed) => (sealed as unknown as SealedHead).head);
    const isSame = head?.seq === seq && head.hash === hash && head.state === state;
    return isSame
      ? []
      : [`heads: ${JSON.stringify(head)} is not the head at ${seq} with hash ${hash} and state ${state}`];
  } catch (cause) {
    if (cause instanceof Unexpected || cause instanceof Fault || cause instanceof Refused)
      return [`heads: ${cause.message}`];
    throw cause;
  }
}

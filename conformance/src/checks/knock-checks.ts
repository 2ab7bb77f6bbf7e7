import { parseMail } from '../formats/letters.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import type { Peer } from '../network/peer.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { listOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import type { ClientPerson } from '../stage/client-users.js';
import { HubRoom } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';
import { mailOf, makeMail, openPeople } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';

const common = { area: 'knock', tier: 'T1' } as const;
const QUIET_MS = 1500;

async function deliver(peer: Peer, items: string[]): Promise<void> {
  const { results } = await ask(peer, 'mailbox', { items });
  must(
    listOf(results).every(({ status }) => status === 'ok') && listOf(results).length === items.length,
    'ok',
    results,
  );
}

const waiting = async (who: ClientPerson, by: string): Promise<Members[]> =>
  listOf((await who.call('GET', '/requests'))['requests']).filter((one) => one['by'] === by && one['kind'] === 'knock');

/** Knocks of a provider's people at a room of the target. */
function knockAt({ run, room }: PeopleStage, peer: Peer, localpart: string): string {
  const from = `${localpart}@${peer.domain}`;
  return makeMail(peer, { from, to: run.target.domain, kind: 'knock', body: { room: room.room } });
}

const hubChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(
      { ...common, profile: 'client' },
      {
        name: 'at-a-room',
        covers: ['PV-KNK-011', 'PV-KNK-012', 'PV-KNK-013', 'PV-KNK-015', 'PV-KNK-006'],
      },
    ),
    async run(stage) {
      const { alice, bob, room, peer, run } = stage;
      const other = await run.makeKnownPeer();
      const trudy = `trudy@${other.domain}`;
      await alice.call('PUT', `/rooms/${room.room}/settings`, { join: 'knock' });
      await alice.setRole(room.room, room.person, 'admin');
      const item = knockAt(stage, other, 'trudy');
      await deliver(other, [item]);
      await until(async () => (await waiting(alice, trudy)).length === 1, 'the knock to be shown');
      must((await waiting(bob, trudy)).length === 0, 'not to members of no rank', 'shown');
      const passed = (): string[] => mailOf(peer).filter((text) => parseMail(text).payload['from'] === trudy);
      await until(() => passed().length > 0, 'the knock, passed on to the other provider');
      must(passed()[0] === item, 'as it came', passed()[0]);
      await deliver(other, [knockAt(stage, other, 'trudy')]);
      await sleep(QUIET_MS);
      must(passed().length === 1, 'no second one within an hour', passed().length);
      const body = { room: room.room, person: trudy, answer: 'ignored' };
      await deliver(peer, [makeMail(peer, { from: room.person, to: run.target.domain, kind: 'knock-answer', body })]);
      await until(async () => (await waiting(alice, trudy)).length === 0, 'nothing to wait for, once it was answered');
      await alice.call('PUT', `/rooms/${room.room}/settings`, {});
      await alice.setRole(room.room, room.person, 'member');
    },
  },
  {
    ...titleOf({ ...common, profile: 'client', isHostile: true }, { name: 'where-nobody-may', covers: ['PV-KNK-011'] }),
    async run(stage) {
      const { alice, room, peer } = stage;
      await alice.call('PUT', `/rooms/${room.room}/settings`, { join: 'knock' });
      await control('a knock', async () => {
        await deliver(peer, [knockAt(stage, peer, 'honest')]);
        await until(async () => (await waiting(alice, `honest@${peer.domain}`)).length === 1, 'the knock to be shown');
      });
      await deliver(peer, [knockAt(stage, peer, 'mallory')]);
      await alice.call('PUT', `/rooms/${room.room}/settings`, {});
      await deliver(peer, [knockAt(stage, peer, 'too-late')]);
      await alice.call('PUT', `/rooms/${room.room}/settings`, { join: 'knock' });
      await deliver(peer, [knockAt(stage, peer, 'fence')]);
      await until(async () => (await waiting(alice, `fence@${peer.domain}`)).length === 1, 'the knock after them');
      for (const localpart of ['mallory', 'too-late'])
        must((await waiting(alice, `${localpart}@${peer.domain}`)).length === 0, 'nothing shown', localpart);
      await alice.call('PUT', `/rooms/${room.room}/settings`, {});
    },
  },
];

/** The target follows; its guest may let people in, and the hub passes knocks on. */
const followerChecks: Check<Run>[] = [
  {
    ...titleOf(common, { name: 'passed-on-by-a-hub', covers: ['PV-KNK-010'], isHostile: true }),
    async run(run) {
      const stage = await HubStage.open(run);
      const [peer, guest] = [stage.peer, stage.guest];
      const room = await stage.lure();
      const from = room.records.length;
      room.append(room.make({ type: 'room.settings', key: '' }, { join: 'knock' }));
      room.append(room.make({ type: 'access', key: guest.address }, { role: 'admin' }));
      await stage.catchUp(room, from);
      const other = await run.makeKnownPeer();
      const knock = (localpart: string, at: string): string =>
        makeMail(other, { from: `${localpart}@${other.domain}`, to: peer.domain, kind: 'knock', body: { room: at } });
      const elsewhere = new HubRoom(peer, stage.owner);
      await deliver(peer, [knock('lost', elsewhere.room), knock('trudy', room.room)]);
      await until(
        async () => (await guest.requests()).some(({ by }) => by.startsWith('trudy@')),
        'the knock to be shown',
      );
      must(
        !(await guest.requests()).some(({ by }) => by.startsWith('lost@')),
        'nothing of a room it is not in',
        'shown',
      );
      await stage.pushHonestly(room);
    },
  },
];

/** Those who ask to be let into a room. */
export const knockLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'knocks', checks: hubChecks },
    open: async (run: Run) => await openPeople(run),
  }),
  makeLane({
    ...{ name: 'knocks-passed-on', checks: followerChecks },
    open: async (run: Run) => await Promise.resolve(run),
  }),
];

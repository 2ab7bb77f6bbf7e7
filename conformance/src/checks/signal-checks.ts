import { ask } from '../network/ask.js';
import { problem as refuse } from '../network/reply.js';
import type { Members } from '../formats/strict-json.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { listOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { LiveStream } from '../stage/live-stream.js';
import { openDm, openPeople, signalsOf } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';
import type { MemberRoom } from '../stage/member-room.js';

const common = { area: 'signal', tier: 'T1', profile: 'client' } as const;
const QUIET_MS = 1500;
const STATES = ['online', 'recently', 'week', 'long-ago'];

interface Signals extends PeopleStage {
  readonly dm: MemberRoom;
}

async function open(run: Run): Promise<Signals> {
  const people = await openPeople(run);
  return { ...people, dm: await openDm(people, { from: people.alice, localpart: 'mallory' }) };
}

async function awaitSignal({ peer }: Signals, fits: (signal: Members) => boolean, what: string): Promise<Members> {
  return await until(() => signalsOf(peer).findLast(fits), what);
}

/** How far mallory has read, as alice is told. */
async function readBy({ alice, room }: Signals, person = room.person): Promise<unknown> {
  const { reads } = await alice.call('GET', `/rooms/${room.room}/reads`);
  return listOf(reads).find(({ address }) => address === person)?.['seq'];
}

/** The fence: what is sent by typing comes after what was sent before. */
async function typingFence(stage: Signals, room: MemberRoom): Promise<void> {
  const since = signalsOf(stage.peer).length;
  await stage.alice.call('PUT', `/rooms/${room.room}/typing`, { typing: true });
  await until(
    () =>
      signalsOf(stage.peer)
        .slice(since)
        .some(({ kind, room: of }) => kind === 'typing' && of === room.room),
    'a typing signal',
  );
}

const sentChecks: Check<Signals>[] = [
  {
    ...titleOf(common, {
      ...{ name: 'read-is-told', covers: ['PV-SGL-001', 'PV-SGL-003', 'PV-SGL-004', 'PV-RCP-001', 'PV-HTTP-017'] },
    }),
    async run(stage) {
      const { seq } = await stage.room.say();
      await stage.alice.call('PUT', `/rooms/${stage.room.room}/read`, { seq });
      const signal = await awaitSignal(stage, (one) => one['kind'] === 'read' && one['seq'] === seq, 'the signal');
      must(
        signal['room'] === stage.room.room && signal['from'] === stage.alice.address,
        'room and person of the signal',
        signal,
      );
      must(Math.abs(Number(signal['counter']) - Date.now()) < 60_000, 'a time in ms as counter', signal);
      for (const { verb, body } of stage.peer.received) {
        if (verb !== 'signals') continue;
        const items = listOf(body['items']);
        must(items.length >= 1 && items.length <= 256, '1 to 256 signals', items.length);
        for (const one of items) must(Buffer.byteLength(JSON.stringify(one)) <= 1024, 'at most 1,024 bytes', one);
      }
    },
  },
  {
    ...titleOf(common, { name: 'never-repeated', covers: ['PV-SGL-002'] }),
    async run(stage) {
      const { alice, peer, room } = stage;
      await typingFence(stage, room);
      peer.answers.set('signals', () => refuse(500, 'internal'));
      const { seq } = await room.say();
      const since = signalsOf(peer).length;
      await alice.call('PUT', `/rooms/${room.room}/read`, { seq });
      await until(() => signalsOf(peer).length > since, 'the signal');
      await sleep(2 * QUIET_MS);
      const copies = signalsOf(peer).filter((one) => one['kind'] === 'read' && one['seq'] === seq);
      peer.answers.set('signals', () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{}' }));
      must(copies.length === 1, 'one request, though it failed', copies.length);
      await typingFence(stage, room);
    },
  },
  {
    ...titleOf(common, { name: 'read-is-kept-to-oneself', covers: ['PV-RCP-001', 'PV-CLI-036'], isHostile: true }),
    async run(stage) {
      const { alice, peer, room, bob } = stage;
      await typingFence(stage, room);
      await alice.call('PATCH', '/me', { receipts: false });
      const { seq } = await room.say();
      await alice.call('PUT', `/rooms/${room.room}/read`, { seq });
      await typingFence(stage, room);
      const told = signalsOf(peer).filter((one) => one['kind'] === 'read' && one['seq'] === seq);
      must(told.length === 0, 'nothing told to other providers', told);
      const { reads } = await bob.call('GET', `/rooms/${room.room}/reads`);
      const shown = listOf(reads).find(({ address }) => address === alice.address)?.['seq'];
      must(shown !== seq, 'nothing told to people here', shown);
      await alice.call('PATCH', '/me', { receipts: true });
    },
  },
];

const takenChecks: Check<Signals>[] = [
  {
    ...titleOf(common, {
      ...{ name: 'what-is-dropped', covers: ['PV-SGL-006', 'PV-SGL-007', 'PV-RCP-002'], isHostile: true },
    }),
    async run(stage) {
      const { peer, room, alice } = stage;
      const first = await room.say();
      const last = await room.say();
      const base = { kind: 'read', room: room.room, from: room.person };
      let counter = Date.now();
      const send = async (signal: Members): Promise<void> => {
        counter += 1;
        const answer = await ask(peer, 'signals', { items: [{ ...base, counter, ...signal }] });
        must(Object.keys(answer).length === 0, 'an object without members', answer);
      };
      await send({ seq: last.seq });
      await control(
        'a signal',
        async () => await until(async () => (await readBy(stage)) === last.seq, 'the position to be shown'),
      );
      const { seq = -1 } = await alice.say(room.room, 'not read yet');
      await send({ seq, kind: 'dance' });
      await send({ seq, counter: 1 });
      await send({ seq, from: `eve@${peer.domain}` });
      await send({ seq: seq + 5, from: alice.address });
      await send({ seq: first.seq });
      must((await readBy(stage)) === last.seq, 'the position as it was', await readBy(stage));
      must((await readBy(stage, `eve@${peer.domain}`)) === undefined, 'nobody who is not in the room', 'eve');
      must((await readBy(stage, alice.address)) !== seq + 5, 'no word of others for alice', await readBy(stage));
      await send({ seq });
      await until(async () => (await readBy(stage)) === seq, 'the next one to count');
      const stranger = await stage.run.clients.make();
      const refused = await stranger.refusal('GET', `/rooms/${room.room}/reads`);
      must(refused === 'unknown-room', 'nothing for those who are not in the room', refused);
    },
  },
];

/** Mallory wants to know whether alice is there. */
async function watch({ peer, dm, room }: Signals, where: 'dm' | 'group' = 'dm'): Promise<void> {
  const of = where === 'dm' ? dm : room;
  await ask(peer, 'signals', { items: [{ kind: 'watch', room: of.room, from: of.person, counter: Date.now() }] });
}

const presences = ({ peer }: Signals): Members[] => signalsOf(peer).filter(({ kind }) => kind === 'presence');

const presenceChecks: Check<Signals>[] = [
  {
    ...titleOf(common, { name: 'watch-is-answered', covers: ['PV-PRS-001', 'PV-PRS-002', 'PV-PRS-003', 'PV-SGL-004'] }),
    async run(stage) {
      const before = presences(stage).length;
      await watch(stage);
      const signal = await until(() => presences(stage)[before], 'the state');
      must(
        STATES.includes(String(signal['state'])) && signal['from'] === stage.alice.address,
        'one of the states, of alice',
        signal,
      );
      must(signal['room'] === stage.dm.room, 'in their dm', signal);
      await watch(stage, 'group');
      await typingFence(stage, stage.room);
      must(presences(stage).length === before + 1, 'no answer in a group', presences(stage).slice(before + 1));
    },
  },
  {
    ...titleOf(common, { name: 'presence-for-nobody', covers: ['PV-PRS-004', 'PV-PRS-006'], isHostile: true }),
    async run(stage) {
      const { alice, dm, peer, room } = stage;
      await control('a watch', async () => {
        const before = presences(stage).length;
        await watch(stage);
        await until(() => presences(stage).length > before, 'the state');
      });
      const before = presences(stage).length;
      await alice.call('PATCH', '/me', { shown: { presence: 'nobody' } });
      await watch(stage);
      await alice.call('PUT', '/presence', { addresses: [dm.person] }).catch(() => undefined);
      await typingFence(stage, room);
      must(presences(stage).length === before, 'no answer', presences(stage).slice(before));
      const asked = signalsOf(peer).filter(({ kind, from }) => kind === 'watch' && from === alice.address);
      must(asked.length === 0, 'nothing asked for who tells nothing', asked);
      await alice.call('PATCH', '/me', { shown: { presence: 'contacts' } });
      await alice.call('PUT', `/blocks/${dm.person}`);
      await watch(stage);
      await typingFence(stage, room);
      await alice.call('DELETE', `/blocks/${dm.person}`);
      must(presences(stage).length === before, 'no answer to who is blocked', presences(stage).slice(before));
    },
  },
  {
    ...titleOf(common, { name: 'more-contacts-than-fit-a-screen', covers: ['PV-PRS-007'], isHostile: true }),
    async run({ alice, dm, peer }) {
      await alice.call('PUT', '/presence', { addresses: [dm.person] });
      await until(() => signalsOf(peer).some(({ kind }) => kind === 'watch'), 'a watch for the contact');
      const addresses = Array.from({ length: 201 }, (_, place) => `p${place}@${peer.domain}`);
      const code = await alice.refusal('PUT', '/presence', { addresses });
      must(code === 'bad-request', 'bad-request for 201', code);
    },
  },
];

const shownChecks: Check<Signals>[] = [
  {
    ...titleOf(common, { name: 'presence-for-who-asked', covers: ['PV-PRS-005', 'PV-PRS-007'], isHostile: true }),
    async run({ run, alice, bob, dm, peer }) {
      const [asking, other] = [await LiveStream.open(run.target, alice), await LiveStream.open(run.target, bob)];
      const tell = async (): Promise<void> => {
        const presence = { kind: 'presence', room: dm.room, from: dm.person, state: 'online' };
        await ask(peer, 'signals', { items: [{ ...presence, counter: Date.now() }] });
      };
      const told = (stream: LiveStream): Members[] => stream.frames.filter(({ t }) => t === 'presence');
      await alice.call('PUT', '/presence', { addresses: [dm.person] });
      await tell();
      await until(() => told(asking).length > 0, 'the presence, for who asked');
      await alice.call('PUT', '/presence', { addresses: [] });
      const before = told(asking).length;
      await tell();
      for (const stream of [asking, other]) await stream.fence();
      must(told(asking).length === before, 'nothing when it was not asked for', told(asking));
      must(told(other).length === 0, 'nothing for others', told(other));
      for (const stream of [asking, other]) stream.close();
    },
  },
];

const blockChecks: Check<Signals>[] = [
  {
    ...titleOf(common, {
      name: 'blocked-in-a-dm',
      isHostile: true,
      covers: ['PV-BLK-001', 'PV-BLK-002', 'PV-BLK-005', 'PV-ACC-014', 'PV-PRF-015'],
    }),
    async run(stage) {
      const { alice, dm, peer } = stage;
      const shown = async (): Promise<string> => JSON.stringify(await alice.events(dm.room));
      await dm.say(dm.message({}, { text: 'before the block' }));
      await control('a message', async () => must((await shown()).includes('before the block'), 'it is shown'));
      await alice.call('PUT', `/blocks/${dm.person}`);
      const before = signalsOf(peer).length;
      const logs = peer.received.filter(({ verb }) => verb === 'log').length;
      const { id } = await dm.say(dm.message({}, { text: 'during the block' }));
      await alice.call('PUT', `/rooms/${dm.room}/typing`, { typing: true });
      await alice.call('PUT', `/rooms/${dm.room}/read`, { seq: dm.last.seq });
      must(!(await shown()).includes('during the block'), 'nothing of it shown', await shown());
      await typingFence(stage, stage.room);
      const told = signalsOf(peer)
        .slice(before)
        .filter((one) => one['room'] === dm.room);
      must(told.length === 0, 'no signals to who is blocked', told);
      await alice.call('DELETE', `/blocks/${dm.person}`);
      await dm.say(dm.message({}, { text: 'after the block' }));
      const events = await alice.events(dm.room);
      must(JSON.stringify(events).includes('after the block'), 'the next one shown', events.at(-1));
      const kept = events.find((event) => event.id === id)?.content ?? null;
      must(kept === null, 'nothing of it, now that the block is lifted', kept);
      must(peer.received.filter(({ verb }) => verb === 'log').length === logs, 'nothing asked for it', 'a log request');
    },
  },
  {
    ...titleOf(common, { name: 'blocked-in-a-group', covers: ['PV-BLK-006'] }),
    async run(stage) {
      const { alice, room } = stage;
      await alice.call('PUT', `/blocks/${room.person}`);
      await room.say(room.message({}, { text: 'one log for everybody' }));
      const events = JSON.stringify(await alice.events(room.room));
      await typingFence(stage, room);
      await alice.call('DELETE', `/blocks/${room.person}`);
      must(events.includes('one log for everybody'), 'the message shown', events.slice(-300));
    },
  },
];

/** What is told now or never, and what a block does to it. */
export const signalLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'signals', open },
    checks: [...sentChecks, ...takenChecks, ...presenceChecks, ...shownChecks, ...blockChecks],
  }),
];

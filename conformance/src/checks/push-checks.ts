import { makeEvent } from '../formats/event.js';
import type { Members } from '../formats/strict-json.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { anyOf, mustBe, results, resultsOf } from '../run/expectations.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import type { HubRoom } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';
import { joinLies } from './join-deviations.js';
import { pushTables } from './push-deviations.js';
import type { PushRow } from './push-deviations.js';

const common = { tier: 'T1', isHostile: true } as const;

interface Follower {
  readonly stage: HubStage;
  /** another room of the same hub, which goes on whatever happens */
  readonly witness: HubRoom;
}

async function openFollower(run: Parameters<typeof HubStage.open>[0]): Promise<Follower> {
  const stage = await HubStage.open(run);
  const witness = await stage.lure();
  await stage.pushHonestly(witness);
  return { stage, witness };
}

const pushChecks: Check<Follower>[] = Object.entries(pushTables).flatMap(([area, rows]) =>
  rows.map((row) => ({
    ...titleOf({ area, ...common }, { name: row.name, covers: row.covers }),
    async run({ stage, witness }: Follower) {
      await lie(stage, row);
      await stage.pushHonestly(witness);
    },
  })),
);

/** Control: an honest push. Then the lie, and that nothing of it is shown, and that the room goes on or stands still. */
async function lie(stage: HubStage, { appended, page, expect, after }: PushRow): Promise<void> {
  const room = await stage.lureHonestly();
  stage.silent.add(room.room);
  const from = room.records.length;
  for (let place = 0; place < appended; place += 1) room.append(room.message(`lie ${place}`));
  const choices = expect.map(([status, code]) => results({ status, ...(code === undefined ? {} : { code }) }));
  mustBe(await stage.push(page(room, from, stage)), anyOf(...choices));
  const seen = await stage.seen(room);
  must(!seen.includes('lie 0') && !seen.includes('forged'), 'nothing of the lie shown', seen);
  stage.silent.delete(room.room);
  if (after === 'live') await stage.catchUp(room, from);
  if (after !== 'still') return;
  const [result] = resultsOf(await stage.push(room.page(from)));
  must(result?.['status'] === 'quarantined', 'the room to stand still', result);
}

const followerChecks: Check<Follower>[] = [
  {
    ...titleOf(
      { area: 'follow', tier: 'T1' },
      { name: 'honest-push', covers: ['PV-PUSH-004', 'PV-PUSH-007', 'PV-CLI-031'] },
    ),
    async run({ stage, witness }) {
      const text = `honest ${witness.records.length}`;
      await stage.pushHonestly(witness);
      must((await stage.seen(witness)).includes(text), 'the message shown', await stage.seen(witness));
    },
  },
  {
    ...titleOf({ area: 'follow', tier: 'T1' }, { name: 'push-again', covers: ['PV-PUSH-009', 'PV-RSG-020'] }),
    async run({ stage, witness }) {
      await stage.catchUp(witness, witness.records.length - 1);
      await stage.catchUp(witness, witness.records.length - 1);
      await stage.catchUp(witness, 0);
      await stage.pushHonestly(witness);
    },
  },
  {
    ...titleOf({ area: 'follow', ...common }, { name: 'own-content-withheld', covers: ['PV-BLK-004'] }),
    async run({ stage, witness }) {
      const { id } = await stage.guest.say(witness.room, 'my own words');
      const from = witness.seq;
      const page = witness.page(from, { records: (all) => all.map((one) => ({ ...one, content: null })) });
      mustBe(await stage.push(page), results({ status: 'acked', seq: from }));
      const own = (await stage.guest.events(witness.room)).find((event) => event.id === id);
      must(JSON.stringify(own?.content ?? null).includes('my own words'), 'the content that was submitted', own);
      await stage.pushHonestly(witness);
    },
  },
  {
    ...titleOf({ area: 'follow', tier: 'T1' }, { name: 'gap-is-fetched', covers: ['PV-PUSH-004', 'PV-LOG-008'] }),
    async run({ stage, witness }) {
      const from = witness.records.length;
      witness.append(witness.message('missed by the push'));
      witness.append(witness.message('seen by the push'));
      const [result] = resultsOf(await stage.push(witness.page(from + 1)));
      must(result?.['status'] === 'gap' && result['have'] === from - 1, `gap ${from - 1}`, result);
      await until(
        async () => (await stage.seen(witness)).includes('missed by the push'),
        'what was missed to be fetched',
      );
      await stage.pushHonestly(witness);
    },
  },
  {
    ...titleOf(
      { area: 'follow', tier: 'T1' },
      { name: 'page-without-records', covers: ['PV-PUSH-011', 'PV-HEADS-007', 'PV-LOG-008'] },
    ),
    async run({ stage, witness }) {
      witness.append(witness.message('only a head was pushed'));
      const [result] = resultsOf(await stage.push(witness.page(witness.records.length)));
      must(result?.['status'] === 'gap', 'gap', result);
      await until(async () => (await stage.seen(witness)).includes('only a head was pushed'), 'the rest to be fetched');
    },
  },
  {
    ...titleOf({ area: 'follow', ...common }, { name: 'fork', covers: ['PV-PUSH-009', 'PV-HEADS-008', 'PV-SEAL-009'] }),
    async run({ stage, witness }) {
      const room = await stage.lure();
      await stage.pushHonestly(room);
      const page = room.page(room.records.length, { head: (head) => ({ ...head, hash: 'A'.repeat(43) }) });
      mustBe(await stage.push(page), results({ status: 'quarantined', code: 'fork', seq: room.seq }));
      room.append(room.message('after the fork'));
      mustBe(await stage.push(room.page(room.seq)), results({ status: 'quarantined', code: 'fork' }));
      await stage.pushHonestly(witness);
    },
  },
  {
    ...titleOf(
      { area: 'follow', ...common },
      { name: 'room-of-another-hub', covers: ['PV-PUSH-004', 'PV-ROOM-006', 'PV-HEAD-004'] },
    ),
    async run({ stage, witness }) {
      const stranger = await control('another honest provider', async () => await stage.run.makeKnownPeer());
      const from = witness.records.length;
      witness.append(witness.message('pushed by a stranger'));
      const answer = await stranger.send('push', { ...witness.page(from) });
      mustBe(answer, results({ room: witness.room, status: 'unknown-room' }));
      must(!(await stage.seen(witness)).includes('pushed by a stranger'), 'nothing of it shown', 'it is shown');
      await stage.catchUp(witness, from);
    },
  },
  {
    ...titleOf({ area: 'follow', ...common }, { name: 'room-that-is-not-there', covers: ['PV-PUSH-004'] }),
    async run({ stage, witness }) {
      const { rooms, seals } = witness.page(witness.seq);
      const page = { rooms: rooms.map((one) => ({ ...one, room: `r${'A'.repeat(43)}` })), seals };
      mustBe(await stage.push(page), results({ status: 'unknown-room' }));
      await stage.pushHonestly(witness);
    },
  },
  {
    ...titleOf(
      { area: 'follow', ...common },
      { name: 'one-bad-page-among-good-ones', covers: ['PV-PUSH-004', 'PV-BUD-006'] },
    ),
    async run({ stage, witness }) {
      const room = await control('another room', async () => await stage.lure());
      room.append(room.message('lie'));
      witness.append(witness.message('in one request with a lie'));
      const [bad, good] = [room.page(room.seq, { key: stage.peer.strayKey() }), witness.page(witness.seq)];
      const pages = [bad.rooms[0], good.rooms[0]].map((page, seal) => {
        const sealed = page?.['sealed'] as Members;
        return { ...page, sealed: { ...sealed, seal } };
      });
      const answer = await stage.push({ rooms: pages, seals: [...bad.seals, ...good.seals] });
      mustBe(answer, results({ status: 'quarantined', code: 'bad-seal' }, { status: 'acked', seq: witness.seq }));
      await stage.catchUp(room, room.seq);
    },
  },
];

const voids: readonly (readonly [
  name: string,
  covers: readonly string[],
  make: (stage: HubStage, room: HubRoom) => Parameters<HubRoom['append']>[0],
])[] = [
  [
    'not-a-member',
    ['PV-RULE-014', 'PV-ROOM-008'],
    ({ peer }, room) => room.make({ type: 'message', sender: `eve@${peer.domain}` }, { text: 'void' }),
  ],
  ['stray-key', ['PV-RULE-005'], ({ peer }, room) => room.make({ type: 'message' }, { text: 'void' }, peer.strayKey())],
  [
    'in-the-name-of-the-guest',
    ['PV-RULE-005'],
    ({ guest }, room) => room.make({ type: 'message', sender: guest.address }, { text: 'void' }),
  ],
  ['until-passed', ['PV-RULE-008'], (_, room) => room.make({ type: 'message', until: 1 }, { text: 'void' })],
  [
    'seen-of-another-log',
    ['PV-RULE-011'],
    (_, room) => room.make({ type: 'message', seen: [0, room.seq, 'A'.repeat(43)] }, { text: 'void' }),
  ],
  [
    'prior-of-nothing',
    ['PV-RULE-012'],
    (_, room) => room.make({ type: 'room.info', key: '', prior: `e${'A'.repeat(43)}` }, { title: 'void' }),
  ],
  [
    'removal-of-nobody',
    ['PV-RULE-032'],
    ({ guest }, room) => room.make({ type: 'access', key: guest.address }, { remove: `e${'A'.repeat(43)}` }),
  ],
  [
    'role-of-no-name',
    ['PV-RULE-035'],
    ({ guest }, room) => room.make({ type: 'access', key: guest.address }, { role: 'king' }),
  ],
  [
    'second-create',
    ['PV-RULE-007'],
    ({ peer }, room) => {
      const { hash, version, jws } = peer.statement;
      const content = { kind: 'group', rules: 1, statement: hash, version };
      const { id: _, ...item } = makeEvent(
        { type: 'room.create', sender: room.owner, key: '' },
        content,
        peer.keys.event,
      );
      return { ...item, statement: jws.text };
    },
  ],
];

/** A hub that records what breaks a rule: it keeps its place and has no effect. */
const voidChecks: Check<Follower>[] = voids.map(([name, covers, make]) => ({
  ...titleOf(
    { area: 'void', ...common },
    { name, covers: [...covers, 'PV-REC-009', 'PV-ROOM-004', 'PV-ROOM-022', 'PV-PUSH-007', 'PV-RULE-002'] },
  ),
  async run({ stage, witness }) {
    await control('an honest push', async () => await stage.pushHonestly(witness));
    const from = witness.records.length;
    witness.append(make(stage, witness), { isVoid: true });
    await stage.catchUp(witness, from);
    await stage.pushHonestly(witness);
    must(await stage.guest.isIn(witness.room), 'the room to go on', 'the guest is not in it');
  },
}));

const lieChecks: Check<Follower>[] = joinLies.map(({ name, covers, change }) => ({
  ...titleOf({ area: 'join-answer', ...common }, { name, covers }),
  async run({ stage, witness }) {
    const { room, request } = await control('an honest invitation', async () => await stage.invite());
    stage.joinLies.set(room.room, (answer) => change(answer, stage, room));
    await stage.guest.answer(request, 'accept');
    const asked = (): number => stage.joins.filter((one) => one === room.room).length;
    await until(() => asked() >= 2, 'the join to be asked for again, as its answer is not believed', 20_000);
    must(!(await stage.guest.isIn(room.room)), 'the guest not to be in the room', 'in the room');
    stage.joinLies.delete(room.room);
    await until(async () => await stage.guest.isIn(room.room), 'the join, once it is answered honestly', 30_000);
    await stage.pushHonestly(room);
    await stage.pushHonestly(witness);
  },
}));

/** The target follows rooms whose hub lies. */
export const pushLanes: readonly Lane[] = [
  makeLane({ name: 'follower', open: openFollower, checks: [...followerChecks, ...voidChecks, ...pushChecks] }),
  makeLane({ name: 'join-answers', open: openFollower, checks: lieChecks }),
];

import { parseStatement } from '../formats/key-statement.js';
import type { FullRecord } from '../formats/record.js';
import { json } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { mustBe, results } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import type { HubRoom, PageChanges } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';

const common = { area: 'history', tier: 'T1', isHostile: true } as const;
const HEAL_MS = 60_000;
const LIES_MAX = 3;

type Lie = (records: FullRecord[]) => readonly FullRecord[];

/** The guest joins a room that lets everybody see what was before; what is told of that may be a lie for a while. */
async function joinLater(run: Run, lie: Lie): Promise<{ stage: HubStage; room: HubRoom; asked: () => number }> {
  const stage = await HubStage.open(run);
  const { room, request } = await control('an honest invitation', async () => await stage.invite());
  room.append(room.make({ type: 'room.history', key: '' }, { visible: 'all' }));
  for (let place = 0; place < 4; place += 1) room.append(room.message(`long ago ${place}`));
  let asked = 0;
  stage.peer.answers.set('log', ({ room: id, from }) => {
    if (id !== room.room) return json(room.log(Number(from)));
    asked += 1;
    const { rooms, seals } = room.page(Number(from), asked > LIES_MAX ? {} : liedPage(lie));
    return json({ page: { ...rooms[0], prev: room.hashAt(Number(from) - 1) }, seals, newest: room.seq });
  });
  await stage.guest.answer(request, 'accept');
  await until(async () => await stage.guest.isIn(room.room), 'the guest to be in the room');
  return { stage, room, asked: () => asked };
}

function liedPage(lie: Lie): PageChanges {
  return { records: (all) => lie(all) };
}

const honest: Lie = (all) => all;
const lies: readonly (readonly [name: string, lie: Lie])[] = [
  ['record-left-out', (all) => all.filter((_, place) => place !== 3)],
  ['time-of-another', (all) => all.map((one, place) => (place === 3 ? { ...one, at: one.at - 1 } : one))],
  ['text-of-another', (all) => all.map((one, place) => (place === 3 ? { ...one, content: '{"text":"forged"}' } : one))],
];

const checks: Check<Run>[] = [
  {
    ...titleOf({ ...common, isHostile: false }, { name: 'before-the-join', covers: ['PV-LOG-009', 'PV-READ-007'] }),
    async run(run) {
      const { stage, room } = await joinLater(run, honest);
      await until(
        async () => (await stage.seen(room)).includes('long ago 3'),
        'what was said before the join',
        HEAL_MS,
      );
      must((await stage.seen(room)).includes('long ago 0'), 'from the first on', await stage.seen(room));
      await stage.pushHonestly(room);
    },
  },
  ...lies.map(([name, lie]): Check<Run> => ({
    ...titleOf(common, { name, covers: ['PV-LOG-010'] }),
    async run(run) {
      const { stage, room, asked } = await joinLater(run, lie);
      await until(() => asked() >= 1, 'the records before the join to be asked for');
      must(!(await stage.seen(room)).includes('forged'), 'nothing forged', await stage.seen(room));
      await until(async () => (await stage.seen(room)).includes('long ago 3'), 'the truth, once it is told', HEAL_MS);
      must(!(await stage.seen(room)).includes('forged'), 'nothing forged', await stage.seen(room));
      await stage.pushHonestly(room);
    },
  })),
  {
    ...titleOf(common, { name: 'hole-is-filled', covers: ['PV-LOG-011', 'PV-CNT-001'] }),
    async run(run) {
      const stage = await HubStage.open(run);
      const room = await control('a room', async () => await stage.lure());
      const from = room.records.length;
      room.append(room.message('withheld at first'));
      const changes = (content: string | null): PageChanges => ({
        records: (all) => all.map((one) => (one.seq === from ? { ...one, content } : one)),
      });
      let told = 0;
      stage.peer.answers.set('log', ({ from: at }) => {
        told += 1;
        const { rooms, seals } = room.page(Number(at), told === 1 ? changes('{"text":"forged"}') : {});
        return json({ page: { ...rooms[0], prev: room.hashAt(Number(at) - 1) }, seals, newest: room.seq });
      });
      mustBe(await stage.push(room.page(from, changes(null))), results({ status: 'acked', seq: from }));
      await until(
        async () => (await stage.seen(room)).includes('withheld at first'),
        'the content to be fetched',
        HEAL_MS,
      );
      must(!(await stage.seen(room)).includes('forged'), 'no text but the one of the event', await stage.seen(room));
      await stage.pushHonestly(room);
    },
  },
  {
    ...titleOf(common, { name: 'content-after-its-time', covers: ['PV-SET-013', 'PV-SET-011', 'PV-EFF-008'] }),
    async run(run) {
      const stage = await HubStage.open(run);
      const room = await control('a room', async () => await stage.lure());
      const from = room.records.length;
      room.append(room.make({ type: 'message', ttl: 1 }, { text: 'too late' }));
      await sleep(2500);
      mustBe(await stage.push(room.page(from)), results({ status: 'acked', seq: from }));
      must(!(await stage.seen(room)).includes('too late'), 'nothing of it shown', await stage.seen(room));
      const asked = stage.peer.received.filter(({ verb }) => verb === 'log').length;
      await sleep(2000);
      const later = stage.peer.received.filter(({ verb }) => verb === 'log').length;
      must(later === asked, 'nothing asked for, as it is no hole', later - asked);
      await stage.pushHonestly(room);
    },
  },
];

/** The state of a room tells of keys that the hub's document does not announce: the join waits until it does. */
const statementChecks: Check<Run>[] = [
  {
    ...titleOf(
      { area: 'join-answer', tier: 'T1', isHostile: true },
      {
        ...{ name: 'statement-nobody-has-announced', covers: ['PV-JOIN-014', 'PV-DISC-013'] },
      },
    ),
    async run(run) {
      const stage = await HubStage.open(run);
      const { peer } = stage;
      const { room, request } = await control('an honest invitation', async () => await stage.invite());
      const text = peer.makeStatement({ version: 2 });
      const said = { statement: parseStatement(text).hash, version: 2 };
      const provider = room.make({ type: 'provider', sender: peer.domain, key: peer.domain }, said);
      room.append({ ...provider, statement: text });
      await stage.guest.answer(request, 'accept');
      await until(
        () => stage.joins.length >= 2,
        'the join to be asked for again, as its answer is not believed',
        HEAL_MS,
      );
      must(!(await stage.guest.isIn(room.room)), 'the guest not to be in the room', 'in the room');
      const document = peer.makeDocument({ version: Date.now() + 1000, statement: text });
      peer.document = () => peer.documentReply(document);
      await until(async () => await stage.guest.isIn(room.room), 'the join, once the statement is announced', HEAL_MS);
      await stage.pushHonestly(room);
    },
  },
];

/** What a follower fetches of what it was not told. */
export const historyLanes: readonly Lane[] = [
  makeLane({
    name: 'history',
    open: async (run: Run) => await Promise.resolve(run),
    checks: [...checks, ...statementChecks],
  }),
];

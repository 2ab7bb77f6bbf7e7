import { payloadOf } from '../formats/jws.js';
import { bucketOf } from '../formats/state-hash.js';
import type { FullRecord } from '../formats/record.js';
import type { Members } from '../formats/strict-json.js';
import { json, problem as refuse } from '../network/reply.js';
import type { Reply } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { mustBe, results } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { LiveStream } from '../stage/live-stream.js';
import type { Person } from '../stage/users.js';
import type { HubRoom } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';

const common = { area: 'partial', tier: 'T1', isHostile: true } as const;
const STEP = 64;
const HEAL_MS = 45_000;
const people = ['member', 'access', 'room.link'];

function placeOf({ jws }: FullRecord): { type: string; bucket: number } {
  const { type, key = '' } = payloadOf(jws) as { type: string; key?: string };
  return { type, bucket: bucketOf(type, key) };
}

/** A join that is answered without people, as if there were too many of them; the rest comes in pieces. */
class PartialJoin {
  readonly stage: HubStage;
  readonly room: HubRoom;
  readonly request: string;
  /** from which buckets on the rest was asked for */
  readonly asked: number[] = [];
  /** how many pieces are answered */
  pieces = 0;
  /** what a piece says instead of the truth */
  lie: (entries: FullRecord[]) => FullRecord[] = (entries) => entries;
  #entries: readonly FullRecord[] = [];

  private constructor(stage: HubStage, room: HubRoom, request: string) {
    this.stage = stage;
    this.room = room;
    this.request = request;
  }

  static async begin(run: Run, guest?: Person): Promise<PartialJoin> {
    const stage = await HubStage.open(run, guest);
    const { room, request } = await control('an honest invitation', async () => await stage.invite());
    const join = new PartialJoin(stage, room, request);
    stage.joinLies.set(room.room, (answer) => join.#withhold(answer));
    stage.peer.answers.set('snapshot', ({ from }) => join.#piece(Number(from)));
    await stage.guest.answer(request, 'accept');
    await until(() => join.asked.length > 0, 'the rest to be asked for', HEAL_MS);
    return join;
  }

  async complete(): Promise<void> {
    this.pieces = Infinity;
    await until(async () => await this.stage.guest.isIn(this.room.room), 'the guest to be in the room', HEAL_MS);
  }

  #withhold(answer: Members): Members {
    const snapshot = answer['snapshot'] as Members;
    this.#entries = snapshot['entries'] as FullRecord[];
    const entries = this.#entries.filter((entry) => !people.includes(placeOf(entry).type));
    return { ...answer, snapshot: { ...snapshot, entries, covered: 0 } };
  }

  #piece(from: number): Reply {
    this.asked.push(from);
    if (this.pieces <= 0) return refuse(503, 'overloaded', { 'retry-after': '1' });
    this.pieces -= 1;
    const covered = Math.min(256, from + STEP);
    const inside = this.#entries.filter((entry) => {
      const { type, bucket } = placeOf(entry);
      return people.includes(type) && bucket >= from && bucket < covered;
    });
    return json({ entries: this.lie(inside), covered });
  }
}

const checks: Check<Run>[] = [
  {
    ...titleOf(common, {
      ...{ name: 'room-in-pieces', isHostile: false },
      covers: ['PV-SNAP-004', 'PV-SNAP-006', 'PV-SNAP-009', 'PV-SNAP-010', 'PV-SNAP-011', 'PV-SNAP-012'],
    }),
    async run(run) {
      const join = await PartialJoin.begin(run);
      const { stage, room } = join;
      must(join.asked[0] === 0, 'the first bucket that is not there', join.asked);
      const from = room.records.length;
      room.append(room.message('before all of it is here'));
      mustBe(await stage.push(room.page(from)), results({ status: 'retry' }));
      const early = await until(
        async () => (await stage.guest.events(room.room)).find(({ seq }) => seq === from),
        'the message to be shown at once',
      );
      must((early as { unjudged?: boolean }).unjudged === true, 'the mark unjudged', early);
      const log = await stage.peer.send('log', { room: room.room, from, max: 1 });
      must(log.status !== 200, 'no log of a partial room', log.text);
      const { status } = await stage.guest.say(room.room, 'written at once');
      must(status === 'ordered', 'what the guest writes to be recorded', status);
      await join.complete();
      must([...new Set(join.asked)].join() === '0,64,128,192', 'one piece after the other', join.asked);
      await stage.catchUp(room, from);
      const late = (await stage.guest.events(room.room)).find(({ seq }) => seq === from);
      must(late !== undefined && !('unjudged' in late), 'the same without the mark', late);
      await stage.pushHonestly(room);
    },
  },
  {
    ...titleOf(
      { ...common, profile: 'client', isHostile: false },
      { name: 'sent-again-when-judged', covers: ['PV-STR-021'] },
    ),
    async run(run) {
      const guest = await run.clients.make();
      const join = await PartialJoin.begin(run, guest);
      const { stage, room } = join;
      const stream = await LiveStream.open(run.target, guest);
      const from = room.records.length;
      room.append(room.message('before all of it is here'));
      mustBe(await stage.push(room.page(from)), results({ status: 'retry' }));
      const frames = (): Members[] => stream.frames.filter(({ t, seq }) => t === 'event' && seq === from);
      await until(() => frames()[0]?.['unjudged'] === true, 'the record with the mark');
      await join.complete();
      await stage.catchUp(room, from);
      await until(() => frames()[1] !== undefined && !('unjudged' in (frames()[1] ?? {})), 'the record without it');
      stream.close();
    },
  },
  ...lies(),
  {
    ...titleOf(
      { ...common, tier: 'T2', profile: 'control', isHostile: false },
      { name: 'restart-between-pieces', covers: ['PV-SNAP-008'] },
    ),
    async run(run) {
      const join = await PartialJoin.begin(run);
      join.pieces = 2;
      await until(() => join.pieces === 0 && join.asked.at(-1) === 128, 'the third piece to be asked for', HEAL_MS);
      const before = join.asked.length;
      await run.control.call('restart', { how: 'kill' });
      await join.complete();
      must(
        join.asked.slice(before).every((from) => from >= 128),
        'no piece that was there already',
        join.asked,
      );
      await join.stage.pushHonestly(join.room);
    },
  },
];

function lies(): Check<Run>[] {
  const rows: readonly (readonly [name: string, lie: PartialJoin['lie']])[] = [
    ['entry-left-out', () => []],
    ['content-of-another', (all) => all.map((one) => ({ ...one, content: '{"membership":"left"}' }))],
    [
      'signature-flipped',
      (all) =>
        all.map((one) => ({
          ...one,
          jws: one.jws.replace(/\.(.)([^.]*)$/, (_, a, rest) => `.${a === 'A' ? 'B' : 'A'}${String(rest)}`),
        })),
    ],
  ];
  return rows.map(([name, lie]) => ({
    ...titleOf(common, { name, covers: ['PV-SNAP-005', 'PV-JOIN-010'] }),
    async run(run) {
      const join = await PartialJoin.begin(run);
      join.lie = lie;
      join.pieces = 4;
      await until(() => join.pieces === 0 || join.asked.length > 6, 'lies to be told', HEAL_MS);
      must(!(await join.stage.guest.isIn(join.room.room)), 'the room not to count as whole', 'it does');
      join.lie = (entries) => entries;
      await join.complete();
      await join.stage.pushHonestly(join.room);
    },
  }));
}

/** Rooms whose people come after the answer to the join. */
export const partialLanes: readonly Lane[] = [
  makeLane({
    name: 'partial',
    open: async (run: Run) => await Promise.resolve(run),
    checks: checks.filter(({ tier }) => tier === 'T1'),
  }),
  makeLane({
    ...{ name: 'partial-restarts', isAlone: true, checks: checks.filter(({ tier }) => tier === 'T2') },
    open: async (run: Run) => await Promise.resolve(run),
  }),
];

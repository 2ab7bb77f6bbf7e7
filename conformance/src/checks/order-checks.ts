import { payloadOf } from '../formats/jws.js';
import type { Members } from '../formats/strict-json.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { describe, listOf, mustBe, problem, resultsOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { openPeople } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';
import { contentIn, readAll } from '../stage/read-log.js';
import { headerOf } from '../formats/record.js';
import type { FullRecord } from '../formats/record.js';
import { ask } from '../network/ask.js';
import { openGroup } from '../stage/group-stage.js';

const common = { area: 'order', tier: 'T1', profile: 'client' } as const;

async function set({ alice, room }: PeopleStage, settings: Members): Promise<void> {
  await alice.call('PUT', `/rooms/${room.room}/settings`, settings);
}

const timerChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, { name: 'timer', covers: ['PV-SET-010', 'PV-SET-011', 'PV-CLI-033', 'PV-RULE-055'] }),
    async run(stage) {
      const { alice, bob, room, peer } = stage;
      await set(stage, { timer: 2 });
      const [one, two] = [await alice.say(room.room, 'soon gone'), await bob.say(room.room, 'mine, too')];
      await until(() => room.log.has(two.seq ?? -1), 'the messages to be pushed');
      for (const { seq = -1 } of [one, two]) {
        const record = room.log.get(seq) as FullRecord;
        const ttl = Number(payloadOf(record.jws)['ttl']);
        must(ttl >= 1 && ttl <= 2, 'a ttl of at most the timer', ttl);
      }
      const asked = room.message({});
      const [denied] = resultsOf(await room.submit([asked]));
      must(denied?.['status'] === 'denied' && denied['code'] === 'timer', 'timer, for what lives longer', denied);
      await sleep(7500);
      const records = await readAll(peer, room, one.seq ?? 0);
      must(contentIn(records, one.seq ?? -1) === null, 'given to nobody any more', contentIn(records, one.seq ?? -1));
      const shown = (await bob.events(room.room)).find(({ id }) => id === one.id);
      must(shown?.content === null, 'nor shown', shown);
      await set(stage, {});
    },
  },
  {
    ...titleOf(common, {
      name: 'slow-mode',
      covers: ['PV-SET-020', 'PV-SET-021', 'PV-SET-022', 'PV-SET-023', 'PV-SUB-013'],
    }),
    async run(stage) {
      const { alice, bob, room } = stage;
      await set(stage, { slow: 30 });
      const first = await room.say();
      const [again, reaction, other] = resultsOf(
        await room.submit([
          room.message(),
          room.make({ type: 'reaction', rel: [['react', first.id]] }, { emoji: '👍' }),
          room.message(),
        ]),
      );
      must(again?.['status'] === 'retry' && again['code'] === 'slow-mode', 'retry for a second message', again);
      must(Number(again['after']) > 0 && Number(again['after']) <= 30, 'seconds until one may speak', again);
      must(reaction?.['status'] === 'accepted', 'a reaction to be accepted all the same', reaction);
      must(other?.['status'] === 'retry', 'retry for a third', other);
      await bob.say(room.room, 'one');
      const body = { requestKey: bob.key(), type: 'message', content: { text: 'two' } };
      const answer = await bob.ask('POST', `/rooms/${room.room}/events`, body, { isPatient: false });
      mustBe(answer, problem('slow-mode'));
      must(Number(answer.headers.get('retry-after')) > 0, 'Retry-After', describe(answer));
      for (const text of ['moderators', 'may go on']) await alice.say(room.room, text);
      await set(stage, {});
      await sleep(1000);
      const texts = JSON.stringify(await alice.events(room.room));
      must(!texts.includes('"two"'), 'nothing sent later by itself', texts.slice(-300));
    },
  },
];

const denyChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, {
      name: 'denied-provider',
      covers: ['PV-SET-040', 'PV-SET-041', 'PV-RULE-054'],
      isHostile: true,
    }),
    async run({ run, alice }) {
      const { peer, room } = await openGroup(run, undefined, alice);
      await control('a message', async () => {
        const { id } = await alice.say(room.room, 'before');
        await until(() => [...room.log.values()].some((one) => headerOf(one).event === id), 'the push');
      });
      const path = `/rooms/${room.room}/denied/${peer.domain}`;
      const { seq: denied = -1 } = (await alice.call('PUT', path)) as { seq?: number };
      const { seq = -1 } = await alice.say(room.room, 'after');
      await until(() => room.log.has(denied), 'the record that denies');
      await sleep(1500);
      must(!room.log.has(seq), 'no push after it', [...room.log.keys()]);
      const page = (await ask(peer, 'log', { room: room.room, from: denied, max: 256 }))['page'] as {
        records: object[];
      };
      const records = page.records as FullRecord[];
      must(contentIn(records, denied) !== undefined, 'the record that denies', records[0]);
      must(contentIn(records, seq) === undefined, 'nothing but a header after it', contentIn(records, seq));
      const { removed, more } = await alice.call('DELETE', path);
      must(removed === 1 && more === false, 'one removal, no more', { removed, more });
      must(!(await alice.members(room.room)).includes(room.person), 'nobody back by that', room.person);
      const log = (await alice.call('GET', `/rooms/${room.room}/acts`))['acts'];
      const [first, second] = listOf(log).map(({ type }) => type);
      must(first === 'room.deny' && second === 'access', 'the removal written first', [first, second]);
    },
  },
];

const deletionChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, { name: 'deleting-much', covers: ['PV-SET-050', 'PV-SET-051', 'PV-SET-052', 'PV-EFF-003'] }),
    async run({ run, alice }) {
      const { room, peer } = await openGroup(run, undefined, alice);
      const said: number[] = [];
      for (let place = 0; place < 5; place += 1) said.push((await room.say()).seq);
      const path = `/rooms/${room.room}`;
      const other = await run.clients.make();
      const strange = await other.refusal('POST', `${path}/deletions`, { sender: room.person });
      must(strange === 'unknown-room', 'nothing for who is not in the room', strange);
      const { deleted, next } = await alice.call('POST', `${path}/deletions`, {
        sender: room.person,
        from: said[1] ?? 0,
        to: said[2] ?? 0,
      });
      must(deleted === 2 && next === undefined, 'two, and no more to do', { deleted, next });
      const contents = async (): Promise<unknown[]> => {
        const records = await readAll(peer, room, said[0] ?? 0);
        return said.map((seq) => contentIn(records, seq) === null);
      };
      must((await contents()).join() === 'false,true,true,false,false', 'these two and no others', await contents());
      const answer = await alice.call('POST', `${path}/bans/${room.person}/deletions`, {});
      must(answer['deleted'] === 3, 'the three that are left', answer);
      const events = await alice.events(room.room);
      const ban = events.findIndex(({ type, content }) => type === 'access' && (content as Members)['ban'] === true);
      const last = events.findLastIndex(({ type }) => type === 'message.delete');
      must(ban >= 0 && ban < last, 'the ban before the deletes', { ban, last });
      must(!(await alice.members(room.room)).includes(room.person), 'the person to be out', room.person);
    },
  },
  {
    ...titleOf(common, { name: 'deleting-of-others', covers: ['PV-SET-051'], isHostile: true }),
    async run({ bob, alice, room }) {
      const { seq } = await alice.say(room.room, 'not his');
      const code = await bob.refusal('POST', `/rooms/${room.room}/deletions`, { from: seq ?? 0, to: seq ?? 0 });
      must(code === 'no-right', 'no-right', code);
      const shown = (await alice.events(room.room)).find((event) => event.seq === seq);
      must(shown?.content !== null, 'the content as it was', shown);
      await bob.say(room.room, 'his');
      const mine = await bob.call('POST', `/rooms/${room.room}/deletions`, { sender: bob.address });
      must(Number(mine['deleted']) >= 1, 'what is his', mine);
    },
  },
  {
    ...titleOf(common, { name: 'who-did-what', covers: ['PV-SET-060', 'PV-SET-061'] }),
    async run({ alice, bob, room }) {
      const path = `/rooms/${room.room}`;
      const { id } = await bob.say(room.room, 'to be deleted');
      await alice.call('PUT', `${path}/title`, { title: 'people' });
      await alice.send(room.room, 'message.delete', {}, [['delete', id]]);
      mustBe(await bob.ask('GET', `${path}/acts`), problem('no-right'));
      const acts = listOf((await alice.call('GET', `${path}/acts`))['acts']);
      const [newest, next] = acts;
      const [gone] = listOf(newest?.['deleted']);
      must(
        newest?.['type'] === 'message.delete' && gone?.['id'] === id && gone['sender'] === bob.address,
        'the delete, and whose it was',
        newest,
      );
      must(next?.['type'] === 'room.info' && next['by'] === alice.address, 'the title before it', next);
      const events = new Map((await alice.events(room.room)).map((event) => [event.id, event]));
      for (const act of acts) {
        const event = events.get(String(act['id']));
        must(event?.sender === act['by'] && event?.type === act['type'], 'what the log says', act);
      }
      const seqs = acts.map(({ seq }) => Number(seq));
      must(
        seqs.every((seq, place) => place === 0 || seq < (seqs[place - 1] ?? 0)),
        'newest first',
        seqs,
      );
    },
  },
];

/** How a room is set up, and what those who keep order in it do. */
export const orderLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'order', checks: [...timerChecks, ...denyChecks, ...deletionChecks] },
    open: async (run: Run) => await openPeople(run),
  }),
];

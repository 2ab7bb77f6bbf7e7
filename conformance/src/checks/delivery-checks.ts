import type { Members } from '../formats/strict-json.js';
import type { Item } from '../formats/event.js';
import { headerOf } from '../formats/record.js';
import type { Peer } from '../network/peer.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, CheckTitle, Lane } from '../run/check.js';
import { listOf } from '../run/expectations.js';
import { Flows } from '../run/flows.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { joinGroup } from '../stage/group-stage.js';
import { HubStage } from '../stage/hub-stage.js';
import { answerPushes } from '../stage/member-room.js';
import type { MemberRoom } from '../stage/member-room.js';
import type { Person } from '../stage/users.js';
import { followerRows, hubRows } from './delivery-deviations.js';
import type { FollowerRow, HubRow } from './delivery-deviations.js';

const PROMPT_MS = 8000;
const HEAL_MS = 60_000;
const QUIET_MS = 3000;

interface Sender {
  readonly run: Run;
  readonly person: Person;
}

type Flow = CheckTitle & { readonly run: (sender: Sender) => Promise<void> };

async function follower({ run, person }: Sender, room: string): Promise<{ peer: Peer; joined: MemberRoom }> {
  const peer = await run.makeKnownPeer();
  const followed = new Map<string, MemberRoom>();
  peer.answers.set('push', answerPushes(followed));
  return { peer, joined: await joinGroup({ run, peer, followed }, { owner: person, room }) };
}

/** Whether an event has reached a follower. */
const has = (joined: MemberRoom, id: string): boolean =>
  [...joined.log.values()].some((record) => headerOf(record).event === id);

function pushesOf(peer: Peer, room: string): { at: number; body: Members }[] {
  return peer.received.filter(
    ({ verb, body }) => verb === 'push' && listOf(body['rooms']).some((page) => page['room'] === room),
  );
}

/** Two followers, one of which misbehaves: the other gets everything in time, and so does it once it is honest again. */
async function misbehave(sender: Sender, row: FollowerRow): Promise<void> {
  const { person } = sender;
  const room = await person.createGroup(row.name);
  const [bad, witness] = [await follower(sender, room), await follower(sender, room)];
  const first = await person.say(room, 'before');
  await control(
    'delivery to honest followers',
    async () =>
      await until(
        () => has(bad.joined, first.id) && has(witness.joined, first.id),
        'a message to reach both followers',
      ),
  );
  const honest = bad.peer.answers.get('push');
  let turns = 0;
  bad.peer.answers.set('push', async (body) => {
    turns += 1;
    if (turns <= row.times || honest === undefined) return row.reply(body);
    return await honest(body);
  });
  const since = pushesOf(bad.peer, room).length;
  const second = await person.say(room, 'meanwhile');
  await until(
    () => has(witness.joined, second.id),
    'the honest follower to get it while the other misbehaves',
    PROMPT_MS,
  );
  await until(() => turns > 0, 'a push to the other');
  if (row.isFinal === true) await expectQuiet({ bad, room, since }, sender);
  else await until(() => has(bad.joined, second.id), 'the other to get it once it is honest again', HEAL_MS);
  const [one, two] = pushesOf(bad.peer, room).slice(since);
  if (row.pauseMs !== undefined && one !== undefined && two !== undefined)
    must(two.at - one.at >= row.pauseMs, `a pause of ${row.pauseMs} ms`, two.at - one.at);
}

/** SPEC PV-PUSH-013: quiet until there is something new. */
async function expectQuiet(
  { bad, room, since }: { bad: Awaited<ReturnType<typeof follower>>; room: string; since: number },
  { person }: Sender,
): Promise<void> {
  await sleep(QUIET_MS);
  const pushed = pushesOf(bad.peer, room)
    .slice(since)
    .filter(({ body }) => {
      return listOf(body['rooms']).some((page) => listOf(page['records']).length > 0);
    });
  must(pushed.length <= 1, 'no second push of the same records', pushed.length);
  const third = await person.say(room, 'something new');
  await until(
    () => has(bad.joined, third.id) || pushesOf(bad.peer, room).length > since + 1,
    'a push of what is new',
    HEAL_MS,
  );
}

/** A hub of the suite misbehaves when the target submits: the event is submitted again, the same bytes, until it is proven. */
async function submitThrough({ run, person }: Sender, { answer, times }: HubRow): Promise<void> {
  const stage = new HubStage(run, await run.makeKnownPeer(), person);
  const room = await control('a room of the hub', async () => await stage.lure());
  const honest = stage.peer.answers.get('submit');
  if (honest === undefined) return;
  const misbehaves = answer(stage, honest);
  let turns = 0;
  stage.peer.answers.set('submit', async (body) => {
    turns += 1;
    return turns <= times ? await misbehaves(body) : await honest(body);
  });
  await person.say(room.room, 'through thick and thin');
  await until(() => turns > times, 'the event to be submitted again', HEAL_MS);
  await until(
    async () => (await stage.seen(room)).includes('through thick and thin'),
    'the event in the log of the room',
    HEAL_MS,
  );
  const texts = submissionsOf(stage.peer);
  must(new Set(texts).size === 1, 'the same bytes every time', texts.map(payloadOf));
  must(room.records.filter(({ jws }) => jws === texts[0]).length === 1, 'one record', room.records.length);
}

function payloadOf(jws: string): string {
  return Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString();
}

function submissionsOf(peer: Peer): string[] {
  return peer.received
    .filter(({ verb }) => verb === 'submit')
    .flatMap(({ body }) => (body['items'] as Item[]).map(({ jws }) => jws));
}

const flows: Flow[] = [
  ...followerRows.map((row) => ({
    ...titleOf(
      { area: 'delivery', tier: 'T1', isHostile: true, profile: 'resilience' },
      { name: `follower-${row.name}`, covers: row.covers },
    ),
    run: async (sender: Sender) => await misbehave(sender, row),
  })),
  ...hubRows.map((row) => ({
    ...titleOf(
      { area: 'delivery', tier: 'T1', isHostile: true, profile: 'resilience' },
      { name: `hub-${row.name}`, covers: row.covers },
    ),
    run: async (sender: Sender) => await submitThrough(sender, row),
  })),
  {
    ...titleOf(
      { area: 'delivery', tier: 'T1' },
      { name: 'order-of-a-person', covers: ['PV-CLI-026', 'PV-SUB-007', 'PV-PUSH-012'] },
    ),
    async run(sender) {
      const { person } = sender;
      const room = await person.createGroup('order');
      const { joined } = await follower(sender, room);
      const sent: string[] = [];
      for (let place = 0; place < 20; place += 1) sent.push((await person.say(room, `message ${place}`)).id);
      await until(() => sent.every((id) => has(joined, id)), 'all messages');
      const places = [...joined.log.entries()].sort(([a], [b]) => a - b).map(([, record]) => headerOf(record).event);
      must(
        places.filter((id) => sent.includes(id)).join() === sent.join(),
        'the order in which they were sent',
        places,
      );
    },
  },
];

const checks: Check<Flows>[] = flows.map(({ run: _, ...title }) => ({
  ...title,
  run: async (begun) => await begun.finish(title.id),
}));

/** Nothing is lost, and nobody waits for others, whatever the other side does. */
export const deliveryLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'delivery', checks },
    async open(run, ids) {
      const sender = { run, person: await run.users.make() };
      const wanted = flows.filter(({ id }) => ids.includes(id));
      return new Flows(new Map(wanted.map(({ id, run: begin }) => [id, async () => await begin(sender)])), 12);
    },
  }),
];

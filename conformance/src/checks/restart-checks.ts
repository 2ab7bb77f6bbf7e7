import type { Item } from '../formats/event.js';
import { ask, askPatiently } from '../network/ask.js';
import { problem as refuse } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { listOf, mustBe, problem, results } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { awaitInvitation, openGroup } from '../stage/group-stage.js';
import { HubStage } from '../stage/hub-stage.js';

const common = { area: 'restart', tier: 'T2', profile: 'control' } as const;
const HEAL_MS = 60_000;
const SAID = 40;
const nowhere = { rooms: [`r${'A'.repeat(43)}`] };

type How = 'stop' | 'kill';

/** Ends the target and starts it again. @throws Unclaimed where that is not offered */
async function restart(run: Run, how: How): Promise<void> {
  await run.control.call('restart', { how });
}

/** What was acknowledged in the moment before the end is there after it. */
const keptChecks: Check<Run>[] = [
  {
    ...titleOf(common, { name: 'ordered-is-kept', covers: ['PV-CLI-023', 'PV-CTL-008'] }),
    async run(run) {
      const person = await run.users.make();
      const room = await person.createGroup('kept');
      const sent = await Promise.all(
        Array.from({ length: SAID }, async (_, place) => await person.say(room, `kept ${place}`)),
      );
      await restart(run, 'kill');
      const places = new Map((await person.events(room)).map(({ id, seq }) => [id, seq]));
      const lost = sent.filter(({ status, id, seq }) => status !== 'ordered' || places.get(id) !== seq);
      must(lost.length === 0, 'every message that was ordered, in its place', lost);
      await person.say(room, 'afterwards');
    },
  },
  {
    ...titleOf(common, { name: 'accepted-is-kept', covers: ['PV-HUB-001', 'PV-SUB-010'] }),
    async run(run) {
      const { room, peer } = await openGroup(run);
      const items = Array.from({ length: SAID }, () => room.message());
      const taken = listOf((await ask(peer, 'submit', { items }))['results']);
      must(
        taken.every(({ status }) => status === 'accepted'),
        'all accepted',
        taken,
      );
      await restart(run, 'kill');
      const again = listOf((await ask(peer, 'submit', { items }))['results']).at(-1);
      must(again?.['status'] === 'duplicate' && again['seq'] === taken.at(-1)?.['seq'], 'the place it had', again);
      const page = await ask(peer, 'log', { room: room.room, from: taken[0]?.['seq'], max: SAID });
      const records = listOf((page['page'] as { records?: unknown } | undefined)?.records);
      must(records.map(({ jws }) => jws).join() === items.map(({ jws }) => jws).join(), 'the same events', records);
    },
  },
  {
    ...titleOf(common, { name: 'acked-is-kept', covers: ['PV-PUSH-010'] }),
    async run(run) {
      const stage = await HubStage.open(run);
      const room = await stage.lure();
      const from = room.records.length;
      for (let place = 0; place < SAID; place += 1) room.append(room.message(`acked ${place}`));
      await stage.catchUp(room, from);
      stage.silent.add(room.room);
      await restart(run, 'kill');
      const seen = await stage.seen(room);
      for (let place = 0; place < SAID; place += 1) must(seen.includes(`acked ${place}`), `record ${place}`, seen);
      await stage.pushHonestly(room);
    },
  },
  {
    ...titleOf(common, { name: 'pending-is-kept', covers: ['PV-SUB-006', 'PV-CLI-024'] }),
    async run(run) {
      const stage = await HubStage.open(run);
      const room = await control('a room of the hub', async () => await stage.lure());
      const honest = stage.peer.answers.get('submit');
      stage.peer.answers.set('submit', () => refuse(500, 'internal'));
      const { status, id } = await stage.guest.say(room.room, 'while the hub is away');
      must(status === 'pending', 'pending', status);
      await restart(run, 'kill');
      if (honest !== undefined) stage.peer.answers.set('submit', honest);
      await until(
        async () => (await stage.guest.events(room.room)).some((event) => event.id === id),
        'the event in the log once the hub is back',
        HEAL_MS,
      );
      const copies = room.records.filter(({ jws }) => jws === submitted(stage).at(-1));
      must(copies.length === 1, 'one record', copies.length);
      must(new Set(submitted(stage)).size === 1, 'the same bytes', submitted(stage).length);
    },
  },
  {
    ...titleOf(common, { name: 'mail-is-kept', covers: ['PV-MBX-001'] }),
    async run(run) {
      const owner = await run.users.make();
      const peer = await run.makeKnownPeer();
      const room = await owner.createGroup('mail');
      const honest = peer.answers.get('mailbox');
      let refused = 0;
      peer.answers.set('mailbox', () => {
        refused += 1;
        return refuse(500, 'internal');
      });
      const person = `mallory@${peer.domain}`;
      await owner.invite(room, person);
      await until(() => refused > 0, 'the first attempt');
      await restart(run, 'kill');
      if (honest !== undefined) peer.answers.set('mailbox', honest);
      await until(() => peer.received.some(({ verb }) => verb === 'mailbox'), 'another attempt', HEAL_MS);
      await awaitInvitation(peer, { owner, room, person });
    },
  },
  {
    ...titleOf(common, { name: 'request-keys-are-kept', covers: ['PV-CLI-021', 'PV-CLI-022', 'PV-CTL-008'] }),
    async run(run) {
      const person = await run.users.make();
      const room = await person.createGroup('keys');
      const sending = { as: person.address, room, key: 'one', type: 'message', content: { text: 'once' } };
      const first = await run.control.call('send', sending);
      await restart(run, 'kill');
      const again = await run.control.call('send', sending);
      must(again.id === first.id && again.seq === first.seq, 'the same answer', again);
      const other = await run.control.ask('send', { ...sending, content: { text: 'other' } });
      mustBe(other, problem('key-reused'));
      const said = (await person.events(room)).filter(({ type }) => type === 'message');
      must(said.length === 1, 'one message', said);
    },
  },
];

function submitted({ peer }: HubStage): string[] {
  return peer.received
    .filter(({ verb }) => verb === 'submit')
    .flatMap(({ body }) => (body['items'] as Item[]).map(({ jws }) => jws));
}

/** What was begun before the end goes on after it. */
const closingChecks: Check<Run>[] = [
  {
    ...titleOf({ ...common, profile: 'client' }, { name: 'closing-goes-on', covers: ['PV-CLS-002', 'PV-CLS-006'] }),
    async run(run) {
      const guest = await run.clients.make();
      const stage = await HubStage.open(run, guest);
      const room = await control('a room of the hub', async () => await stage.lure());
      const honest = stage.peer.answers.get('submit');
      stage.peer.answers.set('submit', () => refuse(500, 'internal'));
      await guest.call('POST', '/me/close', { password: guest.password, content: 'keep' });
      await until(() => stage.peer.received.some(({ verb }) => verb === 'submit'), 'the first attempt to leave');
      await restart(run, 'kill');
      if (honest !== undefined) stage.peer.answers.set('submit', honest);
      const hasLeft = (): boolean => room.records.some(({ content }) => (content ?? '').includes('"left"'));
      await until(hasLeft, 'the leaving of the room', HEAL_MS);
    },
  },
];

/** What was learned of others before the end counts after it. */
const rememberedChecks: Check<Run>[] = [
  {
    ...titleOf(common, { name: 'documents-are-kept', covers: ['PV-DISC-007', 'PV-DOC-016'], isHostile: true }),
    async run(run) {
      const peer = await run.makeKnownPeer();
      await restart(run, 'stop');
      const document = peer.makeDocument({ version: 1 });
      peer.document = () => peer.documentReply(document);
      mustBe(await run.control.ask('discover', { domain: peer.domain }), problem('not-found'));
      must((await askPatiently(peer, 'heads', nowhere)).status === 200, 'the document before it to count on');
    },
  },
  {
    ...titleOf(common, { name: 'quarantined-is-judged-anew', covers: ['PV-PUSH-015', 'PV-PUSH-016', 'PV-ROOM-021'] }),
    async run(run) {
      const stage = await HubStage.open(run);
      const room = await stage.lureHonestly();
      stage.silent.add(room.room);
      const from = room.records.length;
      for (let place = 0; place < 3; place += 1) room.append(room.message(`later ${place}`));
      const gapped = room.page(from, { records: (all) => all.filter((_, place) => place !== 1) });
      mustBe(await stage.push(gapped), results({ status: 'quarantined', code: 'bad-chain' }));
      mustBe(await stage.push(room.page(from)), results({ status: 'quarantined' }));
      must(!(await stage.seen(room)).includes('later 0'), 'nothing of it before it is judged anew', 'it is shown');
      const asked = (): number => logsOf(stage, room.room, from).length;
      const before = asked();
      stage.silent.delete(room.room);
      await restart(run, 'stop');
      await until(() => asked() > before, 'the log from one past the last record that agreed', HEAL_MS);
      await until(async () => (await stage.seen(room)).includes('later 2'), 'the room to go on', HEAL_MS);
      await stage.pushHonestly(room);
    },
  },
  {
    ...titleOf(common, { name: 'what-ran-out-is-given-to-nobody', covers: ['PV-SET-012', 'PV-SET-011'] }),
    async run(run) {
      const { room, peer } = await openGroup(run);
      const item = room.message({ ttl: 2 });
      const { seq } = await room.say(item);
      const at = Date.now();
      const before = await contentOf(seq);
      must(before === item.content, 'the content while it lives', before);
      await restart(run, 'stop');
      await sleep(Math.max(0, at + 7500 - Date.now()));
      must((await contentOf(seq)) === null, 'no content after its time', await contentOf(seq));
      async function contentOf(place: number): Promise<unknown> {
        const { page } = await ask(peer, 'log', { room: room.room, from: place, max: 1 });
        return listOf((page as { records?: unknown }).records)[0]?.['content'];
      }
    },
  },
  {
    ...titleOf(common, { name: 'what-is-under-way-is-finished', covers: ['PV-BUD-008'] }),
    async run(run) {
      const peer = await run.makeKnownPeer();
      const rest = Buffer.from(JSON.stringify(nowhere));
      const slow = peer.send('heads', nowhere, { sending: { rest, dripMs: 40 } });
      await sleep(500);
      const ended = restart(run, 'stop');
      const answer = await slow;
      must(answer.status === 200, '200 for what was under way', answer.text);
      await ended;
      await until(async () => (await peer.send('heads', nowhere)).status === 200, 'answers as before', HEAL_MS);
    },
  },
];

function logsOf({ peer }: HubStage, room: string, from: number): unknown[] {
  return peer.received.filter(
    ({ verb, body }) => verb === 'log' && body['room'] === room && Number(body['from']) === from,
  );
}

/** Alone, because nobody else is answered meanwhile. */
export const restartLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'restarts', isAlone: true, checks: [...keptChecks, ...closingChecks, ...rememberedChecks] },
    async open(run) {
      must(run.control.offers('describe'), 'controls');
      return await Promise.resolve(run);
    },
  }),
];

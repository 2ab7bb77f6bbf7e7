import { randomBytes } from 'node:crypto';
import { DAY_MS, freshNonce } from '../formats/event.js';
import { parseJws, signJws } from '../formats/jws.js';
import { hashOf } from '../formats/hash.js';
import type { FullRecord } from '../formats/record.js';
import { eventIdOf } from '../formats/record.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import { json, problem as refuse } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { anyOf, describe, jsonOf, listOf, mustBe, problem } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { openPeople } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';

const common = { tier: 'T1', profile: 'client' } as const;

const deviceChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(
      { area: 'device', ...common },
      { name: 'preferences', covers: ['PV-DEV-001', 'PV-DEV-002', 'PV-DEV-004', 'PV-DEV-005'] },
    ),
    async run({ run, alice, bob, room }) {
      const path = `/rooms/${room.room}`;
      const of = async (who: typeof alice): Promise<Members> =>
        ((await who.call('GET', path))['preferences'] ?? {}) as Members;
      const muted = Date.now() + DAY_MS;
      await alice.call('PATCH', `${path}/preferences`, { muted, pinned: 3, draft: { text: 'half a' } });
      const second = await alice.logIn();
      await second.call('PATCH', `${path}/preferences`, { pinned: null, draft: { text: 'half a line' } });
      const kept = await of(alice);
      const draft = kept['draft'] as Members;
      must(kept['muted'] === muted && !('pinned' in kept), 'what was there is changed, the rest as it was', kept);
      const { session } = await second.call('GET', '/me');
      must(draft['text'] === 'half a line' && draft['session'] === session, 'the last draft, and whose', draft);
      must(Math.abs(Number(draft['at']) - Date.now()) < 60_000, 'when it was kept', draft);
      must(Object.keys(await of(bob)).length === 0, 'nothing of it for others', await of(bob));
      const stranger = await run.clients.make();
      mustBe(await stranger.ask('PATCH', `${path}/preferences`, { pinned: 1 }), problem('unknown-room'));
    },
  },
  {
    ...titleOf({ area: 'device', ...common }, { name: 'export', covers: ['PV-EXP-001', 'PV-EXP-002', 'PV-EXP-003'] }),
    async run({ alice, bob, room }) {
      await alice.say(room.room, 'in the export');
      await bob.call('PATCH', `/rooms/${room.room}/preferences`, { draft: { text: 'only for bob' } });
      const { text } = await alice.ask('GET', '/me/export');
      const lines = text
        .trim()
        .split('\n')
        .map((line) => jsonOf({ text: line }));
      const [first, last] = [lines[0], lines.at(-1)];
      must(first?.['export'] === 'payvand-account' && first['address'] === alice.address, 'the header first', first);
      const { rooms } = (last?.['exported'] ?? {}) as { rooms?: number };
      must(
        rooms === lines.filter((line) => 'room' in line && isSummary(line['room'])).length,
        'the end, with the number of rooms',
        last,
      );
      must(
        lines.some((line) => 'me' in line) && lines.some((line) => 'session' in line),
        'account and sessions',
        first,
      );
      const at = lines.findIndex((line) => isSummary(line['room']) && (line['room'] as Members)['room'] === room.room);
      must(at > 0 && text.includes('in the export'), 'the room, with what was said in it', at);
      for (const secret of [alice.token, alice.password, 'only for bob'])
        must(!text.includes(secret), 'no secret, and nothing of others', 'it is there');
    },
  },
];

function isSummary(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'membership' in value;
}

const aliasChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(
      { area: 'alias', ...common },
      { name: 'given', covers: ['PV-ALS-001', 'PV-ALS-002', 'PV-ALS-004', 'PV-KNK-017'] },
    ),
    async run({ run, alice, bob, room, peer }) {
      const name = `alias-${randomBytes(4).toString('hex')}`;
      const alias = `#${name}@${run.target.domain}`;
      mustBe(await bob.ask('PUT', `/aliases/${name}`, { room: room.room }), problem('no-right'));
      await alice.call('PUT', `/aliases/${name}`, { room: room.room });
      const answer = (await ask(peer, 'directory', { alias }))['alias'] as Members;
      must(answer['room'] === room.room && answer['hub'] === run.target.domain, 'room and hub', answer);
      const second = await alice.createGroup('second');
      mustBe(await alice.ask('PUT', `/aliases/${name}`, { room: second }), problem('taken'));
      await alice.call('PUT', `/rooms/${room.room}/info`, { title: 'people' });
      mustBe(await peer.send('directory', { alias }), problem('not-found'));
      mustBe(await peer.send('directory', { alias: `#nothing-here@${run.target.domain}` }), problem('not-found'));
      const stranger = await run.clients.make();
      mustBe(await stranger.ask('POST', '/knocks', { alias }), problem('not-found'));
      const knocks = [room.room, `r${'A'.repeat(43)}`].map(async (id) => {
        const said = await stranger.ask('POST', '/knocks', { room: id, hub: run.target.domain });
        return { status: said.status, text: said.text.replace(id, '') };
      });
      const [there, nowhere] = await Promise.all(knocks);
      must(
        there?.status === nowhere?.status && there?.text === nowhere?.text,
        'the same whether there is a room',
        there,
      );
    },
  },
  {
    ...titleOf({ area: 'alias', ...common }, { name: 'of-somebody-else', covers: ['PV-ALS-006'], isHostile: true }),
    async run({ run, bob, peer }) {
      const alias = `#news@${peer.domain}`;
      const room = `r${'A'.repeat(43)}`;
      const told = { room: { title: 'news', members: 3, alias } };
      const answers = (hub: string, face: object | undefined) => (body: Members) => {
        if (body['alias'] === alias) return json({ alias: { room, hub } });
        return face !== undefined && body['room'] === room ? json(face) : refuse(404, 'not-found');
      };
      peer.answers.set('directory', answers(peer.domain, told));
      await control('a preview', async () => await bob.call('POST', '/aliases/preview', { alias }));
      const other = await run.makeKnownPeer();
      other.answers.set('directory', answers(other.domain, { room: { title: 'other', members: 1 } }));
      peer.answers.set('directory', answers(other.domain, told));
      const shown = await bob.ask('POST', '/aliases/preview', { alias });
      must(
        jsonOf(shown)['alias'] === undefined || shown.status === 404,
        'no alias that the room does not name back',
        describe(shown),
      );
    },
  },
];

const reportChecks: Check<PeopleStage>[] = [
  {
    ...titleOf({ area: 'report', ...common }, { name: 'made', covers: ['PV-REP-001', 'PV-REP-009', 'PV-REP-010'] }),
    async run({ alice, room, peer }) {
      peer.answers.set('report', () => json({ state: 'received' }));
      const { id } = await room.say(room.message({}, { text: 'an offence' }));
      const wanted = { room: room.room, event: id, reason: 'spam', note: 'again and again' };
      await alice.call('POST', '/reports', wanted);
      const sent = (): Members[] => peer.received.filter(({ verb }) => verb === 'report').map(({ body }) => body);
      const [body] = await until(() => (sent().length > 0 ? sent() : undefined), 'the report');
      const { payload } = parseJws(body?.['report'], 'payvand-report', 4096);
      const said = JSON.parse(payload.toString()) as Members;
      must(said['to'] === peer.domain && said['sender'] === room.person, 'to the provider of the sender', said);
      const { record } = body?.['evidence'] as { record: FullRecord };
      must(
        eventIdOf(record.jws) === id && !JSON.stringify(said).includes(alice.address),
        'the event, and not who reports',
        said,
      );
      const states = async (): Promise<string[]> => {
        const [report] = listOf((await alice.call('GET', '/reports'))['reports']);
        return listOf(report?.['copies'])
          .filter(({ provider }) => provider === peer.domain)
          .map(({ state }) => String(state));
      };
      await until(async () => (await states()).join() === 'received', 'the state to be shown');
      await alice.call('POST', '/reports', wanted);
      await sleep(1000);
      must(sent().length === 1, 'one report of one item', sent().length);
      const decisions = [{ report: hashOf(String(body?.['report'])), state: 'acted' }];
      const answer = await ask(peer, 'report', { decisions });
      must(answer['taken'] === 1, 'one decision taken', answer);
      await until(async () => (await states()).join() === 'acted', 'what became of it to be shown');
    },
  },
  {
    ...titleOf(
      { area: 'report', ...common },
      { name: 'taken', covers: ['PV-REP-008', 'PV-REP-011', 'PV-REP-001'], isHostile: true },
    ),
    async run({ alice, run, room, peer }) {
      const { seq = -1, id } = await alice.say(room.room, 'reported by another provider');
      const { page, seals } = await ask(peer, 'log', { room: room.room, from: seq, max: 1 });
      const { records, prev, sealed } = page as { records: FullRecord[]; prev: string; sealed: Members };
      const [record, ...later] = records;
      const statement = run.target.document.statement.jws.text;
      must(record !== undefined && eventIdOf(record.jws) === id, 'the record', record);
      const { epoch, at, jws, content } = record;
      const evidence = {
        ...{ record: { epoch, seq, at, jws, content }, statement, hubStatement: statement, prev },
        ...{
          headers: later.map(({ epoch: e, seq: s, at: a, jws: text }) => ({
            epoch: e,
            seq: s,
            at: a,
            event: eventIdOf(text),
            jwsHash: hashOf(text),
          })),
        },
        ...{ sealed: { ...sealed, seal: 0 }, seals: [(seals as string[])[Number(sealed['seal'])]] },
      };
      const report = (changes: Members = {}): string => {
        const honest = { from: peer.domain, to: run.target.domain, sender: alice.address, item: id.slice(1) };
        const said = { ...honest, reason: 'spam', at: Date.now(), nonce: freshNonce(), ...changes };
        return signJws('payvand-report', said, peer.keys.event);
      };
      const honest = report();
      const first = await control(
        'an honest report',
        async () => await ask(peer, 'report', { report: honest, evidence }),
      );
      const again = await ask(peer, 'report', { report: honest, evidence });
      must(first['state'] === 'received' && again['state'] === first['state'], 'its state, and the same again', again);
      const send = async (text: string, shown: object = evidence): ReturnType<typeof peer.send> =>
        await peer.send('report', { report: text, evidence: shown });
      mustBe(await send(report({ from: 'b.conformance.test' })), problem('wrong-origin'));
      mustBe(await send(report({ to: 'b.conformance.test' })), problem('bad-report'));
      const stray = peer.makeStatement({ version: 9 });
      const refused = anyOf(problem('bad-report'), problem('wrong-origin'));
      mustBe(await send(report(), { ...evidence, hubStatement: stray }), refused);
      mustBe(
        await send(report(), { ...evidence, record: { ...evidence.record, content: '{"text":"other"}' } }),
        problem('bad-report'),
      );
      await room.fence();
    },
  },
];

/** What people keep, take with them, name and report. */
export const ownLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'own', checks: [...deviceChecks, ...aliasChecks, ...reportChecks] },
    open: async (run: Run) => await openPeople(run),
  }),
];

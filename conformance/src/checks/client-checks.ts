import type { Members } from '../formats/strict-json.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { describe, jsonOf, listOf, mustBe, problem } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import type { ClientPerson } from '../stage/client-users.js';
import { openPeople } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';
import { clientTables } from './client-deviations.js';

const common = { tier: 'T1', profile: 'client' } as const;
const ABSENT = `r${'A'.repeat(43)}`;

async function said(who: ClientPerson, room: string): Promise<number> {
  return (await who.events(room)).filter(({ type }) => type === 'message').length;
}

/** Control: the session is good. Then the deviation, that nothing came of it, and that the session is as good as before. */
const rowChecks: Check<PeopleStage>[] = Object.entries(clientTables).flatMap(([area, rows]) =>
  rows.map(({ name, covers, call, expect }) => ({
    ...titleOf({ area, ...common }, { name, covers: [...covers, 'PV-CLI-001'], isHostile: true }),
    async run({ alice, room }: PeopleStage) {
      const before = await control('a session', async () => ({
        ...{ rooms: (await alice.call('GET', '/rooms'))['rooms'], me: await alice.call('GET', '/me') },
        said: await said(alice, room.room),
      }));
      const { method = 'GET', path, body, ...how } = call(room.room);
      const answer = await alice.ask(method, path, body, how);
      mustBe(answer, expect);
      const allow = answer.headers.get('allow') ?? '';
      if (answer.status === 405) must(allow.includes('GET') && allow.includes('POST'), 'Allow', allow);
      const after = await alice.call('GET', '/me');
      must(after['name'] === before.me['name'] && (await said(alice, room.room)) === before.said, 'no effect', after);
    },
  })),
);

const ofRoom: readonly (readonly [method: 'GET' | 'POST' | 'PUT', path: string, body?: Members])[] = [
  ['GET', ''],
  ['GET', '/events'],
  ['GET', '/members'],
  ['GET', '/acts'],
  ['GET', '/roles'],
  ['GET', '/links'],
  ['POST', '/events', { requestKey: 'never-used', type: 'message', content: { text: 'x' } }],
  ['POST', '/leave'],
  ['POST', '/invites', { address: 'x@y.example' }],
  ['PUT', '/read', { seq: 0 }],
  ['PUT', '/title', { title: 'x' }],
];

const requestChecks: Check<PeopleStage>[] = [
  {
    ...titleOf({ area: 'client', ...common }, { name: 'rooms-of-others', covers: ['PV-CLI-010'], isHostile: true }),
    async run({ run, alice, room }) {
      const eve = await run.clients.make();
      for (const [method, path, body] of ofRoom) {
        // One after the other: the same request key at the same time would be another fault.
        const there = await eve.ask(method, `/rooms/${room.room}${path}`, body);
        const nowhere = await eve.ask(method, `/rooms/${ABSENT}${path}`, body);
        mustBe(there, problem('unknown-room'));
        must(there.text === nowhere.text, 'the same bytes as for a room that is not there', describe(there));
      }
      must((await alice.members(room.room)).length === 3, 'the room as it was', await alice.members(room.room));
    },
  },
  {
    ...titleOf(
      { area: 'client', ...common },
      { name: 'what-is-not-known-is-ignored', covers: ['PV-CLI-006', 'PV-CLI-012'] },
    ),
    async run({ alice, room }) {
      const body = { requestKey: alice.key(), title: 'x', later: { a: [1] } };
      const made = await alice.ask('POST', '/rooms?later=1', body);
      must(made.status === 200, '200', describe(made));
      const read = await alice.ask('GET', `/rooms/${room.room}/events?later=1`);
      for (const answer of [made, read, await alice.ask('GET', '/me')])
        must(
          answer.headers.get('cache-control') === 'no-store',
          'Cache-Control: no-store',
          answer.headers.get('cache-control') ?? 'none',
        );
    },
  },
  {
    ...titleOf({ area: 'client', ...common }, { name: 'pages-of-a-list', covers: ['PV-CLI-011'] }),
    async run({ run }) {
      const person = await run.clients.make();
      const made: string[] = [];
      for (let place = 0; place < 5; place += 1) made.push(await person.createGroup(`group ${place}`));
      const found: string[] = [];
      for (let after = ''; ;) {
        const { rooms, next } = await person.call('GET', `/rooms?limit=2${after}`);
        const ids = listOf(rooms).map(({ room }) => String(room));
        found.push(...ids);
        must(
          ids.length <= 2 && (next === undefined || next === ids.at(-1)),
          'at most two, and next the last of them',
          ids,
        );
        if (next === undefined) break;
        after = `&after=${next as string}`;
      }
      must(found.join() === [...found].sort(byBytes).join(), 'rooms ordered by their key', found);
      must([...found].sort().join() === made.sort().join(), 'each of them once', found);
    },
  },
  {
    ...titleOf({ area: 'client', ...common }, { name: 'texts-as-they-are', covers: ['PV-CLI-013', 'PV-ACC-003'] }),
    async run({ alice, room }) {
      const text = '  <b>می\u200cخواهم</b> e\u0301 \u00e9 \ufb01 *x* 👩‍👩‍👧  ';
      const { id } = await alice.say(room.room, text);
      const content = (await alice.events(room.room)).find((event) => event.id === id)?.content as Members | undefined;
      must(content?.['text'] === text, 'the text code point for code point', content);
      for (const name of ['e\u0301ve', 'می\u200cخوانم', '😀'.repeat(64)]) {
        await alice.call('PATCH', '/me', { name });
        must((await alice.call('GET', '/me'))['name'] === name, 'the name code point for code point', name);
      }
    },
  },
];

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const sendChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(
      { area: 'client', ...common },
      { name: 'types-that-are-sent', covers: ['PV-CLI-020', 'PV-CNT-022', 'PV-CNT-023'] },
    ),
    async run({ alice, room }) {
      const { id } = await alice.say(room.room, 'first');
      await alice.send(room.room, 'message.edit', { text: 'second' }, [['edit', id]]);
      await alice.send(room.room, 'reaction', { emoji: '👍' }, [['react', id]]);
      await alice.send(room.room, 'x.test.note', { alt: 'a note' });
      await alice.send(room.room, 'message.delete', {}, [['delete', id]]);
    },
  },
  {
    ...titleOf({ area: 'client', ...common }, { name: 'request-keys', covers: ['PV-CLI-021', 'PV-CLI-022'] }),
    async run({ alice, room }) {
      const before = await said(alice, room.room);
      const body = { requestKey: alice.key(), type: 'message', content: { text: 'once' } };
      const path = `/rooms/${room.room}/events`;
      const answers = await Promise.all(Array.from({ length: 5 }, async () => await alice.ask('POST', path, body)));
      const ids = new Set(answers.map((answer) => String(jsonOf(answer)['id'])));
      must(ids.size === 1, 'one event, however often it is asked for at once', [...ids]);
      mustBe(await alice.ask('POST', path, { ...body, content: { text: 'other' } }), problem('key-reused'));
      must((await said(alice, room.room)) === before + 1, 'one message', await said(alice, room.room));
    },
  },
  {
    ...titleOf(
      { area: 'client', ...common },
      { name: 'refused-by-a-rule', covers: ['PV-CLI-025', 'PV-HUB-002', 'PV-ROOM-002'], isHostile: true },
    ),
    async run({ alice, bob, room }) {
      const path = `/rooms/${room.room}`;
      await control('a message', async () => await bob.say(room.room, 'I may'));
      await alice.call('PUT', `${path}/members/${bob.address}/restriction`, { rights: ['send'] });
      const before = await said(alice, room.room);
      const refused = [
        await bob.refusal('POST', `${path}/events`, { requestKey: bob.key(), type: 'message', content: { text: 'x' } }),
        await bob.refusal('PUT', `${path}/title`, { title: 'mine' }),
        await bob.refusal('DELETE', `${path}/members/${room.person}`),
        await bob.refusal('PUT', `${path}/owner`, { address: bob.address }),
      ];
      await alice.call('DELETE', `${path}/members/${bob.address}/restriction`);
      must(
        refused.every((code) => code === 'no-right' || code === 'rank' || code === 'wrong-sender'),
        'the code of a rule each time',
        refused,
      );
      must((await said(alice, room.room)) === before, 'no message of it', before);
      await room.fence().catch(async () => await room.say());
      await bob.say(room.room, 'I may again');
    },
  },
];

const readChecks: Check<PeopleStage>[] = [
  {
    ...titleOf({ area: 'client', ...common }, { name: 'pages-of-history', covers: ['PV-CLI-030'] }),
    async run({ alice }) {
      const room = await alice.createGroup('history');
      for (let place = 0; place < 9; place += 1) await alice.say(room, `message ${place}`);
      const seqs = async (query: string): Promise<number[]> =>
        listOf((await alice.call('GET', `/rooms/${room}/events?${query}`))['events']).map(({ seq }) => Number(seq));
      const all = await seqs('limit=200');
      const last = all.at(-1) ?? 0;
      const expected: readonly (readonly [query: string, seqs: number[]])[] = [
        ['limit=3', all.slice(-3)],
        [`before=${last - 1}&limit=3`, all.filter((seq) => seq < last - 1).slice(-3)],
        ['after=2&limit=3', all.filter((seq) => seq > 2).slice(0, 3)],
        [`after=${last}`, []],
      ];
      for (const [query, wanted] of expected)
        must((await seqs(query)).join() === wanted.join(), `${query}: ${wanted.join()}`, await seqs(query));
    },
  },
  {
    ...titleOf({ area: 'client', ...common }, { name: 'unread', covers: ['PV-CLI-034', 'PV-CLI-035', 'PV-CLI-033'] }),
    async run({ alice, bob, room }) {
      const of = async (): Promise<Members> => await bob.call('GET', `/rooms/${room.room}`);
      const { head } = await of();
      await bob.call('PUT', `/rooms/${room.room}/read`, { seq: (head as Members)['seq'] });
      must((await of())['unread'] === 0, 'nothing unread', await of());
      const first = await alice.say(room.room, 'one');
      const second = await alice.say(room.room, 'two');
      await bob.say(room.room, 'mine');
      await alice.send(room.room, 'reaction', { emoji: '👍' }, [['react', first.id]]);
      await until(async () => (await of())['unread'] === 2, 'the two messages of somebody else');
      await alice.send(room.room, 'message.delete', {}, [['delete', second.id]]);
      await until(async () => (await of())['unread'] === 1, 'none that was deleted');
      const gone = (await bob.events(room.room)).find(({ id }) => id === second.id);
      must(gone?.content === null, 'no content of what was deleted', gone);
      await bob.call('PUT', `/rooms/${room.room}/read`, { seq: second.seq });
      await bob.call('PUT', `/rooms/${room.room}/read`, { seq: first.seq });
      const { readSeq, unread } = await of();
      must(readSeq === second.seq && unread === 0, 'a position that does not move back', { readSeq, unread });
    },
  },
];

/** What a person's program asks of its provider. */
export const clientLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'client-api', checks: [...rowChecks, ...requestChecks, ...sendChecks, ...readChecks] },
    open: async (run: Run) => await openPeople(run),
  }),
];

import type { Members } from '../formats/strict-json.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { listOf, mustBe, problem } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { openPeople } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';
import type { ClientPerson } from '../stage/client-users.js';

const common = { area: 'message', tier: 'T1', profile: 'client' } as const;

interface Found extends Members {
  readonly id: string;
  readonly effects?: Members;
}

async function list(who: ClientPerson, path: string): Promise<Found[]> {
  return listOf((await who.call('GET', path))['events']) as Found[];
}

async function shown(who: ClientPerson, room: string, id: string): Promise<Found> {
  return await until(
    async () => (await list(who, `/rooms/${room}/events?limit=200`)).find((one) => one.id === id),
    'it',
  );
}

const threadChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, { name: 'threads', covers: ['PV-MSG-031', 'PV-MSG-033', 'PV-MSG-034', 'PV-MSG-035'] }),
    async run({ alice, bob, room }) {
      const path = `/rooms/${room.room}`;
      const topic = { text: 'tickets', topic: { title: 'the journey' } };
      const root = await alice.send(room.room, 'message', topic);
      const plain = await alice.say(room.room, 'no topic');
      const first = await bob.send(room.room, 'message', { text: 'one' }, [['thread', root.id]]);
      const second = await alice.send(room.room, 'message', { text: 'two' }, [
        ['thread', root.id],
        ['reply', first.id],
      ]);
      // No root is a message of a thread itself, and none is no message.
      await bob.send(room.room, 'message', { text: 'astray' }, [['thread', first.id]]);
      const thread = await list(alice, `${path}/events?thread=${root.id}`);
      must(thread.map(({ id }) => id).join() === [first.id, second.id].join(), 'the two messages, in order', thread);
      const newest = await list(alice, `${path}/events?thread=${root.id}&limit=1`);
      must(newest.map(({ id }) => id).join() === second.id, 'the newest when there is no bound', newest);
      const told = (await shown(bob, room.room, root.id)).effects?.['thread'] as Members | undefined;
      must(told?.['count'] === 2 && told['last'] === second.seq, 'two messages and the place of the last', told);
      await alice.send(room.room, 'message.delete', {}, [['delete', second.id]]);
      const left = (await shown(bob, room.room, root.id)).effects?.['thread'] as Members | undefined;
      must(left?.['count'] === 1, 'one that is not deleted', left);
      const topics = async (): Promise<string[]> => (await list(bob, `${path}/topics`)).map(({ id }) => id);
      must(
        (await topics()).includes(root.id) && !(await topics()).includes(plain.id),
        'roots with a name',
        await topics(),
      );
      await alice.send(room.room, 'message.delete', {}, [['delete', root.id]]);
      must(!(await topics()).includes(root.id), 'none that was deleted', await topics());
    },
  },
];

const poll = (fields: object): Members => ({
  alt: 'tea or coffee?',
  poll: { question: 'tea or coffee?', options: ['tea', 'coffee'], ...fields },
});

const pollChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, {
      name: 'polls',
      covers: ['PV-MSG-042', 'PV-MSG-044', 'PV-MSG-047', 'PV-MSG-049', 'PV-MSG-050', 'PV-MSG-051'],
    }),
    async run({ alice, bob, room }) {
      const { id } = await bob.send(room.room, 'message', poll({}));
      const path = `/rooms/${room.room}/polls/${id}`;
      const rel: [string, string][] = [['vote', id]];
      await alice.send(room.room, 'message.vote', { choices: [0] }, rel);
      const vote = await bob.send(room.room, 'message.vote', { choices: [0] }, rel);
      await bob.send(room.room, 'message.vote', { choices: [1] }, rel);
      await room.say(room.make({ type: 'message.vote', rel: [['vote', id]] }, { choices: [1] }));
      const tally = await until(async () => {
        const found = await alice.call('GET', path);
        return found['voters'] === 3 && found;
      }, 'three voters');
      must(
        (tally['counts'] as number[]).join() === '1,2' && tally['closed'] === false,
        'the newest of each counts',
        tally,
      );
      must((tally['mine'] as number[]).join() === '0', 'what alice has chosen', tally);
      const record = await shown(alice, room.room, vote.id);
      must(record.content === null && !String(record['sender']).includes('@'), 'no word of who voted for what', record);
      must(record['ts'] === record['at'], 'the time of the record', record);
      const votes = listOf((await alice.call('GET', `${path}/votes`))['votes']);
      must(
        votes.some(({ address, choices }) => address === room.person && String(choices) === '1'),
        'who chose what',
        votes,
      );
      await alice.send(room.room, 'message.poll-close', {}, [['vote', id]]);
      must((await bob.call('GET', path))['closed'] === true, 'closed by who may moderate', 'open');
    },
  },
  {
    ...titleOf(common, { name: 'anonymous-polls', covers: ['PV-MSG-051', 'PV-MSG-042'], isHostile: true }),
    async run({ alice, room }) {
      const { id } = await alice.send(room.room, 'message', poll({ anonymous: true }));
      await alice.send(room.room, 'message.vote', { choices: [1] }, [['vote', id]]);
      const path = `/rooms/${room.room}/polls/${id}`;
      must((await alice.call('GET', path))['voters'] === 1, 'one voter', await alice.call('GET', path));
      mustBe(await alice.ask('GET', `${path}/votes`), problem('no-right'));
      const plain = await alice.say(room.room, 'no poll');
      mustBe(await alice.ask('GET', `/rooms/${room.room}/polls/${plain.id}`), problem('not-found'));
      await alice.send(room.room, 'message.delete', {}, [['delete', id]]);
      mustBe(await alice.ask('GET', path), problem('not-found'));
    },
  },
];

const forwardChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, {
      name: 'forwards',
      covers: ['PV-MSG-066', 'PV-MSG-067', 'PV-MSG-068', 'PV-MSG-069', 'PV-MSG-065'],
    }),
    async run({ alice, bob, room }) {
      const elsewhere = await alice.createGroup('elsewhere');
      const forward = async (event: string, fields: Members = {}): Promise<Members> => {
        const body = { requestKey: alice.key(), from: room.room, event, ...fields };
        const { id } = await alice.call('POST', `/rooms/${elsewhere}/forwards`, body);
        const source = await alice.call('GET', `/rooms/${elsewhere}/events/${String(id)}/source`);
        return { ...source, event: await shown(alice, elsewhere, String(id)) };
      };
      const { id } = await bob.say(room.room, 'first');
      await bob.send(room.room, 'message.edit', { text: 'as it is now' }, [['edit', id]]);
      const plain = await forward(id);
      must(((plain['event'] as Found)['content'] as Members)['text'] === 'as it is now', 'what it says now', plain);
      must(plain['sender'] === bob.address && plain['status'] === 'verified', 'its sender, verified', plain);
      const mine = await room.say(room.message({}, { text: 'from elsewhere' }));
      const far = await forward(mine.id);
      must(far['sender'] === room.person && far['id'] === mine.id, 'the event of another provider as source', far);
      const hidden = await bob.send(room.room, 'message', { text: 'not by me', hideSource: true });
      const nameless = await forward(hidden.id);
      must(nameless['status'] === 'none' && nameless['sender'] === undefined, 'no source', nameless);
      const body = { requestKey: bob.key(), type: 'message', content: { text: 'soon gone' }, ttl: 3000 };
      const short = await bob.call('POST', `/rooms/${room.room}/events`, body);
      const { event, status } = await forward(String(short['id']));
      const ttl = Number((event as Found)['ttl']);
      must(ttl > 0 && ttl <= 3000 && status === 'none', 'no more time than is left, and no source', { ttl, status });
    },
  },
  {
    ...titleOf(common, { name: 'mentions-in-forwards', covers: ['PV-MSG-070'], isHostile: true }),
    async run({ alice, bob, room }) {
      const mentions = async (): Promise<number> => Number((await bob.call('GET', `/rooms/${room.room}`))['mentions']);
      const { head } = await bob.call('GET', `/rooms/${room.room}`);
      await bob.call('PUT', `/rooms/${room.room}/read`, { seq: (head as Members)['seq'] });
      const entities = [{ type: 'mention', offset: 0, length: 3, address: bob.address }];
      const { id } = await alice.send(room.room, 'message', { text: 'bob', entities });
      await until(async () => (await mentions()) === 1, 'the mention');
      const forward = { requestKey: alice.key(), from: room.room, event: id };
      await alice.call('POST', `/rooms/${room.room}/forwards`, forward);
      await until(async () => Number((await bob.call('GET', `/rooms/${room.room}`))['unread']) >= 2, 'the forward');
      must((await mentions()) === 1, 'no mention by a forward', await mentions());
    },
  },
];

const editChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(common, { name: 'list-of-edits', covers: ['PV-MSG-071', 'PV-MSG-072', 'PV-CLI-032'] }),
    async run({ alice, bob, room }) {
      const { id } = await bob.say(room.room, 'first');
      const edits: string[] = [];
      for (const text of ['second', 'third'])
        edits.push((await bob.send(room.room, 'message.edit', { text }, [['edit', id]])).id);
      const path = `/rooms/${room.room}/events/${id}/edits`;
      const found = await list(alice, path);
      must(found.map((one) => one.id).join() === edits.join(), 'both edits, oldest first', found);
      must((await list(alice, `${path}?limit=1&after=0`)).length === 1, 'a page of one', 'another');
      await alice.call('PUT', `/rooms/${room.room}/settings`, { edits: 'latest' });
      mustBe(await bob.ask('GET', path), problem('no-right'));
      await alice.call('PUT', `/rooms/${room.room}/settings`, {});
      await bob.send(room.room, 'message.delete', {}, [['delete', id]]);
      must((await list(alice, path)).length === 0, 'none that went with the message', await list(alice, path));
    },
  },
  {
    ...titleOf(common, { name: 'content-from-elsewhere', covers: ['PV-MSG-004', 'PV-CNT-024'] }),
    async run({ alice, room }) {
      const odd = { text: 7, alt: 'odd', entities: 'none', silent: 'yes', later: { a: [1] } };
      const { id } = await room.say(room.message({}, odd));
      const content = (await shown(alice, room.room, id)).content as Members;
      for (const [name, value] of Object.entries(odd))
        must(JSON.stringify(content[name]) === JSON.stringify(value), `${name} as it came`, content);
      await room.fence();
    },
  },
];

const searchChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(
      { ...common, area: 'search' },
      {
        name: 'what-is-found',
        covers: ['PV-SRC-001', 'PV-SRC-002', 'PV-SRC-003', 'PV-SRC-004', 'PV-SRC-005', 'PV-SRC-006'],
      },
    ),
    async run({ run, alice, bob, room }) {
      const word = `w${Math.floor(Math.random() * 1e12).toString(36)}`;
      const found = async (who: ClientPerson, query: Record<string, string>): Promise<string[]> => {
        const text = new URLSearchParams(query).toString();
        await until(async () => (await who.call('GET', `/search?${text}`))['behind'] === 0, 'search to have caught up');
        return listOf((await who.call('GET', `/search?${text}`))['results']).map(({ id }) => String(id));
      };
      const one = await bob.say(room.room, `${word} كتاب‌هاي ۱۲ Tea`);
      const two = await room.say(room.message({}, { text: `Tea ${word}` }));
      must(
        (await found(alice, { text: `tea ${word}` })).sort().join() === [one.id, two.id].sort().join(),
        'both, in any order of the words',
        await found(alice, { text: `tea ${word}` }),
      );
      must((await found(alice, { text: `${word} coffee` })).length === 0, 'none without all of the words', word);
      must(
        (await found(alice, { text: `${word} کتاب های 12` })).join() === one.id,
        'letters and digits of either script',
        word,
      );
      must((await found(alice, { text: word, sender: room.person })).join() === two.id, 'of one sender', word);
      must((await found(alice, { text: word, since: String(Date.now() + 60_000) })).length === 0, 'of a time', word);
      const stranger = await run.clients.make();
      must((await found(stranger, { text: word })).length === 0, 'nothing for who is not in the room', word);
      await bob.send(room.room, 'message.edit', { text: `${word} other` }, [['edit', one.id]]);
      must((await found(alice, { text: `${word} tea` })).join() === two.id, 'no edit but the last', word);
      must((await found(alice, { text: `${word} other` })).join() === one.id, 'the last edit', word);
      await bob.send(room.room, 'message.delete', {}, [['delete', one.id]]);
      must((await found(alice, { text: `${word} other` })).length === 0, 'nothing that was deleted', word);
    },
  },
];

/** What is made of messages: threads, polls, forwards, edits, search. */
export const messageLanes: readonly Lane[] = [
  makeLane({
    name: 'messages',
    open: async (run: Run) => await openPeople(run),
    checks: [...threadChecks, ...pollChecks, ...forwardChecks, ...editChecks, ...searchChecks],
  }),
];

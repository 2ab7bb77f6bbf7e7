import t from 'tap';
import { askDatabase } from './support/provider-database.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

const [A, B] = ['a.test', 'b.test'] as const;
const { network, alice, bob, dave } = await makeStage(t, { alice: A, bob: B, dave: B });
const dm = await alice.dmWith(bob);
const { room: created } = await alice.call('POST', '/rooms', { title: 'کتاب', requestKey: 'g' });
const group = String(created);
await alice.say(group, 'پیش از آمدن باب: راز');
await alice.call('POST', `/rooms/${group}/invites`, { address: bob.address });
await bob.acceptFrom(alice.address);

/** Asks when the index has come to the end of what the person's provider holds. */
async function find(who: TestPerson, query: Record<string, string | number>): Promise<Json[]> {
  const text = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  const answer = await until(async () => {
    const found = await who.call('GET', `/search?${text}`);
    return found['behind'] === 0 && found;
  }, 'the index');
  return answer['results'] as Json[];
}

/** Waits until somebody's provider has an event. */
async function arrived(who: TestPerson, room: string, id: unknown): Promise<void> {
  await until(async () => (await who.events(room)).some((event) => event['id'] === id), 'the event');
}

async function say(by: TestPerson, room: string, text: string): Promise<Json> {
  const sent = await by.say(room, text);
  await Promise.all([arrived(alice, room, sent['id']), arrived(bob, room, sent['id'])]);
  return sent;
}

const idsOf = (results: readonly Json[]): unknown[] => results.map(({ id }) => id);

await t.test('what is written on A is found on B, however it is spelt', async (t) => {
  const { id } = await say(alice, dm, 'امروز کتاب‌های كهنه را می‌خوانم، شمارهٔ ۱۴۰۴');
  for (const text of ['کتابهای', 'کتاب های کهنه', 'كتاب', 'مي خوانم', '1404', 'شماره ۱۴۰۴', 'میخوانم امروز'])
    for (const who of [alice, bob]) t.same(idsOf(await find(who, { text })), [id], `${text} on ${who.provider.domain}`);
  t.same(await find(bob, { text: 'کتاب نو' }), [], 'all words have to be there');
  t.same(await find(dave, { text: 'کتاب' }), [], 'nobody else finds it');
});

await t.test('what was said before one came is not found', async (t) => {
  t.equal((await find(alice, { text: 'راز' })).length, 1);
  t.same(await find(bob, { text: 'راز' }), []);
});

await t.test('the best comes first, and room, sender and date are kept to', async (t) => {
  const far = await say(alice, group, `باران ${'و چیزهای دیگر که ربطی ندارند '.repeat(20)} بهاری`);
  const near = await say(bob, group, 'باران بهاری');
  const other = await say(bob, dm, 'بهاری بی باران');
  t.same(idsOf(await find(bob, { text: 'باران بهاری' })), [near['id'], other['id'], far['id']]);
  t.same(idsOf(await find(bob, { text: 'باران', room: dm })), [other['id']]);
  t.same(idsOf(await find(alice, { text: 'باران', sender: alice.address })), [far['id']]);
  const events = await bob.events(group);
  const at = Number(events.find((event) => event['id'] === near['id'])?.['at']);
  t.same(idsOf(await find(bob, { text: 'باران', room: group, since: at })), [near['id']]);
  t.same(idsOf(await find(bob, { text: 'باران', until: at - 1 })), [far['id']]);
  t.equal((await find(bob, { text: 'باران', limit: 1 })).length, 1);
  t.equal(await bob.refusal('GET', '/search?text=x&limit=51'), 'bad-request');
  t.equal(await bob.refusal('GET', `/search?text=${'x'.repeat(257)}`), 'bad-request');
  t.same(await find(dave, { text: 'باران', room: group }), [], 'the room of others is empty to them');
});

await t.test('edits and deletes are found as they are now', async (t) => {
  const { id } = await say(alice, dm, 'قرار ساعت هفت');
  t.equal((await find(bob, { text: 'قرار هفت' })).length, 1);
  const edit = { type: 'message.edit', content: { text: 'قرار ساعت هشت' }, rel: [['edit', String(id)]] as const };
  const edited = await alice.send(dm, edit);
  await arrived(bob, dm, edited['id']);
  const [found] = await find(bob, { text: 'قرار هشت' });
  t.match(found, { id, text: 'قرار ساعت هشت' });
  t.same(await find(bob, { text: 'قرار هفت' }), []);
  const gone = await alice.send(dm, { type: 'message.delete', content: {}, rel: [['delete', String(id)]] });
  await arrived(bob, dm, gone['id']);
  t.same(await find(bob, { text: 'قرار هشت' }), []);
  const rows = await askDatabase<{ n: string }>(network, B, {
    text: 'SELECT count(*) AS n FROM search_index s JOIN log l USING (room_id, seq) WHERE l.event_id = $1',
    values: [String(id)],
  });
  t.equal(rows[0]?.n, '0', 'and nothing is kept of it');
});

await t.test('who is blocked in a dm is not found', async (t) => {
  t.equal((await find(bob, { text: 'کهنه' })).length, 1);
  await bob.call('PUT', `/blocks/${alice.address}`);
  t.same(await find(bob, { text: 'کهنه' }), []);
  t.equal((await find(alice, { text: 'کهنه' })).length, 1);
  await bob.call('DELETE', `/blocks/${alice.address}`);
  t.equal((await find(bob, { text: 'کهنه' })).length, 1);
});

await t.test('after a kill the index goes on, and can be made anew', async (t) => {
  const { id } = await say(alice, group, 'پیش از مرگ');
  await network.provider(B).kill();
  await askDatabase(network, B, { text: 'DELETE FROM search_cursors' });
  await askDatabase(network, B, { text: 'DELETE FROM search_index' });
  await network.provider(B).start();
  t.same(idsOf(await find(bob, { text: 'پیش مرگ' })), [id]);
  t.equal((await find(bob, { text: 'کهنه' })).length, 1);
});

await t.test('who left finds what they saw, and no more', async (t) => {
  const last = await say(alice, group, 'خداحافظ باب');
  await bob.call('POST', `/rooms/${group}/leave`);
  await until(async () => Number((await alice.call('GET', `/rooms/${group}`))['members']) === 1, 'the leave');
  await alice.say(group, 'خداحافظ همه');
  t.same(idsOf(await find(bob, { text: 'خداحافظ' })), [last['id']]);
  t.equal((await find(alice, { text: 'خداحافظ' })).length, 2);
});

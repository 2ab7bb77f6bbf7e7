import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { askDatabase } from './support/provider-database.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const [A, B] = ['a.test', 'b.test'] as const;
const { network, alice, amir, bob } = await makeStage(t, { alice: A, amir: A, bob: B });
const dm = await alice.dmWith(bob);
const { room } = await alice.call('POST', '/rooms', { title: 'ours', requestKey: 'g' });
const { room: theirs } = await bob.call('POST', '/rooms', { title: 'on B', requestKey: 'g' });
const [group, far] = [String(room), String(theirs)];
for (const person of [amir, bob]) {
  await alice.call('POST', `/rooms/${group}/invites`, { address: person.address });
  await person.acceptFrom(alice.address);
}
await bob.call('POST', `/rooms/${far}/invites`, { address: alice.address });
await alice.acceptFrom(bob.address);
await alice.call('PUT', `/rooms/${group}/members/${bob.address}/role`, { role: 'admin' });

const SECRET = 'unrepeatable-words-of-alice';
const close = { password: 'password of alice', content: 'delete' };
const closed = (domain: string): Promise<unknown> =>
  until(async () => {
    const [row] = await askDatabase<{ n: string }>(network, domain, { text: 'SELECT count(*) AS n FROM closings' });
    return row?.n === '0';
  }, 'the account to be erased');

/** Database files of a stopped provider that hold a text. */
async function filesWith(domain: string, text: string): Promise<string[]> {
  const base = join(await realpath(join(network.provider(domain).dataDir, 'database')), 'cluster', 'base');
  const names = await readdir(base, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const held = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
  return files.filter((_, index) => held[index]);
}

await t.test('closing asks for the password', async (t) => {
  t.equal(await alice.refusal('POST', '/me/close', { ...close, password: 'wrong words' }), 'wrong-credentials');
  t.equal(await alice.refusal('POST', '/me/close', { password: close.password }), 'bad-request');
  t.equal((await alice.call('GET', '/me'))['address'], alice.address, 'nothing happened');
});

await t.test('who closes and deletes is gone from every room, and so are their words', async (t) => {
  await alice.call('PATCH', '/me', { name: `${SECRET} name`, bio: `${SECRET} bio`, status: SECRET });
  await alice.call('PATCH', `/rooms/${dm}/preferences`, { draft: { text: `${SECRET} draft` } });
  for (const one of [dm, group, far]) for (let n = 0; n < 20; n += 1) await alice.say(one, `${SECRET} ${n}`);
  const kept = await bob.say(far, 'what bob says stays');
  const { link } = await alice.call('POST', `/rooms/${group}/links`, {});
  await alice.call('PUT', `/rooms/${group}/roles/scribe`, { rank: 10, rights: ['send', 'info'] });
  await alice.call('PUT', `/rooms/${group}/members/${amir.address}/role`, { role: 'scribe' });
  for (const [name, of] of [
    ['kept', group],
    ['lost', (await alice.call('POST', '/rooms', { title: 'of nobody else', requestKey: 'h' }))['room']],
  ] as const)
    await alice.call('PUT', `/aliases/${name}`, { room: of });
  const { room: knocking } = await bob.call('POST', '/rooms', { title: 'knock', requestKey: 'k' });
  await bob.call('PUT', `/rooms/${String(knocking)}/settings`, { join: 'knock' });
  await alice.call('POST', '/knocks', { room: knocking, hub: B });
  const knock = await until(async () => {
    const { requests } = await bob.call('GET', '/requests');
    return (requests as Json[]).find(({ by }) => by === alice.address);
  }, 'the knock');
  t.equal(await bob.refusal('POST', '/links/preview', { link }), undefined);
  const stream = alice.openStream();
  await stream.find((frame) => frame['t'] === 'synced');
  await alice.call('POST', '/me/close', close);
  t.equal(await stream.closed, 1008, 'the session ends at once');
  t.equal(await alice.refusal('GET', '/me'), 'bad-token');
  t.equal(await bob.refusal('POST', '/links/preview', { link }), 'bad-link', 'her links end at once');
  await network.provider(A).kill();
  await network.provider(A).start();
  await closed(A);
  t.equal(await bob.refusal('POST', '/links/join', { link }), 'bad-link');
  t.match(
    (await amir.call('GET', '/aliases'))['aliases'],
    [{ alias: '#kept@a.test', room: group }],
    'a name has an heir',
  );
  for (const table of ['links', 'requests'])
    t.same(
      await askDatabase(network, A, {
        text: `SELECT 1 AS row FROM ${table} WHERE account_id NOT IN (SELECT account_id FROM accounts)`,
      }),
      [],
      table,
    );
  const names = await askDatabase(network, A, { text: 'SELECT name FROM aliases' });
  t.same(names, [{ name: 'kept' }], 'or ends with the last person of its room');
  t.equal(await bob.refusal('POST', `/requests/${String(knock['id'])}/accept`), undefined);
  for (const one of [dm, group, far]) {
    const said = await until(async () => {
      const events = await bob.events(one);
      const isLeft = events.some(
        ({ type, key, content }) =>
          type === 'member' && key === alice.address && (content as Json)['membership'] === 'left',
      );
      return isLeft && events.filter(({ type, sender }) => type === 'message' && sender === alice.address);
    }, 'the leave on B');
    t.equal(said.length, 20);
    t.ok(
      said.every(({ content }) => content === null),
      'nothing is left of what was said',
    );
  }
  t.equal((await bob.call('GET', `/rooms/${group}`))['owner'], bob.address, 'the highest rank is the heir');
  t.ok((await bob.events(far)).some(({ id, content }) => id === kept['id'] && content !== null));
  t.equal(await bob.refusal('GET', `/profiles/${alice.address}`), 'not-found');
});

await t.test('the address is never given away', async (t) => {
  const account = { localpart: 'alice', password: 'password of alice' };
  t.equal(await amir.refusal('POST', '/accounts', account), 'taken');
  t.equal(await amir.refusal('POST', '/sessions', account), 'wrong-credentials');
});

await t.test('who closes and keeps leaves their words to the others', async (t) => {
  await amir.say(group, 'amir was here');
  await amir.call('POST', '/me/close', { password: 'password of amir', content: 'keep' });
  await closed(A);
  const shown = await until(async () => {
    const { members } = await bob.call('GET', `/rooms/${group}/members`);
    return (members as Json[]).length === 1 && bob.events(group);
  }, 'the leave');
  t.ok(shown.some(({ content }) => (content as Json | null)?.['text'] === 'amir was here'));
});

await t.test('no byte of it is left in the files of the databases', async (t) => {
  const tables = ['log', 'accounts', 'profiles', 'room_preferences', 'account_log', 'pending', 'search_index'];
  for (const domain of [A, B])
    for (const table of tables) await askDatabase(network, domain, { text: `VACUUM FULL ${table}` });
  const rows = await askDatabase<{ n: string }>(network, A, { text: 'SELECT count(*) AS n FROM accounts' });
  t.equal(rows[0]?.n, '0');
  await Promise.all([A, B].map((domain) => network.provider(domain).stop()));
  for (const domain of [A, B]) t.same(await filesWith(domain, SECRET), [], domain);
  t.not((await filesWith(B, 'what bob says stays')).length, 0, 'what was not deleted is there');
});

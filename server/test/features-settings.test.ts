import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runFeatures } from './support/feature.js';
import { askDatabase, contentsOf } from './support/provider-database.js';
import { makeTestGroup } from './support/test-group.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

const DOMAINS = ['a.test', 'b.test', 'c.test'];
const group = await makeTestGroup(t, 'Settings');
const { network, hub, alice, bob, bita, gita, carol, far, path, room } = group;
const ordinary = { by: bob, code: 'no-right' };

/** A try to set something, by whoever. */
const put =
  (rest: string, body?: Json) =>
  (by: TestPerson): Promise<string | undefined> =>
    by.refusal('PUT', path(rest), body);
const settingsOn = async (who: TestPerson): Promise<Json> => (await group.summary(who))['settings'] as Json;

const pinned = String((await alice.say(room, 'to be pinned'))['id']);
const other = String((await alice.say(room, 'pinned by B'))['id']);
await group.settled();
await runFeatures(t, group, [
  {
    name: 'a description and an alias stay when the title changes',
    act: async () => {
      await alice.call('PUT', path('/info'), { title: 'Friends', about: 'one\ntwo', alias: '#friends@a.test' });
      return await alice.call('PUT', path('/title'), { title: 'Old friends' });
    },
    seen: async () => {
      const { title, about, alias } = await group.summary(bob);
      return title === 'Old friends' && about === 'one\ntwo' && alias === '#friends@a.test';
    },
    attempt: put('/info', { title: 'Mine' }),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'all settings',
    act: () => alice.call('PUT', path('/settings'), { edits: 'latest', preview: true, join: 'knock' }),
    seen: async () => JSON.stringify(await settingsOn(bob)) === '{"edits":"latest","preview":true,"join":"knock"}',
    attempt: put('/settings', { edits: 'history' }),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'a pin',
    act: () => alice.call('PUT', path(`/pins/${pinned}`)),
    seen: async () => ((await group.summary(bob))['pins'] as string[]).includes(pinned),
    attempt: put(`/pins/${other}`),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'a pin that is taken away',
    act: () => alice.call('DELETE', path(`/pins/${pinned}`)),
    seen: async () => JSON.stringify((await group.summary(bob))['pins']) === JSON.stringify([other]),
    attempt: (by) => by.refusal('DELETE', path(`/pins/${other}`)),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'what somebody is called in the room',
    act: () => alice.call('PUT', path(`/members/${carol.address}/title`), { title: 'founder' }),
    seen: async () => (await group.memberOn(bob, carol.address))?.['title'] === 'founder',
    attempt: put(`/members/${carol.address}/title`, { title: 'jester' }),
    refused: ordinary,
    allowed: bita,
  },
  {
    name: 'who did what',
    act: () => alice.call('PUT', path('/title'), { title: 'Friends' }),
    seen: async (answer) => {
      const { acts } = await bita.call('GET', path('/acts'));
      return (acts as Json[]).some(({ id, by }) => id === answer['id'] && by === alice.address);
    },
    attempt: (by) => by.refusal('GET', path('/acts')),
    refused: ordinary,
    allowed: bita,
  },
]);

await t.test('the roles of a room are listed, and only what was said in it is pinned', async (t) => {
  await hub.disturb();
  t.match(await bob.call('GET', path('/roles')), { roles: [{ name: 'guest' }, { name: 'member' }] });
  t.equal(await alice.refusal('PUT', path(`/pins/${'e' + 'A'.repeat(43)}`)), 'not-found');
});

await t.test('PV-SET-020 to PV-SET-023: slow mode holds up members, and nobody who moderates', async (t) => {
  await alice.call('PUT', path('/settings'), { slow: 3600 });
  await group.caughtUp(bob);
  const said = await bob.say(room, 'once');
  await hub.disturb();
  await group.caughtUp(bob);
  t.equal(await bob.refusal('POST', path('/events'), messageOf(bob, 'twice')), 'slow-mode');
  await t.resolves(
    bob.send(room, { type: 'message.edit', content: { text: 'o n c e' }, rel: [['edit', String(said['id'])]] }),
  );
  await bita.say(room, 'one');
  await t.resolves(bita.say(room, 'two'), 'a steward moderates');
  await alice.call('PUT', path('/settings'), {});
  await group.caughtUp(bob);
  await t.resolves(bob.say(room, 'three'), 'it is over as soon as it is switched off');
});

await t.test('PV-SET-050 to PV-SET-061: much is deleted at once, and the log tells who did it', async (t) => {
  for (let n = 0; n < 20; n += 1) await carol.say(room, `noise ${n}`);
  await group.caughtUp(bob);
  t.equal(await bob.refusal('POST', path('/deletions'), { sender: carol.address }), 'no-right');
  t.equal(await gita.refusal('POST', path(`/bans/${carol.address}/deletions`)), 'no-right');
  const { deleted } = await bita.call('POST', path('/deletions'), { sender: carol.address });
  t.equal(deleted, 20);
  await hub.disturb();
  await until(async () => (await textsOf(alice, carol)).length === 0, 'A to delete it');
  await until(async () => (await textsOf(carol, carol)).length === 0, 'C to delete it');
  const { acts } = await alice.call('GET', path('/acts?limit=2'));
  t.match(acts, [{ type: 'message.delete', by: bita.address, deleted: [{ sender: carol.address }] }, {}]);
  await carol.say(room, 'last words');
  await group.caughtUp(bob);
  t.match(await bita.call('POST', path(`/bans/${carol.address}/deletions`)), { deleted: 1 });
  await until(async () => (await group.summary(carol))['membership'] === 'left', 'C to know of the ban');
  await alice.call('DELETE', path(`/bans/${carol.address}`));
  await group.bringIn(carol);
});

await t.test(
  'PV-SET-010 to PV-SET-014: what has run out is gone everywhere, and late-comers never get it',
  async (t) => {
    const secret = 'tamarisk under the dunes';
    await alice.call('PUT', path('/settings'), { timer: 4 });
    await group.caughtUp(bob);
    const ids = [alice, bob].map(async (person) => String((await person.say(room, secret))['id']));
    const shorter = await bob.call('POST', path('/events'), { ...messageOf(bob, `${secret} soon`), ttl: 2 });
    const all = [...(await Promise.all(ids)), String(shorter['id'])];
    const shown = await until(() => group.eventOn(bob, all[0]), 'B to show it');
    t.match(shown, { ttl: 4, content: { text: secret } });
    t.match(await group.eventOn(bob, all[2]), { ttl: 2 });
    t.ok(await group.stream.find((frame) => frame['id'] === all[0] && frame['ttl'] === 4), 'the stream says how long');
    await group.settled();
    const { provider: away } = far;
    await away.stop();
    await hub.disturb();
    const others = DOMAINS.filter((domain) => domain !== away.domain);
    await until(async () => (await secretsOn(others, all)) === 0, 'the others to erase it');
    t.equal((await group.eventOn(bob, all[1]))?.['content'], null);
    await away.start();
    t.equal(await secretsOn([away.domain], all), 0, 'who was away erases it before serving anything');
    await alice.call('PUT', path('/settings'), {});
    t.match(await bob.say(room, 'this stays'), { status: 'ordered' });
    for (const domain of DOMAINS)
      t.strictSame(await filesWith(domain, secret), [], `no byte of it in the files of ${domain}`);
  },
);

await t.test('PV-SET-010: what was signed before the timer became shorter is signed again', async (t) => {
  await hub.provider.stop();
  t.match(await far.say(room, 'while nobody listened'), { status: 'pending' });
  await far.provider.stop();
  await hub.provider.start();
  await bita.call('PUT', path('/settings'), { timer: 86_400 });
  await far.provider.start();
  const shown = await until(
    async () => (await bob.events(room)).find(({ content }) => isText(content, 'while nobody listened')),
    'B to show it',
  );
  t.match(shown, { sender: far.address, ttl: 86_400 });
  await alice.call('PUT', path('/settings'), {});
  await group.settled();
});

await t.test(
  'PV-RULE-053, PV-RULE-054, PV-SET-040: a provider is denied, reads nothing more, and comes back',
  async (t) => {
    // Neither the owner's provider nor the hub can be denied (PV-RULE-053).
    const [out, by, watcher] = hub.provider === carol.provider ? [bob, alice, carol] : [carol, bita, bob];
    const denied = path(`/denied/${out.provider.domain}`);
    t.equal(await bob.refusal('PUT', path('/denied/c.test')), 'no-right');
    t.equal(await bita.refusal('PUT', path('/denied/a.test')), 'rank');
    await by.call('PUT', denied);
    await hub.disturb();
    await until(async () => (await group.summary(out))['membership'] === 'left', 'its people to know');
    await alice.say(room, 'behind closed doors');
    t.equal(await out.refusal('POST', path('/events'), messageOf(out, 'hello?')), 'unknown-room');
    t.notOk(
      (await out.events(room)).some(({ content }) => (content as Json | null)?.['text'] === 'behind closed doors'),
    );
    await group.caughtUp(watcher);
    t.strictSame((await group.summary(watcher))['denied'], [out.provider.domain]);
    const removed = hub.provider === carol.provider ? 3 : 1;
    t.strictSame(await by.call('DELETE', denied), { removed, more: false });
    await group.bringIn(out);
    await t.resolves(out.say(room, 'thank you'));
  },
);

function messageOf(person: TestPerson, text: string): Json {
  return { requestKey: person.requestKey(), type: 'message', content: { text } };
}

async function textsOf(who: TestPerson, sender: TestPerson): Promise<Json[]> {
  const events = await who.events(room);
  return events.filter(
    (event) => event['sender'] === sender.address && event['type'] === 'message' && event['content'] !== null,
  );
}

function isText(content: unknown, text: string): boolean {
  return (content as Json | null)?.['text'] === text;
}

/** How many of the events still have content somewhere. */
async function secretsOn(domains: readonly string[], ids: readonly string[]): Promise<number> {
  const held = await Promise.all(ids.map((id) => contentsOf(network, id, domains)));
  return held.flat().filter(({ content }) => content !== null).length;
}

/** Files of a provider's database that hold a text, after the database has thrown away what it need not keep. */
async function filesWith(domain: string, text: string): Promise<string[]> {
  const provider = network.provider(domain);
  for (const table of ['log', 'pending']) await askDatabase(network, domain, { text: `VACUUM FULL ANALYZE ${table}` });
  await provider.stop();
  const folder = join(provider.dataDir, 'database', 'cluster', 'base');
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const file of files) {
    if (!file.isFile()) continue;
    const bytes = await readFile(join(file.parentPath, file.name)).catch(() => Buffer.alloc(0));
    if (bytes.includes(text)) found.push(file.name);
  }
  await provider.start();
  return found;
}

import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { Address, Domain } from '../src/protocol/identifiers.js';
import { signingKeyFromSeed } from '../src/protocol/key-thumbprint.js';
import { linkLocatorOf, parseLinkText } from '../src/protocol/link.js';
import { buildMail } from '../src/protocol/mail.js';
import type { MailFields } from '../src/protocol/mail.js';
import { callAsPeer } from './support/peer-call.js';
import { askDatabase } from './support/provider-database.js';
import { foundGroup, makeRowHub, rowHubDomain } from './support/row-hub.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

const [A, B, C] = ['a.test', 'b.test', 'c.test'] as const;
const onB = { bob: B, bea: B, bita: B } as const;
const onC = { carol: C, dara: C, cyrus: C, outsider: C } as const;
const homes = { alice: A, late: A, later: A, amir: A, anna: A, ...onB, ...onC } as const;
const stage = await makeStage(t, { ...homes, hana: rowHubDomain('d.test') });
const { network, alice, late, later, amir, anna, bob, bea, bita, carol, dara, cyrus, outsider, hana } = stage;
const hub = makeRowHub(t, hana.provider);

async function isIn(room: string, who: TestPerson, seenBy: TestPerson): Promise<boolean> {
  const { members } = await seenBy.call('GET', `/rooms/${room}/members?limit=200`);
  return (members as Json[]).some(({ address }) => address === who.address);
}

/** A group of alice's alone. Where the hub is not A, nobody of the hub's provider stays in it. */
async function makeGroup(title: string): Promise<string> {
  const host = hub.provider === alice.provider ? alice : hana;
  const room = await foundGroup(host, alice, title);
  if (host === alice) return room;
  await host.call('POST', `/rooms/${room}/leave`);
  await until(async () => !(await isIn(room, host, alice)), 'the host to be gone');
  return room;
}

const linkBy = (who: TestPerson, room: string, limits: Json = {}): Promise<Json> =>
  who.call('POST', `/rooms/${room}/links`, limits);
const joinBy = (who: TestPerson, { link }: Json): Promise<string | undefined> =>
  who.refusal('POST', '/links/join', { link });
const revoke = (by: TestPerson, room: string, link: Json): Promise<string | undefined> =>
  by.refusal('DELETE', `/rooms/${room}/links/${String(link['by'])}/${String(link['key'])}`);
const asked = (link: Json): Promise<Json> => {
  const secret = parseLinkText(String(link['link']))?.secret ?? '';
  return callAsPeer(network, { from: C, to: A, verb: 'directory', body: { link: linkLocatorOf(secret) } });
};
const room = await makeGroup('گروه با پیوند');

await t.test('somebody of a provider that is not in the room joins with one paste', async (t) => {
  const link = await linkBy(alice, room);
  t.match(link['link'], /^https:\/\/a\.test\/join#[\w-]{22}$/);
  const preview = await carol.call('POST', '/links/preview', { link: link['link'] });
  t.match(preview, { room, title: 'گروه با پیوند', members: 1, by: alice.address, approve: false });
  t.same((await carol.call('GET', '/requests'))['requests'], [], 'looking at a link leaves nothing');
  t.equal((await carol.call('POST', '/links/join', { link: link['link'] }))['room'], room);
  await hub.disturb();
  await until(() => isIn(room, carol, alice), 'carol in the room');
  t.equal(await joinBy(carol, link), undefined, 'again is no fault');
  t.equal(await joinBy(bob, link), undefined, 'and the next provider');
  await until(() => isIn(room, bob, carol), 'bob seen on C');
  t.equal(await joinBy(bea, link), undefined, 'and of a provider that is in the room');
  await until(() => isIn(room, bea, carol), 'bea seen on C');
  const secret = parseLinkText(String(link['link']))?.secret ?? '';
  for (const domain of [A, B, C]) {
    const rows = await askDatabase<{ n: string }>(network, domain, {
      text: `SELECT count(*) AS n FROM log WHERE position($1 in jws || coalesce(content, '')) > 0
        OR position($2 in jws || coalesce(content, '')) > 0`,
      values: [secret, linkLocatorOf(secret)],
    });
    t.equal(Number(rows[0]?.n), 0, `no log of ${domain} holds the secret`);
  }
});

await t.test('a link is good for as many joins as it says, one after the other and all at once', async (t) => {
  const group = await makeGroup('uses');
  const link = await linkBy(alice, group, { uses: 2 });
  t.same(
    (await Promise.all([bob, late, carol].map((who) => joinBy(who, link)))).sort(),
    ['used-up', undefined, undefined],
    'three at once',
  );
  t.equal(await joinBy(later, link), 'used-up', 'and on the hub itself');
  await hub.provider.stop();
  await hub.provider.start();
  t.equal(await joinBy(later, link), 'used-up', 'also after a restart');
  const inRoom = async (): Promise<Json[]> => (await alice.call('GET', `/rooms/${group}/members`))['members'] as Json[];
  const members = await until(async () => (await inRoom()).length >= 3 && (await inRoom()), 'both joins on A');
  t.equal(members.length, 3);
  const domains = await askDatabase<{ sender: string }>(network, A, {
    text: "SELECT sender FROM log WHERE room_id = $1 AND type = 'provider'",
    values: [group],
  });
  const there = [hub.provider.domain, ...members.map(({ address }) => String(address).split('@')[1])];
  t.same(
    domains.filter(({ sender }) => !there.includes(sender)),
    [],
    'no provider without a member got into the log',
  );
});

await t.test('a link ends, and one that was ended early is no better', async (t) => {
  const group = await makeGroup('until');
  const short = await linkBy(alice, group, { until: Date.now() + 700 });
  t.equal((await asked(short))['status'], 200);
  await until(async () => (await asked(short))['status'] === 404, 'the end of the link');
  t.equal(await joinBy(carol, short), 'bad-link');
  const revoked = await linkBy(alice, group);
  t.equal(await revoke(alice, group, revoked), undefined);
  await hub.disturb();
  const never = { link: `https://a.test/join#${randomBytes(16).toString('base64url')}` };
  t.equal(await joinBy(carol, revoked), 'bad-link');
  t.equal(await joinBy(carol, never), 'bad-link');
  t.equal(await joinBy(carol, { link: 'https://a.test/join#' }), 'bad-link');
  const plain = (answer: Json): string => JSON.stringify(answer);
  const nothing = plain(await asked(never));
  t.equal(plain(await asked(revoked)), nothing, 'revoked, ended and never made are answered alike');
  t.equal(plain(await asked(short)), nothing);
  t.same((await alice.call('GET', `/rooms/${group}/links`))['links'], [], 'nothing is listed any more');
});

await t.test('an issuer revokes their own links, and those who may remove revoke all', async (t) => {
  const group = await makeGroup('revoking');
  const first = await linkBy(alice, group);
  for (const person of [bob, bea]) t.equal(await joinBy(person, first), undefined);
  await until(() => isIn(group, bea, bob), 'both on B');
  const bobs = await linkBy(bob, group);
  t.match(bobs['link'], /^https:\/\/b\.test\//, 'a member of another provider makes links too');
  t.same(((await bob.call('GET', `/rooms/${group}/links`))['links'] as Json[]).length, 1);
  t.same((await bea.call('GET', `/rooms/${group}/links`))['links'], [], 'seen by nobody else');
  t.equal(await revoke(bea, group, bobs), 'no-right');
  t.equal(await revoke(alice, group, bobs), undefined, 'the owner revokes it');
  await hub.disturb();
  await until(async () => (await joinBy(carol, bobs)) === 'bad-link', 'B to know');
  const next = await linkBy(bob, group);
  t.equal(await revoke(bob, group, next), undefined, 'an issuer revokes it');
  t.equal(await joinBy(carol, next), 'bad-link');
  t.notOk(await isIn(group, carol, alice));
});

await t.test('a link gives a role, as far as its issuer can', async (t) => {
  const group = await makeGroup('role');
  const link = await linkBy(alice, group, { role: 'moderator' });
  await hub.disturb();
  t.equal(await joinBy(bob, link), undefined);
  await until(() => isIn(group, bob, bob), 'bob in the room');
  t.match(await bob.call('GET', `/rooms/${group}`), { role: 'moderator', rank: 30 });
  t.equal(await bob.refusal('POST', `/rooms/${group}/links`, { role: 'moderator' }), 'no-right');
  await alice.call('PUT', `/rooms/${group}/members/${bob.address}/role`, { role: 'member' });
  await until(async () => (await bob.call('GET', `/rooms/${group}`))['role'] === 'member', 'what access says counts');
  t.equal(await bea.refusal('POST', `/rooms/${group}/links`, {}), 'unknown-room', 'a stranger makes no link');
});

await t.test('whoever was removed does not come back by link', async (t) => {
  const group = await makeGroup('removed');
  const link = await linkBy(alice, group);
  t.equal(await joinBy(carol, link), undefined);
  await until(() => isIn(group, carol, alice), 'carol in the room');
  await alice.call('DELETE', `/rooms/${group}/members/${carol.address}`);
  await hub.disturb();
  await until(async () => (await carol.call('GET', `/rooms/${group}`))['membership'] === 'left', 'C to know');
  // For a moment C's memory still holds the room in which carol is, and says that she is in it.
  t.equal(await until(() => joinBy(carol, link), 'a refusal'), 'not-invited');
});

await t.test('whoever holds a link that asks first knocks, and an invitation is the answer', async (t) => {
  const group = await makeGroup('knocking');
  const open = await linkBy(alice, group);
  for (const who of [amir, anna, bob]) t.equal(await joinBy(who, open), undefined);
  await until(() => isIn(group, bob, bob), 'bob in the room');
  await alice.call('PUT', `/rooms/${group}/members/${amir.address}/role`, { role: 'admin' });
  const link = await linkBy(alice, group, { approve: true });
  const knock = (who: TestPerson, intro?: string): Promise<Json> =>
    who.call('POST', '/links/join', { link: link['link'], ...(intro !== undefined && { intro }) });
  const knocksAt = async (who: TestPerson): Promise<Json[]> =>
    ((await who.call('GET', '/requests'))['requests'] as Json[]).filter(({ kind }) => kind === 'knock');
  const knockAt = (who: TestPerson, by: TestPerson): Promise<Json> =>
    until(async () => (await knocksAt(who)).find((one) => one['by'] === by.address), 'a knock');
  const answer = (who: TestPerson, { id }: Json, how: string): Promise<string | undefined> =>
    who.refusal('POST', `/requests/${String(id)}/${how}`);

  t.match(await carol.call('POST', '/links/preview', { link: link['link'] }), { approve: true });
  t.same(await knock(carol, 'از کلاس زبان'), { room: group, status: 'asked' });
  const asked = await knockAt(alice, carol);
  t.match(asked, { room: group, by: carol.address, intro: 'از کلاس زبان', state: 'waiting' });
  await knockAt(amir, carol);
  t.same(await knocksAt(anna), [], 'who has no rank is not asked');
  t.same(await knocksAt(bob), [], 'nor are other providers');
  await knock(carol);
  await knock(bea);
  await knockAt(alice, bea);
  t.equal((await knocksAt(alice)).length, 2, 'one a person');
  t.notOk(await isIn(group, carol, alice), 'knocking lets nobody in');

  await alice.call('PUT', `/rooms/${group}/members/${amir.address}/restriction`, { rights: ['invite'] });
  t.equal(await answer(amir, asked, 'accept'), 'no-right', 'who may not invite accepts nobody');
  t.equal(await answer(alice, asked, 'accept'), undefined);
  await hub.disturb();
  t.same(
    (await knocksAt(amir)).map(({ by }) => by),
    [bea.address],
    'one answer is enough',
  );
  await carol.acceptFrom(alice.address);
  await until(() => isIn(group, carol, bob), 'carol seen on B');

  t.equal(await answer(alice, await knockAt(alice, bea), 'ignore'), undefined);
  const before = await askDatabase<{ n: string }>(network, A, {
    text: 'SELECT count(*) AS n FROM mail_seen',
    values: [],
  });
  await knock(bea);
  await until(async () => {
    const seen = await askDatabase<{ n: string }>(network, A, {
      text: 'SELECT count(*) AS n FROM mail_seen',
      values: [],
    });
    return Number(seen[0]?.n) > Number(before[0]?.n);
  }, 'the knock to arrive');
  t.same(await knocksAt(alice), [], 'who was turned down is not shown again');
  t.equal(await revoke(alice, group, link), undefined);
  t.equal(await joinBy(bea, link), 'bad-link');
});

await t.test('whoever knows a room that lets people knock asks all who look after it', async (t) => {
  const group = await makeGroup('درِ باز');
  const { domain: at } = hub.provider;
  const open = await linkBy(alice, group);
  for (const who of [bob, bita]) t.equal(await joinBy(who, open), undefined);
  await until(() => isIn(group, bita, alice), 'the people of B');
  await until(async () => (await bita.refusal('GET', `/rooms/${group}`)) === undefined, 'bita to be told');
  await alice.call('PUT', `/rooms/${group}/members/${bita.address}/role`, { role: 'admin' });
  await until(async () => (await bita.call('GET', `/rooms/${group}`))['role'] === 'admin', 'bita to be an admin');
  const knock = (who: TestPerson, where: Json = { room: group, hub: at }): Promise<Json> =>
    who.call('POST', '/knocks', where);
  const knocksAt = async (who: TestPerson): Promise<Json[]> =>
    ((await who.call('GET', '/requests'))['requests'] as Json[]).filter((one) => one['room'] === group);
  const knockAt = (who: TestPerson, by: TestPerson): Promise<Json> =>
    until(async () => (await knocksAt(who)).find((one) => one['by'] === by.address), `the knock of ${by.address}`);
  const answer = (who: TestPerson, { id }: Json, how: string): Promise<string | undefined> =>
    who.refusal('POST', `/requests/${String(id)}/${how}`);
  const noneWaits = (who: TestPerson): Promise<true> =>
    until(async () => (await knocksAt(who)).length === 0, `nobody before ${who.address}`);

  t.same(await knock(carol), { room: group, status: 'asked' });
  const nowhere = `r${randomBytes(32).toString('base64url')}`;
  t.same(await knock(dara, { room: nowhere, hub: at }), { room: nowhere, status: 'asked' }, 'or no room at all');
  await alice.call('PUT', `/rooms/${group}/settings`, { join: 'knock' });
  await until(async () => JSON.stringify(await bita.call('GET', `/rooms/${group}`)).includes('knock'), 'B to know it');
  t.same(await knock(dara, { room: group, hub: at, intro: 'همسایهٔ بابک' }), { room: group, status: 'asked' });
  await hub.disturb();
  const asked = await knockAt(bita, dara);
  t.match(asked, { kind: 'knock', by: dara.address, intro: 'همسایهٔ بابک', state: 'waiting' });
  t.match(await knockAt(alice, dara), { intro: 'همسایهٔ بابک' }, 'and who looks after the room on A');
  t.same(
    (await knocksAt(alice)).map(({ by }) => by),
    [dara.address],
    'a knock from before the room wanted knocks is lost',
  );
  t.same(await knocksAt(bob), [], 'who has no rank is not asked');
  t.equal(await answer(bob, asked, 'accept'), 'not-found', 'nor can he answer');
  t.notOk(await isIn(group, dara, alice), 'knocking lets nobody in');

  await alice.call('PUT', `/rooms/${group}/members/${bita.address}/restriction`, { rights: ['invite'] });
  await until(
    async () => !((await bita.call('GET', `/rooms/${group}`))['rights'] as string[]).includes('invite'),
    'it',
  );
  t.equal(await answer(bita, asked, 'accept'), 'no-right', 'who may not invite accepts nobody');
  await alice.call('DELETE', `/rooms/${group}/members/${bita.address}/restriction`);
  await until(async () => ((await bita.call('GET', `/rooms/${group}`))['rights'] as string[]).includes('invite'), 'it');
  t.equal(await answer(bita, asked, 'accept'), undefined);
  await noneWaits(alice);
  t.equal(await dara.acceptFrom(bita.address), group);
  await until(() => isIn(group, dara, alice), 'dara seen on A');
  t.same(await knock(dara), { room: group, status: 'joined' });

  t.equal(await alice.refusal('PUT', '/aliases/open-door', { room: group }), undefined);
  t.same(await knock(cyrus, { alias: '#open-door@a.test' }), { room: group, status: 'asked' });
  t.equal(await cyrus.refusal('POST', '/knocks', { alias: '#closed-door@a.test' }), 'not-found');
  await knockAt(bita, cyrus);
  t.equal(await answer(alice, await knockAt(alice, cyrus), 'ignore'), undefined);
  await noneWaits(bita);
  await alice.call('PUT', `/rooms/${group}/settings`, { join: 'knock', preview: true });
  t.match(await cyrus.call('POST', '/aliases/preview', { alias: '#open-door@a.test' }), { join: 'knock' });

  const letter = (changes: Partial<MailFields> = {}): Promise<Json> => {
    const until = Date.now() + 60_000;
    const nonce = randomBytes(16).toString('base64url');
    const body = { room: group };
    const fields = { from: outsider.address as Address, to: at as Domain, kind: 'knock' as const, nonce, until, body };
    const { jws } = buildMail({ ...fields, ...changes }, signingKeyFromSeed(randomBytes(32)));
    return callAsPeer(network, { from: C, to: at, verb: 'mailbox', body: { items: [jws] } });
  };
  t.match(await letter(), { results: [{ status: 'denied', code: 'bad-mail' }] }, 'under a key that is not C’s');
  t.match(await letter({ from: bob.address as Address }), { results: [{ status: 'denied', code: 'wrong-origin' }] });
  t.match(await letter({ to: B as Domain }), { results: [{ status: 'denied', code: 'bad-mail' }] });
  const refusals = [];
  for (let index = 0; index < 21; index += 1)
    refusals.push(await outsider.refusal('POST', '/knocks', { room: nowhere, hub: at }));
  t.same(
    refusals.filter((code) => code !== undefined),
    ['over-budget'],
    'nobody knocks more than 20 times a day',
  );
});

await t.test('a room has a name that its provider and the room agree on, and shows itself if it wants', async (t) => {
  const group = await makeGroup('خبر');
  const name = (who: TestPerson, alias: string, room = group): Promise<string | undefined> =>
    who.refusal('PUT', `/aliases/${alias}`, { room });
  const look = (alias: string): Promise<string | undefined> => carol.refusal('POST', '/aliases/preview', { alias });
  t.equal(await joinBy(bob, await linkBy(alice, group)), undefined);
  await until(() => isIn(group, bob, bob), 'bob in the room');
  t.equal(await name(bob, 'khabar'), 'no-right');
  t.equal(await name(bea, 'khabar'), 'unknown-room');
  t.equal(await name(alice, 'News'), 'bad-request');
  t.equal(await name(alice, 'news'), undefined);
  await hub.disturb();
  t.equal(await name(alice, 'news'), undefined, 'again is no fault');
  t.equal(await name(alice, 'news', room), 'taken');
  t.equal(await look('#news@a.test'), 'not-found', 'a room that does not want to be shown');
  await alice.call('PUT', `/rooms/${group}/settings`, { preview: true });
  t.match(await carol.call('POST', '/aliases/preview', { alias: '#news@a.test' }), {
    ...{ room: group, hub: hub.provider.domain, alias: '#news@a.test', title: 'خبر', members: 2 },
  });
  const link = await linkBy(alice, group);
  t.match(await carol.call('POST', '/links/preview', { link: link['link'] }), { alias: '#news@a.test', members: 2 });
  t.notOk(await isIn(group, carol, alice), 'looking lets nobody in');

  await alice.call('PUT', `/rooms/${group}/members/${bob.address}/role`, { role: 'admin' });
  await until(async () => (await bob.call('GET', `/rooms/${group}`))['role'] === 'admin', 'bob to be an admin');
  t.equal(await name(bob, 'khabar'), undefined, 'another provider names it too');
  await until(async () => (await look('#khabar@b.test')) === undefined, 'the other name');
  t.equal(await look('#news@a.test'), 'not-found', 'the room names one only');
  for (const alias of ['#nobody@a.test', '#news@b.test', 'news']) t.equal(await look(alias), 'not-found', alias);
  t.match((await bob.call('GET', '/aliases'))['aliases'], [{ alias: '#khabar@b.test', room: group }]);
  t.equal(await bea.refusal('DELETE', '/aliases/khabar'), 'not-found', 'somebody else’s');
  t.equal(await bob.refusal('DELETE', '/aliases/khabar'), undefined);
  t.equal(await look('#khabar@b.test'), 'not-found');
});

import { keyFromSeed } from '../formats/ed25519.js';
import type { SigningKey } from '../formats/ed25519.js';
import { DAY_MS, freshNonce } from '../formats/event.js';
import { isLinkProof, parseInvite, parseLinkText } from '../formats/letters.js';
import { payloadOf, signJws } from '../formats/jws.js';
import type { Item } from '../formats/event.js';
import { encode64 } from '../formats/base64url.js';
import type { Members } from '../formats/strict-json.js';
import { ask } from '../network/ask.js';
import { json, problem as refuse } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { describe, listOf, mustBe, problem } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { until } from '../run/wait.js';
import { HubRoom } from '../stage/hub-room.js';
import { HubStage } from '../stage/hub-stage.js';
import type { ClientPerson } from '../stage/client-users.js';
import { mailOf, makeMail, openPeople } from '../stage/people-stage.js';
import type { PeopleStage } from '../stage/people-stage.js';

const common = { tier: 'T1', profile: 'client' } as const;

interface Link {
  readonly text: string;
  readonly by: string;
  readonly publicKey: string;
  readonly locator: string;
  readonly key: SigningKey;
}

async function makeLink(by: ClientPerson, room: string, fields: Members = {}): Promise<Link> {
  const { link, key } = await by.call('POST', `/rooms/${room}/links`, fields);
  const { seed, locator } = parseLinkText(String(link));
  return { text: String(link), by: by.address, publicKey: String(key), locator, key: keyFromSeed(seed) };
}

async function revoke(who: ClientPerson, room: string, { by, publicKey }: Link): Promise<string | undefined> {
  return await who.refusal('DELETE', `/rooms/${room}/links/${by}/${publicKey}`);
}

/** Those of the group who may not invite. */
async function restrict({ alice, bob, room }: PeopleStage, rights: string[]): Promise<void> {
  await alice.call('PUT', `/rooms/${room.room}/members/${bob.address}/restriction`, { rights });
}

async function free({ alice, bob, room }: PeopleStage): Promise<void> {
  await alice.call('DELETE', `/rooms/${room.room}/members/${bob.address}/restriction`);
}

const linkChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(
      { area: 'link', ...common },
      { name: 'answered-for', covers: ['PV-LNK-008', 'PV-LNK-001', 'PV-LNK-003'] },
    ),
    async run({ peer, alice, room }) {
      const made = await makeLink(alice, room.room, { uses: 3 });
      const { link } = await ask(peer, 'directory', { link: made.locator });
      const { jws, title, members } = link as Members;
      const { payload } = parseInvite(jws);
      must(payload['link'] === made.publicKey && payload['by'] === alice.address, 'the JWS of the link', payload);
      must(encode64(made.key.publicKey) === made.publicKey, 'the key that the secret gives', made.publicKey);
      must(title === 'people' && members === 3, 'title and number of people', link);
    },
  },
  {
    ...titleOf(
      { area: 'link', ...common },
      { name: 'revoked', covers: ['PV-LNK-009', 'PV-LNK-015', 'PV-LNK-016'], isHostile: true },
    ),
    async run({ peer, alice, bob, room }) {
      const made = await makeLink(alice, room.room);
      await control('the link', async () => await ask(peer, 'directory', { link: made.locator }));
      must((await revoke(alice, room.room, made)) === undefined, 'a link that is revoked', made.by);
      const answer = await peer.send('directory', { link: made.locator });
      const never = await peer.send('directory', { link: 'A'.repeat(43) });
      mustBe(answer, problem('not-found'));
      must(answer.text === never.text, 'the same bytes as for one that was never made', describe(answer));
      for (const link of [made.text, 'no link', made.text.replace(/.{22}$/, 'A'.repeat(22))])
        for (const path of ['/links/preview', '/links/join'])
          mustBe(await bob.ask('POST', path, { link }), problem('bad-link'));
    },
  },
  {
    ...titleOf(
      { area: 'link', ...common },
      { name: 'whose-they-are', covers: ['PV-LNK-013', 'PV-LNK-014'], isHostile: true },
    ),
    async run(stage) {
      const { alice, bob, room } = stage;
      const made = await makeLink(alice, room.room);
      const of = async (who: ClientPerson): Promise<unknown[]> =>
        listOf((await who.call('GET', `/rooms/${room.room}/links`))['links']).map(({ key }) => key);
      must((await of(alice)).includes(made.publicKey), 'the link among her own', await of(alice));
      must(!(await of(bob)).includes(made.publicKey), 'not among his', await of(bob));
      const code = await bob.refusal('POST', `/rooms/${room.room}/links`, { role: 'admin' });
      must(code === 'no-right', 'no-right for a role one may not give', code);
      await restrict(stage, ['invite']);
      const restricted = await bob.refusal('POST', `/rooms/${room.room}/links`, {});
      await free(stage);
      must(restricted === 'no-right', 'no-right for who may not invite', restricted);
      await revoke(alice, room.room, made);
      must(!(await of(alice)).includes(made.publicKey), 'none that has ended', await of(alice));
    },
  },
];

/** A link of the suite's into a room of the suite's; what its provider says of it may be a lie. */
async function offer(
  stage: HubStage,
  changes: Members = {},
  key?: SigningKey,
): Promise<{ room: HubRoom; text: string }> {
  const { peer, owner, rooms } = stage;
  const room = new HubRoom(peer, owner);
  rooms.set(room.room, room);
  const secret = freshNonce();
  const text = `https://${peer.domain}/join#${secret}`;
  const { seed, locator } = parseLinkText(text);
  const link = encode64((key ?? keyFromSeed(seed)).publicKey);
  const honest = {
    room: room.room,
    hub: peer.domain,
    by: owner,
    link,
    until: Date.now() + DAY_MS,
    nonce: freshNonce(),
  };
  const jws = signJws('payvand-invite', { ...honest, ...changes }, peer.keys.event);
  peer.answers.set('directory', ({ link: asked }) =>
    asked === locator ? json({ link: { jws, title: 'a room', members: 1 } }) : refuse(404, 'not-found'),
  );
  return { room, text };
}

const joinChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(
      { area: 'link', ...common },
      { name: 'join-of-a-room-elsewhere', covers: ['PV-LNK-011', 'PV-JOIN-001', 'PV-JOIN-002'] },
    ),
    async run({ run }) {
      const guest = await run.clients.make();
      const stage = new HubStage(run, await run.makeKnownPeer(), guest);
      const { room, text } = await offer(stage);
      const { status } = await guest.call('POST', '/links/join', { link: text });
      must(status === 'joined', 'joined', status);
      const [join] = stage.peer.received.filter(({ verb }) => verb === 'join');
      const items = (join?.body['items'] ?? []) as Item[];
      const [provider, member] = items.map(({ jws }) => payloadOf(jws));
      must(provider?.['type'] === 'provider' && member?.['type'] === 'member', 'provider and member event', [
        provider,
        member,
      ]);
      const said = JSON.parse(items.at(-1)?.content ?? '{}') as Members;
      const invite = parseInvite(said['invite']).payload;
      const claim = { link: String(invite['link']), room: room.room, person: guest.address };
      must(isLinkProof(claim, String(said['proof'])), 'the link, and a proof of its key', said);
    },
  },
  ...lies(),
];

function lies(): Check<PeopleStage>[] {
  const rows: readonly (readonly [
    name: string,
    changes: (stage: HubStage) => Members,
    key?: (stage: HubStage) => SigningKey,
  ])[] = [
    ['of-another-key', () => ({}), ({ peer }) => peer.strayKey()],
    ['of-another-domain', ({ run }) => ({ by: `eve@${run.target.domain}` })],
  ];
  return rows.map(([name, changes, key]) => ({
    ...titleOf({ area: 'link', ...common }, { name, covers: ['PV-LNK-010'], isHostile: true }),
    async run({ run }) {
      const guest = await run.clients.make();
      const stage = new HubStage(run, await run.makeKnownPeer(), guest);
      await control('an honest link', async () => {
        const { text } = await offer(stage);
        await guest.call('POST', '/links/join', { link: text });
      });
      const { room, text } = await offer(stage, changes(stage), key?.(stage));
      const code = await guest.refusal('POST', '/links/join', { link: text });
      must(code !== undefined, 'a refusal', code);
      must(!stage.joins.includes(room.room), 'no join', 'a join');
    },
  }));
}

const waiting = async (who: ClientPerson, by: string): Promise<Members[]> =>
  listOf((await who.call('GET', '/requests'))['requests']).filter((one) => one['by'] === by && one['kind'] === 'knock');

async function knock({ peer, room }: PeopleStage, made: Link, localpart: string): Promise<string> {
  const person = `${localpart}@${peer.domain}`;
  const answer = await ask(peer, 'directory', { link: made.locator });
  const link = (answer['link'] as Members)['jws'];
  const signed = made.key.sign(`payvand-link\0${room.room}\0${person}`).toString('base64url');
  const body = { link, proof: signed };
  const item = makeMail(peer, { from: person, to: made.by, kind: 'knock', body });
  const [result] = listOf((await ask(peer, 'mailbox', { items: [item] }))['results']);
  must(result?.['status'] === 'ok', 'ok', result);
  return person;
}

const knockChecks: Check<PeopleStage>[] = [
  {
    ...titleOf(
      { area: 'knock', ...common },
      { name: 'who-is-asked', covers: ['PV-KNK-004', 'PV-KNK-005', 'PV-KNK-006', 'PV-KNK-007'] },
    ),
    async run(stage) {
      const { alice, bob, room, peer, run } = stage;
      const made = await makeLink(alice, room.room, { approve: true });
      const first = await knock(stage, made, 'knocks-once');
      await until(async () => (await waiting(alice, first)).length === 1, 'the knock to be shown');
      must((await waiting(bob, first)).length === 0, 'not to members of no rank', 'shown');
      await knock(stage, made, 'knocks-once');
      const fence = await knock(stage, made, 'fence');
      await until(async () => (await waiting(alice, fence)).length === 1, 'the knock after it');
      must((await waiting(alice, first)).length === 1, 'one knock of a person', await waiting(alice, first));
      await alice.setRole(room.room, bob.address, 'admin');
      const both = await knock(stage, made, 'knocks-at-both');
      const [seen] = await until(async () => {
        const list = await waiting(bob, both);
        return list.length > 0 && list;
      }, 'the knock, to an admin');
      await bob.answer(String(seen?.['id']), 'accept');
      must((await waiting(alice, both)).length === 0, 'nothing left to answer', await waiting(alice, both));
      await alice.setRole(room.room, bob.address, 'member');
      await until(() => mailOf(peer).some((text) => payloadOf(text)['to'] === both), 'the invitation of who knocked');
      const [again] = await waiting(alice, first);
      await alice.answer(String(again?.['id']), 'ignore');
      await knock(stage, made, 'knocks-once');
      const last = await knock(stage, made, 'last');
      await until(async () => (await waiting(alice, last)).length === 1, 'the knock after it');
      must((await waiting(alice, first)).length === 0, 'not shown again, having been turned down', run.target.domain);
    },
  },
  {
    ...titleOf({ area: 'knock', ...common }, { name: 'without-a-link', covers: ['PV-KNK-003'], isHostile: true }),
    async run(stage) {
      const { alice, room, peer } = stage;
      const made = await makeLink(alice, room.room, { approve: true });
      await control('a knock', async () => {
        const first = await knock(stage, made, 'honest');
        await until(async () => (await waiting(alice, first)).length === 1, 'the knock to be shown');
      });
      const key = peer.strayKey();
      const place = { room: room.room, hub: stage.run.target.domain, until: Date.now() + DAY_MS, nonce: freshNonce() };
      const link = { ...place, by: alice.address, link: encode64(key.publicKey), approve: true };
      const person = `forger@${peer.domain}`;
      const proof = key.sign(`payvand-link\0${room.room}\0${person}`).toString('base64url');
      const body = { link: signJws('payvand-invite', link, peer.keys.event), proof };
      await ask(peer, 'mailbox', { items: [makeMail(peer, { from: person, to: alice.address, kind: 'knock', body })] });
      const joined = await knock(stage, made, 'mallory');
      const fence = await knock(stage, made, 'fence-two');
      await until(async () => (await waiting(alice, fence)).length === 1, 'the honest knock after it');
      must((await waiting(alice, person)).length === 0, 'nothing of a link nobody made', await waiting(alice, person));
      must((await waiting(alice, joined)).length === 0, 'nothing of who is in the room', await waiting(alice, joined));
    },
  },
];

/** Links into rooms, and those who ask. */
export const linkLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'links', checks: [...linkChecks, ...joinChecks, ...knockChecks] },
    open: async (run: Run) => await openPeople(run),
  }),
];

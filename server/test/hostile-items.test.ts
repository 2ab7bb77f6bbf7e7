import t from 'tap';
import { openKeyFile, activeKey } from '../src/own-keys.js';
import { sha256Base64url } from '../src/protocol/hash.js';
import { buildInvite, buildLink } from '../src/protocol/invite.js';
import type { LinkFields, PersonalFields } from '../src/protocol/invite.js';
import { signJws } from '../src/protocol/jws.js';
import { linkKeyOf, proveLink } from '../src/protocol/link.js';
import type { SigningKey } from '../src/protocol/key-thumbprint.js';
import { buildKeyStatement } from '../src/protocol/key-statement.js';
import type { EventId, RoomId } from '../src/protocol/identifiers.js';
import { address, DAY_MS, domain, nonce, strayKey } from './support/hostile-peer.js';
import type { Answer, Item } from './support/hostile-peer.js';
import { HostileRoom } from './support/hostile-room.js';
import { A, B, EVIL, HostileStage, resultsOf } from './support/hostile-stage.js';

const stage = await HostileStage.open(t);
const { peer, say, mallory } = stage;
const eve = address(`eve@${EVIL}`);
const results = (...expected: object[]): object => ({ status: 200, json: { results: expected } });
const denied = (code: string, rule: string | null = null, more: object = {}): object =>
  results({ status: 'denied', code, rule, ...more });

await stage.alice.call('PUT', `/rooms/${stage.room}/members/${mallory}/role`, { role: 'admin' });
const secret = String(
  (await stage.alice.call('POST', '/rooms', { title: 'secret', requestKey: 'secret' }))['room'],
) as RoomId;
// A room of the second server that the hostile provider is not in, and one of the first.
const elsewhere = String(
  (await stage.bob.call('POST', '/rooms', { title: 'elsewhere', requestKey: 'elsewhere' }))['room'],
) as RoomId;
// Before the first row: tap takes a wait between two for the end.
const hubKeys = await openKeyFile(stage.network.provider(A).dataDir, { provider: domain(A), now: Date.now() });
const hubKey = activeKey(hubKeys, 'event');
const absent = `r${'A'.repeat(43)}` as RoomId;

/** A message whose payload is as many bytes as wanted. */
function sized(bytes: number): Item {
  const { event, ...item } = peer.make(
    { room: stage.room, type: 'message', sender: mallory, seen: stage.seen },
    { text: 'long' },
  );
  const text = Buffer.from(event.parsed.payload).toString();
  const pad = 'x'.repeat(bytes - text.length - ',"new":""'.length);
  return { ...item, jws: signJws('payvand-event', peer.event, `${text.slice(0, -1)},"new":"${pad}"}`).jws };
}

/** A payload with something else in it, signed as it then is. */
function payload(change: (text: string) => string): Item {
  const { event, ...item } = peer.make(
    { room: stage.room, type: 'message', sender: mallory, seen: stage.seen },
    { text: 'other' },
  );
  const text = Buffer.from(event.parsed.payload).toString();
  return { ...item, jws: signJws('payvand-event', peer.event, change(text)).jws };
}

const content = (bytes: number): string => {
  const empty = JSON.stringify({ text: '', salt: nonce() });
  return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
};
const unreadable = (): string => `{"salt":"${nonce()}",`;
let title: EventId | undefined;
function rename(fields: object = {}, text?: string): Item {
  const prior = title === undefined ? {} : { prior: title };
  return stage.message({ type: 'room.info', key: '', ...prior, ...fields }, text ?? { title: 'renamed' });
}
async function retitle(bytes: number): Promise<Answer> {
  const start = `{"title":"t","salt":"${nonce()}","new":"`;
  const answer = await stage.submit([rename({}, `${start}${'x'.repeat(bytes - start.length - 2)}"}`)]);
  const [result] = resultsOf(answer);
  if (result?.['status'] === 'accepted') title = String(result['id']) as EventId;
  return answer;
}
title = await stage.entry('room.info', '');

const flipped = (): Item => {
  const item = stage.message();
  const [head = '', body = '', signature = ''] = item.jws.split('.');
  return { ...item, jws: `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}` };
};
const signedBy = (key: ReturnType<typeof strayKey>): Item =>
  peer.make({ room: stage.room, type: 'message', sender: mallory, seen: stage.seen }, { text: 'x' }, key);
const state = (type: string, key: string, value: object): Item => stage.message({ type, key }, value);

const submissions: [name: string, items: () => Item[], expect: object][] = [
  ['the name of a person elsewhere', () => [stage.message({ sender: address(`bob@${B}`) })], denied('wrong-origin')],
  ['the name of a person of the hub', () => [stage.message({ sender: address(`alice@${A}`) })], denied('wrong-origin')],
  ['a key nobody announced', () => [signedBy(strayKey())], results({ status: 'retry' })],
  [
    'a key nobody announced, and a good one after it',
    () => [signedBy(strayKey()), stage.message()],
    results({ status: 'retry' }, { status: 'retry' }),
  ],
  ['a key of another use', () => [signedBy(peer.request)], denied('retired-key')],
  ['a retired key', () => [signedBy(peer.retired)], denied('retired-key')],
  [
    'a flipped signature, and one after it',
    () => [flipped(), stage.message()],
    results({ status: 'denied', code: 'bad-event', rule: 'R1' }, { status: 'retry' }),
  ],
  ['a payload of 4097 bytes', () => [sized(4097)], denied('bad-event', 'R1', { id: null })],
  ['a hundred times that', () => [sized(409_600)], denied('bad-event', 'R1', { id: null })],
  ['a content of 65537 bytes', () => [stage.message({}, content(65_537))], denied('bad-event', 'R1', { id: null })],
  ['a reserved member', () => [payload((text) => text.replace('{', '{"author":"x",'))], denied('bad-event', 'R1')],
  ['a member twice', () => [payload((text) => text.replace('{', '{"type":"message",'))], denied('bad-event', 'R1')],
  ['a fraction in it', () => [payload((text) => text.replace('{', '{"new":0.5,'))], denied('bad-event', 'R1')],
  ['no JWS', () => [{ ...stage.message(), jws: 'x.y.z' }], denied('bad-event', 'R1', { id: null })],
  [
    'a content of another event',
    () => [{ ...stage.message(), content: '{"text":"other"}' }],
    denied('content-mismatch'),
  ],
  ['a content without salt', () => [stage.message({}, '{"text":"x"}')], denied('bad-event')],
  ['a content with U+0000', () => [stage.message({}, `${unreadable()}"text":"\\u0000"}`)], denied('bad-event')],
  [
    'a content with a name twice',
    () => [stage.message({}, `${unreadable()}"text":"a","text":"b"}`)],
    denied('bad-event'),
  ],
  [
    'a content that is too deep',
    () => [stage.message({}, `${unreadable()}"a":${'['.repeat(8)}1${']'.repeat(8)}}`)],
    denied('bad-event'),
  ],
  ['a time that has passed', () => [stage.message({ until: Date.now() - 1 })], denied('until-passed', 'R3')],
  ['32 days to wait', () => [stage.message({ until: Date.now() + 32 * DAY_MS })], denied('until-too-far')],
  ['another past', () => [stage.message({ seen: [0, stage.seen[1], 'A'.repeat(43)] })], denied('seen-mismatch', 'R4')],
  [
    'a past to come',
    () => [stage.message({ seen: [0, stage.seen[1] + 1000, stage.seen[2]] })],
    denied('seen-mismatch', 'R4'),
  ],
  [
    'no past',
    () => [peer.make({ room: stage.room, type: 'message', sender: mallory }, { text: 'x' })],
    denied('seen-mismatch', 'R4'),
  ],
  ['another entry before', () => [rename({ prior: `e${'A'.repeat(43)}` })], denied('prior-mismatch', 'R5')],
  [
    'an entry for the first time, again',
    () => [state('room.info', '', { title: 'x' })],
    denied('prior-mismatch', 'R5'),
  ],
  ['somebody not in the room', () => [stage.message({ sender: eve })], denied('not-member', 'R6')],
  [
    'the joining of somebody else',
    () => [state('member', eve, { membership: 'joined' })],
    denied('wrong-sender', 'R7'),
  ],
  ['a right one does not have', () => [state('room.history', '', { visible: 'all' })], denied('no-right', 'R10')],
  ['the owner restricted', () => [state('access', `alice@${A}`, { ban: true })], denied('rank', 'R11')],
  ['a room that is not there', () => [stage.message({ room: absent })], denied('unknown-room')],
  ['a room one is not in', () => [stage.message({ room: secret })], denied('unknown-room')],
  ['a room made here', () => [makeRoom()], denied('unknown-room')],
];

function makeRoom(): Item {
  const { hash: statement, version, jws } = peer.statement;
  const made = peer.make(
    { type: 'room.create', sender: mallory, key: '' },
    { kind: 'group', rules: 1, statement, version },
  );
  return { jws: made.jws, content: made.content, statement: jws };
}

for (const [name, items, expect] of submissions)
  await stage.row(t, `submit: ${name}`, { control: say, attack: async () => await stage.submit(items()), expect });

await t.test('the limits themselves are allowed', async (t) => {
  t.match(resultsOf(await stage.submit([sized(4096)])), [{ status: 'accepted' }]);
  t.match(resultsOf(await stage.submit([stage.message({}, content(65_536))])), [{ status: 'accepted' }]);
  t.match(resultsOf(await stage.submit([stage.message({ until: Date.now() + 30 * DAY_MS })])), [
    { status: 'accepted' },
  ]);
  t.match(resultsOf(await retitle(4096)), [{ status: 'accepted' }]);
});
await stage.row(t, 'submit: a state content of 4097 bytes', {
  ...{ control: say, attack: async () => await retitle(4097), expect: denied('bad-event', 'R1', { id: null }) },
});
await stage.row(t, 'submit: to a server that is not the hub', {
  control: say,
  attack: async () => await peer.ask(B, 'submit', { items: [stage.message()] }),
  expect: results({ status: 'not-hub', hub: A }),
});

await t.test('nobody learns from a submission which rooms there are', async (t) => {
  for (const provider of [A, B]) {
    const ask = async (room: RoomId): Promise<Answer> => {
      const item = stage.message({ room });
      const answer = await peer.ask(provider, 'submit', { items: [item] });
      const [{ id, ...result } = {}] = resultsOf(answer);
      t.type(id, 'string');
      return { ...answer, text: answer.text.replace(String(id), ''), json: result };
    };
    const there = await ask(provider === A ? secret : elsewhere);
    t.match(there, { status: 200, json: { status: 'denied', code: 'unknown-room' } });
    t.same(await ask(absent), there, `the same bytes from ${provider}`);
  }
  await stage.requireAlive(t);
});

await t.test('contents of up to a MiB are taken, what comes after waits', async (t) => {
  const full = Array.from({ length: 16 }, () => stage.message({}, content(65_536)));
  const taken = await stage.submit(full);
  t.same(new Set(resultsOf(taken).map(({ status }) => status)), new Set(['accepted']), 'the limit itself');
  const over = Array.from({ length: 16 }, () => stage.message({}, content(65_536)));
  const answer = await stage.submit([...over, stage.message({}, content(100)), stage.message({}, content(100))]);
  t.same(
    resultsOf(answer).map(({ status }) => status),
    [...over.map(() => 'accepted'), 'retry', 'retry'],
  );
  await stage.requireAlive(t);
});

/** A provider event with some other statement. */
function announce(jws: string, hash: string): Item {
  const { provider, version } = peer.statement;
  const entry = peer.make(
    { room: stage.room, type: 'provider', sender: provider, key: provider, seen: stage.seen },
    { statement: hash, version },
  );
  return { jws: entry.jws, content: entry.content, statement: jws };
}
const withKeys = (keys: readonly Uint8Array[]): string =>
  buildKeyStatement(
    {
      ...{ provider: peer.domain, version: 9, issued: Date.now(), roots: peer.statement.roots },
      keys: [...peer.statement.keys, ...keys.map((x) => ({ x, use: 'seal' as const, status: 'retired' as const }))],
    },
    strayKey(),
  );
const smallOrder = withKeys([Buffer.from(`01${'00'.repeat(31)}`, 'hex')]);
const longer = signJws('payvand-statement', strayKey(), JSON.stringify({ new: 'x'.repeat(1500) })).jws;
for (const [name, jws] of [
  ['a small-order key', smallOrder],
  ['more than 2048 bytes', longer],
  ['no statement at all', 'x'],
] as const)
  await stage.row(t, `submit: a key statement with ${name}`, {
    control: say,
    attack: async () => await stage.submit([announce(jws, sha256Base64url(jws))]),
    expect: denied('bad-statement', 'R8'),
  });

function invite(changes: Partial<PersonalFields> = {}, key = hubKey): string {
  const base = { room: secret, hub: domain(A), by: address(`alice@${A}`), to: mallory };
  return buildInvite({ ...base, until: Date.now() + DAY_MS, nonce: nonce(), ...changes }, key).jws;
}
const notInvited = results(
  { status: 'denied', code: 'not-invited', rule: null },
  { status: 'denied', code: 'not-invited', rule: null },
);
const joins: [name: string, invite: () => string | undefined][] = [
  ['no invite', () => undefined],
  ['an invite signed by another provider', () => invite({}, peer.event)],
  ['an invite of a person who is not there', () => invite({ by: eve }, peer.event)],
  ['an invite for somebody else', () => invite({ to: eve })],
  ['an invite into another room', () => invite({ room: stage.room })],
  ['an invite that has expired', () => invite({ until: Date.now() - 1 })],
  ['an invite of no form', () => 'x.y.z'],
];
for (const [name, make] of joins)
  await stage.row(t, `join: ${name}`, {
    control: say,
    attack: async () => await peer.ask(A, 'join', { room: secret, items: stage.joinItems(make(), mallory, secret) }),
    expect: notInvited,
  });
const holder = linkKeyOf(nonce());
interface Deviation {
  readonly fields?: Partial<LinkFields>;
  readonly key?: SigningKey;
  readonly proof?: string;
  readonly role?: string;
}
/** A join by a link of alice's, as good as its deviations let it be. */
function byLink({ fields, key = hubKey, proof, role }: Deviation = {}): object {
  const base = { room: secret, hub: domain(A), by: address(`alice@${A}`), link: holder.x };
  const { jws } = buildLink({ ...base, until: Date.now() + DAY_MS, nonce: nonce(), ...fields }, key);
  return { invite: jws, proof: proof ?? proveLink(holder, { room: secret, person: mallory }), ...(role && { role }) };
}
const linkJoins: [name: string, deviation: Deviation][] = [
  ['a proof by another key', { proof: proveLink(linkKeyOf(nonce()), { room: secret, person: mallory }) }],
  ['a proof that somebody else made for themselves', { proof: proveLink(holder, { room: secret, person: eve }) }],
  ['a proof for another room', { proof: proveLink(holder, { room: stage.room, person: mallory }) }],
  ['a link into another room', { fields: { room: stage.room } }],
  ['a link that has expired', { fields: { until: Date.now() - 1 } }],
  ['a link that asks for approval', { fields: { approve: true } }],
  ['a link of a person who is not there', { fields: { by: eve }, key: peer.event }],
  ['a link signed by another provider', { key: peer.event }],
  ['a role that the link does not give', { role: 'admin' }],
  ['a role that does not exist', { fields: { role: 'nobody' }, role: 'nobody' }],
];
for (const [name, deviation] of linkJoins)
  await stage.row(t, `join: ${name}`, {
    control: say,
    attack: async () =>
      await peer.ask(A, 'join', { room: secret, items: stage.joinItems(byLink(deviation), mallory, secret) }),
    expect: notInvited,
  });

for (const [name, room, expect] of [
  ['the provider alone', secret, denied('not-invited')],
  ['the provider alone, for another room than the one named', stage.room, denied('wrong-room', 'R2')],
] as const)
  await stage.row(t, `join: ${name}`, {
    control: say,
    attack: async () =>
      await peer.ask(A, 'join', { room, items: stage.joinItems(undefined, mallory, secret).slice(0, 1) }),
    expect,
  });
await t.test('nobody learns from a join which rooms there are', async (t) => {
  for (const [provider, there] of [
    [A, secret],
    [B, elsewhere],
    [B, secret],
  ] as const) {
    const ask = async (room: RoomId): Promise<Answer> => {
      const answer = await peer.ask(provider, 'join', { room, items: stage.joinItems('x.y.z', eve, room) });
      const ids = resultsOf(answer).map(({ id }) => String(id));
      t.equal(new Set(ids).size, 2);
      const text = ids.reduce((all, id) => all.replace(id, ''), answer.text);
      return { ...answer, text, json: JSON.parse(text) as Answer['json'] };
    };
    const answer = await ask(there);
    t.match(answer, notInvited);
    t.same(await ask(absent), answer, `the same bytes from ${provider}`);
  }
  await stage.requireAlive(t);
});

await t.test('what stands in the log is a duplicate, also after its provider has left', async (t) => {
  const items = stage.joinItems(invite(), mallory, secret);
  const join = async (): Promise<Answer> => await peer.ask(A, 'join', { room: secret, items });
  const answer = await join();
  t.match(answer, results({ status: 'accepted' }, { status: 'accepted' }), 'a join with a good invite');
  const { id, seq, hash } = resultsOf(answer).at(-1) ?? {};
  const past = { prior: String(id) as EventId, seen: [0, Number(seq), String(hash)] as const };
  const leave = stage.message({ room: secret, type: 'member', key: mallory, ...past }, { membership: 'left' });
  const submit = async (): Promise<Answer> => await peer.ask(A, 'submit', { items: [leave] });
  t.match(await submit(), results({ status: 'accepted' }));
  t.match(await submit(), results({ status: 'duplicate' }));
  t.match(await join(), results({ status: 'duplicate' }, { status: 'duplicate' }));
  await stage.requireAlive(t);
});

const hostile = new HostileRoom(peer, mallory);
const nobody = address(`nobody@${B}`);
const post = async (...items: string[]): Promise<Answer> => await peer.ask(B, 'mailbox', { items });
const control = async (): Promise<Answer> => await post(hostile.invitation(nobody));
const refusedMail = (code: string): object => results({ status: 'denied', code });
const mails: [name: string, mail: () => string, expect: object][] = [
  [
    'from another domain',
    () => hostile.invitation(nobody, { from: address(`alice@${A}`) }),
    refusedMail('wrong-origin'),
  ],
  [
    'from the receiver’s own domain',
    () => hostile.invitation(nobody, { from: address(`zahra@${B}`) }),
    refusedMail('wrong-origin'),
  ],
  ['to another domain', () => hostile.invitation(address(`alice@${A}`)), refusedMail('bad-mail')],
  ['expired', () => hostile.invitation(nobody, { until: Date.now() - 1 }), refusedMail('until-passed')],
  ['signed by a key nobody announced', () => hostile.invitation(nobody, {}, strayKey()), refusedMail('bad-mail')],
  [
    'longer than 8192 bytes',
    () => hostile.invitation(nobody, { body: { new: 'x'.repeat(6000) } }),
    refusedMail('too-large'),
  ],
  ['of an unknown kind', () => hostile.invitation(nobody, { kind: 'other' as 'invite' }), refusedMail('not-supported')],
  ['with an invite of another person', () => hostile.invitation(nobody, { from: eve }), refusedMail('bad-mail')],
  ['with an invite of no form', () => hostile.invitation(nobody, { body: { invite: 'x' } }), refusedMail('bad-mail')],
];
for (const [name, mail, expect] of mails)
  await stage.row(t, `mailbox: ${name}`, { control, attack: async () => await post(mail()), expect });
await stage.row(t, 'mailbox: 17 items', {
  ...{ control, attack: async () => await post(...Array.from({ length: 17 }, () => hostile.invitation(nobody))) },
  expect: { status: 400, json: { code: 'bad-request', part: '/items' } },
});
await t.test('mailbox: who is not there is answered like who is', async (t) => {
  const [there, nowhere] = [await post(hostile.invitation(address(stage.bob.address))), await control()];
  t.match(there, results({ status: 'ok' }));
  t.same(nowhere, there, 'the same bytes');
  await stage.requireAlive(t);
});

await t.test('PV-MSG-069 a forward that its source does not prove is shown on B as that', async (t) => {
  const { alice, bob } = stage;
  const said = (text: string, sender = mallory, key = peer.event): ReturnType<typeof peer.make> =>
    peer.make({ room: elsewhere, type: 'message', sender }, { text }, key);
  const shown = async (source: ReturnType<typeof said>, text: string): Promise<object> => {
    const { event, jws, content: of } = source;
    const forward = stage.message({ rel: [['forward', event.id]] }, { text, forwarded: { jws, content: of } });
    const [result] = resultsOf(await stage.submit([forward]));
    await stage.standing();
    return await bob.call('GET', `/rooms/${stage.room}/events/${String(result?.['id'])}/source`);
  };
  const honest = said('so it was');
  t.match(await shown(honest, 'so it was'), { status: 'verified', sender: mallory });
  t.match(await shown(honest, 'so it was not'), { status: 'unverified', sender: mallory }, 'other words');
  const invented = said('I never said so', address(alice.address), strayKey());
  t.match(await shown(invented, 'I never said so'), { status: 'unverified', sender: alice.address }, 'another hand');
});

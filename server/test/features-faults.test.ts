import t from 'tap';
import { activeKey, openKeyFile, rotateKeys, statementOf, writeKeyFile } from '../src/own-keys.js';
import { buildEvent, parseEvent } from '../src/protocol/event.js';
import { parseDomain } from '../src/protocol/identifiers.js';
import { askDatabase } from './support/provider-database.js';
import { makeStage } from './support/stage.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson, TestStream } from './support/test-person.js';

const [A, B] = ['a.test', 'b.test'] as const;
/** Two seconds to wait, and time for a busy machine. */
const KEYS_MS_MAX = 12_000;
const { network, alice, bob } = await makeStage(t, { alice: A, bob: B });
const [hub, follower] = [alice.provider, bob.provider];

const room = String((await alice.call('POST', '/rooms', { title: 'faults', requestKey: 'faults' }))['room']);
await alice.call('POST', `/rooms/${room}/invites`, { address: bob.address });
await bob.acceptFrom(alice.address);

const headOf = async (who: TestPerson): Promise<number> =>
  ((await who.call('GET', `/rooms/${room}`))['head'] as { seq: number }).seq;
const textOf = (event: Json): string => String((event['content'] as Json | null)?.['text']);
const isMessage = (frame: Json): boolean =>
  frame['t'] === 'event' && frame['room'] === room && frame['type'] === 'message';

/** Texts of the room that begin so, in the order of the log. */
async function textsOn(who: TestPerson, start: string): Promise<string[]> {
  const texts: string[] = [];
  for (let after = -1; ;) {
    const { events } = await who.call('GET', `/rooms/${room}/events?limit=200&after=${Math.max(after, 0)}`);
    const page = events as Json[];
    texts.push(...page.filter(({ type }) => type === 'message').map(textOf));
    if (page.length < 200) return texts.filter((text) => text.startsWith(start));
    after = Number(page.at(-1)?.['seq']);
  }
}

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);

/** Sends texts over a stream, one after the other, without waiting for answers. */
function sendAll(stream: TestStream, texts: readonly string[]): void {
  for (const text of texts)
    stream.send({ op: 'send', key: text.replaceAll(' ', '-'), room, type: 'message', content: { text } });
}

const answersTo = (stream: TestStream, texts: readonly string[]): Json[] => {
  const keys = new Set(texts.map((text) => text.replaceAll(' ', '-')));
  return stream.frames.filter((frame) => frame['t'] === 'sent' && keys.has(String(frame['key'])));
};

async function opened(who: TestPerson, cursor: Json | null = null): Promise<TestStream> {
  const stream = who.openStream(cursor);
  await stream.find((frame) => frame['t'] === 'synced');
  return stream;
}

/** As if a provider had read the documents of the others a while ago; it notices when it starts. */
async function ageDocuments(domain: string): Promise<void> {
  await askDatabase(network, domain, { text: 'UPDATE providers SET fetched_at = fetched_at - 120000' });
}

/** Where a client stands that has seen these frames, so that it can go on from there. */
function cursorOf(frames: readonly Json[]): Json {
  const account = Math.max(0, ...frames.map((frame) => Number(frame['account'] ?? 0)));
  const seqs = frames.flatMap((frame) => {
    if (frame['room'] !== room) return [];
    return [Number(frame['t'] === 'event' ? frame['seq'] : (frame['from'] ?? -1))];
  });
  return { account, rooms: { [room]: Math.max(-1, ...seqs) } };
}

await t.test(
  'what is said while the hub is down is pending, and arrives once, in order, when it is back',
  async (t) => {
    const stream = await opened(bob);
    await hub.kill();
    const texts = numbered('pending', 12);
    sendAll(stream, texts);
    await until(async () => answersTo(stream, texts).length === texts.length, 'the answers');
    t.ok(answersTo(stream, texts).every((answer) => answer['status'] === 'pending'));
    const key = { requestKey: 'by-post', type: 'message', content: { text: 'pending by post' } };
    const answer = await bob.call('POST', `/rooms/${room}/events`, key);
    t.equal(answer['status'], 'pending');
    t.same(await bob.call('POST', `/rooms/${room}/events`, key), answer, 'asked again, the same');
    t.equal(await bob.refusal('PUT', `/rooms/${room}/title`, { title: 'x' }), undefined, 'a change of state waits too');
    await hub.start();
    const expected = [...texts, 'pending by post'];
    await until(async () => (await textsOn(alice, 'pending')).length >= expected.length, 'the hub to have it');
    t.same(await textsOn(alice, 'pending'), expected, 'on the hub');
    await stream.find((frame) => frame['id'] === answer['id'], 'the last one');
    t.same(stream.frames.filter(isMessage).map(textOf), expected, 'and told to its author');
    t.equal((await bob.call('POST', `/rooms/${room}/events`, key))['status'], 'ordered', 'asked again, it has a place');
    await until(async () => {
      const [row] = await askDatabase<{ n: string }>(network, B, {
        text: "SELECT count(*) AS n FROM pending WHERE state = 'pending'",
      });
      return row?.n === '0';
    }, 'nothing to wait any more');
    t.equal((await alice.call('GET', `/rooms/${room}`))['title'], 'faults', 'who may not change it did not');
    stream.close();
  },
);

await t.test('a hub that is killed in the middle loses and doubles nothing', async (t) => {
  const stream = await opened(bob);
  const texts = numbered('middle', 240);
  sendAll(stream, texts.slice(0, 120));
  await stream.find((frame) => frame['t'] === 'sent' && frame['key'] === 'middle-20');
  await hub.kill();
  await ageDocuments(A);
  sendAll(stream, texts.slice(120));
  await hub.start();
  await until(async () => (await textsOn(alice, 'middle')).length >= texts.length, 'everything on the hub', 60_000);
  t.same(await textsOn(alice, 'middle'), texts, 'on the hub, in order');
  await stream.find((frame) => isMessage(frame) && textOf(frame) === texts.at(-1), 'the last one');
  t.same(stream.frames.filter(isMessage).map(textOf), texts, 'as told on the follower');
  t.equal(
    answersTo(stream, texts).filter(({ status }) => status === 'ordered' || status === 'pending').length,
    texts.length,
  );
  stream.close();
});

await t.test('a follower that was away catches up, however much it missed', async (t) => {
  const before = await opened(bob);
  before.close();
  await until(async () => (await headOf(bob)) === (await headOf(alice)), 'bob to have everything');
  const seq = await headOf(alice);
  await ageDocuments(B);
  await follower.stop();
  const stream = await opened(alice);
  const texts = numbered('missed', 640);
  sendAll(stream, texts);
  await until(async () => answersTo(stream, texts).length === texts.length, 'the hub to take it', 60_000);
  stream.close();
  await follower.start();
  const after = bob.openStream({ account: 0, rooms: { [room]: seq } });
  await after.find((frame) => isMessage(frame) && textOf(frame) === texts.at(-1), 'the last one', 60_000);
  t.same(after.frames.filter(isMessage).map(textOf), texts);
  t.same(await textsOn(bob, 'missed'), texts);
  after.close();
});

await t.test('keys are changed without anybody noticing', async (t) => {
  for (const provider of [hub, follower]) {
    const domain = parseDomain(provider.domain);
    if (domain === undefined) throw new Error(provider.domain);
    const file = await openKeyFile(provider.dataDir, { provider: domain, now: Date.now() });
    const rotated = rotateKeys(file, { now: Date.now(), revoke: false });
    await writeKeyFile(provider.dataDir, rotated);
    await until(async () => (await provider.log()).includes('keys-rotated'), 'the new keys');
    // The other one has read the document of this one a moment ago.
    const rotatedAt = Date.now();
    const { id: fromA } = await alice.say(room, `alice after ${provider.domain}`);
    const { id: fromB, status } = await bob.say(room, `bob after ${provider.domain}`);
    if (provider === hub) t.equal(status, 'ordered', 'without a pause');
    for (const [who, id] of [
      [bob, fromA],
      [alice, fromB],
    ] as const)
      await until(
        async () => (await who.events(room)).some((event) => event['id'] === id && event['void'] === undefined),
        'it',
      );
    t.ok(Date.now() - rotatedAt < KEYS_MS_MAX, `PV-DISC-013: ${Date.now() - rotatedAt} ms`);
    const created = await bob.call('POST', '/rooms', { title: 'new', requestKey: `after-${provider.domain}` });
    const fresh = String(created['room']);
    await bob.call('POST', `/rooms/${fresh}/invites`, { address: alice.address });
    await alice.acceptFrom(bob.address);
    const { id } = await alice.say(fresh, 'in a new room');
    await until(async () => (await bob.events(fresh)).some((event) => event['id'] === id), 'it in the new room');
    const said = (await bob.events(room)).filter(({ type, sender }) => type === 'provider' && sender === domain);
    const { version } = statementOf(rotated);
    t.equal((said.at(-1)?.['content'] as Json)['version'], version, 'the room names the new keys');
  }
});

await t.test('a stream that is cut again and again goes on without gap or repetition', async (t) => {
  const sender = await opened(alice);
  const first = await opened(bob);
  const frames: Json[] = [...first.frames];
  const from = await headOf(alice);
  first.close();
  const texts = numbered('cut', 400);
  let next = 0;
  for (let round = 0; round < 20; round += 1) {
    const stream = bob.openStream(cursorOf(frames));
    sendAll(sender, texts.slice(next, (next += 20)));
    const first = texts.indexOf(texts[next - 20 + (round % 7)] ?? '');
    const isAwaited = (frame: Json): boolean => isMessage(frame) && texts.indexOf(textOf(frame)) >= first;
    await stream.find(isAwaited, `round ${round}`);
    stream.close();
    frames.push(...stream.frames);
  }
  const last = bob.openStream(cursorOf(frames));
  const isLast = (frame: Json): boolean => isMessage(frame) && textOf(frame) === texts.at(-1);
  if (!frames.some(isLast)) await last.find(isLast, 'the last one');
  frames.push(...last.frames);
  last.close();
  sender.close();
  const seqs = frames
    .filter((frame) => frame['t'] === 'event' && frame['room'] === room)
    .map((frame) => Number(frame['seq']));
  t.same(
    seqs,
    Array.from({ length: seqs.length }, (_, index) => from + 1 + index),
    'dense',
  );
  t.same(frames.filter(isMessage).map(textOf), texts);
});

await t.test('a person is told when what was pending is refused in the end', async (t) => {
  const stream = await opened(bob);
  await hub.kill();
  const { id, status } = await bob.call('POST', `/rooms/${room}/events`, {
    requestKey: 'late',
    type: 'message',
    content: { text: 'too late' },
  });
  t.equal(status, 'pending');
  const cursor = cursorOf(stream.frames);
  stream.close();
  await follower.kill();
  await hub.start();
  await alice.call('DELETE', `/rooms/${room}/members/${bob.address}`);
  await follower.start();
  const later = bob.openStream(cursor);
  t.match(await later.find((frame) => frame['t'] === 'sent'), {
    key: 'late',
    id,
    status: 'refused',
    code: 'not-member',
  });
  later.close();
});

/** As if what waits at a provider had been signed hours ago. @returns how many changes of state there were */
async function agePending(provider: typeof follower): Promise<number> {
  const domain = parseDomain(provider.domain);
  if (domain === undefined) throw new Error(provider.domain);
  const key = activeKey(await openKeyFile(provider.dataDir, { provider: domain, now: Date.now() }), 'event');
  const waiting = await askDatabase<{ id: string; jws: string }>(network, provider.domain, {
    text: "SELECT event_id AS id, jws FROM pending WHERE state = 'pending'",
  });
  let aged = 0;
  for (const { id, jws } of waiting) {
    const event = parseEvent(jws);
    if (!event.ok || event.value.fields.key === undefined) continue;
    const old = buildEvent({ ...event.value.fields, until: Date.now() - 1000 }, key);
    await askDatabase(network, provider.domain, {
      text: 'UPDATE pending SET event_id = $2, jws = $3 WHERE event_id = $1',
      values: [id, old.id, old.jws],
    });
    aged += 1;
  }
  return aged;
}

await t.test('a change of state that waited too long is signed again, unless somebody was faster', async (t) => {
  const created = await alice.call('POST', '/rooms', { title: 'late', requestKey: 'late-room' });
  const late = String(created['room']);
  await alice.call('POST', `/rooms/${late}/invites`, { address: bob.address });
  await bob.acceptFrom(alice.address);
  await alice.call('PUT', `/rooms/${late}/members/${bob.address}/role`, { role: 'admin' });
  const titleOn = async (who: TestPerson): Promise<unknown> => (await who.call('GET', `/rooms/${late}`))['title'];
  for (const [wanted, isFaster] of [
    ['by bob', false],
    ['by bob again', true],
  ] as const) {
    const head = async (who: TestPerson): Promise<unknown> => (await who.call('GET', `/rooms/${late}`))['head'];
    await until(async () => JSON.stringify(await head(bob)) === JSON.stringify(await head(alice)), 'bob to be even');
    await hub.kill();
    const answer = await bob.call('PUT', `/rooms/${late}/title`, { title: wanted });
    t.equal(answer['status'], 'pending');
    await follower.kill();
    t.equal(await agePending(follower), 1);
    await hub.start();
    if (isFaster) await alice.call('PUT', `/rooms/${late}/title`, { title: 'by alice' });
    const before = await head(alice);
    await follower.start();
    await until(async () => {
      const rows = await askDatabase<{ state: string; code: string }>(network, B, {
        text: 'SELECT state, code FROM pending WHERE room_id = $1',
        values: [late],
      });
      if (isFaster) return rows.length === 1 && rows[0]?.state === 'refused';
      return rows.length === 0;
    }, 'the answer');
    if (isFaster) t.same(await head(alice), before, 'nothing was recorded');
    for (const who of [alice, bob])
      await until(async () => (await titleOn(who)) === (isFaster ? 'by alice' : wanted), wanted);
  }
});

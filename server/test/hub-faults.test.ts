import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t from 'tap';
import { address } from './support/hostile-peer.js';
import type { HostileRoom, PageChanges } from './support/hostile-room.js';
import { A, B, EVIL, HostileStage } from './support/hostile-stage.js';
import type { Answer } from './support/hostile-peer.js';
import { captureInProcess, runInProcess } from './support/run-in-process.js';
import { until } from './support/test-person.js';
import type { Json, TestPerson } from './support/test-person.js';

const stage = await HostileStage.open(t);
const { peer, alice, bob, network } = stage;
const follower = network.provider(B);

const push = async (to: string, page: Json): Promise<Answer> => await peer.ask(to, 'push', page);
const statusOf = ({ json }: Answer): unknown => (json['rooms'] as Json[] | undefined)?.[0]?.['status'];
const flip = (hash: Buffer): Buffer => Buffer.from(hash.map((byte, index) => (index === 0 ? byte ^ 1 : byte)));
const isLive = async (room: HostileRoom): Promise<boolean> => (await stage.stored(room.room))?.status === 'live';

/** Has the second server's operator say that the hub's rooms be judged anew, and waits for what comes of it. */
async function rejudge(word: string): Promise<void> {
  const times = async (): Promise<number> => (await follower.log()).split(word).length;
  const before = await times();
  t.equal(await runInProcess(['peers', 'rejudge', EVIL, '--data-dir', follower.dataDir]), 0);
  await until(async () => (await times()) > before, word);
}

await t.test('a room whose folds differ stands still until they agree, and then goes on', async (t) => {
  const room = await stage.lure();
  const stream = bob.openStream();
  await stream.find((frame) => frame['t'] === 'synced');
  room.append(room.message('with another state'));
  const wrong: PageChanges = { head: (head) => ({ ...head, state: flip(head.state) }) };
  t.equal(statusOf(await push(B, room.page(room.seq, wrong))), 'quarantined');
  await stream.find((frame) => frame['room'] === room.room && frame['status'] === 'quarantined', 'the news of it');
  t.equal(await bob.refusal('POST', `/rooms/${room.room}/events`, messageOf('stuck')), 'quarantined');

  const honest = peer.answers.get('log');
  peer.answers.set('log', ({ from }) => {
    const { rooms, seals } = room.page(Number(from), wrong);
    return { page: rooms[0] ?? {}, seals, newest: room.seq };
  });
  await rejudge('room-still-quarantined');
  t.match(await stage.stored(room.room), { status: 'quarantined', code: 'state-mismatch', proofs: 1 });
  if (honest !== undefined) peer.answers.set('log', honest);
  t.equal(statusOf(await push(B, room.page(room.seq))), 'quarantined', 'a push alone lifts nothing');
  await rejudge('room-resumed');
  t.match(await stage.stored(room.room), { status: 'live', code: null, seq: room.seq, proofs: 1 });
  await stream.find((frame) => frame['room'] === room.room && frame['status'] === 'live', 'and of that');
  await until(async () => (await textsOf(bob, room)).includes('with another state'), 'what was not taken');
  room.append(room.message('as ever'));
  t.equal(statusOf(await push(B, room.page(room.seq))), 'acked');
  stream.close();
});

await t.test('a start judges anew, but a fork only the operator lets go on', async (t) => {
  const [mended, forked] = [await stage.lure(), await stage.lure()];
  mended.append(mended.message('mended'));
  const early: PageChanges = { records: (all) => all.map((one) => ({ ...one, at: 1 })) };
  t.equal(statusOf(await push(B, mended.page(mended.seq, early))), 'quarantined');
  const fork = forked.page(forked.records.length, { head: (head) => ({ ...head, hash: flip(head.hash) }) });
  t.equal(statusOf(await push(B, fork)), 'quarantined');
  await follower.stop();
  await follower.start();
  await until(() => isLive(mended), 'the room whose hub was mended');
  t.match(await stage.stored(forked.room), { status: 'quarantined', code: 'fork', proofs: 1 });
  const { stdout } = await captureInProcess(['peers', 'proofs', EVIL, '--json', '--data-dir', follower.dataDir]);
  const held = stdout.split('\n').find((line) => line.includes(forked.room)) ?? '{}';
  t.match(JSON.parse(held), { kind: 'fork', proof: { code: 'fork', heads: { length: 2 } } }, 'both heads are shown');
  await rejudge('room-resumed');
  t.match(await stage.stored(forked.room), { status: 'live', proofs: 1 }, 'the proof is kept');
});

await t.test('a content that the hub keeps back comes from another participant', async (t) => {
  const room = await stage.lure();
  await peer.ask(A, 'mailbox', { items: [room.invitation(address(alice.address))] });
  await alice.acceptFrom(stage.mallory);
  const held = Number((await stage.stored(room.room))?.seq);
  t.equal(statusOf(await push(B, room.page(held + 1))), 'acked', 'the second server knows the third participant');
  const without: PageChanges = { records: (all) => all.map((one) => ({ ...one, content: null })) };
  room.append(room.message('only for the first'));
  t.equal(statusOf(await push(A, room.page(room.seq))), 'acked');
  const stream = bob.openStream();
  await stream.find((frame) => frame['t'] === 'synced');
  t.equal(statusOf(await push(B, room.page(room.seq, without))), 'acked');
  await until(async () => (await textsOf(bob, room)).includes('only for the first'), 'the content');
  await stream.find((frame) => frame['t'] === 'room' && frame['room'] === room.room, 'the news of it');

  // What nobody has is asked for, and is not there.
  room.append(room.message('for nobody'));
  for (const to of [A, B]) t.equal(statusOf(await push(to, room.page(room.seq, without))), 'acked');
  t.notOk((await textsOf(bob, room)).includes('for nobody'));
  room.append(room.message('goes on'));
  for (const to of [A, B]) t.equal(statusOf(await push(to, room.page(room.seq))), 'acked');
  await until(async () => (await textsOf(bob, room)).includes('goes on'), 'what comes after');
  stream.close();
  await stage.requireAlive(t);
});

function messageOf(text: string): Json {
  return { requestKey: text, type: 'message', content: { text } };
}

async function textsOf(person: TestPerson, { room }: HostileRoom): Promise<unknown[]> {
  return (await person.events(room)).map(({ content }) => (content as Json | null)?.['text']);
}

await t.test(
  'a provider that the operator blocks gets nothing and says nothing, until the block is lifted',
  async (t) => {
    const here = network.provider(A);
    const operate = async (word: string): Promise<void> => {
      t.equal(await runInProcess(['peers', word, B, '--data-dir', here.dataDir]), 0);
    };
    const heads = async (): Promise<unknown[]> =>
      await Promise.all(
        [alice, bob].map(async (who) => ((await who.call('GET', `/rooms/${stage.room}`))['head'] as Json)['seq']),
      );
    await until(async () => new Set(await heads()).size === 1, 'both to be even');
    // What operators' commands ring is heard again when the database is back.
    await here.killDatabase();
    await until(
      async () => (await alice.say(stage.room, 'back').catch(() => ({ status: 'failed' })))['status'] === 'ordered',
      'the database to be back',
    );
    await until(async () => new Set(await heads()).size === 1, 'both to be even again');
    const [before] = await heads();
    await operate('block');
    const said = await until(async () => {
      const answer = await bob.say(stage.room, 'from the blocked one');
      return answer['status'] === 'pending' && answer;
    }, 'the block to be honoured');
    const { status, id } = await alice.say(stage.room, 'to the others');
    t.equal(status, 'ordered', 'who is not blocked goes on');
    t.equal((await stage.say()).status, 200);
    const zahra = await stage.signUp('zahra2');
    const contact = await zahra.call('POST', '/contacts', { address: bob.address, requestKey: 'contact' });
    t.equal(contact['status'], 'sent', 'a request is kept for later');
    t.notOk(
      (await bob.events(stage.room)).some((event) => event['id'] === id),
      'nothing has come through',
    );
    t.match((await bob.call('GET', '/requests'))['requests'], []);
    t.notOk((await alice.events(stage.room)).some((event) => event['id'] === said['id']));
    t.ok(Number((await heads())[0]) > Number(before));
    await operate('unblock');
    const waitMs = 60_000;
    const has = async (who: TestPerson, what: unknown): Promise<boolean> =>
      (await who.events(stage.room)).some((event) => event['id'] === what);
    await until(() => has(bob, id), 'what was missed', waitMs);
    await until(() => has(alice, said['id']), 'what was pending', waitMs);
    await until(
      async () => {
        const { requests } = await bob.call('GET', '/requests');
        return (requests as Json[]).some(({ by }) => by === zahra.address);
      },
      'the request',
      waitMs,
    );
  },
);

await t.test('the doctor says what is well, what is not, and what to do', async (t) => {
  const here = network.provider(A);
  const peers = join(dirname(here.dataDir), 'peers.json');
  const examine = async (): Promise<{ code: number; of: (check: string) => Json }> => {
    const words = ['doctor', '--json', '--data-dir', here.dataDir, '--peers', peers];
    const { code, stdout } = await captureInProcess(words);
    const findings = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Json);
    const of = (check: string): Json => findings.find((one) => one['check'] === check) ?? {};
    return { code, of };
  };
  const well = await examine();
  for (const check of ['keys', 'names', 'certificate', 'document', 'database', 'clock'])
    t.match(well.of(check), { state: 'ok', says: /\w/ }, check);
  t.match(well.of('peer'), { state: 'ok', says: /answers in/ });
  t.equal(well.code, 0);

  const keys = join(here.dataDir, 'keys', 'provider.json');
  await chmod(keys, 0o644);
  const shown = await examine();
  t.match(shown.of('keys'), { state: 'fail', advice: /chmod 600/ });
  t.equal(shown.code, 1);
  await chmod(keys, 0o600);

  await follower.stop();
  await here.stop();
  const down = await examine();
  t.match(down.of('document'), { state: 'fail', advice: /server runs/ });
  t.match(down.of('certificate'), { state: 'fail', says: /nothing answers/ });
  t.match(down.of('database'), { state: 'ok' }, 'is started for it');
  t.match(down.of('peer'), { state: /warn|ok/ });
  t.equal(down.code, 1);
});

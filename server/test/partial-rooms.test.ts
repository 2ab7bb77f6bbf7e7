import t from 'tap';
import { stateBucket } from '../src/protocol/state-hash.js';
import { address, HostilePeer, strayKey } from './support/hostile-peer.js';
import type { Item } from './support/hostile-peer.js';
import { HostileRoom } from './support/hostile-room.js';
import { askDatabase } from './support/provider-database.js';
import { createTestNetwork } from './support/test-network.js';
import { TestPerson, until } from './support/test-person.js';
import type { Json } from './support/test-person.js';

const [B, HUB] = ['b.test', 'hub.test'] as const;
const OWNER = address(`mallory@${HUB}`);

const network = await createTestNetwork({ domains: [B, HUB] });
t.teardown(() => network.stop());
const provider = network.provider(B);
await provider.start();
const hub = await HostilePeer.start(network, HUB);
t.teardown(() => hub.stop());
const bob = await TestPerson.signUp(network, B, 'bob');

const room = new HostileRoom(hub, OWNER);
const summary = (): Promise<Json> => bob.call('GET', `/rooms/${room.room}`);
const eventOn = async (id: string): Promise<Json | undefined> =>
  (await bob.events(room.room)).find((event) => event['id'] === id);
const push = async (): Promise<Json> => {
  const { json } = await hub.ask(B, 'push', room.page(joinedAt + 1));
  return (json['rooms'] as Json[])[0] ?? {};
};
const asked = (verb: string): Json[] => hub.received.get(verb) ?? [];
/** the owner is in none of the buckets before it */
const cut = stateBucket('member', OWNER);
let joinedAt = 0;

await t.test('a large room is listed, and can be read and written to, after one answer', async (t) => {
  hub.answers.set('join', ({ items }) => {
    const answer = room.join(items as Item[], 0);
    joinedAt = room.seq;
    return answer;
  });
  await until(async () => {
    const answer = await hub.ask(B, 'mailbox', { items: [room.invitation(address(bob.address))] });
    return answer.status === 200;
  }, 'B to know the hub');
  const stream = bob.openStream();
  t.teardown(() => stream.close());
  t.equal(await bob.acceptFrom(OWNER), room.room);
  t.match(await summary(), { status: 'partial', membership: 'joined', members: 1 });
  t.match((await bob.call('GET', '/rooms'))['rooms'], [{ room: room.room }]);

  const forged = hub.make({ room: room.room, type: 'message', sender: OWNER }, { text: 'forged' }, strayKey());
  const honest = new HostileRoom(hub, OWNER);
  t.equal(honest.append(room.message('another room')), 'wrong-room');
  t.match((await hub.ask(B, 'push', honest.page(0))).json['rooms'], [{ status: 'unknown-room' }]);

  const first = room.message('سلام به تازه‌وارد');
  t.equal(room.append(first), 'allowed');
  t.match(await push(), { status: 'retry' }, 'what cannot be judged is not acknowledged');
  const frame = await stream.find(({ id }) => id === first.event.id, 'the first message');
  t.match(frame, { unjudged: true, sender: OWNER, content: { text: 'سلام به تازه‌وارد' } });
  t.match(await eventOn(first.event.id), { unjudged: true, content: { text: 'سلام به تازه‌وارد' } });
  const stranger = room.message('let me in', address(`eve@${HUB}`));
  t.equal(room.append(stranger), 'not-member');
  await push();
  t.match(await stream.find(({ id }) => id === stranger.event.id), { unjudged: true });

  const records = room.page(joinedAt + 1, { records: (all) => all.map((one) => ({ ...one, jws: forged.jws })) });
  await hub.ask(B, 'push', records);
  t.equal(await eventOn(forged.event.id), undefined, 'what its author did not sign is not shown');
  t.match(await bob.say(room.room, 'hello'), { status: 'pending' }, 'the hub decides what it takes');
  const stored = await askDatabase(network, B, {
    text: 'SELECT seq FROM log WHERE room_id = $1 AND seq > $2',
    values: [room.room, joinedAt],
  });
  t.same(stored, [], 'nothing of it is written before it is judged');
});

await t.test('the rest is fetched from where the answer ended, also after kill -9', async (t) => {
  hub.answers.set('snapshot', ({ from }) => room.snapshot(Number(from), Number(from) === 0 ? cut : Number(from)));
  await until(async () => asked('snapshot').some(({ from }) => from === cut), 'B to ask for the rest of the rest');
  await provider.kill();
  const before = asked('snapshot').length;
  hub.answers.set('snapshot', ({ from }) => ({ ...room.snapshot(Number(from)), entries: [] }));
  await provider.start();
  await until(async () => asked('snapshot').length > before, 'B to go on');
  t.match(await summary(), { status: 'partial' }, 'entries that are missing are noticed');
  const stream = bob.openStream({ account: 0, rooms: { [room.room]: joinedAt } });
  t.teardown(() => stream.close());
  await push();
  const shown = await stream.find(
    ({ t: type, unjudged }) => type === 'event' && unjudged === true,
    'the messages again',
  );
  t.equal(shown['seq'], joinedAt + 1);

  hub.answers.set('log', ({ from }) => room.log(Number(from)));
  hub.answers.set('snapshot', ({ from }) => room.snapshot(Number(from)));
  await until(async () => (await summary())['status'] === 'live', 'the whole room');
  t.ok(
    asked('snapshot')
      .slice(before)
      .every(({ from }) => from === cut),
    'what was checked is not asked for again',
  );
  const judged = await stream.find(({ seq, unjudged }) => seq === joinedAt + 1 && unjudged === undefined, 'it judged');
  t.equal(judged['void'], undefined);
  t.match(await stream.find(({ seq, unjudged }) => seq === joinedAt + 2 && unjudged === undefined), {
    void: 'not-member',
  });
  const events = await bob.events(room.room);
  t.same(
    events.filter(({ unjudged }) => unjudged !== undefined),
    [],
  );
  t.match(await summary(), { members: 2, head: { seq: room.seq } });
  const [row] = await askDatabase<{ state_hash: Buffer; covered: number | null; buckets: Buffer | null }>(network, B, {
    text: 'SELECT state_hash, covered, buckets FROM rooms WHERE room_id = $1',
    values: [room.room],
  });
  t.same(row, { state_hash: room.state.hash(), covered: null, buckets: null }, 'the state is the hub’s');
});

import t from 'tap';
import { limits } from '@payvand/spec';
import type { RoomId } from '../../src/protocol/identifiers.js';
import { linkKeyOf, linkLocatorOf, parseLinkText, proveLink } from '../../src/protocol/link.js';
import { address, HostilePeer } from '../support/hostile-peer.js';
import { resultsOf } from '../support/hostile-stage.js';
import { createTestNetwork } from '../support/test-network.js';
import { TestPerson, until } from '../support/test-person.js';
import type { Json } from '../support/test-person.js';

const [A, B, CROWD, LATE] = ['a.test', 'b.test', 'crowd.test', 'late.test'] as const;
const ANSWER_BYTES_MAX = 256 * 1024;
const BATCH = 256;
/** All that a room holds, but the three who come last. */
const CROWD_SIZE = limits.joinedMembersMax - 3;

const env = { PAYVAND_PEER_WRITES_PER_S: '10000', PAYVAND_PEER_READS_PER_S: '10000' };
const network = await createTestNetwork({ domains: [A, B, CROWD, LATE], env });
t.teardown(() => network.stop());
await Promise.all([A, B].map((name) => network.provider(name).start()));
const [crowd, late] = [await HostilePeer.start(network, CROWD), await HostilePeer.start(network, LATE)];
t.teardown(() => {
  crowd.stop();
  late.stop();
});
const alice = await TestPerson.signUp(network, A, 'alice');
const bob = await TestPerson.signUp(network, B, 'bob');

await t.test('a group as large as can be costs a new provider one small request', async (t) => {
  const created = await alice.call('POST', '/rooms', { title: 'شهر', requestKey: 'large' });
  const room = String(created['room']) as RoomId;
  const { link } = await alice.call('POST', `/rooms/${room}/links`, {});
  const secret = parseLinkText(String(link))?.secret ?? '';
  // Who calls for the first time is looked up first.
  for (const peer of [crowd, late])
    await until(async () => (await peer.ask(A, 'heads', { rooms: [] })).status !== 503, 'the hub to know it');
  const shown = (await crowd.ask(A, 'directory', { link: linkLocatorOf(secret) })).json['link'] as Json;
  const contentFor = (name: string): object => {
    const person = address(name);
    return { invite: shown['jws'], proof: proveLink(linkKeyOf(secret), { room, person }) };
  };

  const everybody = Array.from({ length: CROWD_SIZE }, (_, index) => `person${index}@${CROWD}`);
  const [first = '', ...others] = everybody;
  const opening = { room, items: crowd.joinItems(room, address(first), contentFor(first)) };
  let last = resultsOf(await crowd.ask(A, 'join', opening)).at(-1);
  t.equal(last?.['status'], 'accepted');
  for (let from = 0; from < others.length; from += BATCH) {
    const names = others.slice(from, from + BATCH);
    const seen = [0, Number(last?.['seq']), String(last?.['hash'])] as const;
    const items = names.map((name) => crowd.joinItem({ room, seen }, address(name), contentFor(name)));
    const results = await until(async () => {
      const answer = await crowd.ask(A, 'submit', { items });
      return answer.status === 200 && resultsOf(answer).every(({ status }) => status !== 'retry') && resultsOf(answer);
    }, 'a batch of joins');
    const refused = results.filter(({ status }) => status !== 'accepted' && status !== 'duplicate');
    if (refused.length > 0) throw new Error(JSON.stringify(refused[0]));
    last = results.at(-1);
  }

  const newcomer = `newcomer@${LATE}`;
  const items = late.joinItems(room, address(newcomer), contentFor(newcomer));
  const askedAt = performance.now();
  const answer = await late.ask(A, 'join', { room, items });
  const tookMs = performance.now() - askedAt;
  t.equal(resultsOf(answer).at(-1)?.['status'], 'accepted');
  t.match(answer.json['snapshot'], { room, sealed: { head: { room } } });
  const bytes = Buffer.byteLength(answer.text);
  t.ok(bytes <= ANSWER_BYTES_MAX, `the answer has ${bytes} bytes`);
  const { entries, covered } = answer.json['snapshot'] as { entries: unknown[]; covered: number };
  t.comment(
    `join of ${LATE}: ${bytes} bytes, ${entries.length} entries, ${covered} of 256 buckets, ${tookMs.toFixed(0)} ms`,
  );

  const startedAt = performance.now();
  await bob.call('POST', '/links/join', { link });
  await until(
    async () => (await alice.call('GET', `/rooms/${room}`))['members'] === limits.joinedMembersMax,
    'the join',
  );
  const said = await alice.say(room, 'سلام به همه');
  t.equal(said['status'], 'ordered');
  await until(
    async () => {
      const events = await bob.events(room).catch(() => []);
      return events.some(({ id }) => id === said['id']);
    },
    'the first message',
    60_000,
  );
  t.comment(
    `the first message stood on ${B} ${(performance.now() - startedAt).toFixed(0)} ms after its person asked to join`,
  );
  await until(
    async () => {
      const { members } = await bob.call('GET', `/rooms/${room}`);
      return members === limits.joinedMembersMax;
    },
    'all people, where the snapshot was checked to its end',
    60_000,
  );

  const one = await TestPerson.signUp(network, B, 'one-too-many');
  t.equal(await one.refusal('POST', '/links/join', { link }), 'state-full');
});

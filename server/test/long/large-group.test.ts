import t from 'tap';
import { request } from 'undici';
import { limits } from '@payvand/spec';
import type { RoomId } from '../../src/protocol/identifiers.js';
import { linkKeyOf, linkLocatorOf, parseLinkText, proveLink } from '../../src/protocol/link.js';
import { address, HostilePeer } from '../support/hostile-peer.js';
import { resultsOf } from '../support/hostile-stage.js';
import { askDatabase } from '../support/provider-database.js';
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

const VERBS = ['join', 'snapshot', 'log'] as const;

/** Requests that a provider has answered, by verb. */
async function requestsTo(name: string): Promise<ReadonlyMap<string, number>> {
  const { body } = await request(`http://127.0.0.1:${network.provider(name).adminPort}/metrics`);
  const lines = (await body.text()).split('\n').filter((line) => line.startsWith('payvand_http_requests_total'));
  const counts = new Map<string, number>();
  for (const line of lines) {
    const verb = /\/payvand\/v1\/([a-z]+)"/.exec(line)?.[1] ?? '';
    counts.set(verb, (counts.get(verb) ?? 0) + Number(line.split(' ').at(-1)));
  }
  return counts;
}

async function stateOf(name: string, room: string): Promise<string | undefined> {
  const text = "SELECT encode(state_hash, 'hex') AS state FROM rooms WHERE room_id = $1";
  const [row] = await askDatabase<{ state: string }>(network, name, { text, values: [room] });
  return row?.state;
}

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

  const before = await requestsTo(A);
  const startedAt = performance.now();
  const since = (): string => `${(performance.now() - startedAt).toFixed(0)} ms`;
  const spent = async (): Promise<string> => {
    const now = await requestsTo(A);
    return VERBS.map((verb) => `${(now.get(verb) ?? 0) - (before.get(verb) ?? 0)} ${verb}`).join(', ');
  };
  const stream = bob.openStream();
  t.teardown(() => stream.close());
  await stream.find(({ t: type }) => type === 'synced');
  await bob.call('POST', '/links/join', { link });
  const { status, members } = await bob.call('GET', `/rooms/${room}`);
  t.match({ status, members }, { status: 'partial', members: Number }, 'it is there, and says that it is not whole');
  t.comment(`on ${B} the room is listed ${since()} after its person asked, with ${String(members)} people`);
  const said = await alice.say(room, 'سلام به همه');
  t.equal(said['status'], 'ordered');
  const shownFirst = await stream.find(({ id }) => id === said['id'], 'the first message', 60_000);
  t.match(shownFirst, { unjudged: true, content: { text: 'سلام به همه' } });
  t.comment(`the first message shows there after ${since()} and ${await spent()}`);

  const coveredOnB = async (): Promise<number | null> => {
    const text = 'SELECT covered FROM rooms WHERE room_id = $1';
    const [row] = await askDatabase<{ covered: number | null }>(network, B, { text, values: [room] });
    return row?.covered ?? null;
  };
  const atFirst = covered;
  const kept = await until(async () => {
    const now = await coveredOnB();
    return now === null || now > atFirst ? { now } : undefined;
  }, 'more of the snapshot');
  await network.provider(B).kill();
  t.comment(`killed after ${since()}, with ${String(kept.now ?? 256)} of 256 buckets`);
  await network.provider(B).start();
  t.equal((await bob.call('GET', `/rooms/${room}`))['membership'], 'joined');
  await until(
    async () => {
      const shown = await bob.call('GET', `/rooms/${room}`);
      return shown['status'] === 'live' && shown['members'] === limits.joinedMembersMax;
    },
    'all people',
    60_000,
  );
  await until(async () => (await bob.events(room)).some(({ id, unjudged }) => id === said['id'] && !unjudged), 'it');
  t.comment(`it is whole there after ${since()}, a crash and a start in between, and ${await spent()}`);
  t.equal(await stateOf(B, room), await stateOf(A, room), 'both hold the same state');

  const one = await TestPerson.signUp(network, B, 'one-too-many');
  t.equal(await one.refusal('POST', '/links/join', { link }), 'state-full');
});

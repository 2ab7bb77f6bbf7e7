import { askPatiently, introduce } from '../network/ask.js';
import type { Answer } from '../network/exchange.js';
import type { Deviation, Peer } from '../network/peer.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, CheckTitle, Lane } from '../run/check.js';
import { describe, jsonOf, mustBe, problem } from '../run/expectations.js';
import { Flows } from '../run/flows.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { documentTables } from './document-deviations.js';
import type { DocumentRow } from './document-deviations.js';

const nowhere = { rooms: [`r${'A'.repeat(43)}`] };
const FETCH_MS_MAX = 9000;

/** Failed attempts of one source are bounded: whoever is told to wait waits. */
async function knock(peer: Peer, how: Deviation = {}): Promise<Answer> {
  await sleep(100);
  return await askPatiently(peer, 'heads', nowhere, how);
}

type Flow = CheckTitle & { readonly run: (run: Run) => Promise<void> };

async function honestlyKnown(run: Run): Promise<Peer> {
  return await control('a provider with an honest document', async () => await run.makeKnownPeer());
}

/** Asks, is unknown, is looked up, and is as unknown as before; with an honest document it is known. */
async function disbelieve(run: Run, { reply, certificate }: DocumentRow): Promise<void> {
  const peer = await run.makePeer(certificate === undefined ? {} : { certificate });
  peer.document = () => reply(peer);
  mustBeUnknown(await knock(peer));
  if (certificate === undefined) await until(() => peer.documentRequests > 0, 'the document to be asked for');
  const slow = reply(peer);
  await sleep(slow.delayMs !== undefined || slow.dripMs !== undefined ? FETCH_MS_MAX : 700);
  mustBeUnknown(await knock(peer));
  if (certificate !== undefined)
    must(peer.documentRequests === 0, 'nothing sent to whom the certificate is not of', 'a request');
  peer.document = () => peer.documentReply();
  await run.heal(peer);
  await until(
    async () => (await knock(peer)).status === 200,
    'the provider to be known with an honest document',
    45_000,
  );
}

function mustBeUnknown(answer: Answer): void {
  mustBe(answer, problem('unknown-peer'));
  must(/^\d+$/.test(answer.headers.get('retry-after') ?? ''), 'Retry-After in whole seconds', describe(answer));
}

const rowFlows: Flow[] = Object.entries(documentTables).flatMap(([area, rows]) =>
  rows.map((row) => ({
    ...titleOf({ area, isHostile: true }, { name: row.name, covers: row.covers }),
    run: async (run: Run) => await disbelieve(run, row),
  })),
);

/** A second document that must not take the place of the first: whoever uses its key stays a stranger. */
interface SecondRow {
  readonly name: string;
  readonly covers: readonly string[];
  /** @param first text of the document in force; x of the new key */
  readonly second: (peer: Peer, first: string, x: string) => string;
}

const listing = (peer: Peer, x: string): object[] => [
  { x: peer.keys.request.x, use: 'request', status: 'active' },
  { x: peer.keys.event.x, use: 'event', status: 'active' },
  { x, use: 'request', status: 'active' },
];

const seconds: readonly SecondRow[] = [
  {
    name: 'lower-version',
    covers: ['PV-DOC-016'],
    second: (peer, _, x) =>
      peer.makeDocument({ version: 1, statement: peer.makeStatement({ version: 2, keys: listing(peer, x) }) }),
  },
  {
    name: 'statement-of-a-used-version',
    covers: ['PV-DOC-018', 'PV-DOC-017'],
    second: (peer, _, x) =>
      peer.makeDocument({
        version: Date.now() + 1000,
        statement: peer.makeStatement({ version: 1, keys: listing(peer, x) }),
      }),
  },
  {
    name: 'used-version',
    covers: ['PV-DOC-017'],
    second: (peer, first, x) => {
      const { version } = JSON.parse(Buffer.from(first.split('.')[1] ?? '', 'base64url').toString()) as {
        version: number;
      };
      return peer.makeDocument({ version, statement: peer.makeStatement({ version: 2, keys: listing(peer, x) }) });
    },
  },
  {
    name: 'unlisted-root',
    covers: ['PV-DOC-015', 'PV-KEY-011'],
    second: (peer, _, x) => {
      const root = peer.keys.retired;
      const statement = peer.makeStatement({ version: 2, roots: [root.x], keys: listing(peer, x) }, root);
      return peer.makeDocument({ version: Date.now() + 1000, statement }, root);
    },
  },
];

const secondFlows: Flow[] = seconds.map(({ name, covers, second }) => ({
  ...titleOf({ area: 'second-document', isHostile: true }, { name, covers }),
  async run(run) {
    const peer = await run.makePeer();
    const first = peer.makeDocument();
    peer.document = () => peer.documentReply(first);
    await control('the first document', async () => await introduce(peer));
    const key = peer.strayKey();
    const before = peer.documentRequests;
    peer.document = () => peer.documentReply(second(peer, first, key.x));
    await until(async () => {
      await knock(peer, { signed: { key } });
      return peer.documentRequests > before;
    }, 'the second document to be asked for');
    await sleep(700);
    const answer = await knock(peer, { signed: { key } });
    must(answer.status === 401, '401 for the key of the second document', describe(answer));
    must((await knock(peer)).status === 200, 'the first document to count on', 'not 200');
  },
}));

const honestFlows: Flow[] = [
  {
    ...titleOf({ area: 'second-document' }, { name: 'new-key', covers: ['PV-DISC-013', 'PV-DOC-016', 'PV-KEY-011'] }),
    async run(run) {
      const peer = await honestlyKnown(run);
      const stray = await knock(peer, { signed: { key: peer.strayKey() } });
      must(stray.status === 401, '401 for a key that no document lists', describe(stray));
      const key = peer.strayKey();
      const version = Date.now() + 1000;
      const statement = peer.makeStatement({ version: 2, keys: listing(peer, key.x) });
      peer.document = () => peer.documentReply(peer.makeDocument({ version, statement }));
      const text = peer.makeDocument({ version, statement });
      peer.document = () => peer.documentReply(text);
      await until(async () => (await knock(peer, { signed: { key } })).status === 200, 'the new key to be known');
    },
  },
  {
    ...titleOf(
      { area: 'discovery-of-peers' },
      { name: 'one-fetch-for-many-requests', covers: ['PV-DISC-010', 'PV-RSG-019'] },
    ),
    async run(run) {
      const peer = await run.makePeer();
      peer.document = () => ({ ...peer.documentReply(), delayMs: 3000 });
      const answers = await Promise.all(Array.from({ length: 10 }, async () => await knock(peer)));
      must(
        answers.every((answer) => jsonOf(answer)['code'] === 'unknown-peer' && answer.ms < 2800),
        'unknown-peer at once',
        answers.map(({ ms }) => ms),
      );
      must(peer.documentRequests <= 1, 'one fetch at most', peer.documentRequests);
      await introduce(peer);
    },
  },
  {
    ...titleOf(
      { area: 'discovery-of-peers', level: 'MUST', isHostile: true },
      { name: 'backs-off', covers: ['PV-DISC-012', 'PV-HTTP-014'] },
    ),
    async run(run) {
      const peer = await run.makePeer();
      peer.document = () => ({ status: 500 });
      const started = Date.now();
      while (Date.now() - started < 6000) {
        await knock(peer);
        await sleep(400);
      }
      must(
        peer.documentRequests >= 1 && peer.documentRequests <= 12,
        'few fetches in 6 seconds of failure',
        peer.documentRequests,
      );
    },
  },
];

const flows = [...honestFlows, ...rowFlows, ...secondFlows];
const checks: Check<Flows>[] = flows.map(({ run: _, ...title }) => ({
  ...title,
  run: async (begun) => await begun.finish(title.id),
}));

/** The target looks up providers of the suite. */
export const documentLanes: readonly Lane[] = [
  makeLane({
    ...{ name: 'documents', checks },
    async open(run, ids) {
      await honestlyKnown(run);
      const wanted = flows.filter(({ id }) => ids.includes(id));
      return new Flows(new Map(wanted.map(({ id, run: begin }) => [id, async () => await begin(run)])));
    },
  }),
];

import { ask, askPatiently, introduce } from '../network/ask.js';
import type { Answer } from '../network/exchange.js';
import type { Peer } from '../network/peer.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { describe, jsonOf, mustBe, problem } from '../run/expectations.js';
import type { Expectation } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { bodyRows, oddBodies } from './body-deviations.js';
import { signatureRows, transportRows } from './request-deviations.js';
import type { RequestRow } from './request-deviations.js';

/** A provider of the suite that the target knows; it asks where rooms stand that nobody has. */
interface KnownPeer {
  readonly peer: Peer;
  readonly run: Run;
}

const nowhere = { rooms: [`r${'A'.repeat(43)}`] };

async function isAnswered({ peer }: KnownPeer): Promise<void> {
  await ask(peer, 'heads', nowhere);
}

/** Control, attack, still alive. A read has no effect that could be looked for. */
async function refuse(stage: KnownPeer, attack: () => Promise<Answer>, expect: Expectation): Promise<void> {
  await control('an honest request', async () => await isAnswered(stage));
  mustBe(await attack(), expect);
  await isAnswered(stage);
}

function rowChecks(area: string, rows: readonly RequestRow[]): Check<KnownPeer>[] {
  return rows.map(({ name, covers, how, expect }) => ({
    ...titleOf({ area, isHostile: true }, { name, covers }),
    async run(stage) {
      const { peer, run } = stage;
      const target = run.target.place.host;
      await refuse(
        stage,
        async () => await askPatiently(peer, 'heads', nowhere, how(peer, target)),
        expect(peer, run.target.domain),
      );
    },
  }));
}

const bodyChecks: Check<KnownPeer>[] = bodyRows.map(({ name, covers, body, expect }) => ({
  ...titleOf({ area: 'json', isHostile: true }, { name, covers }),
  async run(stage) {
    const attack = async (): Promise<Answer> =>
      await askPatiently(stage.peer, 'heads', body(JSON.stringify(nowhere)), {});
    await refuse(stage, attack, expect);
  },
}));

const oddChecks: Check<KnownPeer>[] = oddBodies.map(([name, body, covers]) => ({
  ...titleOf({ area: 'json-allowed' }, { name, covers }),
  async run({ peer }) {
    const answer = await askPatiently(peer, 'heads', body(JSON.stringify(nowhere)), {});
    must(answer.status === 200, '200, as without it', describe(answer));
  },
}));

const shapes: readonly (readonly [name: string, verb: string, body: object | string, part: string])[] = [
  ['no-object', 'heads', '[]', '/'],
  ['a-string', 'heads', '"x"', '/'],
  ['submit-without-items', 'submit', {}, '/'],
  ['submit-of-nothing', 'submit', { items: [] }, '/items'],
  ['submit-of-a-word', 'submit', { items: 'x' }, '/items'],
  ['submit-of-a-number', 'submit', { items: [1] }, '/items/0'],
  ['submit-without-content', 'submit', { items: [{ jws: 'x.y.z' }] }, '/items/0'],
  ['submit-of-257', 'submit', { items: Array.from({ length: 257 }, () => ({ jws: 'x', content: 'y' })) }, '/items'],
  ['mailbox-of-nothing', 'mailbox', { items: [] }, '/items'],
  ['mailbox-of-17', 'mailbox', { items: Array.from({ length: 17 }, () => 'x') }, '/items'],
  ['log-of-no-room', 'log', { room: 'x', from: 0, max: 1 }, '/room'],
  ['log-from-below-zero', 'log', { room: nowhere.rooms[0], from: -1, max: 1 }, '/from'],
  ['log-of-257', 'log', { room: nowhere.rooms[0], from: 0, max: 257 }, '/max'],
  [
    'join-of-three',
    'join',
    { room: nowhere.rooms[0], items: Array.from({ length: 3 }, () => ({ jws: 'x', content: 'y' })) },
    '/items',
  ],
  ['snapshot-from-256', 'snapshot', { room: nowhere.rooms[0], seq: 0, from: 256 }, '/from'],
  [
    'signals-of-257',
    'signals',
    { items: Array.from({ length: 257 }, () => ({ kind: 'x', room: 'x', from: 'x', counter: 1 })) },
    '/items',
  ],
];

const shapeChecks: Check<KnownPeer>[] = shapes.map(([name, verb, body, part]) => ({
  ...titleOf({ area: 'shape', isHostile: true }, { name, covers: shapeCovers(verb) }),
  async run(stage) {
    const bytes = typeof body === 'string' ? body : JSON.stringify(body);
    await refuse(stage, async () => await askPatiently(stage.peer, verb, bytes, {}), problem('bad-request', { part }));
  },
}));

function shapeCovers(verb: string): string[] {
  const more: Readonly<Record<string, string>> = { submit: 'PV-SUB-002', mailbox: 'PV-MBX-002' };
  const own = more[verb];
  return own === undefined ? ['PV-ERR-004'] : ['PV-ERR-004', own];
}

const paths: readonly (readonly [name: string, verb: string])[] = [
  ['media', 'media'],
  ['vote', 'vote'],
  ['unknown', 'nonsense'],
  ['capital', 'Heads'],
  ['slash-after', 'heads/'],
  ['slash-before', '/heads'],
  ['escaped', '%68eads'],
  ['dots', '../v1/heads'],
  ['another-version', '../v2/heads'],
];

const pathChecks: Check<KnownPeer>[] = paths.map(([name, verb]) => ({
  ...titleOf({ area: 'path', isHostile: true }, { name, covers: ['PV-HTTP-012'] }),
  async run(stage) {
    await refuse(stage, async () => await askPatiently(stage.peer, verb, nowhere, {}), problem('not-supported'));
  },
}));

const methodChecks: Check<KnownPeer>[] = ['GET', 'PUT', 'DELETE', 'PATCH'].map((method) => ({
  ...titleOf({ area: 'method', isHostile: true }, { name: method.toLowerCase(), covers: ['PV-HTTP-012'] }),
  async run(stage) {
    await control('an honest request', async () => await isAnswered(stage));
    const answer = await askPatiently(stage.peer, 'heads', nowhere, { method });
    mustBe(answer, problem('method-not-allowed'));
    must((answer.headers.get('allow') ?? '').includes('POST'), 'Allow: POST', answer.headers.get('allow') ?? 'none');
    await isAnswered(stage);
  },
}));

const honestChecks: Check<KnownPeer>[] = [
  {
    ...titleOf({ area: 'request' }, { name: 'honest', covers: ['PV-HTTP-002', 'PV-RSG-007', 'PV-HEADS-001'] }),
    run: isAnswered,
  },
  {
    ...titleOf({ area: 'request' }, { name: 'sent-again', covers: ['PV-RSG-020', 'PV-HTTP-017'] }),
    async run({ peer }) {
      const how = { signed: { nowSeconds: Math.floor(Date.now() / 1000) } };
      const [first, second] = [await peer.send('heads', nowhere, how), await peer.send('heads', nowhere, how)];
      must(first.status === 200 && second.text === first.text, 'the same answer twice', describe(second));
    },
  },
  ...[-55, -29, 29].map((skew): Check<KnownPeer> => ({
    ...titleOf(
      { area: 'request' },
      { name: `clock-${skew < 0 ? 'behind' : 'ahead'}-${Math.abs(skew)}`, covers: ['PV-RSG-010'] },
    ),
    async run({ peer }) {
      const answer = await peer.send('heads', nowhere, {
        signed: { nowSeconds: Math.floor(Date.now() / 1000) + skew },
      });
      must(answer.status === 200, '200 within what clocks may differ', describe(answer));
    },
  })),
  {
    ...titleOf({ area: 'request' }, { name: 'request-id', covers: ['PV-HTTP-018'], level: 'SHOULD' }),
    async run({ peer }) {
      const answer = await peer.send('heads', nowhere);
      must(answer.headers.has('request-id'), 'a Request-Id', [...answer.headers.keys()].join(' '));
    },
  },
  {
    ...titleOf({ area: 'directory' }, { name: 'statement-by-hash', covers: ['PV-DIR-001', 'PV-KEY-009'] }),
    async run({ peer, run }) {
      const { statement } = run.target.document;
      const answer = await ask(peer, 'directory', { statement: statement.hash });
      must(answer['statement'] === statement.jws.text, 'the statement with that hash', answer);
    },
  },
  {
    ...titleOf({ area: 'directory' }, { name: 'statement-nobody-has', covers: ['PV-ERR-001'] }),
    async run({ peer }) {
      mustBe(await peer.send('directory', { statement: 'A'.repeat(43) }), problem('not-found'));
    },
  },
  {
    ...titleOf({ area: 'directory' }, { name: 'person-nobody-knows', covers: ['PV-DIR-003'] }),
    async run({ peer, run }) {
      mustBe(await peer.send('directory', { profile: `nobody-here@${run.target.domain}` }), problem('not-found'));
    },
  },
  {
    ...titleOf({ area: 'log' }, { name: 'room-nobody-has', covers: ['PV-LOG-002'] }),
    async run({ peer }) {
      mustBe(await peer.send('log', { room: nowhere.rooms[0], from: 0, max: 1 }), problem('unknown-room'));
    },
  },
];

/** What a peer can see without anybody's account: signatures, bodies, framing, paths. */
export const requestLanes: readonly Lane[] = [
  lane('signatures', rowChecks('signature', signatureRows)),
  lane('bodies', [...honestChecks, ...bodyChecks, ...oddChecks, ...shapeChecks]),
  lane('transport', [...rowChecks('transport', transportRows), ...pathChecks, ...methodChecks]),
];

function lane(name: string, checks: readonly Check<KnownPeer>[]): Lane {
  return makeLane({
    ...{ name, checks },
    async open(run) {
      const peer = await run.makePeer();
      const first = await peer.send('heads', nowhere);
      const isHeld = first.status === 200 && peer.documentRequests === 1;
      must(
        isHeld || jsonOf(first)['code'] === 'unknown-peer',
        'unknown-peer, or held for one fetch',
        `${describe(first)} after ${peer.documentRequests} fetches`,
      );
      await introduce(peer);
      return { peer, run };
    },
  });
}

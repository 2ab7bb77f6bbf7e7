import type { SigningKey } from '../formats/ed25519.js';
import { DAY_MS } from '../formats/event.js';
import type { Item } from '../formats/event.js';
import { ask, askPatiently } from '../network/ask.js';
import type { Peer } from '../network/peer.js';
import { problem as refuse } from '../network/reply.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { describe, jsonOf, mustBe, problem, resultsOf } from '../run/expectations.js';
import type { Run } from '../run/run.js';
import { control, must } from '../run/verdict.js';
import { sleep, until } from '../run/wait.js';
import { openGroup } from '../stage/group-stage.js';
import { HubStage } from '../stage/hub-stage.js';

const nowhere = { rooms: [`r${'A'.repeat(43)}`] };
const FLOOD_MAX = 400;
const STRANGERS = 24;
/** messages, more than fit one batch together */
const SAID = 18;
const HEAL_MS = 60_000;

async function heads(peer: Peer): Promise<void> {
  await ask(peer, 'heads', nowhere);
}

/** Under a key that no document lists. @throws Deviates when it is believed */
async function asStranger(peer: Peer, key: SigningKey): Promise<void> {
  const answer = await peer.send('heads', nowhere, { signed: { key } });
  must(answer.status === 401, '401 for a key that no document lists', describe(answer));
}

const budgetChecks: Check<Run>[] = [
  {
    ...titleOf(
      { area: 'budget', isHostile: true },
      { name: 'one-class-of-one-peer', covers: ['PV-BUD-001', 'PV-BUD-002'] },
    ),
    async run(run) {
      const peer = await control('an honest provider', async () => await run.makeKnownPeer());
      const other = await run.makeKnownPeer();
      const items = ['x.y.z'];
      let refused = 0;
      for (let sent = 0; sent < FLOOD_MAX && refused === 0; sent += 40) {
        const answers = await Promise.all(
          Array.from({ length: 40 }, async () => await peer.send('mailbox', { items })),
        );
        const over = answers.filter((answer) => problem('over-budget').fits(answer));
        refused += over.length;
        for (const answer of over) must(answer.headers.has('retry-after'), 'Retry-After', describe(answer));
      }
      must(refused > 0, `429 over-budget within ${FLOOD_MAX} requests at once`, 'none');
      await heads(peer);
      must(
        (await other.send('mailbox', { items })).status === 200,
        'another provider to be served as before',
        'not so',
      );
      await ask(peer, 'mailbox', { items });
    },
  },
  {
    ...titleOf({ area: 'budget', isHostile: true }, { name: 'many-strangers-at-once', covers: ['PV-DISC-011'] }),
    async run(run) {
      const known = await control('an honest provider', async () => await run.makeKnownPeer());
      let [now, most] = [0, 0];
      const strangers = await Promise.all(Array.from({ length: STRANGERS }, async () => await run.makePeer()));
      for (const peer of strangers)
        peer.document = () => {
          now += 1;
          most = Math.max(most, now);
          setTimeout(() => (now -= 1), 2000);
          return { ...peer.documentReply(), delayMs: 2000 };
        };
      const calls = strangers.map(async (peer) => await peer.send('heads', nowhere));
      await until(() => most > 0, 'a document to be asked for');
      await heads(known);
      await Promise.all(calls);
      must(most < STRANGERS, `fewer fetches under way than ${STRANGERS} strangers`, most);
    },
  },
  {
    ...titleOf({ area: 'budget', isHostile: true }, { name: 'keys-nobody-has-seen', covers: ['PV-DISC-016'] }),
    async run(run) {
      const peer = await control('an honest provider', async () => await run.makeKnownPeer());
      await sleep(2500);
      const before = peer.documentRequests;
      const started = Date.now();
      for (let place = 0; place < 12; place += 1) {
        await asStranger(peer, peer.strayKey());
        await sleep(150);
      }
      const most = 1 + Math.ceil((Date.now() - started) / 2000);
      must(peer.documentRequests - before <= most, `at most ${most} fetches`, peer.documentRequests - before);
      await sleep(2500);
      const key = peer.strayKey();
      await asStranger(peer, key);
      await sleep(2500);
      const once = peer.documentRequests;
      for (let place = 0; place < 3; place += 1) {
        await asStranger(peer, key);
        await sleep(2100);
      }
      must(peer.documentRequests === once, 'no other fetch for the same key', peer.documentRequests - once);
      await heads(peer);
    },
  },
  {
    ...titleOf({ area: 'budget', isHostile: true }, { name: 'document-that-has-expired', covers: ['PV-DISC-008'] }),
    async run(run) {
      const peer = await run.makePeer();
      const document = peer.makeDocument({ expires: Date.now() + 6000 });
      peer.document = () => peer.documentReply(document);
      await control('the document while it lives', async () => await heads(peer));
      await sleep(6500);
      const stale = peer.send('heads', nowhere);
      mustBe(await stale, problem('unknown-peer'));
      const fresh = peer.makeDocument({ expires: Date.now() + 3 * DAY_MS });
      peer.document = () => peer.documentReply(fresh);
      await until(
        async () => (await askPatiently(peer, 'heads', nowhere)).status === 200,
        'a new document to count',
        HEAL_MS,
      );
    },
  },
];

const batchChecks: Check<Run>[] = [
  {
    ...titleOf(
      { area: 'batch', tier: 'T1', isHostile: true },
      { name: 'after-one-that-has-to-wait', covers: ['PV-SUB-013', 'PV-HUB-008'] },
    ),
    async run(run) {
      const { room } = await openGroup(run);
      const first = room.message();
      await control('an honest event', async () => await room.say(first));
      const waiting = room.message({}, undefined, room.peer.strayKey());
      const found = resultsOf(await room.submit([waiting, room.message(), first])).map(({ status }) => status);
      must(found.join() === 'retry,retry,duplicate', 'retry, retry, duplicate', found);
      await room.fence();
    },
  },
  {
    ...titleOf(
      { area: 'batch', tier: 'T1' },
      { name: 'batches-of-an-origin', covers: ['PV-SUB-015', 'PV-JSON-011', 'PV-CNT-020'] },
    ),
    async run(run) {
      const stage = await HubStage.open(run);
      const room = await control('a room of the hub', async () => await stage.lure());
      const honest = stage.peer.answers.get('submit');
      stage.peer.answers.set('submit', () => refuse(500, 'internal'));
      const text = '😀'.repeat(15_000);
      const before = room.records.length;
      const texts = Array.from({ length: SAID }, (_, place) => `${place} ${text}`);
      await Promise.all(texts.map(async (one) => await stage.guest.say(room.room, one)));
      if (honest !== undefined) stage.peer.answers.set('submit', honest);
      // It shows that it is alive, so nobody waits much longer for it.
      await heads(stage.peer);
      await until(() => room.records.length >= before + SAID, 'all of them to be submitted', HEAL_MS);
      for (const { verb, body } of stage.peer.received) {
        if (verb !== 'submit') continue;
        const items = body['items'] as Item[];
        const bytes = items.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
        must(items.length === 1 || bytes <= 1_048_576, 'at most 1 MiB of contents', { items: items.length, bytes });
        for (const { content } of items)
          must(typeof jsonOf({ text: content })['text'] === 'string', 'a message', content);
      }
    },
  },
  {
    ...titleOf(
      { area: 'batch', tier: 'T1' },
      { name: 'pushes-after-a-pause', covers: ['PV-PUSH-002', 'PV-PUSH-003', 'PV-LOG-003'] },
    ),
    async run(run) {
      const { room, peer, owner } = await openGroup(run);
      const honest = peer.answers.get('push');
      peer.answers.set('push', () => refuse(503, 'overloaded', { 'retry-after': '1' }));
      for (let round = 0; round < 5; round += 1) {
        const items = Array.from({ length: 80 }, () => room.message());
        const found = resultsOf(await room.submit(items));
        must(
          found.every(({ status }) => status === 'accepted'),
          'all accepted',
          found[0],
        );
      }
      const since = peer.received.length;
      if (honest !== undefined) peer.answers.set('push', honest);
      const { seq = -1 } = await owner.say(room.room, 'the last');
      await until(() => room.log.has(seq), 'all of it to be pushed', HEAL_MS);
      for (const { verb, body } of peer.received.slice(since)) {
        if (verb !== 'push') continue;
        const pages = body['rooms'] as {
          room: string;
          records: { seq: number }[];
          sealed: { head: { seq: number }; seal: number };
        }[];
        const seals = body['seals'] as string[];
        must(
          new Set(pages.map((page) => page.room)).size === pages.length && pages.length <= 256,
          'one page a room',
          pages.length,
        );
        for (const { records, sealed } of pages) {
          must(records.length <= 256, 'at most 256 records', records.length);
          must(seals[sealed.seal] !== undefined, 'the seal the page refers to', seals.length);
          must((records.at(-1)?.seq ?? sealed.head.seq) === sealed.head.seq, 'an end at the sealed head', sealed.head);
        }
      }
    },
  },
];

/** How much of what a provider takes, and in which pieces it gives. */
export const budgetLanes: readonly Lane[] = [
  makeLane({ name: 'budgets', open: async (run: Run) => await Promise.resolve(run), checks: budgetChecks }),
  makeLane({ name: 'batches', open: async (run: Run) => await Promise.resolve(run), checks: batchChecks }),
];

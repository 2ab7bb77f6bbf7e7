import { DAY_MS } from '../formats/event.js';
import { eventIdOf } from '../formats/record.js';
import { askPatiently } from '../network/ask.js';
import { makeLane, titleOf } from '../run/check.js';
import type { Check, Lane } from '../run/check.js';
import { mustBe, resultsOf } from '../run/expectations.js';
import { control, must } from '../run/verdict.js';
import { openGroup } from '../stage/group-stage.js';
import type { GroupStage } from '../stage/group-stage.js';
import { itemTables, longContent, sized, spaced } from './item-deviations.js';
import { signatureRows } from './request-deviations.js';

const common = { tier: 'T1', isHostile: true } as const;

/** Control: an honest event. Then the attack, no effect (the next honest event takes the next place), still alive. */
const itemChecks: Check<GroupStage>[] = Object.entries(itemTables).flatMap(([area, rows]) =>
  rows.map(({ name, covers, items, expect }) => ({
    ...titleOf({ area, ...common }, { name, covers: [...covers, 'PV-SUB-001', 'PV-ROOM-002'] }),
    async run(stage: GroupStage) {
      await control('an honest event', async () => await stage.room.say());
      mustBe(await stage.room.submit(items(stage)), expect);
      await stage.room.fence();
    },
  })),
);

/** The same signatures, on a request that would change something. */
const signedChecks: Check<GroupStage>[] = signatureRows.map(({ name, how, expect }) => ({
  ...titleOf({ area: 'submit-signature', ...common }, { name, covers: ['PV-RSG-009', 'PV-HUB-003'] }),
  async run({ room, peer, run }) {
    await control('an honest event', async () => await room.say());
    const { domain, place } = run.target;
    const body = { items: [room.message()] };
    mustBe(await askPatiently(peer, 'submit', body, adapted(how(peer, place.host))), expect(peer, domain));
    await room.fence();
  },
}));

/** What a row says of `heads` is said of `submit`. */
function adapted(how: ReturnType<(typeof signatureRows)[number]['how']>): typeof how {
  const path = (text: string | undefined): string | undefined => text?.replace('/heads', '/submit');
  const { target, signed, ...rest } = how;
  const signedTarget = path(signed?.target);
  return {
    ...rest,
    ...(target === undefined ? {} : { target: path(target) ?? target }),
    signed: { ...signed, ...(signedTarget === undefined ? {} : { target: signedTarget }) },
  };
}

const allowed: readonly (readonly [
  name: string,
  covers: readonly string[],
  make: (stage: GroupStage) => ReturnType<typeof sized>,
])[] = [
  ['payload-of-4096', ['PV-EVT-002', 'PV-JWS-005'], (stage) => sized(stage, 4096)],
  ['content-of-65536', ['PV-CNT-003'], ({ room }) => room.message({}, longContent(65_536))],
  ['until-in-30-days', ['PV-HUB-007'], ({ room }) => room.message({ until: Date.now() + 30 * DAY_MS })],
  ['payload-in-a-form-of-its-own', ['PV-EVT-003', 'PV-JWS-008'], (stage) => spaced(stage)],
  ['private-type', ['PV-EVT-024'], ({ room }) => room.make({ type: 'x.test.conformance.note' }, { alt: 'a note' })],
  [
    'sixteen-relations',
    ['PV-EVT-014'],
    ({ room }) => room.message({ rel: Array.from({ length: 16 }, () => ['reply', room.last.id] as const) }),
  ],
  ['scheme-mls', ['PV-CNT-008'], ({ room }) => room.message({ scheme: 'mls' }, 'not JSON at all')],
  ['unknown-member-of-content', ['PV-EVT-004'], ({ room }) => room.message({}, { text: 'x', later: { a: [1] } })],
  ['ttl-of-a-year', ['PV-EVT-021'], ({ room }) => room.message({ ttl: 31_536_000 })],
  ['shape-of-a-message-broken', ['PV-CNT-024'], ({ room }) => room.message({}, { text: 7 })],
];

const allowedChecks: Check<GroupStage>[] = allowed.map(([name, covers, make]) => ({
  ...titleOf({ area: 'allowed', tier: 'T1' }, { name, covers }),
  async run(stage) {
    const item = make(stage);
    const answer = await stage.room.submit([item]);
    const [result] = resultsOf(answer);
    must(result?.['status'] === 'accepted', 'accepted', answer.text);
    must(result['id'] === eventIdOf(item.jws), 'the hash of the bytes as id', result);
    await stage.room.fence();
  },
}));

const submitChecks: Check<GroupStage>[] = [
  {
    ...titleOf(
      { area: 'submit', tier: 'T1' },
      {
        name: 'proof',
        covers: [
          'PV-SUB-010',
          'PV-SUB-011',
          'PV-HUB-001',
          'PV-REC-001',
          'PV-SEAL-004',
          'PV-SEAL-005',
          'PV-SEAL-006',
          'PV-SEAL-008',
        ],
      },
    ),
    async run({ room }) {
      const { seq } = await room.say();
      must((await room.say()).seq === seq + 1, 'dense places', seq);
    },
  },
  {
    ...titleOf(
      { area: 'submit', tier: 'T1' },
      { name: 'duplicate', covers: ['PV-HUB-004', 'PV-REC-008', 'PV-RSG-020'] },
    ),
    async run({ room }) {
      const item = room.message();
      const first = await room.say(item);
      const [again] = resultsOf(await room.submit([item]));
      must(
        again?.['status'] === 'duplicate' && again['seq'] === first.seq && again['hash'] === first.hash,
        'duplicate with the place it has',
        again,
      );
      await room.fence();
    },
  },
  {
    ...titleOf({ area: 'submit', tier: 'T1' }, { name: 'order-of-a-batch', covers: ['PV-HUB-005'] }),
    async run({ room }) {
      const before = room.last.seq;
      const answer = await room.submit(Array.from({ length: 50 }, () => room.message()));
      const places = resultsOf(answer).map(({ seq }) => Number(seq) - before);
      must(
        places.join() === Array.from({ length: 50 }, (_, place) => place + 1).join(),
        'places in the order of the batch',
        places,
      );
      await room.fence();
    },
  },
  {
    ...titleOf(
      { area: 'submit', tier: 'T1', isHostile: true },
      { name: 'one-bad-item-among-good-ones', covers: ['PV-HUB-006', 'PV-SUB-001'] },
    ),
    async run({ room }) {
      const late = room.message({ until: 1 });
      const found = resultsOf(await room.submit([room.message(), late, room.message()])).map(({ status }) => status);
      must(found.join() === 'accepted,denied,accepted', 'accepted, denied, accepted', found);
      await room.fence();
    },
  },
  {
    ...titleOf(
      { area: 'submit', tier: 'T1', isHostile: true },
      { name: 'more-than-a-mebibyte', covers: ['PV-SUB-014'] },
    ),
    async run({ room }) {
      const full = Array.from({ length: 16 }, () => room.message({}, longContent(65_536)));
      const answer = await room.submit([...full, room.message(), room.message()]);
      const found = resultsOf(answer).map(({ status }) => status);
      must(
        found.slice(0, 16).every((status) => status === 'accepted'),
        'the first mebibyte accepted',
        found,
      );
      must(found.slice(16).join() === 'retry,retry', 'retry for what comes after', found);
      await room.fence();
    },
  },
];

/** What a member of a group of the target can try. */
export const submitLanes: readonly Lane[] = [
  makeLane({
    name: 'items',
    open: async (run) => await openGroup(run),
    checks: [...submitChecks, ...itemChecks, ...allowedChecks],
  }),
  makeLane({ name: 'submit-signatures', open: async (run) => await openGroup(run), checks: signedChecks }),
];

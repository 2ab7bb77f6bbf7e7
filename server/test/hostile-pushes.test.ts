import t from 'tap';
import type { Test } from 'tap';
import { readRecord } from '../src/protocol/read-record.js';
import { headerToWire } from '../src/protocol/record.js';
import type { FullRecord } from '../src/protocol/record.js';
import { signingKeyFromSeed } from '../src/protocol/key-thumbprint.js';
import { strayKey } from './support/hostile-peer.js';
import type { HostileRoom, PageChanges } from './support/hostile-room.js';
import { B, HostileStage, EVIL } from './support/hostile-stage.js';
import type { Answer } from './support/hostile-peer.js';
import type { Json } from './support/test-person.js';

const stage = await HostileStage.open(t);
const { peer } = stage;

const push = async (page: Json): Promise<Answer> => await peer.ask(B, 'push', page);
const verdict = (result: object): object => ({ status: 200, json: { rooms: [result] } });

/** Pushes a message as an honest hub would. */
async function pushHonestly(room: HostileRoom): Promise<Answer> {
  room.append(room.message('honest'));
  const answer = await push(room.page(room.seq));
  return answer.json['rooms'] === undefined || answer.text.includes('quarantined') ? { ...answer, status: 0 } : answer;
}

interface Lie {
  /** records are appended before the page is made, as the hub wants its own log to be */
  readonly appended?: number;
  readonly changes: (room: HostileRoom) => PageChanges;
  readonly result: object;
  /** why the room stands still afterwards */
  readonly code?: string;
}

const recordHash = (room: HostileRoom, records: readonly FullRecord[]): Buffer => room.hashWith(records);

/** The page's head goes with what the page says, so that only one thing is wrong. */
function consistent(room: HostileRoom, appended: number, change: (records: FullRecord[]) => FullRecord[]): PageChanges {
  const changed = change(room.records.slice(-appended));
  const at = changed.at(-1)?.at ?? 0;
  return { records: () => changed, head: (head) => ({ ...head, at, hash: recordHash(room, changed) }) };
}

const flip = (hash: Buffer): Buffer => Buffer.from(hash.map((byte, index) => (index === 0 ? byte ^ 1 : byte)));

const refused: [name: string, lie: Lie][] = [
  [
    'a seal of another key',
    { changes: () => ({ key: strayKey() }), result: { status: 'quarantined', code: 'bad-seal' } },
  ],
  [
    'a seal of an event key',
    { changes: () => ({ key: peer.event }), result: { status: 'quarantined', code: 'bad-seal' } },
  ],
  [
    'a seal over another head',
    {
      changes: () => ({ shown: (head) => ({ ...head, committed: head.committed + 1 }) }),
      result: { status: 'quarantined', code: 'bad-seal' },
    },
  ],
  [
    'a head of another hub',
    {
      changes: () => ({ shown: (head) => ({ ...head, hub: stage.network.provider(B).domain as typeof head.hub }) }),
      result: { status: 'quarantined', code: 'bad-seal' },
    },
  ],
  [
    'the first record left out',
    { appended: 3, changes: () => ({ records: (records) => records.slice(1) }), result: { status: 'gap' } },
  ],
  [
    'the last record left out',
    { appended: 3, changes: () => ({ records: (all) => all.slice(0, -1) }), result: { status: 'gap' } },
  ],
  ['a header for the first record', { appended: 3, changes: () => headerFor(0), result: { status: 'gap' } }],
  ['a header for the last record', { appended: 3, changes: () => headerFor(2), result: { status: 'gap' } }],
  [
    'a time to come',
    {
      changes: (room) => consistent(room, 1, (all) => all.map((one) => ({ ...one, at: Date.now() + 3_600_000 }))),
      result: { status: 'retry' },
    },
  ],
  [
    'a content that is not its event’s',
    {
      changes: () => ({ records: (all) => all.map((one) => ({ ...one, content: '{"text":"other"}' })) }),
      result: { status: 'retry' },
    },
  ],
];

const caught: [name: string, lie: Lie & { code: string }][] = [
  ['a record left out of the middle', lost((all) => all.filter((_, index) => index !== 1), 'bad-chain')],
  [
    'a header for a record in the middle',
    {
      appended: 3,
      changes: () => headerFor(1),
      result: { status: 'quarantined', code: 'bad-chain' },
      code: 'bad-chain',
    },
  ],
  [
    'two records swapped',
    lost(([first, second, third]) => [first, third, second].filter((one) => one !== undefined), 'bad-chain'),
  ],
  ['a changed time', lost((all) => all.map((one, index) => (index === 2 ? { ...one, at: one.at + 1 } : one)), 'fork')],
  [
    'a record twice',
    lost(([first, ...rest]) => [first, first, ...rest].filter((one) => one !== undefined), 'bad-chain'),
  ],
  [
    'a time before the last one',
    {
      changes: (room) => consistent(room, 1, (all) => all.map((one) => ({ ...one, at: 1 }))),
      ...{ result: { status: 'quarantined', code: 'at-decreased' }, code: 'at-decreased' },
    },
  ],
  [
    'another state',
    {
      changes: () => ({ head: (head) => ({ ...head, state: flip(head.state) }) }),
      ...{ result: { status: 'quarantined', code: 'state-mismatch' }, code: 'state-mismatch' },
    },
  ],
  [
    'another epoch',
    {
      changes: () => ({ head: (head) => ({ ...head, epoch: 1 }) }),
      ...{ result: { status: 'quarantined', code: 'bad-chain' }, code: 'bad-chain' },
    },
  ],
];

/** SPEC PV-PUSH-017. */
function headerFor(place: number): PageChanges {
  const asHeader = (record: FullRecord): object => {
    const read = readRecord(record);
    if (read.kind !== 'event') throw new Error(read.kind);
    return headerToWire({ ...record, event: read.event.id, jwsHash: read.event.jwsHash });
  };
  return { records: (all) => all.map((record, index) => (index === place ? asHeader(record) : record)) };
}

function lost(change: (records: FullRecord[]) => FullRecord[], code: string): Lie & { code: string } {
  return { appended: 3, changes: () => ({ records: change }), result: { status: 'quarantined', code }, code };
}

async function tell(room: HostileRoom, { appended = 1, changes }: Lie): Promise<Answer> {
  for (let index = 0; index < appended; index += 1) room.append(room.message(`lie ${index}`));
  return await push(room.page(room.records.length - appended, changes(room)));
}

/** Another room of the same hub goes on. */
const witness = await stage.lure();
async function requireWitness(t: Test): Promise<void> {
  t.match(
    await pushHonestly(witness),
    verdict({ status: 'acked', seq: witness.seq }),
    'another room of this hub lives on',
  );
}

for (const [name, lie] of refused)
  await t.test(`push: ${name}`, async (t) => {
    const room = await stage.lure();
    // Nothing is fetched behind the row's back.
    const honest = peer.answers.get('log');
    peer.answers.delete('log');
    await row(t, room, lie);
    if (honest !== undefined) peer.answers.set('log', honest);
    const stored = await stage.stored(room.room);
    t.match(stored, { status: 'live' });
    const page = room.page(Number(stored?.seq) + 1);
    t.match(await push(page), verdict({ status: 'acked', seq: room.seq }), 'the same records, honestly');
    await requireWitness(t);
  });

for (const [name, lie] of caught)
  await t.test(`push: ${name}`, async (t) => {
    const room = await stage.lure();
    await row(t, room, lie);
    t.match(await stage.stored(room.room), { status: 'quarantined', code: lie.code, proofs: 1 });
    await requireWitness(t);
  });

async function row(t: Test, room: HostileRoom, lie: Lie): Promise<void> {
  const control = async () => await pushHonestly(room);
  const attack = async () => await tell(room, lie);
  await stage.row(t, 'the lie', { control, attack, expect: verdict(lie.result) });
}

await t.test('two heads of one place are kept as a proof, and the room stands still', async (t) => {
  const room = await stage.lure();
  t.match(await pushHonestly(room), { status: 200 });
  const before = await stage.standing();
  const fork = room.page(room.records.length, { head: (head) => ({ ...head, hash: flip(head.hash) }) });
  t.match(await push(fork), verdict({ status: 'quarantined', code: 'fork', seq: room.seq }));
  t.same(await stage.standing(), before);
  t.match(await stage.stored(room.room), { status: 'quarantined', code: 'fork', proofs: 1 });
  t.match(await pushHonestly(room), { status: 0 }, 'and stays so');
  t.same(await stage.standing(), before);
  await requireWitness(t);
  await stage.requireAlive(t);
});

await t.test('what breaks the rules keeps its place and has no effect', async (t) => {
  const room = await stage.lure();
  const eve = `eve@${EVIL}` as typeof stage.mallory;
  const seen = (): readonly [number, number, string] => [
    0,
    room.seq,
    room.hashWith([room.records[room.seq]].flatMap((one) => one ?? [])).toString('base64url'),
  ];
  const base = { room: room.room, type: 'message', sender: stage.mallory };
  const broken = [
    ['not-member', () => peer.make({ ...base, sender: eve, seen: seen() }, { text: 'who am I' })],
    ['bad-event', () => peer.make({ ...base, seen: seen() }, { text: 'x' }, signingKeyFromSeed(Buffer.alloc(32, 7)))],
    [
      'bad-event',
      () => peer.make({ ...base, sender: stage.bob.address as typeof eve, seen: seen() }, { text: 'not Bob' }),
    ],
    ['until-passed', () => peer.make({ ...base, seen: seen(), until: 1 }, { text: 'late' })],
    ['seen-mismatch', () => peer.make({ ...base, seen: [0, room.seq - 1, 'A'.repeat(43)] }, { text: 'elsewhere' })],
  ] as const;
  for (const [code, make] of broken) {
    const { event, ...item } = make();
    t.equal(room.append(item), code, 'so the hub’s own fold says');
    t.match(await push(room.page(room.seq)), verdict({ status: 'acked', seq: room.seq }), code);
    t.equal(await stage.voidOf(room.room, room.seq), code);
    t.match(await pushHonestly(room), verdict({ status: 'acked', seq: room.seq }), 'the chain goes on');
    t.equal(await stage.voidOf(room.room, room.seq), null);
  }
  await stage.requireAlive(t);
});

await t.test('nobody pushes into a room of another hub', async (t) => {
  const before = await stage.standing();
  for (const name of [stage.room, `r${'A'.repeat(43)}`]) {
    const page = witness.page(witness.seq);
    const [first] = page.rooms;
    const forged = { ...page, rooms: [{ ...first, room: name }] };
    t.match(await push(forged), verdict({ room: name, status: 'unknown-room' }));
  }
  t.same(await stage.standing(), before);
  await requireWitness(t);
  await stage.requireAlive(t);
});

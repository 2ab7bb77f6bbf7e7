import { makeEvent } from '../formats/event.js';
import type { Head } from '../formats/head.js';
import { headerOf } from '../formats/record.js';
import type { FullRecord } from '../formats/record.js';
import type { Members } from '../formats/strict-json.js';
import type { HubRoom, Page, PageChanges } from '../stage/hub-room.js';
import type { HubStage } from '../stage/hub-stage.js';

/** A page that says something else than the log. */
export interface PushRow {
  readonly name: string;
  readonly covers: readonly string[];
  /** messages that are recorded before, as the hub wants its own log to be */
  readonly appended: number;
  readonly page: (room: HubRoom, from: number, stage: HubStage) => Page;
  /** statuses that are right, with the code where one is said */
  readonly expect: readonly (readonly [status: string, code?: string])[];
  /** whether the room goes on afterwards, or stands still */
  readonly after: 'live' | 'still';
}

const flip = (hash: string): string => `${hash.startsWith('A') ? 'B' : 'A'}${hash.slice(1)}`;
const quarantined = (code?: string): readonly [string, string?] =>
  code === undefined ? ['quarantined'] : ['quarantined', code];

type Lie = (room: HubRoom, stage: HubStage) => PageChanges;

/** SPEC PV-PUSH-014: what the hub did not sign changes nothing. */
function unsigned(name: string, lie: Lie, covers: readonly string[] = []): PushRow {
  return {
    ...{ name, covers: ['PV-PUSH-005', 'PV-PUSH-014', 'PV-ROOM-012', ...covers], appended: 1, after: 'live' },
    page: (room, from, stage) => room.page(from, lie(room, stage)),
    expect: [quarantined('bad-seal')],
  };
}

// eslint-disable-next-line max-params -- a row of a table
function caught(name: string, code: string | undefined, lie: Lie, covers: readonly string[] = []): PushRow {
  return {
    ...{ name, covers: ['PV-PUSH-005', 'PV-PUSH-008', ...covers], appended: 3, after: 'still' },
    page: (room, from, stage) => room.page(from, lie(room, stage)),
    expect: [quarantined(code)],
  };
}

function missing(name: string, records: NonNullable<PageChanges['records']>): PushRow {
  return {
    ...{ name, covers: ['PV-PUSH-004', 'PV-PUSH-017'], appended: 3, after: 'live' },
    page: (room, from) => room.page(from, { records }),
    expect: [['gap']],
  };
}

const head =
  (change: (head: Head) => Head): Lie =>
  () => ({ head: change });
const records =
  (change: NonNullable<PageChanges['records']>): Lie =>
  () => ({ records: change });

/** The head goes with what the page says, so that only one thing is wrong. */
function consistent(change: (records: FullRecord[]) => FullRecord[]): Lie {
  return (room) => {
    const changed = change(room.records.slice(-3));
    const at = changed.at(-1)?.at ?? 0;
    return { records: () => changed, head: (old) => ({ ...old, at, hash: room.hashWith(changed) }) };
  };
}

const headerAt = (place: number) => (all: FullRecord[]) =>
  all.map((record, index) => (index === place ? headerOf(record) : record));
const inPlace =
  (place: number, change: (record: FullRecord) => FullRecord) =>
  (all: FullRecord[]): FullRecord[] =>
    all.map((record, index) => (index === place ? change(record) : record));

const changedSeals =
  (change: (seals: string[]) => string[]): PushRow['page'] =>
  (room, from) => {
    const page = room.page(from);
    return { ...page, seals: change(page.seals) };
  };

const changedHead =
  (change: (sealed: Members) => Members): PushRow['page'] =>
  (room, from) => {
    const { rooms, seals } = room.page(from);
    return { rooms: rooms.map((page) => ({ ...page, sealed: change(page['sealed'] as Members) })), seals };
  };

const sealRows: readonly PushRow[] = [
  unsigned('seal-of-a-stray-key', (_, { peer }) => ({ key: peer.strayKey() }), ['PV-SEAL-005']),
  unsigned('seal-of-an-event-key', (_, { peer }) => ({ key: peer.keys.event }), ['PV-SEAL-005', 'PV-ID-009']),
  unsigned('seal-of-a-request-key', (_, { peer }) => ({ key: peer.keys.request }), ['PV-SEAL-005', 'PV-ID-009']),
  unsigned('seal-of-the-root', (_, { peer }) => ({ key: peer.keys.root }), ['PV-SEAL-005']),
  unsigned('seal-over-another-head', () => ({ shown: (one) => ({ ...one, at: one.at + 1 }) }), ['PV-SEAL-006']),
  unsigned('committed-beyond-the-seq', () => ({ shown: (one) => ({ ...one, committed: one.committed + 1 }) }), [
    'PV-HEAD-002',
  ]),
  unsigned('head-of-another-hub', (_, { run }) => ({ shown: (one) => ({ ...one, hub: run.target.domain }) }), [
    'PV-SEAL-003',
  ]),
  { ...unsigned('seal-of-no-form', () => ({})), page: changedSeals(() => ['x.y.z']) },
  { ...unsigned('seal-missing', () => ({})), page: changedSeals(() => []) },
  { ...unsigned('seal-index-beyond', () => ({})), page: changedHead((sealed) => ({ ...sealed, seal: 7 })) },
  { ...unsigned('place-beyond-the-tree', () => ({})), page: changedHead((sealed) => ({ ...sealed, index: 1 })) },
  { ...unsigned('path-too-long', () => ({})), page: changedHead((sealed) => ({ ...sealed, path: ['A'.repeat(43)] })) },
];

const missingRows: readonly PushRow[] = [
  missing('first-record-left-out', (all) => all.slice(1)),
  missing('last-record-left-out', (all) => all.slice(0, -1)),
  missing('header-for-the-first-record', headerAt(0)),
  missing('header-for-the-last-record', headerAt(2)),
  missing('no-records-at-all', () => []),
];

const rewrittenRows: readonly PushRow[] = [
  caught(
    'record-left-out-of-the-middle',
    'bad-chain',
    records((all) => all.filter((_, place) => place !== 1)),
    ['PV-REC-007'],
  ),
  caught('header-in-the-middle', 'bad-chain', records(headerAt(1)), ['PV-PUSH-017']),
  caught(
    'records-swapped',
    'bad-chain',
    records(([a, b, c]) => [a, c, b].filter((one) => one !== undefined)),
    ['PV-REC-007'],
  ),
  caught(
    'record-twice',
    'bad-chain',
    records(([a, ...rest]) => [a, a, ...rest].filter((one) => one !== undefined)),
    ['PV-REC-007'],
  ),
  caught('time-changed', 'fork', records(inPlace(2, (one) => ({ ...one, at: one.at + 1 }))), ['PV-REC-003']),
  caught('time-before-the-last', 'at-decreased', consistent(inPlace(2, (one) => ({ ...one, at: 1 }))), ['PV-REC-002']),
  caught('time-decreasing-inside', 'at-decreased', consistent(inPlace(1, (one) => ({ ...one, at: 1 }))), [
    'PV-REC-002',
  ]),
  caught(
    'another-hash',
    'fork',
    head((one) => ({ ...one, hash: flip(one.hash) })),
    ['PV-ROOM-020'],
  ),
  caught(
    'another-state',
    'state-mismatch',
    head((one) => ({ ...one, state: flip(one.state) })),
    ['PV-PUSH-007'],
  ),
  caught(
    'another-epoch',
    'bad-chain',
    head((one) => ({ ...one, epoch: 1 })),
    ['PV-ROOM-013'],
  ),
  caught(
    'records-of-another-epoch',
    'bad-chain',
    consistent((all) => all.map((one) => ({ ...one, epoch: 1 }))),
    ['PV-ROOM-013'],
  ),
  caught('event-of-another-room', undefined, (room, { peer }) => {
    const other = makeEvent(
      { room: `r${'A'.repeat(43)}`, type: 'message', sender: room.owner },
      { text: 'elsewhere' },
      peer.keys.event,
    );
    return { records: inPlace(1, (one) => ({ ...one, jws: other.jws, content: other.content })) };
  }),
  {
    ...caught('event-twice-in-the-log', 'duplicate-event', () => ({}), ['PV-REC-008']),
    page: (room, from) => {
      const { jws = '', content } = room.records[from] ?? {};
      room.append({ jws, content: content ?? '' });
      return room.page(from);
    },
  },
];

const waitRows: readonly PushRow[] = [
  {
    ...{ name: 'time-to-come', covers: ['PV-PUSH-006'], appended: 3, after: 'live' },
    page: (room, from, stage) =>
      room.page(from, consistent((all) => all.map((one) => ({ ...one, at: Date.now() + 3_600_000 })))(room, stage)),
    expect: [['retry']],
  },
  {
    ...{ name: 'event-of-no-form', covers: ['PV-PUSH-018', 'PV-ROOM-015'], appended: 3, after: 'live' },
    page: (room, from) => room.page(from, { records: inPlace(1, (one) => ({ ...one, jws: 'x.y.z' })) }),
    expect: [['retry']],
  },
  {
    ...{
      name: 'content-of-another-event',
      covers: ['PV-PUSH-018', 'PV-CNT-005', 'PV-ROOM-018'],
      appended: 1,
      after: 'live',
    },
    page: (room, from) =>
      room.page(from, { records: (all) => all.map((one) => ({ ...one, content: '{"text":"forged"}' })) }),
    expect: [['retry']],
  },
];

/** SPEC PV-PUSH-004 to PV-PUSH-009, PV-PUSH-014, PV-PUSH-017, PV-PUSH-018. */
export const pushTables: Readonly<Record<string, readonly PushRow[]>> = {
  seal: sealRows,
  'missing-records': missingRows,
  'rewritten-log': rewrittenRows,
  'push-later': waitRows,
};

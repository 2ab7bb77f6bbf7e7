import type { Answerer } from '../network/peer.js';
import { json, problem } from '../network/reply.js';
import type { Reply } from '../network/reply.js';
import { listOf } from '../run/expectations.js';
import type { Item } from '../formats/event.js';
import type { Members } from '../formats/strict-json.js';
import { hashOf } from '../formats/hash.js';
import { eventIdOf, headerOf, recordHash } from '../formats/record.js';
import type { Header } from '../formats/record.js';
import type { HubRoom } from '../stage/hub-room.js';
import type { HubStage } from '../stage/hub-stage.js';

/** How a follower of a room answers pushes for a while. */
export interface FollowerRow {
  readonly name: string;
  readonly covers: readonly string[];
  readonly reply: (body: Members) => Reply;
  /** how often, before it answers honestly again */
  readonly times: number;
  /** milliseconds that have to lie between its first such answer and the next push of the room */
  readonly pauseMs?: number;
  /** whether the same records must not come again until there are new ones */
  readonly isFinal?: boolean;
}

const perRoom =
  (result: Members): FollowerRow['reply'] =>
  (body) =>
    json({ rooms: listOf(body['rooms']).map(({ room }) => ({ room, ...result })) });

const COVERS = ['PV-PUSH-001', 'PV-BUD-006'];

// eslint-disable-next-line max-params -- a row of a table
function row(name: string, reply: (body: Members) => Reply, times = 3, ...covers: readonly string[]): FollowerRow {
  return { name, covers: [...COVERS, ...covers], reply, times };
}

/** SPEC PV-PUSH-001, PV-PUSH-013, PV-HTTP-013, PV-HTTP-014, PV-BUD-006. */
export const followerRows: readonly FollowerRow[] = [
  row('answers-500', () => problem(500, 'internal'), 4, 'PV-HTTP-014', 'PV-ERR-003'),
  row('answers-an-unknown-code', () => problem(503, 'on-strike'), 3, 'PV-ERR-003'),
  { ...row('answers-429', () => problem(429, 'over-budget', { 'retry-after': '4' }), 1, 'PV-HTTP-013'), pauseMs: 3900 },
  { ...row('answers-503', () => problem(503, 'overloaded', { 'retry-after': '4' }), 1, 'PV-HTTP-013'), pauseMs: 3900 },
  {
    ...row('answers-unknown-peer', () => problem(401, 'unknown-peer', { 'retry-after': '2' }), 1, 'PV-DISC-014'),
    pauseMs: 1900,
  },
  { ...row('asks-to-push-later', perRoom({ status: 'retry', after: 3 }), 1, 'PV-PUSH-004'), pauseMs: 2900 },
  row('hangs-up', () => ({ status: 200, cutAfter: 0 }), 3),
  row(
    'answer-cut-short',
    () => ({ status: 200, body: '{"rooms":[]}', headers: { 'content-length': '1000' }, cutAfter: 12 }),
    2,
  ),
  row('answer-no-json', () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '<html>' }), 2),
  row('answer-of-no-shape', () => json({ rooms: 'all of them' }), 2),
  row(
    'answer-with-a-name-twice',
    () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"rooms":[],"rooms":[]}' }),
    2,
  ),
  row('answer-for-another-room', () => json({ rooms: [{ room: `r${'A'.repeat(43)}`, status: 'acked', seq: 1 }] }), 2),
  row(
    'answer-of-five-megabytes',
    () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: `{"x":"${'x'.repeat(5_000_000)}"}` }),
    2,
    'PV-HTTP-008',
  ),
  row(
    'redirects',
    () => ({ status: 307, headers: { location: 'https://127.0.0.1/payvand/v1/push' } }),
    2,
    'PV-HTTP-015',
  ),
  row('answers-late', () => ({ ...problem(500, 'internal'), delayMs: 8000 }), 1),
  row('knows-less', perRoom({ status: 'gap', have: 0 }), 1, 'PV-PUSH-004'),
  { ...row('knows-no-such-room', perRoom({ status: 'unknown-room' }), 1, 'PV-PUSH-013'), isFinal: true },
  {
    ...row('stands-still', perRoom({ status: 'quarantined', code: 'state-mismatch', seq: 1 }), 1, 'PV-PUSH-013'),
    isFinal: true,
  },
];

/** How a hub answers the submission of a person of the target for a while. */
export interface HubRow {
  readonly name: string;
  readonly covers: readonly string[];
  readonly answer: (stage: HubStage, honest: Answerer) => Answerer;
  readonly times: number;
}

const idless =
  (status: Members): Answerer =>
  ({ items }) =>
    json({ results: (items as Item[]).map(() => ({ id: null, ...status })), rooms: [], seals: [] });

interface Claim {
  readonly stage: HubStage;
  readonly room: HubRoom;
  /** the record that there would be */
  readonly header: Header;
}

/** Says that it has recorded what it has not. */
const claiming =
  (proof: (claim: Claim) => Members): HubRow['answer'] =>
  (stage) =>
  ({ items }) => {
    const [item] = items as Item[];
    const room = [...stage.rooms.values()].find((one) => item !== undefined && one.holds(item));
    if (item === undefined || room === undefined) return problem(500, 'internal');
    const place = { epoch: 0, seq: room.seq + 1, at: Date.now() };
    const header = { ...place, event: eventIdOf(item.jws), jwsHash: hashOf(item.jws) };
    const hash = recordHash(room.room, header, room.hashAt(room.seq));
    return json({
      results: [{ id: header.event, status: 'accepted', ...place, hash }],
      ...proof({ stage, room, header }),
    });
  };

/** SPEC PV-SUB-006 to PV-SUB-012, PV-CLI-024. */
export const hubRows: readonly HubRow[] = [
  { name: 'answers-500', covers: ['PV-SUB-008', 'PV-CLI-024'], times: 3, answer: () => () => problem(500, 'internal') },
  {
    name: 'hangs-up-before-it-records',
    covers: ['PV-SUB-008', 'PV-CLI-024'],
    times: 2,
    answer: () => () => ({ status: 200, cutAfter: 0 }),
  },
  {
    name: 'records-and-hangs-up',
    covers: ['PV-SUB-008', 'PV-HUB-004', 'PV-CLI-024'],
    times: 1,
    answer: (_, honest) => async (body) => {
      await honest(body);
      return { status: 200, cutAfter: 0 };
    },
  },
  { name: 'asks-to-come-later', covers: ['PV-SUB-008'], times: 2, answer: () => idless({ status: 'retry', after: 1 }) },
  {
    name: 'answers-429',
    covers: ['PV-HTTP-013', 'PV-SUB-008'],
    times: 1,
    answer: () => () => problem(429, 'over-budget', { 'retry-after': '2' }),
  },
  {
    name: 'accepts-without-proof',
    covers: ['PV-SUB-011'],
    times: 2,
    answer: claiming(() => ({ rooms: [], seals: [] })),
  },
  {
    name: 'accepts-with-a-seal-of-a-stray-key',
    covers: ['PV-SUB-011', 'PV-SEAL-005'],
    times: 2,
    answer: claiming(({ stage, room, header }) => {
      const prev = room.hashAt(room.seq);
      const { seq, at } = header;
      const hash = recordHash(room.room, header, prev);
      const key = stage.peer.strayKey();
      const { sealed, seals } = room.sealed({ key, head: (head) => ({ ...head, seq, at, hash, committed: seq }) });
      return { rooms: [{ room: room.room, prev, headers: [header], sealed }], seals };
    }),
  },
  {
    name: 'accepts-with-the-proof-of-another-event',
    covers: ['PV-SUB-011'],
    times: 2,
    answer: claiming(({ room }) => {
      const headers = room.records.slice(-1).map(headerOf);
      const { sealed, seals } = room.sealed();
      return { rooms: [{ room: room.room, prev: room.hashAt(room.seq - 1), headers, sealed }], seals };
    }),
  },
  {
    name: 'names-another-hub',
    covers: ['PV-SUB-012'],
    times: 2,
    answer:
      ({ run }) =>
      ({ items }) =>
        json({
          results: (items as Item[]).map(() => ({
            id: `e${'A'.repeat(43)}`,
            status: 'not-hub',
            hub: run.target.domain,
            epoch: 0,
          })),
          rooms: [],
          seals: [],
        }),
  },
  { name: 'answer-of-no-shape', covers: ['PV-SUB-008'], times: 2, answer: () => () => json({ results: 'fine' }) },
];

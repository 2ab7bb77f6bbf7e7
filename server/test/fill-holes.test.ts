import t from 'tap';
import { createLog } from '../src/log.js';
import { createBells } from '../src/services/bells.js';
import { createFillHoles } from '../src/services/fill-holes.js';
import { createRoomCache } from '../src/services/room-cache.js';
import { address, RoomLog } from './fixtures/room-log.js';
import { appendOf, domain, logRow, openTestStore } from './fixtures/test-store.js';
import { until } from './support/test-person.js';

const HOUR_MS = 3_600_000;
const HOLE = 1;

t.test('PV-LOG-012: whoever has nothing is asked ever less often, and after eight times not for an hour', async (t) => {
  const { store } = await openTestStore(t);
  const log = new RoomLog();
  log.say(address('alice@a.example'), 'which nobody gives away');
  const rows = [0, HOLE].map((seq) => {
    const { jws, content } = log.full(seq);
    return logRow({ seq, jws, eventId: log.header(seq).event, content: seq === HOLE ? null : (content ?? null) });
  });
  await store.commitAppends({ appends: [appendOf(log.room, rows)], sent: [] });

  let [now, turns, asked] = [log.at, 0, 0];
  const waits: { ms: number; run: () => void }[] = [];
  const rooms = createRoomCache(store, 10);
  const never = () => (): void => undefined;
  const holes = createFillHoles({
    ...{ domain: domain('b.example'), store, bells: createBells() },
    log: createLog({ level: 'silent', write: () => undefined, now: () => now }),
    clock: { now: () => now },
    random: { bytes: (count) => Buffer.alloc(count, 0xff) },
    timers: {
      after(ms, run) {
        waits.push({ ms, run });
        return () => undefined;
      },
      ...{ every: never, soon: never },
    },
    rooms: {
      ...rooms,
      get(wanted) {
        turns += 1;
        return rooms.get(wanted);
      },
    },
    peers: {
      async call(peer) {
        t.equal(peer, 'a.example');
        asked += 1;
        return { kind: 'unreachable', code: 'peer-unreachable' };
      },
    },
  });
  t.teardown(() => holes.stop());

  holes.note(log.room, [HOLE]);
  for (let attempt = 1; attempt < 8; attempt += 1) {
    const wait = await until(async () => waits[attempt - 1], `wait ${attempt}`);
    t.equal(asked, attempt);
    wait.run();
  }
  t.same(
    waits.map(({ ms }) => Math.round(ms)),
    [1, 2, 4, 8, 16, 32, 64].map((seconds) => seconds * 1000),
    'at most, as PV-HTTP-014 says; the lot was drawn so',
  );
  await until(async () => asked === 8, 'the eighth attempt');
  await new Promise((resolve) => setImmediate(resolve));
  now += HOUR_MS - 1;
  holes.note(log.room, [HOLE]);
  t.equal(turns, 8, 'not for an hour');
  now += 1;
  holes.note(log.room, [HOLE]);
  t.equal(turns, 9);
  await until(async () => asked === 9, 'another attempt');
});

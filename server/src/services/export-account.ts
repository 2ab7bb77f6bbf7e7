import { ProtocolError } from '../protocol/protocol-error.js';
import type { AccountRoomSummary } from '../storage/account-rows.js';
import type { Authenticated } from './accounts/account-deps.js';
import { listBlocks } from './accounts/blocks.js';
import { makeBudget } from './accounts/leaky-budget.js';
import { readMe } from './accounts/profiles.js';
import { listRequests } from './accounts/requests.js';
import { listSessions } from './accounts/sessions.js';
import { listWards } from './accounts/wards.js';
import type { ServiceDeps } from './deps.js';
import { exportRoom } from './export-room.js';
import { wireRecord } from './live-room.js';
import { listReports } from './make-report.js';
import { listRooms } from './read-rooms.js';

type ExportDeps = Pick<ServiceDeps, 'domain' | 'store' | 'clock' | 'rooms'>;

/** Exports of one account: this many at once, then one an hour; of all accounts so many at a time. */
const EXPORTS = { burst: 5, refillMs: 3_600_000, keysMax: 50_000 };
const UNDER_WAY_MAX = 4;
const LISTED_AT_ONCE = 100;
const PAGE = { max: 256, bytesMax: 1_048_576 };

/**
 * Makes the function by which people take everything with them that is kept for them, line by line, with little of it in
 * memory.
 *
 * @returns lines without line feed
 * @throws ProtocolError `over-budget` · `overloaded`
 * @see PV-EXP-001 to PV-EXP-004
 */
export function createExportAccount(deps: ExportDeps): (session: Authenticated) => AsyncIterable<string> {
  const budget = makeBudget({ clock: deps.clock, ...EXPORTS });
  let underWay = 0;
  return (session) => {
    if (underWay >= UNDER_WAY_MAX) throw new ProtocolError('overloaded', { retryAfterS: 60 });
    const waitMs = budget.take(String(session.who.accountId));
    if (waitMs > 0) throw new ProtocolError('over-budget', { retryAfterS: Math.ceil(waitMs / 1000) });
    return counted();

    async function* counted(): AsyncGenerator<string> {
      underWay += 1;
      try {
        yield* exportAccount(deps, session);
      } finally {
        underWay -= 1;
      }
    }
  };
}

async function* exportAccount(deps: ExportDeps, session: Authenticated): AsyncGenerator<string> {
  const { domain: by, clock } = deps;
  const { who } = session;
  const { address } = who;
  yield JSON.stringify({ export: 'payvand-account', version: 1, address, by, at: clock.now() });
  yield JSON.stringify({ me: await readMe(deps, session) });
  for (const one of await listSessions(deps, session)) yield JSON.stringify({ session: one });
  yield* each('block', async (page: Page<(typeof who)['address']>) => {
    const { blocks, next } = await listBlocks(deps, who, page);
    return { items: blocks, next };
  });
  yield* each('request', async (page: Page<string>) => {
    const { requests, next } = await listRequests(deps, who, page);
    return { items: requests, next };
  });
  yield* each('report', async (page: Page<string>) => {
    const { reports, next } = await listReports(deps, who, page);
    return { items: reports, next };
  });
  yield* each('ward', async (page: Page<(typeof who)['address']>) => {
    const { wards, next } = await listWards(deps, who, page);
    return { items: wards, next };
  });
  let rooms = 0;
  for await (const line of roomLines(deps, who)) {
    if (line.startsWith('{"room"')) rooms += 1;
    yield line;
  }
  yield JSON.stringify({ exported: { rooms } });
}

interface Page<Key> {
  readonly limit: number;
  readonly after?: Key;
}

/** All of a list, each in a line. */
async function* each<Key>(
  kind: string,
  read: (page: Page<Key>) => Promise<{ items: readonly object[]; next: Key | undefined }>,
): AsyncGenerator<string> {
  for (let after: Key | undefined; ;) {
    const { items, next } = await read({ limit: LISTED_AT_ONCE, ...(after !== undefined && { after }) });
    for (const item of items) yield JSON.stringify({ [kind]: item });
    if (next === undefined) return;
    after = next;
  }
}

async function* roomLines(deps: ExportDeps, who: Authenticated['who']): AsyncGenerator<string> {
  for (let after: Parameters<typeof listRooms>[2]['after']; ;) {
    const { rooms, next } = await listRooms(deps, who, { limit: LISTED_AT_ONCE, ...(after && { after }) });
    for (const summary of rooms) {
      yield JSON.stringify({ room: summary });
      const place = await deps.store.findAccountRoom(who.accountId, who.address, summary.room);
      if (place !== undefined) yield* recordLines(deps, place);
    }
    if (next === undefined) return;
    after = next;
  }
}

/** What the person may see of a room: an archive as far as it is sealed, and what comes after. @see PV-EXP-002 */
async function* recordLines(deps: ExportDeps, place: AccountRoomSummary): AsyncGenerator<string> {
  const { room, visibleFrom: low, leftSeq, row } = place;
  const high = leftSeq ?? row.seq;
  const sealed = yield* sealedLines(deps, place, { low, high });
  for (let from = Math.max(sealed + 1, low, row.first); from <= high;) {
    const rows = await deps.store.readLog(room, from, PAGE);
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const one of rows) if (one.seq <= high) yield `{"unsealed":${wireRecord(one)}}`;
    from = last.seq + 1;
  }
}

/** @returns seq of the last record in it */
async function* sealedLines(
  deps: ExportDeps,
  { room }: AccountRoomSummary,
  stretch: { low: number; high: number },
): AsyncGenerator<string, number> {
  try {
    return yield* exportRoom(deps, room, stretch);
  } catch (cause) {
    if (cause instanceof ProtocolError && cause.code === 'unavailable') return -1;
    throw cause;
  }
}

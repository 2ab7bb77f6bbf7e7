import { isMembers } from '../formats/strict-json.js';
import type { Members } from '../formats/strict-json.js';
import { headerOf, recordHash, ZERO_HASH } from '../formats/record.js';
import type { FullRecord, Header } from '../formats/record.js';
import { ask } from '../network/ask.js';
import type { Peer } from '../network/peer.js';
import { must } from '../run/verdict.js';
import type { MemberRoom } from './member-room.js';

export interface LogPage {
  readonly records: readonly (FullRecord | Header)[];
  readonly newest: number;
}

const RECORDS_MAX = 256;
const BYTES_MAX = 1_048_576;

/**
 * A page of a room of the target, checked by itself: contiguous, chained from `prev` to a head that the hub has sealed.
 *
 * @throws Deviates · Unexpected
 * @see PV-LOG-001, PV-LOG-003, PV-LOG-006, PV-LOG-007
 */
// eslint-disable-next-line max-params -- who asks, for which room, from where, for how many
export async function readPage(peer: Peer, room: MemberRoom, from: number, max = RECORDS_MAX): Promise<LogPage> {
  const { page, seals, newest } = await ask(peer, 'log', { room: room.room, from, max });
  return { ...checkPage(room, { page, seals, from }), newest: Number(newest) };
}

/** @throws Deviates */
export function checkPage(
  room: MemberRoom,
  { page, seals, from }: { page: unknown; seals: unknown; from: number },
): Pick<LogPage, 'records'> {
  must(isMembers(page), 'a page', page);
  const records = page['records'] as (FullRecord | Header)[];
  const { head } = room.checkSealed(page['sealed'], seals);
  must(records.length <= RECORDS_MAX, `at most ${RECORDS_MAX} records`, records.length);
  const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0);
  must(records.length === 1 || bytes <= BYTES_MAX, `at most ${BYTES_MAX} bytes`, bytes);
  must(
    records.every(({ seq }, place) => seq === from + place),
    `records from ${from} on`,
    records.map(({ seq }) => seq),
  );
  if (records.length === 0) return { records };
  must(records.at(-1)?.seq === head.seq, 'an end at the sealed head', head);
  must(from !== 0 || page['prev'] === ZERO_HASH, '32 zero bytes before the first record', page['prev']);
  const hash = records.reduce((prev, record) => recordHash(room.room, headerOf(record), prev), String(page['prev']));
  must(hash === head.hash, 'record hashes that lead to the sealed head', hash);
  return { records };
}

/** All records from a seq on. */
export async function readAll(peer: Peer, room: MemberRoom, from: number): Promise<(FullRecord | Header)[]> {
  const all: (FullRecord | Header)[] = [];
  for (;;) {
    const { records, newest } = await readPage(peer, room, from + all.length);
    all.push(...records);
    if (records.length === 0 || from + all.length > newest) return all;
  }
}

/** The content a log shows of a record: nothing for a header, null where it is withheld. */
export function contentIn(records: readonly (FullRecord | Header)[], seq: number): unknown {
  const record = records.find((one) => one.seq === seq);
  return record === undefined ? undefined : (record as unknown as Members)['content'];
}

function sizeOf(record: FullRecord | Header): number {
  return 'jws' in record ? record.jws.length + Buffer.byteLength(record.content ?? '') : 0;
}

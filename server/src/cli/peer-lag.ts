import type { Domain, RoomId } from '../protocol/identifiers.js';
import type { Store } from '../storage/store-types.js';

/** What another provider has not had yet. */
export interface PeerLag {
  /** rooms of ours of which it lacks records, and how many; as saved by a running server every ten seconds */
  readonly rooms: number;
  readonly records: number;
  /** events of our people that it, as hub, has not answered yet */
  readonly pending: number;
  /** items of mail on their way to it */
  readonly mail: number;
}

const PAGE = 1000;
/** Counted no further. */
const WAITING_MAX = 1000;

/** Adds up what waits for a provider; `pending` and `mail` up to 1,000. */
export async function readPeerLag(
  store: Pick<Store, 'listPeerRooms' | 'listPending' | 'listMail'>,
  { own, peer }: { own: Domain; peer: Domain },
): Promise<PeerLag> {
  let rooms = 0;
  let records = 0;
  for (let after: RoomId | undefined; ;) {
    const page = await store.listPeerRooms(peer, { hub: own, limit: PAGE, ...(after && { after }) });
    for (const { seq, cursor, to } of page) {
      const missing = (to ?? seq) - cursor;
      if (missing <= 0) continue;
      rooms += 1;
      records += missing;
    }
    after = page.at(-1)?.room;
    if (page.length < PAGE) break;
  }
  const pending = (await store.listPending(peer, { limit: WAITING_MAX })).length;
  const mail = (await store.listMail(peer, { limit: WAITING_MAX })).length;
  return { rooms, records, pending, mail };
}

/** In words; nothing when nothing waits. */
export function describeLag({ rooms, records, pending, mail }: PeerLag): string[] {
  const atMost = (count: number): string => (count === WAITING_MAX ? `${count} or more` : String(count));
  return [
    rooms === 0 ? '' : `lacks ${records} records of ${rooms} rooms`,
    pending === 0 ? '' : `${atMost(pending)} events wait for its answer`,
    mail === 0 ? '' : `${atMost(mail)} items of mail wait for it`,
  ].filter((mark) => mark !== '');
}

import { isJsonObject } from '../protocol/json-shape.js';
import { parseEventId, parseRoomId, type EventId, type RoomId } from '../protocol/identifiers.js';
import type { AccountLogRow } from '../storage/account-rows.js';
import type { AccountNote } from '../storage/room-rows.js';

/**
 * What an account's log tells its devices.
 * - `room`: look at the room again: joined, left, title, role, rights, status.
 * - `request`: look at the request again: it came, or was answered.
 * - `report`: look at what became of a report again.
 * - `me`: what the account says of itself has changed.
 * - `refused`: a send that was answered `pending` will never be in its room.
 */
export type AccountNews =
  | { readonly kind: 'me' }
  | { readonly kind: 'room'; readonly room: RoomId }
  | { readonly kind: 'request' | 'report'; readonly id: string }
  | {
      readonly kind: 'refused';
      readonly key: string;
      readonly room: RoomId;
      readonly id: EventId;
      readonly code: string;
    };

/** Writes news as the account log keeps it. */
export function noteOf(accountId: number, news: AccountNews): AccountNote {
  const { kind, ...body } = news;
  return { accountId, kind, body: JSON.stringify(body) };
}

/**
 * Reads an entry of the account log.
 *
 * @returns undefined for kinds of a later version
 */
function newsOf(row: { readonly kind: string; readonly body: string }): AccountNews | undefined {
  const body: unknown = JSON.parse(row.body);
  if (!isJsonObject(body)) return undefined;
  if (row.kind === 'me') return { kind: 'me' };
  const room = parseRoomId(body['room']);
  if (row.kind === 'room') return room && { kind: 'room', room };
  if (row.kind === 'request' || row.kind === 'report')
    return typeof body['id'] === 'string' ? { kind: row.kind, id: body['id'] } : undefined;
  if (row.kind !== 'refused') return undefined;
  const id = parseEventId(body['id']);
  const { key, code } = body;
  if (!room || !id || typeof key !== 'string' || typeof code !== 'string') return undefined;
  return { kind: 'refused', key, room, id, code };
}

/** Of several entries about one thing the last says all. */
export function newestOfEach(rows: readonly AccountLogRow[]): Iterable<{ n: number; news: AccountNews }> {
  const newest = new Map<string, { n: number; news: AccountNews }>();
  for (const row of rows) {
    const news = newsOf(row);
    if (!news) continue;
    const about = subjectOf(news);
    newest.delete(about);
    newest.set(about, { n: row.n, news });
  }
  return newest.values();
}

function subjectOf(news: AccountNews): string {
  switch (news.kind) {
    case 'me':
      return 'me';
    case 'room':
      return `room ${news.room}`;
    default:
      return `${news.kind} ${news.id}`;
  }
}

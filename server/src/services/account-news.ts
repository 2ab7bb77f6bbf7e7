import { isJsonObject } from '../protocol/json-shape.js';
import { parseEventId, parseRoomId, type EventId, type RoomId } from '../protocol/identifiers.js';
import type { AccountNote } from '../storage/room-rows.js';

/**
 * What an account's log tells its devices.
 * - `room`: look at the room again: joined, left, title, role, rights, status.
 * - `request`: look at the request again: it came, or was answered.
 * - `report`: look at what became of a report again.
 * - `refused`: a send that was answered `pending` will never be in its room.
 */
export type AccountNews =
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
export function newsOf(row: { readonly kind: string; readonly body: string }): AccountNews | undefined {
  const body: unknown = JSON.parse(row.body);
  if (!isJsonObject(body)) return undefined;
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

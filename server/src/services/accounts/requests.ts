import { isJsonObject } from '../../protocol/json-shape.js';
import type { Address, RoomId } from '../../protocol/identifiers.js';
import type { RequestRow, RequestState } from '../../storage/account-rows.js';
import type { Actor } from '../room-services.js';
import type { AccountDeps } from './account-deps.js';

/** A contact request, invitation or knock as its addressee sees it. */
export interface RequestView {
  readonly id: string;
  readonly kind: RequestRow['kind'];
  readonly room: RoomId;
  readonly by: Address;
  readonly intro?: string;
  readonly at: number;
  readonly until: number;
  readonly state: RequestState;
}

/** Lists requests that wait for an answer, by id; `next` = `after` of the next page. */
export async function listRequests(
  { store }: Pick<AccountDeps, 'store'>,
  who: Actor,
  page: { after?: string; limit: number },
): Promise<{ requests: readonly RequestView[]; next?: string }> {
  const rows = await store.listRequests(who.accountId, { state: 'waiting', ...page });
  const last = rows.length === page.limit ? rows.at(-1) : undefined;
  return { requests: rows.map(viewOfRequest), ...(last && { next: last.id }) };
}

/** What a person is shown of a request. */
export function viewOfRequest({ id, kind, room, by, body, at, until, state }: RequestRow): RequestView {
  const parsed: unknown = JSON.parse(body);
  const intro = isJsonObject(parsed) ? parsed['intro'] : undefined;
  return { id, kind, room, by, ...(typeof intro === 'string' && { intro }), at, until, state };
}

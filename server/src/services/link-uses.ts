import type { ParsedEvent } from '../protocol/event.js';
import { domainOf } from '../protocol/identifiers.js';
import { parseInvite, verifyInvite } from '../protocol/invite.js';
import type { JsonObject } from '../protocol/json-shape.js';
import type { ServiceDeps } from './deps.js';
import type { LiveRoom } from './live-room.js';

/** A link that is good for a number of joins only. */
export interface LimitedLink {
  readonly jws: string;
  readonly uses: number;
}

const COUNTED_MAX = 1024;

/** The link that an event joins by, if it is good for a number of joins only. */
export function limitedLinkOf(event: ParsedEvent, value: JsonObject | undefined): LimitedLink | undefined {
  if (event.fields.type !== 'member' || typeof value?.['proof'] !== 'string') return undefined;
  const invite = typeof value['invite'] === 'string' ? parseInvite(value['invite']) : undefined;
  if (invite?.ok !== true || !('link' in invite.value)) return undefined;
  const { jws, uses } = invite.value;
  return uses === undefined ? undefined : { jws, uses };
}

/**
 * Counts what a link was used, once a room and link; from then on the room counts in memory. A link that nobody in the
 * room signed is not worth the work: a rule refuses it.
 *
 * @see PV-LNK-012
 */
export async function countLinkUses(
  { store }: Pick<ServiceDeps, 'store'>,
  live: LiveRoom,
  { event, value }: { event: ParsedEvent; value: JsonObject | undefined },
): Promise<void> {
  const link = limitedLinkOf(event, value);
  if (link === undefined || live.linkUses.has(link.jws) || !isSignedHere(live, link.jws)) return;
  const uses = await store.countJoinsBy(live.room, link.jws);
  // Whoever was counted meanwhile is in memory already; what is read here may be older.
  if (live.linkUses.has(link.jws)) return;
  if (live.linkUses.size >= COUNTED_MAX) live.linkUses.clear();
  live.linkUses.set(link.jws, uses);
}

function isSignedHere(live: LiveRoom, jws: string): boolean {
  const invite = parseInvite(jws);
  if (!invite.ok || !live.state.isJoined(invite.value.by)) return false;
  const name = live.state.statementInForce(domainOf(invite.value.by));
  const statement = name && live.statements.get(name.hash);
  return statement !== undefined && verifyInvite(invite.value, statement);
}

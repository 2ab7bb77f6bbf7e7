import type { ServiceDeps } from './deps.js';
import type { RoomDraft } from './draft-room.js';
import { placeEvent } from './order-event.js';
import { provideStatement } from './submit-event.js';

/**
 * After our keys were rotated: puts the new statement into a room of ours before anything else is written there, because what
 * follows is sealed with the new key.
 *
 * @see PV-KEY-013
 */
export function renewStatement(
  deps: Pick<ServiceDeps, 'domain' | 'keys' | 'clock' | 'random'>,
  draft: RoomDraft,
): void {
  if (draft.state.statementInForce(deps.domain) === undefined) return;
  for (const { event, content, value, statement } of provideStatement(deps, draft.live)) {
    const submission = { event, content, value, targets: new Map(), ...(statement === undefined ? {} : { statement }) };
    placeEvent(draft, submission, deps.clock.now());
  }
}

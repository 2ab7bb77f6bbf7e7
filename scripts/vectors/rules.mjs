import { formVectors } from './rules/form.mjs';
import { joinVectors } from './rules/joins.mjs';
import { limitVectors } from './rules/limits.mjs';
import { linkVectors } from './rules/links.mjs';
import { rankVectors } from './rules/ranks.mjs';
import { rightVectors } from './rules/rights.mjs';
import { settingVectors } from './rules/settings.mjs';
import { senderVectors } from './rules/senders.mjs';

/** Each rule kept and broken, and each limit of a room's state at N and N + 1. */
export function rulesVectors() {
  return [
    ...formVectors(),
    ...senderVectors(),
    ...joinVectors(),
    ...linkVectors(),
    ...rightVectors(),
    ...rankVectors(),
    ...limitVectors(),
    ...settingVectors(),
  ];
}

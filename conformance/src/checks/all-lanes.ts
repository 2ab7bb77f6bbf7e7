import type { Lane } from '../run/check.js';
import { accountLanes } from './account-checks.js';
import { budgetLanes } from './budget-checks.js';
import { clientLanes } from './client-checks.js';
import { consentLanes } from './consent-checks.js';
import { controlLanes } from './control-checks.js';
import { deliveryLanes } from './delivery-checks.js';
import { documentLanes } from './document-checks.js';
import { effectLanes } from './effect-checks.js';
import { historyLanes } from './history-checks.js';
import { joinLanes } from './join-checks.js';
import { knockLanes } from './knock-checks.js';
import { linkLanes } from './link-checks.js';
import { logLanes } from './log-checks.js';
import { messageLanes } from './message-checks.js';
import { orderLanes } from './order-checks.js';
import { ownLanes } from './own-checks.js';
import { partialLanes } from './partial-checks.js';
import { probeLanes } from './probe-checks.js';
import { profileLanes } from './profile-checks.js';
import { pushLanes } from './push-checks.js';
import { requestLanes } from './request-checks.js';
import { restartLanes } from './restart-checks.js';
import { rotationLanes } from './rotation-checks.js';
import { signalLanes } from './signal-checks.js';
import { streamLanes } from './stream-checks.js';
import { submitLanes } from './submit-checks.js';

/** Every check there is. Slow ones begin first. */
export const allLanes: readonly Lane[] = [
  ...[...probeLanes].reverse(),
  ...deliveryLanes,
  ...accountLanes,
  ...budgetLanes,
  ...documentLanes,
  ...requestLanes,
  ...submitLanes,
  ...pushLanes,
  ...consentLanes,
  ...joinLanes,
  ...historyLanes,
  ...partialLanes,
  ...orderLanes,
  ...streamLanes,
  ...messageLanes,
  ...signalLanes,
  ...profileLanes,
  ...linkLanes,
  ...knockLanes,
  ...ownLanes,
  ...clientLanes,
  ...logLanes,
  ...effectLanes,
  ...controlLanes,
  ...rotationLanes,
  ...restartLanes,
];

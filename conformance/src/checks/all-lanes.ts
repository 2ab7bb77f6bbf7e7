import type { Lane } from '../run/check.js';
import { consentLanes } from './consent-checks.js';
import { deliveryLanes } from './delivery-checks.js';
import { documentLanes } from './document-checks.js';
import { joinLanes } from './join-checks.js';
import { probeLanes } from './probe-checks.js';
import { pushLanes } from './push-checks.js';
import { requestLanes } from './request-checks.js';
import { submitLanes } from './submit-checks.js';

/** Every check there is. Slow ones begin first. */
export const allLanes: readonly Lane[] = [
  ...[...probeLanes].reverse(),
  ...deliveryLanes,
  ...documentLanes,
  ...requestLanes,
  ...submitLanes,
  ...pushLanes,
  ...consentLanes,
  ...joinLanes,
];

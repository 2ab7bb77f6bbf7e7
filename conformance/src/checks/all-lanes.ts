import type { Lane } from '../run/check.js';
import { probeLanes } from './probe-checks.js';
import { pushLanes } from './push-checks.js';
import { requestLanes } from './request-checks.js';
import { submitLanes } from './submit-checks.js';

/** Every check there is. Slow ones begin first. */
export const allLanes: readonly Lane[] = [...[...probeLanes].reverse(), ...requestLanes, ...submitLanes, ...pushLanes];

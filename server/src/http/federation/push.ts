import { federationEndpoint } from './federation-endpoint.js';

/**
 * Takes records of rooms whose hub the caller is.
 *
 * @see PV-PUSH-001
 */
export const push = federationEndpoint('push', (services, peer, body) => services.push(peer, body));

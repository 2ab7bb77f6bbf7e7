import { federationEndpoint } from './federation-endpoint.js';

/**
 * Gives records of a room the caller may read.
 *
 * @see PV-LOG-001
 */
export const log = federationEndpoint('log', (services, peer, body) => services.log(peer, body));

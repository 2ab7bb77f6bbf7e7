import { federationEndpoint } from './federation-endpoint.js';

/**
 * Takes a join and gives the start of a snapshot.
 *
 * @see PV-JOIN-001
 */
export const join = federationEndpoint('join', (services, peer, body) => services.join(peer, body));

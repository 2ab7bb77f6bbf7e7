import { federationEndpoint } from './federation-endpoint.js';

/**
 * Gives the people of a snapshot, bucket by bucket.
 *
 * @see PV-SNAP-001
 */
export const snapshot = federationEndpoint('snapshot', (services, peer, body) => services.snapshot(peer, body));

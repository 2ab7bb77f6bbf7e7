import { federationEndpoint } from './federation-endpoint.js';

/**
 * Gives the newest sealed heads of rooms we share, or the digest over them.
 *
 * @see PV-HEADS-001
 */
export const heads = federationEndpoint('heads', (services, peer, body) => services.heads(peer, body));

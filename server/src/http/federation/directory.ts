import { federationEndpoint } from './federation-endpoint.js';

/**
 * Gives a profile or a key statement.
 *
 * @see PV-DIR-001
 */
export const directory = federationEndpoint('directory', (services, peer, body) => services.directory(peer, body));

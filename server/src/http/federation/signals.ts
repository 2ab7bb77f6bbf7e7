import { federationEndpoint } from './federation-endpoint.js';

/**
 * Takes what is worth knowing only now.
 *
 * @see PV-SGL-001
 */
export const signals = federationEndpoint('signals', (services, peer, body) => services.signals(peer, body));

import { federationEndpoint } from './federation-endpoint.js';

/**
 * Takes events of the caller for rooms whose hub we are.
 *
 * @see PV-SUB-001
 */
export const submit = federationEndpoint('submit', (services, peer, body) => services.submit(peer, body));

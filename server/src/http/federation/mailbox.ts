import { federationEndpoint } from './federation-endpoint.js';

/**
 * Takes items for people here.
 *
 * @see PV-MBX-001
 */
export const mailbox = federationEndpoint('mailbox', (services, peer, body) => services.mailbox(peer, body));

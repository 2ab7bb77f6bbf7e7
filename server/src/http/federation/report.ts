import { federationEndpoint } from './federation-endpoint.js';

/**
 * Takes a report with its evidence, or what became of reports of ours.
 *
 * @see PV-REP-001
 */
export const report = federationEndpoint('report', (services, peer, body) => services.report(peer, body));

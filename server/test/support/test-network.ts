export { createLocalNetwork as createTestNetwork } from '../../src/cli/local-network.js';
export type { LocalNetwork as TestNetwork, LocalProvider as TestProvider } from '../../src/cli/local-network.js';

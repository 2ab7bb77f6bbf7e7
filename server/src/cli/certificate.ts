import { CommandError } from './command.js';
import type { Command } from './command.js';
import { makeDataDir } from './make-data-dir.js';
import { prepareCertificate } from './own-certificate.js';
import { knownDomain } from './own-domain.js';

export const certificate: Command = {
  settings: ['domain', 'endpoint', 'dataDir', 'tlsCert', 'tlsKey'],
  details: [
    'Makes the certificate serve would make for a local network, so that the file of its authority can be given to others',
    'before the first start; or checks the one that is there. Public names need one from a public authority instead.',
  ].join('\n'),
  async run({ config, output, world }) {
    const domain = await knownDomain(config);
    if (domain === undefined)
      throw new CommandError('usage', 'say for which name: --domain <domain name>', { exitCode: 2 });
    await makeDataDir(config.dataDir);
    const made = await prepareCertificate({ config, domain, now: world.now() });
    output.print(`name         ${config.endpoint ?? domain}`);
    if (made.authority !== undefined) output.print(`authority    ${made.authority}`);
    output.print(`SHA-256      ${made.fingerprint}`);
    output.print(`valid until  ${made.until.toISOString()}`);
    output.result({ name: config.endpoint ?? domain, ...made });
  },
};

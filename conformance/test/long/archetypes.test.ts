import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runCommand } from '../../src/command-line.js';
import { prepareNetwork } from '../../src/network/network-folder.js';
import { archetypes, startArchetype } from '../support/archetypes.js';
import { freePort } from '../support/free-port.js';

const domain = 'archetype.test';
/** They have an honest document, over honest TLS. */
const honest = ['discovery/', 'tls/'];

interface Shown {
  readonly checks: { readonly id: string; readonly verdict: string; readonly level: string }[];
}

for (const name of Object.keys(archetypes))
  t.test(`${name} passes nothing`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'payvand-archetype-'));
    t.teardown(async () => await rm(folder, { recursive: true, force: true }));
    const network = join(folder, 'network');
    await prepareNetwork(network, { address: '127.0.0.1', port: await freePort(), target: domain });
    const archetype = await startArchetype(name, { domain, network });
    t.teardown(async () => await archetype.stop());
    const report = join(folder, 'report.json');
    const args = [`https://${domain}`, '--at', archetype.at, '--network', network, '--tier', 'T1', '--report', report];
    let progress = '';
    const code = await runCommand([...args, '--time-scale', '0.05'], {
      out: () => undefined,
      progress: (text) => void (progress += text),
    });
    const { checks } = JSON.parse(await readFile(report, 'utf8')) as Shown;
    t.ok(checks.length > 300, 'all checks are in the report');
    const passed = checks.filter(
      ({ id, verdict }) => verdict === 'pass' && !honest.some((area) => id.startsWith(area)),
    );
    t.same(passed, [], 'nothing is passed');
    t.same(
      checks.filter(({ verdict }) => verdict === 'error'),
      [],
      'and the suite is at no fault',
    );
    t.not(code, 0, progress.slice(-300));
  });

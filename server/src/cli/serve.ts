import type { AddressInfo } from 'node:net';
import { settings } from '../config.js';
import type { Config, ListenAddress } from '../config.js';
import { keyFilePath, openKeyFile, rootKey, statementOf } from '../own-keys.js';
import type { Domain } from '../protocol/identifiers.js';
import { createOwnerCode } from '../services/accounts/sign-up-codes.js';
import type { RunningServer } from '../start-server.js';
import { CommandError } from './command.js';
import type { Command, CommandContext, SettingName, World } from './command.js';
import { shortenLogLine } from './log-lines.js';
import { makeDataDir } from './make-data-dir.js';
import { lanAddresses, prepareCertificate } from './own-certificate.js';
import type { OwnCertificate } from './own-certificate.js';
import { knownDomain, localDomain } from './own-domain.js';
import { listenToStop } from './stop-signals.js';

type ServeConfig = Config & { readonly domain: Domain };

/** A key statement may be this much younger than our clock. */
const CLOCK_SLACK_MS = 300_000;

export const serve: Command = {
  settings: Object.keys(settings) as SettingName[],
  details: [
    'With nothing given it is ready for a local network: a name of its own, a certificate made here, a database in',
    'the data directory. Providers elsewhere reach it when --domain is a name they can look up, port 443 of which',
    'leads here, with a certificate they trust: --tls-cert and --tls-key, or a reverse proxy and --proxy-from.',
    'Ctrl-C ends it in order, a second one at once.',
  ].join('\n'),
  run: runServe,
};

/** Runs a provider until it is told to stop. */
async function runServe({ config: given, output, world }: CommandContext): Promise<void> {
  const domain = (await knownDomain(given)) ?? localDomain();
  const config: ServeConfig = { ...given, domain };
  const stop = listenToStop({
    onFirst: () => output.progress('payvand: stopping; once more ends it at once'),
    force: () => process.exit(130),
  });
  try {
    output.progress(`payvand: starting ${domain}`);
    await makeDataDir(config.dataDir);
    const fingerprint = await checkKeys(config, world.now());
    const behindProxy = config.proxyFrom.length > 0;
    const certificate = behindProxy ? undefined : await prepareCertificate({ config, domain, now: world.now() });
    const write = logWriter(world, output.json);
    const server = await world.startServer({ config, write, signal: stop.signal }).catch((cause: unknown) => {
      throw explain(cause, config);
    });
    try {
      const code = await createOwnerCode(server.accounts);
      announce({ config, server, certificate, fingerprint, ...(code && { code: code.code }) }, output);
      await stop.stopped;
    } finally {
      await server.stop();
    }
    output.progress('payvand: stopped');
    output.result({ event: 'stopped' });
  } catch (cause) {
    if (!stop.signal.aborted) throw cause;
    output.progress('payvand: stopped while starting');
  } finally {
    stop.close();
  }
}

/**
 * Opens the key file before anything else is started.
 *
 * @returns the name of the root key, by which other operators know this provider
 * @throws KeyFileError · CommandError `clock-wrong`
 */
async function checkKeys({ dataDir, domain }: ServeConfig, now: number): Promise<string> {
  const file = await openKeyFile(dataDir, { provider: domain, now });
  const { issued } = statementOf(file);
  if (issued > now + CLOCK_SLACK_MS)
    throw new CommandError(
      'clock-wrong',
      `this machine's clock says ${new Date(now).toISOString()}, but the keys in ${keyFilePath(dataDir)} were ` +
        `made at ${new Date(issued).toISOString()}: set the clock`,
    );
  return rootKey(file).kid;
}

/** JSON lines, for whoever collects them; short ones for somebody at a terminal. */
function logWriter({ stderr }: World, json: boolean): (line: string) => void {
  if (!stderr.isTTY || json) return (line) => void stderr.write(line);
  return (line) => {
    const short = shortenLogLine(line);
    if (short !== undefined) stderr.write(`${short}\n`);
  };
}

/** Says of an address that cannot be listened on which one it is, and what to do. */
function explain(cause: unknown, { listen, adminListen }: Config): unknown {
  const { code, syscall, port, address } = (cause ?? {}) as NodeJS.ErrnoException & { port?: number; address?: string };
  if (syscall !== 'listen' || port === undefined) return cause;
  const flag = port === adminListen.port && port !== listen.port ? '--admin-listen' : '--listen';
  if (code === 'EADDRINUSE')
    return new CommandError(
      'port-taken',
      `another program listens on port ${port}: end it, or choose another with ${flag}`,
    );
  if (code === 'EACCES')
    return new CommandError('port-forbidden', `port ${port} is only for root: choose one above 1023 with ${flag}`);
  return new CommandError('bad-address', `${address ?? 'the address'} is not an address of this machine (${flag})`);
}

interface Announcement {
  readonly config: ServeConfig;
  readonly server: RunningServer;
  readonly certificate: OwnCertificate | undefined;
  readonly fingerprint: string;
  readonly code?: string;
}

function announce(
  { config, server, certificate, fingerprint, code }: Announcement,
  output: CommandContext['output'],
): void {
  const { domain, dataDir } = config;
  const urls = urlsOf(config, server.address);
  const admin = `http://${hostOf(server.adminAddress)}`;
  output.print(`Payvand is up: ${domain}`);
  output.print();
  output.print(`  address      ${urls.join('\n               ')}`);
  if (certificate === undefined)
    output.print(`               plain HTTP, for the proxy at ${config.proxyFrom.join(', ')} only`);
  if (certificate?.authority !== undefined) {
    output.print(`  certificate  made here; whoever connects has to trust ${certificate.authority}`);
    output.print(`               SHA-256 ${certificate.fingerprint}`);
    const at = (urls.at(-1) ?? '').replace('https://', '');
    output.print(`  terminal     payvand chat <name>@${domain} --at ${at} --ca ${certificate.authority}`);
  }
  if (certificate?.authority === undefined && certificate)
    output.print(`  certificate  valid until ${certificate.until.toISOString()}`);
  output.print(`  root key     ${fingerprint}`);
  output.print(`  data         ${dataDir}${config.databaseUrl === undefined ? '' : ', database by DATABASE_URL'}`);
  output.print(`  operators    ${admin}/readyz  ${admin}/metrics`);
  if (code !== undefined) announceCode(code, output);
  output.result({
    ...{ event: 'ready', domain, urls, admin, dataDir, rootKey: fingerprint },
    ...(certificate && { certificate }),
    ...(code !== undefined && { ownerCode: code }),
  });
}

function announceCode(code: string, output: CommandContext['output']): void {
  output.print();
  output.print('Nobody has an account here yet. With this code you sign up as the owner, once, within 7 days:');
  output.print();
  output.print(`    ${code}`);
  output.print();
  output.print(
    'It goes into the member "code" of POST /client/v1/accounts. Accounts for others: payvand user create <name>',
  );
}

function urlsOf({ endpoint, domain, listen, proxyFrom }: ServeConfig, address: AddressInfo): string[] {
  if (proxyFrom.length > 0) return [`https://${endpoint ?? domain}`];
  const { host }: ListenAddress = listen;
  const isEverywhere = host === undefined || host === '0.0.0.0' || host === '::';
  const hosts = isEverywhere ? [endpoint ?? domain, ...lanAddresses()] : [hostOf(address).replace(/:\d+$/, '')];
  return hosts.map((name) => `https://${name}:${address.port}`);
}

function hostOf({ address, port, family }: AddressInfo): string {
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

import { lookup } from 'node:dns/promises';
import type { Config } from '../config.js';
import { openKeyFile, statementOf } from '../own-keys.js';
import type { Domain } from '../protocol/identifiers.js';
import { keyThumbprint } from '../protocol/key-thumbprint.js';
import type { HttpClient } from '../transport/http-client.js';
import { PeerError } from '../transport/peer-error.js';
import { isPublicAddress } from '../transport/public-address.js';
import type { Finding } from './finding.js';
import { probeProvider, readShownCertificate } from './probe-provider.js';

const DAY_MS = 86_400_000;
const CERTIFICATE_WARN_MS = 14 * DAY_MS;
const CLOCK_WARN_MS = 5_000;
/** Requests are refused beyond a minute, and events ahead of the hub's clock wait. */
const CLOCK_FAIL_MS = 30_000;

export interface NetworkView {
  readonly config: Pick<Config, 'peers' | 'endpoint' | 'dataDir'>;
  readonly domain: Domain;
  readonly http: HttpClient;
  readonly now: () => number;
}

/** Looks at where the names lead: others connect to public addresses only. @see PV-HTTP-004 */
export async function examineNames({ config, domain }: NetworkView): Promise<Finding> {
  const check = 'names';
  const hosts = [...new Set([domain, config.endpoint ?? domain])];
  const found: string[] = [];
  for (const host of hosts) {
    const mapped = config.peers.get(host);
    const addresses = mapped ? [mapped.address] : await addressesOf(host);
    if (addresses.length === 0) {
      const advice = `add an address record for ${host} where the domain is administered`;
      return { check, state: 'fail', says: `${host} leads nowhere`, advice };
    }
    found.push(`${host} is ${addresses.join(', ')}`);
    if (mapped !== undefined || addresses.some((address) => isPublicAddress(address))) continue;
    const says = `${host} leads to ${addresses.join(', ')}, which is not public`;
    const isLocal = domain.endsWith('.local');
    const advice = isLocal
      ? 'that is right for a local network; nobody else can reach it'
      : 'let it lead to a public address';
    return { check, state: isLocal ? 'warn' : 'fail', says, advice };
  }
  return { check, state: 'ok', says: found.join('; ') };
}

async function addressesOf(host: string): Promise<string[]> {
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.map(({ address }) => address);
}

/** Looks at the certificate as it is shown at the endpoint. */
export async function examineCertificate({ config, domain, now }: NetworkView): Promise<Finding> {
  const check = 'certificate';
  const host = config.endpoint ?? domain;
  try {
    const { until, fault } = await readShownCertificate(host, config.peers);
    const left = until.getTime() - now();
    const says = `${host} shows one that is valid until ${until.toISOString().slice(0, 10)}`;
    if (fault !== undefined) {
      const advice = `get one for ${host} from a public authority; --tls-cert must hold the whole chain`;
      return { check, state: 'fail', says: `${says}, and it is refused: ${fault}`, advice };
    }
    if (left >= CERTIFICATE_WARN_MS) return { check, state: 'ok', says };
    return { check, state: 'warn', says, advice: 'renew it; the server reads the new one by itself' };
  } catch (cause) {
    const says = `nothing answers at ${host}, port 443: ${cause instanceof Error ? cause.message : String(cause)}`;
    const advice = 'start the server, and let port 443 of that host lead to it';
    return { check, state: 'fail', says, advice };
  }
}

/** Asks for the provider document as others do, and sees whether it is this provider's. */
export async function examineDocument({ config, domain, http, now }: NetworkView): Promise<Finding> {
  const check = 'document';
  try {
    const { document, tookMs } = await probeProvider(http, domain, now);
    const [shown] = document.statement.roots;
    const [own] = statementOf(await openKeyFile(config.dataDir, { provider: domain, now: now() })).roots;
    if (shown === undefined || own === undefined || keyThumbprint(shown) !== keyThumbprint(own)) {
      const advice = 'another server answers for this name: see where name and port lead, and that no copy runs';
      return { check, state: 'fail', says: `what answers as ${domain} has another root key`, advice };
    }
    const says = `${domain} answers in ${tookMs} ms, good until ${new Date(document.expires).toISOString()}`;
    return { check, state: 'ok', says };
  } catch (cause) {
    if (!(cause instanceof PeerError)) throw cause;
    const advice = 'other providers see the same: mend what stands above, and see that the server runs';
    return { check, state: 'fail', says: reasonOf(cause), advice };
  }
}

/** Compares this machine's clock with those of others. @param aheadMs how far each of theirs is ahead */
export function examineClock(aheadMs: readonly number[], now: number): Finding {
  const check = 'clock';
  const sorted = [...aheadMs].sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)];
  const here = new Date(now).toISOString();
  if (median === undefined)
    return { check, state: 'skip', says: `${here}; there is no other provider to compare it with` };
  const off = Math.abs(median);
  if (off < CLOCK_WARN_MS) return { check, state: 'ok', says: `${here}, as that of ${sorted.length} other providers` };
  const there = new Date(now + median).toISOString();
  const says = `it is ${here} here and ${there} at ${sorted.length} other providers`;
  return { check, state: off < CLOCK_FAIL_MS ? 'warn' : 'fail', says, advice: 'let this machine set its clock by NTP' };
}

/** One other provider: whether it answers. @returns its clock with it */
export async function examinePeer(
  { http, now }: Pick<NetworkView, 'http' | 'now'>,
  { peer, waiting }: { peer: Domain; waiting: readonly string[] },
): Promise<{ finding: Finding; aheadMs: number | undefined }> {
  const check = 'peer';
  try {
    const { tookMs, aheadMs } = await probeProvider(http, peer, now);
    const says = [`${peer} answers in ${tookMs} ms`, ...waiting].join('; ');
    return { finding: { check, state: 'ok', says }, aheadMs };
  } catch (cause) {
    if (!(cause instanceof PeerError)) throw cause;
    const says = [`${peer}: ${reasonOf(cause)}`, ...waiting].join('; ');
    const advice = 'what waits is sent when it answers again; ask its operator, or block it if it is gone';
    return { finding: { check, state: 'warn', says, advice }, aheadMs: undefined };
  }
}

/** Why a provider could not be read, in a few words. */
export function reasonOf({ code, detail, problem, cause }: PeerError): string {
  const below = cause instanceof Error ? cause.message : undefined;
  return detail ?? (problem && `${problem.status} ${problem.code}`) ?? below ?? code;
}
